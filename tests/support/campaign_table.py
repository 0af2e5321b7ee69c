"""What pytest does for the fault campaign: its options, and the table of what came of it.

Short: `pytest tests/campaign`. In full: `pytest tests/campaign --full`, with `--document` also into docs/faults.json,
and from there into docs/faults.md.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

SEED = 8
TOP = Path(__file__).parents[2]
FOLDER = TOP / "tests" / "campaign"
RESULTS, PAGE = TOP / "docs" / "faults.json", TOP / "docs" / "faults.md"
TABLE = ("<!-- docs/faults.json: begin -->", "<!-- docs/faults.json: end -->")
ONLY_FULL = ("<!-- only in full: begin -->", "<!-- only in full: end -->")
WRITTEN = "docs/faults.json is written by this very run"
"""Why what is in the documents is not looked at."""
_CHOOSE = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf", "maxfail")
_COLUMNS = ("fault", "how it is made", "rows", "calls", "struck", "processes", "sent again", "ended", "lost")

Found = Mapping[str, Any]
"""What came of one test, as docs/faults.json has it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="Tests of faults and load in full size: some minutes more.")
    parser.addoption("--soak-seed", type=int, default=SEED, help="By which the faults of the soak are drawn.")
    parser.addoption("--document", action="store_true", help="Write what the full fault campaign found into docs/.")


def pytest_configure(config: pytest.Config) -> None:
    is_worker = hasattr(config, "workerinput")
    if config.getoption("--document") and not is_worker and (reason := why_not_whole(config)):
        raise pytest.UsageError(f"--document takes the whole campaign in full: {reason}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    for item in items:
        # Of the test, or of one of its parameters.
        is_full = any(mark.kwargs.get("full") for mark in item.iter_markers("fault"))
        if is_full or item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="only with --full"))


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    passed = terminalreporter.getreports("passed")
    found = [value for report in passed for name, value in report.user_properties if name == "campaign"]
    if not found or not config.getoption("--full"):
        return
    found.sort(key=lambda proof: (str(proof["fault"]), str(proof["how"])))
    for line in lines_of(found):
        terminalreporter.write_line(line)
    if config.getoption("--document"):
        skipped = [report.nodeid for report in terminalreporter.getreports("skipped") if WRITTEN not in told(report)]
        if exitstatus != 0 or skipped:
            why = ", ".join(["not run:", *skipped] if skipped else ["something failed"])
            terminalreporter.write_line(f"nothing was written into docs/: {why}", red=True)
            return
        RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        PAGE.write_text(with_found(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")


def why_not_whole(config: pytest.Config) -> str:
    """Return why not all of the campaign is to run; empty where all of it is."""
    if not config.getoption("--full"):
        return "say --full too"
    if names := chosen(config):
        return f"leave out what chooses tests ({', '.join(names)})"
    return "" if takes_all(config.args, config.invocation_params.dir) else f"name the folder {FOLDER.relative_to(TOP)}"


def chosen(config: pytest.Config) -> list[str]:
    """Return what chooses among the tests of the files that are named: options, and names of tests."""
    names = [name for name in _CHOOSE if config.getoption(name, None)]
    return names + [argument for argument in config.args if "::" in argument]


def takes_all(arguments: Iterable[str], folder: Path) -> bool:
    """Say whether the arguments of pytest, as they are in a folder, take the whole campaign."""
    places = [(folder / argument).resolve() for argument in arguments if "::" not in argument]
    return any(FOLDER.is_relative_to(place) for place in places)


def told(report: Any) -> str:
    """Return what a report of pytest says of a skipped test."""
    return str(report.longrepr)


def lines_of(found: Sequence[Found]) -> list[str]:
    """Return a table of Markdown, a line for each fault."""
    lines = [_COLUMNS, tuple("---" for _ in _COLUMNS), *map(_cells, found)]
    return ["| " + " | ".join(line) + " |" for line in lines]


def only_in_full(found: Sequence[Found]) -> list[str]:
    """Return a list of Markdown: the faults that the short form leaves out."""
    return sorted({f"- {proof['fault']}: {proof['how']}" for proof in found if proof["full"]}) or ["- none"]


def with_found(page: str, found: Sequence[Found]) -> str:
    """Return a page with table and list between their marks put anew; raises ValueError where a mark is missing."""
    for (begin, end), lines in ((TABLE, lines_of(found)), (ONLY_FULL, only_in_full(found))):
        start, stop = page.index(begin) + len(begin), page.index(end)
        page = f"{page[:start]}\n" + "\n".join(lines) + f"\n{page[stop:]}"
    return page


def _cells(proof: Found) -> tuple[str, ...]:
    numbers = {name: f"{proof[name]:,}" for name in ("rows", "calls", "struck", "processes", "repeats", "lost")}
    ended = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(proof["outcomes"].items()))
    return (
        *(proof["fault"], proof["how"], numbers["rows"], numbers["calls"], numbers["struck"]),
        *(numbers["processes"], numbers["repeats"], ended, numbers["lost"]),
    )
