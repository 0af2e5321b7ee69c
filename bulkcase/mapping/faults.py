"""What a cell gets wrong, and how it is told to a person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bulkcase.cells import Cell, shown


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a cell cannot become a value. `code` is one of `bulkcase.causes`."""

    code: str
    reason: str


def joined(faults: Sequence[Fault]) -> Fault:
    """Return several faults as one: the code of the first, each reason once."""
    return Fault(faults[0].code, "; ".join(dict.fromkeys(fault.reason for fault in faults)))


def listed(names: Iterable[str], most: int = 20) -> str:
    """Return names in quotes for a message, the first `most` of them."""
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(shown(name) for name in every[:most]) + more


def located(columns: Iterable[str], fault: Fault) -> Fault:
    """Return a fault that says in which columns it is."""
    names = list(dict.fromkeys(shown(name) for name in columns))
    where = f"column{'s' if len(names) > 1 else ''} {' and '.join(names)}"
    return Fault(fault.code, f"{where}: {fault.reason}")


def excel_error(cell: Cell) -> Fault:
    """Return that a cell holds an error instead of a value."""
    return Fault("excel_error", f"{shown(cell)} is an error of the spreadsheet")
