"""Values that only their owner may read: what takes their place wherever else a row is shown.

Pure. What may show a private value is known by where it comes from: cells and changes by their names, messages by the
fields and columns that they name. What a server says without naming one is searched for the row's own private cells;
what else it may say of a person cannot be known.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from bulkcase.cells import Cell, text_of

MASK: Final = "•••"
"""What stands in the place of a private value."""
WITHHELD: Final = "withheld, as it may show private values: see results.csv"
"""What stands in the place of a message that may show one."""
_EMPTY: Final[Sequence[Any]] = (None, "", [], {})
_RUN: Final = 4
"""Characters of a private value from which on they are recognised within a text."""
_MISSHAPEN: Final = "row_"
"""How the causes start of rows whose cells may stand under wrong columns; their messages show none of them."""
_FAULT: Final = re.compile(r"a fault of bulkcase \(\w+")
"""How the reason of a fault of this program starts, whose words may be anything."""
_LONGEST_NAME: Final = 60
"""Characters of a column's name that messages show."""
_ALL_FIELDS: Final = frozenset({"fields", "custom"})
"""How changes within the custom and system fields are called; any of them may go by two names."""
_DATES: Final = frozenset({"dueDate", "ETA"})
"""The due date, which a case keeps twice."""
_SHOWN_IN_FIELDS: Final = _DATES | {"name", "desc"}
"""What system items of `fields` show as well."""


class Private:
    """The fields that are private, and the columns of the input that they are mapped from."""

    def __init__(self, fields: Iterable[str] = (), columns: Iterable[str] = ()) -> None:
        self.fields = tuple(dict.fromkeys(fields))
        """Names of fields, or paths into them: `desc`, `userInfo.emailId`, `custom.Region`."""
        self.columns = frozenset(columns)
        self._hidden = tuple(sorted(set(self.fields).union(*map(_twins, self.fields))))
        self._named = _mention(self._hidden, self.columns)

    def __bool__(self) -> bool:
        """Say whether anything is private."""
        return bool(self.fields)

    def hides(self, name: str) -> bool:
        """Say whether a change with this name, as `bulkcase.fields.parts` yields it, may show something private."""
        return any(_overlap(name, hidden) for hidden in self._hidden)

    def value(self, name: str, text: str) -> str:
        """Return the text of a value, masked where it is private; that there is none may be known."""
        return MASK if text and self.hides(name) else text

    def values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return fields and their values, the private ones masked."""
        return {name: MASK if value not in _EMPTY and self.hides(name) else value for name, value in values.items()}

    def header(self, header: Sequence[str]) -> list[str]:
        """Return the columns under names that no job maps, where they are masked: no masked cell is ever sent."""
        taken, names = set(header), []
        for name in header:
            if name in self.columns:
                while name in taken:
                    name = f"{name} (masked)"  # noqa: PLW2901 - until nothing else is called so
                taken.add(name)
            names.append(name)
        return names

    def cells(self, header: Sequence[str], cells: Sequence[Cell], code: str = "") -> tuple[Cell, ...]:
        """Return the cells of a row with the private ones masked, and all that may stand under a wrong column.

        `code` is the cause of its outcome: it tells where the row was cut wrong.
        """
        if not self.columns:
            return tuple(cells)
        if len(cells) != len(header) or code.startswith(_MISSHAPEN):
            return tuple(MASK if text_of(cell) else cell for cell in cells)
        return tuple(
            MASK if name in self.columns and text_of(cell) else cell for name, cell in zip(header, cells, strict=True)
        )

    def message(self, code: str, text: str, header: Sequence[str] = (), cells: Sequence[Cell] = ()) -> str:
        """Return what is said of a row with nothing private in it; `cells` are the row's own, unmasked."""
        if not self or not text or code.startswith(_MISSHAPEN):
            return text
        if self._named.search(text):
            return WITHHELD
        return _without(
            text, [text_of(cell) for name, cell in zip(header, cells, strict=False) if name in self.columns]
        )

    def reason(self, text: str) -> str:
        """Return why a run ended, with nothing private in it: what is said of cases may show their values."""
        if not self:
            return text
        if fault := _FAULT.match(text):
            return f"{fault[0]}): {WITHHELD}"
        if not self._named.search(text):
            return text
        head, colon, _ = text.partition(": ")
        return f"{head}: {WITHHELD}" if colon and not self._named.search(head) else WITHHELD


def _twins(field: str) -> frozenset[str]:
    """Return under which other names a case shows the value of a field."""
    if field.partition(".")[0] in _ALL_FIELDS:
        return _ALL_FIELDS
    return (_DATES if field in _DATES else frozenset()) | ({"fields"} if field in _SHOWN_IN_FIELDS else frozenset())


def _overlap(name: str, hidden: str) -> bool:
    """Say whether one of two names is the other, or a path into it."""
    return name == hidden or name.startswith(f"{hidden}.") or hidden.startswith(f"{name}.")


def _mention(fields: Iterable[str], columns: Iterable[str]) -> re.Pattern[str]:
    """Return what finds the name of one of these fields, or of one of these columns in quotes, in a text."""
    names = {part for field in fields for part in (field, field.partition(".")[0], field.rpartition(".")[2])}
    words = "|".join(map(re.escape, sorted(names)))
    quoted = "|".join(re.escape(_quoted(column)) for column in sorted(columns))
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)" + (f"|{quoted}" if quoted else ""), re.IGNORECASE)


def _quoted(column: str) -> str:
    """Return the name of a column as the messages of the mapping show it."""
    cut = column if len(column) <= _LONGEST_NAME else f"{column[: _LONGEST_NAME - 1]}…"
    return f'"{"".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)}"'


def _without(text: str, values: Iterable[str]) -> str:
    """Return a text in which every run of characters that one of the values has, too, is masked, and what is between.

    A message may show a value cut, or on one line; what is left of it then still has runs in common.
    """
    folded, spans, found = _folded(text), list[tuple[int, int]](), set[str]()
    own = set(_runs(folded))
    for value in values:
        line = " ".join(_folded(value).split())
        if len(line) >= _RUN:
            found.update(run for run in _runs(line) if run in own)
        elif line:
            spans += (at.span() for at in re.finditer(rf"(?<!\w){re.escape(line)}(?!\w)", folded))
    spans += ((start, start + _RUN) for start, run in enumerate(_runs(folded)) if run in found)
    shown, end = list[str](), 0
    for start, stop in sorted(spans):
        if not shown or start - end >= _RUN:
            shown += (text[end:start], MASK)
        end = max(end, stop)
    return "".join(shown) + text[end:]


def _runs(text: str) -> Iterator[str]:
    return (text[start : start + _RUN] for start in range(len(text) - _RUN + 1))


def _folded(text: str) -> str:
    """Return a text of the same length in small letters, with a space for each character that does not print."""
    if text.isascii() and text.isprintable():
        return text.lower()
    return "".join((c.lower() if len(c.lower()) == 1 else c) if c.isprintable() else " " for c in text)


NOTHING: Final = Private()
"""Of a job that keeps nothing private."""
