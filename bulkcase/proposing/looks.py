"""What the values of a column look like."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bulkcase.cells import Cell, is_blank, is_excel_error, text_of

SEPARATORS: Final = {";": "semicolons", "|": "bars", ",": "commas", "\n": "line breaks"}
"""What stands between the items of a list, and what people call it."""
_LONG: Final = 200
"""Characters from which on a value is a text and nothing else."""

is_email: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+").fullmatch


@dataclass(frozen=True, slots=True)
class Look:
    """The values of one column, in a sample of the rows."""

    values: Sequence[Cell]
    """Those that are neither blank nor an error."""
    blank: int
    errors: int
    """Excel's error values."""
    distinct: int
    """Different values, as texts."""

    @property
    def filled(self) -> int:
        """How many values there are."""
        return len(self.values)

    @property
    def is_nearly_full(self) -> bool:
        """Whether nine in ten of the rows have a value here, or an error in its place."""
        return self.blank * 10 <= self.filled + self.errors + self.blank

    @property
    def repeats(self) -> int:
        """How many values stand there not for the first time."""
        return self.filled - self.distinct

    def count(self, is_one: Callable[[str], object]) -> int:
        """Return how many values are so, as short texts without outer spaces."""
        return sum(1 for text in map(short_text, self.values) if text and is_one(text))

    def mostly(self, is_one: Callable[[str], object]) -> bool:
        """Say whether nine in ten of the values are so, and at least one."""
        return bool(self.values) and self.count(is_one) * 10 >= self.filled * 9

    def separators(self) -> list[str]:
        """Return the separators that are in the values which are no JSON, the most frequent first."""
        texts = [text for text in map(text_of, self.values) if not text.lstrip().startswith("[")]
        counts = {each: sum(each in text.strip() for text in texts) for each in SEPARATORS}
        return sorted((each for each, count in counts.items() if count), key=lambda each: -counts[each])

    def is_json(self, start: str) -> bool:
        """Say whether all values begin as JSON of one kind does."""
        return bool(self.values) and all(text_of(value).lstrip().startswith(start) for value in self.values)


def short_text(value: Cell) -> str:
    """Return a value as a text without outer spaces; the empty text for a long one."""
    text = text_of(value).strip()
    return text if len(text) <= _LONG else ""


def look_at(cells: Iterable[Cell]) -> Look:
    """Return what a column looks like."""
    values, blank, errors = list[Cell](), 0, 0
    for cell in cells:
        if is_blank(cell):
            blank += 1
        elif is_excel_error(cell):
            errors += 1
        else:
            values.append(cell)
    return Look(values, blank, errors, len(set(map(text_of, values))))
