"""How many examples a property is tried with: few in every test run, many in the full form of the campaign."""

from dataclasses import dataclass

FULL = 25
"""How many times as many the full form has."""


@dataclass
class _Depth:
    is_full: bool = False


_depth = _Depth()


def go_deep() -> None:
    """Let properties that are declared from now on be tried in their full form."""
    _depth.is_full = True


def examples(few: int) -> int:
    """Return the number of examples of a property that has so `few` in every test run."""
    return few * FULL if _depth.is_full else few
