"""Quantities as a person writes them in a job file: durations, windows of the quota, limits of failures."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, NamedTuple, TypeVar

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from bulkcase.job import forms

T = TypeVar("T")

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]{1,9})?)\s*(ms|s|m|h|d)")
_LONGEST = 999_999_999
"""Of any unit."""
_LIMIT = re.compile(r"[0-9]{1,9}")
_TOO_MANY = 10**9
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?)\s*%\s*of\s*([0-9]{1,9})")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?)\s*%")
_MOST_ROWS = 100_000
"""A share is taken of so many rows at most: they are kept in memory."""


class Window(NamedTuple):
    """At most `limit` calls in any `seconds` seconds."""

    limit: int
    seconds: float


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """How many rows may fail before a run stops."""

    most: Fraction
    """Above it the run stops: a share of rows, or a count of them."""
    of: int | None = None
    """The share is one of the last so many finished rows; None where `most` is a count of all rows."""

    @property
    def text(self) -> str:
        """The limit as a job file writes it."""
        return str(self.most) if self.of is None else f"{float(self.most * 100):g}% of {self.of}"


@dataclass(frozen=True, slots=True)
class ChangeLimit:
    """How many rows a plan may send: above it, it is refused."""

    most: Fraction
    """A share of the plan's rows, or a count of them."""
    is_share: bool

    def allows(self, sent: int, rows: int) -> bool:
        """Say whether a plan may send so many of its rows."""
        return sent <= (self.most * rows if self.is_share else self.most)

    @property
    def text(self) -> str:
        """The limit as a job file writes it."""
        return f"{float(self.most * 100):g}%" if self.is_share else str(self.most)


def duration(text: object) -> float:
    """Return the seconds in a text such as "500ms", "30s", "5m", "1h", "2d".

    Raises ValueError with a message for the person who wrote it.
    """
    found = _DURATION.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None or not float(found[1]):
        raise ValueError('must be a number above zero with its unit, such as "30s", "5m", "1h" or "2d"')
    if float(found[1]) >= _LONGEST + 1:
        raise ValueError(f"is too long: must be {_LONGEST}{found[2]} or less")
    return float(found[1]) * _SECONDS[found[2]]


def window(text: object) -> Window:
    """Return the window in a text such as "50/60s" or "1700/1h".

    Raises ValueError with a message for the person who wrote it.
    """
    limit, slash, span = text.partition("/") if isinstance(text, str) else ("", "", "")
    if not slash or not _LIMIT.fullmatch(limit.strip()) or not int(limit):
        raise ValueError('must be a number of calls, a slash and a time, such as "50/60s" or "1700/1h"')
    return Window(int(limit), duration(span))


def failure_limit(written: object) -> FailureLimit:
    """Return the limit in "20% of 200", or in a count, with or without quotes.

    Raises ValueError with a message for the person who wrote it.
    """
    text = written.strip() if isinstance(written, str) else ""
    rows = int(text) if _LIMIT.fullmatch(text) else written
    if type(rows) is int and 0 < rows < _TOO_MANY:
        return FailureLimit(Fraction(rows))
    found = _SHARE.fullmatch(text)
    if found is None:
        raise ValueError('must be a share of the last rows such as "20% of 200", a count from 1 on, or "off"')
    most, of = Fraction(found[1]) / 100, int(found[2])
    if not 0 < most < 1:
        raise ValueError('must be more than 0% and less than 100%, or "off": no more than 100% can fail')
    if not 1 <= of <= _MOST_ROWS:
        raise ValueError(f"must be a share of 1 to {_MOST_ROWS} rows")
    return FailureLimit(most, of)


def change_limit(written: object) -> ChangeLimit:
    """Return the limit in "10%", or in a count, with or without quotes.

    Raises ValueError with a message for the person who wrote it.
    """
    text = written.strip() if isinstance(written, str) else ""
    rows = int(text) if _LIMIT.fullmatch(text) else written
    if type(rows) is int and 0 <= rows < _TOO_MANY:
        return ChangeLimit(Fraction(rows), is_share=False)
    found = _PERCENT.fullmatch(text)
    if found is None or Fraction(found[1]) > 100:
        raise ValueError('must be a share of the rows such as "10%", a count of them, or "off"')
    return ChangeLimit(Fraction(found[1]) / 100, is_share=True)


def row_count(written: object) -> int:
    """Return a count of rows from 1 on; raises ValueError with a message for the person who wrote it."""
    if type(written) is not int or not 1 <= written < _TOO_MANY:
        raise ValueError('must be a count of rows from 1 on, without quotes, or "off"')
    return written


def or_off(read: Callable[[object], T]) -> Callable[[object], T | None]:
    """Return a reader that also takes "off", which is None."""
    return lambda written: None if written == "off" else read(written)


Duration = Annotated[float, BeforeValidator(duration), WithJsonSchema(forms.DURATION)]
DurationOrOff = Annotated[float | None, BeforeValidator(or_off(duration)), WithJsonSchema(forms.or_off(forms.DURATION))]
QuotaWindow = Annotated[Window, BeforeValidator(window), WithJsonSchema(forms.WINDOW)]
RowsOrOff = Annotated[int | None, BeforeValidator(or_off(row_count)), WithJsonSchema(forms.or_off(forms.ROWS))]
FailuresOrOff = Annotated[
    FailureLimit | None, PlainValidator(or_off(failure_limit)), WithJsonSchema(forms.or_off(*forms.FAILURES))
]
ChangesOrOff = Annotated[
    ChangeLimit | None, PlainValidator(or_off(change_limit)), WithJsonSchema(forms.or_off(*forms.CHANGES))
]
