"""Dates and times: from cells to milliseconds since the epoch, or to ISO 8601 in UTC."""

import datetime as dt
import re
import warnings
from collections.abc import Callable

from bulkcase.cells import Cell, shown, text_of
from bulkcase.mapping.faults import Fault

Read = Callable[[Cell], dt.datetime | Fault]
"""Turns a cell that is no typed date into a date-time, with or without a zone."""

Output = Callable[[dt.datetime], int | str]
"""Writes a date-time as the API takes it."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND = dt.timedelta(milliseconds=1)
_LEAST_MILLISECONDS = 10**11
"""March 1973; whatever is smaller is more likely seconds or a spreadsheet's count of days."""

_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
).fullmatch
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.0+)?").fullmatch

_NO_ZONE = "has no time zone: write it with an offset, or set timezone in the job"
_SAMPLE = dt.datetime(2026, 11, 29, 13, 45, 58, tzinfo=dt.UTC)


def check_format(written: str) -> None:
    """Raise ValueError, in words for the person who wrote it, for a format that does not tell one date.

    A sample date is written and read back: what the format leaves out would otherwise be guessed.
    """
    if "%Z" in written.replace("%%", ""):
        raise ValueError("has %Z, which Python reads and ignores: use %z, or set timezone")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python's, of a day without a year: refused below
            again = dt.datetime.strptime(_SAMPLE.strftime(written), written)  # noqa: DTZ007 - only compared
    except (ValueError, re.error) as error:
        raise ValueError(f"is no format of strptime: {error}") from None
    if again.date() != _SAMPLE.date():
        raise ValueError("must have year, month and day, such as %d/%m/%Y")
    if again.hour not in {0, _SAMPLE.hour}:
        raise ValueError("has %I without %p: morning and evening look the same")


def to_milliseconds(moment: dt.datetime) -> int:
    """Return a date-time as milliseconds since the epoch, rounded: spreadsheets keep times as fractions of a day."""
    return (moment - _EPOCH + _MILLISECOND / 2) // _MILLISECOND


def to_iso(moment: dt.datetime) -> str:
    """Return a date-time as the API writes it: UTC, with milliseconds and Z."""
    rounded = _EPOCH + _MILLISECOND * to_milliseconds(moment)
    return rounded.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def date_converter(
    output: Output, fmt: str | None, zone: dt.tzinfo | None, *, fed_back: bool = False
) -> Callable[[Cell], int | str | Fault]:
    """Return what turns a cell into a date for the API: `output` writes it, `zone` is for dates without one.

    In a results file of bulkcase's own (`fed_back`) the typed dates of a workbook have become ISO 8601, so that is read
    there beside the format; anywhere else the format is all there is.
    """
    milliseconds = fmt is None and output is to_milliseconds
    read = _iso_reader(milliseconds) if fmt is None else _format_reader(fmt, fed_back)

    def convert(cell: Cell) -> int | str | Fault:
        try:
            found = cell if isinstance(cell, dt.date) else read(cell)
            moment = found if isinstance(found, Fault) else _placed(cell, found, zone)
            return moment if isinstance(moment, Fault) else output(moment)
        except OverflowError:
            return _bad(cell, "is out of range: years go from 1 to 9999")

    return convert


def _iso_reader(milliseconds: bool) -> Read:
    def read(cell: Cell) -> dt.datetime | Fault:
        text = text_of(cell).strip()
        if isinstance(cell, dt.time | dt.timedelta | bool):
            return _bad(cell, "is no date")
        if _WHOLE_NUMBER(text):
            return _from_number(cell, float(text), milliseconds)
        if isinstance(cell, float):
            return _bad(cell, "is no date: format the column as a date in the spreadsheet")
        return _from_iso(text) or _bad(cell, "is not a date as ISO 8601 writes it, such as 2026-11-30T08:00:00+01:00")

    return read


def _format_reader(fmt: str, fed_back: bool) -> Read:
    def read(cell: Cell) -> dt.datetime | Fault:
        text = text_of(cell).strip()
        if isinstance(cell, dt.time | dt.timedelta | bool):
            return _bad(cell, "is no date")
        iso = _from_iso(text) if fed_back else None
        try:
            found = dt.datetime.strptime(text, fmt)  # noqa: DTZ007 - the zone is put in afterwards
        except ValueError:
            return iso or _bad(cell, f"is not a date in the format {fmt}")
        if iso is not None and iso != found:
            return _bad(cell, f"is one date in the format {fmt} and another in ISO 8601: take the row's original file")
        return found

    return read


def _from_iso(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text) if _ISO(text) else None
    except ValueError:
        return None


def _from_number(cell: Cell, number: float, milliseconds: bool) -> dt.datetime | Fault:
    if not milliseconds:
        return _bad(cell, "is a number, no date: write it as ISO 8601, or format the column as a date")
    if number < _LEAST_MILLISECONDS:
        reason = f"is less than {_LEAST_MILLISECONDS}, too small for milliseconds since 1970"
        return _bad(cell, f"{reason} (seconds, or a spreadsheet's count of days?): write a date")
    return _EPOCH + dt.timedelta(milliseconds=number)


def _placed(cell: Cell, found: dt.datetime | dt.date, zone: dt.tzinfo | None) -> dt.datetime | Fault:
    """Return a date-time with its zone; a date alone is its first moment."""
    local = found if isinstance(found, dt.datetime) else dt.datetime.combine(found, dt.time())
    if local.tzinfo is not None:
        return local
    if zone is None:
        return Fault("no_zone", f"{shown(cell)} {_NO_ZONE}")
    offset, later = _offset(local, zone, 0), _offset(local, zone, 1)
    if offset == later:
        return local.replace(tzinfo=zone)
    change = "happens twice" if offset > later else "does not exist"
    return _bad(cell, f"{change} in {zone} as the clocks are changed: write it with its offset")


def _offset(local: dt.datetime, zone: dt.tzinfo, fold: int) -> dt.timedelta:
    """Return the offset of a local time: before (0) or after (1) a change of the clocks, where it is near one."""
    return local.replace(tzinfo=zone, fold=fold).utcoffset() or dt.timedelta()


def _bad(cell: Cell, reason: str) -> Fault:
    return Fault("bad_date", f"{shown(cell)} {reason}")
