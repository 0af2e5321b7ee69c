"""Cells that a spreadsheet would run, made harmless in a results file and restored from one."""

import re
from collections.abc import Iterable, Sequence

_STARTS = frozenset("=+-@'\t\r")
_BETWEEN = "\0"
_MAY_RUN = re.compile(f"{_BETWEEN}[{re.escape(''.join(sorted(_STARTS)))}]")
_PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def defuse(text: str) -> str:
    """Return a cell's text with a `'` in front where a spreadsheet would run it as a formula.

    What starts with `'` gets another one, so that `restore` can undo every case. -5, +3.14 and -1e5 stay as they are.
    """
    return f"'{text}" if text[:1] in _STARTS and _would_run(text) else text


def defuse_all(texts: Sequence[str]) -> Sequence[str]:
    """Return what `defuse` makes of each of some texts, most of which are harmless; they are looked at together."""
    return [defuse(text) for text in texts] if may_run(texts) else texts


def may_run(texts: Iterable[str]) -> bool:
    """Say whether `defuse` may change one of some texts; where it says no, it changes none.

    Raises TypeError where one of them is no text.
    """
    return _MAY_RUN.search(_BETWEEN + _BETWEEN.join(texts)) is not None


def restore(text: str) -> str:
    """Return the text that `defuse` was given: the exact inverse, for every text."""
    return text[1:] if text.startswith("'") and _would_run(text[1:]) else text


def _would_run(text: str) -> bool:
    return text[:1] in _STARTS and not _PLAIN_NUMBER.fullmatch(text)
