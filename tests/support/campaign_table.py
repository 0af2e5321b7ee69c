"""What pytest does for the fault campaign: its options, and the table of what came of it.

Short: `pytest tests/campaign`. In full: `pytest tests/campaign --full`, with `--document` also into docs/faults.json,
and from there as a table into docs/faults.md.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

SEED = 8
DOCS = Path(__file__).parents[2] / "docs"
RESULTS, PAGE = DOCS / "faults.json", DOCS / "faults.md"
BEGIN, END = "<!-- docs/faults.json: begin -->", "<!-- docs/faults.json: end -->"
_COLUMNS = ("fault", "how it is made", "rows", "calls", "struck", "processes", "sent again", "ended", "lost")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="Tests of faults and load in full size: some minutes more.")
    parser.addoption("--soak-seed", type=int, default=SEED, help="By which the faults of the soak are drawn.")
    parser.addoption("--document", action="store_true", help="Write what the full fault campaign found into docs/.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    for item in items:
        mark = item.get_closest_marker("fault")
        if mark is not None and mark.kwargs.get("full"):
            item.add_marker(pytest.mark.skip(reason="only with --full"))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    passed = terminalreporter.getreports("passed")
    found = [value for report in passed for name, value in report.user_properties if name == "campaign"]
    if not found or not config.getoption("--full"):
        return
    found.sort(key=lambda proof: str(proof["fault"]))
    for line in lines_of(found):
        terminalreporter.write_line(line)
    if config.getoption("--document"):
        RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")


def lines_of(found: Sequence[dict[str, Any]]) -> list[str]:
    """Return a table of Markdown, a line for each fault."""
    lines = [_COLUMNS, tuple("---" for _ in _COLUMNS), *map(_cells, found)]
    return ["| " + " | ".join(line) + " |" for line in lines]


def with_table(page: str, found: Sequence[dict[str, Any]]) -> str:
    """Return a page with the table between its marks put anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n" + "\n".join(lines_of(found)) + f"\n{END}{after}"


def _cells(proof: dict[str, Any]) -> tuple[str, ...]:
    numbers = {name: f"{proof[name]:,}" for name in ("rows", "calls", "struck", "processes", "repeats", "lost")}
    ended = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(proof["outcomes"].items()))
    return (
        *(proof["fault"], proof["how"], numbers["rows"], numbers["calls"], numbers["struck"]),
        *(numbers["processes"], numbers["repeats"], ended, numbers["lost"]),
    )
