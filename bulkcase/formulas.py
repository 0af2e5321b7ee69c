"""Cells that a spreadsheet would run, made harmless in a results file and restored from one."""

import re

_STARTS = frozenset("=+-@'\t\r")
_PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def defuse(text: str) -> str:
    """Return a cell's text with a `'` in front where a spreadsheet would run it as a formula.

    What starts with `'` gets another one, so that `restore` can undo every case. -5, +3.14 and -1e5 stay as they are.
    """
    return f"'{text}" if _would_run(text) else text


def restore(text: str) -> str:
    """Return the text that `defuse` was given: the exact inverse, for every text."""
    return text[1:] if text.startswith("'") and _would_run(text[1:]) else text


def _would_run(text: str) -> bool:
    return text[:1] in _STARTS and not _PLAIN_NUMBER.fullmatch(text)
