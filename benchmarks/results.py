"""What was compared with what, and how it is written down: a table for people, JSON for programs."""

import os
import platform
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from typing import Any, Final, Literal

COLUMNS: Final = ("what", "compared with", "ratio", "aim", "reached", "figures")
BEGIN, END = "<!-- benchmarks/results.json: begin -->", "<!-- benchmarks/results.json: end -->"
Which = Literal["all", "aims", "brief"]
"""The lines of a document: all, those with an aim, or for a reader in a hurry a few, and each that missed its aim."""
_BRIEF: Final = frozenset(
    {
        "throughput, 200,000 rows, cached token",
        "rows a second, 20,000 rows",
        "quota of 40 in 8 s, bulkcase: share of the ideal time",
        "peak memory of a run, 1,000,000 rows",
    }
)
_PACKAGES = ("aiohttp", "bulkcase", "orjson", "pandas", "python-calamine", "SQLAlchemy", "uvloop")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A line of the table."""

    what: str
    against: str
    """What it is compared with."""
    ratio: float | None
    """None where it could not be measured; `note` says why then."""
    aim: str = ""
    """As in ">= 0.70"; empty where there is none."""
    reached: bool | None = None
    """None where there is no aim, nothing was measured, or the machine was too busy to tell."""
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        """Return the line's cells, in the order of `COLUMNS`."""
        reached = "" if self.reached is None else "yes" if self.reached else "**no**"
        return (self.what, self.against, _shown(self.ratio), self.aim, reached, self.note)


def _shown(ratio: float | None) -> str:
    if ratio is None:
        return "-"
    return f"{ratio:.0f}" if ratio == int(ratio) or ratio >= 100 else f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}"


def at_least(what: str, against: str, ratio: float, aim: float | None = None, note: str = "") -> Comparison:
    """Return a line whose ratio should be at least its aim, where it has one."""
    if aim is None:
        return Comparison(what, against, ratio, note=note)
    return Comparison(what, against, ratio, f">= {_shown(aim)}", ratio >= aim, note)


def at_most(what: str, against: str, ratio: float, aim: float | None = None, note: str = "") -> Comparison:
    """Return a line whose ratio should be at most its aim, where it has one."""
    if aim is None:
        return Comparison(what, against, ratio, note=note)
    return Comparison(what, against, ratio, f"<= {_shown(aim)}", ratio <= aim, note)


def not_measured(what: str, against: str, why: str) -> Comparison:
    """Return a line for what could not be measured here."""
    return Comparison(what, against, None, note=why)


def as_json(lines: Iterable[Comparison]) -> list[dict[str, Any]]:
    """Return the lines as results.json holds them."""
    return [asdict(line) for line in lines]


def from_json(lines: Iterable[Mapping[str, Any]]) -> list[Comparison]:
    """Return the lines that results.json holds."""
    names = [field.name for field in fields(Comparison)]
    return [Comparison(**{name: line[name] for name in names}) for line in lines]


def text_table(lines: Iterable[Comparison]) -> str:
    """Return the table for a terminal."""
    rows = [COLUMNS, *(line.cells() for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in rows
    )


def markdown_table(lines: Iterable[Comparison]) -> str:
    """Return the table for a document."""
    rows = [COLUMNS, ("---",) * len(COLUMNS), *(line.cells() for line in lines)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def lines_of(results: Mapping[str, Any]) -> list[Comparison]:
    """Return the lines of all parts."""
    return [line for part in results["parts"].values() for line in from_json(part["table"])]


def is_for(which: Which, line: Comparison) -> bool:
    """Say whether a line stands in a document that has these."""
    if which == "brief":
        return line.reached is False or (bool(line.aim) and line.what in _BRIEF)
    return which == "all" or bool(line.aim)


def document_block(results: Mapping[str, Any], which: Which) -> str:
    """Return what stands between the markers in a document."""
    made = results["environment"]
    lines = [line for line in lines_of(results) if is_for(which, line)]
    where = f"{made['cores']} cores, {made['system']}, Python {made['python']}, bulkcase {made['versions']['bulkcase']}"
    busy = f"load of the machine before {results['load_before']:.1f}"
    remark = f" {results['remark']}" if results.get("remark") else ""
    return f"{BEGIN}\n{markdown_table(lines)}\n({results['date']}; {where}; {busy}.{remark})\n{END}"


def with_block(document: str, results: Mapping[str, Any], which: Which) -> str:
    """Return a document with the block of these results in the place of the one that it has; ValueError without one."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"no block from {BEGIN} to {END}")
    return before + document_block(results, which) + after


def environment() -> dict[str, Any]:
    """Return what the figures depend on and may be told: no name of a machine, no path."""
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": ".".join(map(str, sys.version_info[:3])),
        "versions": {name: version(name) for name in _PACKAGES},
    }
