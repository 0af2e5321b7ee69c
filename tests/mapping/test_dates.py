"""Dates and times, typed and written, with and without format and zone."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.mapping.types.dates import check_format, to_iso, to_milliseconds
from bulkcase.model import CaseUpdate, Rejection

Mapped = Callable[..., CaseUpdate | Rejection]

EIGHT_UTC = 1796025600000
"""2026-11-30T08:00:00Z"""
HOUR = 3_600_000


def local(*parts: int) -> dt.datetime:
    """Return a time without zone, as a spreadsheet has it."""
    return dt.datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - the first is about the count of parts


def due(more: str = "") -> str:
    return f'dueDate = {{ column = "A", timezone = "Europe/Berlin"{more} }}'


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-11-30T08:00:00Z", EIGHT_UTC),
        ("2026-11-30T08:00:00.123Z", EIGHT_UTC + 123),
        ("2026-11-30T08:00:00.1234567Z", EIGHT_UTC + 123),
        ("2026-11-30 08:00Z", EIGHT_UTC),
        (" 2026-11-30T13:30:00+05:30 ", EIGHT_UTC),
        ("2026-11-30T13:30:00+0530", EIGHT_UTC),
        ("2026-11-30T09:00", EIGHT_UTC),
        ("2026-11-30", EIGHT_UTC - 9 * HOUR),
        ("2026-06-30T10:00", 1782806400000),
        ("1796025600000", EIGHT_UTC),
        ("1796025600000.0", EIGHT_UTC),
        (1796025600000, EIGHT_UTC),
        (1796025600000.0, EIGHT_UTC),
        ("100000000000", 10**11),
        (local(2026, 11, 30, 9), EIGHT_UTC),
        (local(2026, 11, 30, 8, 59, 59, 999_999), EIGHT_UTC),
        (dt.date(2026, 11, 30), EIGHT_UTC - 9 * HOUR),
        (dt.datetime(2026, 11, 30, 8, tzinfo=dt.UTC), EIGHT_UTC),
        ("1969-12-31T23:59:59Z", -1000),
    ],
)
def test_a_date_becomes_milliseconds(mapped: Mapped, cell: Any, expected: int) -> None:
    """Without a format, ISO 8601 and milliseconds are read; a date without a zone is in the field's."""
    assert mapped(due(), cell) == CaseUpdate("ci-1", {"dueDate": expected})


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("20261130", "too small"),
        ("99999999999", "too small"),
        ("-1796025600000", "too small"),
        (46356.0, "too small"),
        (1748491380, "too small"),
        (46356.333, "is no date"),
        ("46356.333", "ISO 8601"),
        ("30.11.2026", "ISO 8601"),
        ("11/30/2026", "ISO 8601"),
        ("26-11-30", "ISO 8601"),
        ("2026-W48-1", "ISO 8601"),
        ("2026-334", "ISO 8601"),
        ("2026-11-30x08:00", "ISO 8601"),
        ("2026-11-30T08", "ISO 8601"),
        ("2026-11-30T24:00", "ISO 8601"),
        ("2026-11-30t08:00z", "ISO 8601"),
        ("2026-02-30", "ISO 8601"),
        ("٢٠٢٦-11-30", "ISO 8601"),
        ("2026-11-30T08:00:00+25:00", "ISO 8601"),
        ("tomorrow", "ISO 8601"),
        ("999999999999999999", "out of range"),
        ("0001-01-01T00:00:00+14:00", None),
        (True, "is no date"),
        (dt.time(8), "is no date"),
        (dt.timedelta(hours=8), "is no date"),
        ("2026-03-29T02:30", "does not exist in Europe/Berlin"),
        ("2026-10-25T02:30", "happens twice in Europe/Berlin"),
        (local(2026, 3, 29, 2, 30), "does not exist"),
        (local(2026, 10, 25, 2, 30), "happens twice"),
    ],
)
def test_what_is_no_date_is_refused(mapped: Mapped, cell: Any, told: str | None) -> None:
    """What has no reading, or more than one, is bad_date with the reason; what is far but a date is taken."""
    result = mapped(due(), cell)
    if told is None:
        assert isinstance(result, CaseUpdate)
    else:
        assert isinstance(result, Rejection)
        assert result.code == "bad_date"
        assert told in result.message


@pytest.mark.parametrize(
    ("fmt", "cell", "expected"),
    [
        ("%d/%m/%Y %H:%M", "30/11/2026 09:00", EIGHT_UTC),
        ("%d/%m/%Y", "30/11/2026", EIGHT_UTC - 9 * HOUR),
        ("%d/%m/%Y", " 30/11/2026 ", EIGHT_UTC - 9 * HOUR),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-11-30T10:00:00+0200", EIGHT_UTC),
        ("%Y%m%d", "20261130", EIGHT_UTC - 9 * HOUR),
        ("%Y%m%d", 20261130.0, EIGHT_UTC - 9 * HOUR),
        ("%d/%m/%Y", local(2026, 11, 30, 9), EIGHT_UTC),
        ("%d/%m/%Y", dt.date(2026, 11, 30), EIGHT_UTC - 9 * HOUR),
    ],
)
def test_a_format_reads_its_texts_and_typed_cells(mapped: Mapped, fmt: str, cell: Any, expected: int) -> None:
    """With a format the text must match it; typed cells are taken too."""
    assert mapped(due(f', format = "{fmt}"'), cell) == CaseUpdate("ci-1", {"dueDate": expected})


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-11-30T09:00:00", EIGHT_UTC),
        ("2026-11-30T08:00:00Z", EIGHT_UTC),
        ("2026-11-30", EIGHT_UTC - 9 * HOUR),
        ("30/11/2026", EIGHT_UTC - 9 * HOUR),
    ],
)
def test_a_results_file_has_typed_dates_as_iso_text(mapped: Mapped, cell: str, expected: int) -> None:
    """In a results file, and only there, ISO 8601 is read beside the format: typed cells were written so."""
    mapping = due(', format = "%d/%m/%Y"')
    assert mapped(mapping, cell, fed_back=True) == CaseUpdate("ci-1", {"dueDate": expected})
    assert isinstance(mapped(mapping, cell), CaseUpdate) is ("/" in cell)


@pytest.mark.parametrize(("cell", "expected"), [("2026-05-11", None), ("2026-30-11", True), ("2026-11-30", True)])
def test_a_results_file_is_not_guessed_at(mapped: Mapped, cell: str, expected: bool | None) -> None:
    """Where the format and ISO 8601 read two dates from one text of a results file, the cell is refused."""
    result = mapped(due(', format = "%Y-%d-%m"'), cell, fed_back=True)
    if expected:
        assert result == CaseUpdate("ci-1", {"dueDate": EIGHT_UTC - 9 * HOUR})
    else:
        assert isinstance(result, Rejection)
        assert "is one date in the format %Y-%d-%m and another in ISO 8601" in result.message


@pytest.mark.parametrize(
    "cell",
    [
        "31/31/2026",
        "30/11/2026 09:00",
        "30/11/26",
        "2026-11-30",
        "2026-11-30 09:00",
        "2026-11-30T99:00",
        "1796025600000",
        1796025600000.0,
        True,
        dt.time(8),
    ],
)
def test_a_text_beside_its_format_is_refused(mapped: Mapped, cell: Any) -> None:
    """With a format nothing is guessed: neither other dates nor milliseconds are read."""
    result = mapped(due(', format = "%d/%m/%Y"'), cell)
    assert isinstance(result, Rejection)
    assert result.code == "bad_date"


def test_the_format_is_named_in_the_message(mapped: Mapped) -> None:
    """A bad date is shown with its column and the format that the job wants."""
    result = mapped('dueDate = { column = "A", format = "%d/%m/%Y" }', "31/31/2026")
    assert result == Rejection("bad_date", 'column "A": "31/31/2026" is not a date in the format %d/%m/%Y', "ci-1")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("2026-11-30T09:00:00+01:00", "2026-11-30T08:00:00.000Z"),
        ("2026-11-30T08:00:00.5Z", "2026-11-30T08:00:00.500Z"),
        ("2026-11-30", "2026-11-29T23:00:00.000Z"),
        (local(2026, 11, 30, 9), "2026-11-30T08:00:00.000Z"),
        ("0999-01-01T00:00:00Z", "0999-01-01T00:00:00.000Z"),
    ],
)
def test_an_iso_field_gets_utc_with_milliseconds(mapped: Mapped, cell: Any, text: str) -> None:
    """ETA and its like are sent as ISO 8601 in UTC, milliseconds and Z."""
    assert mapped('ETA = { column = "A", timezone = "Europe/Berlin" }', cell) == CaseUpdate("ci-1", {"ETA": text})


@pytest.mark.parametrize("cell", ["1796025600000", 1796025600000.0, "0001-01-01T00:00:00+14:00", 5])
def test_an_iso_field_takes_no_numbers_and_no_year_zero(mapped: Mapped, cell: Any) -> None:
    """A number is no date for an ISO field, and what falls out of the calendar in UTC is refused."""
    result = mapped('ETA = "A"', cell)
    assert isinstance(result, Rejection)
    assert result.code == "bad_date"


@pytest.mark.parametrize(
    ("field", "options", "expected"),
    [
        ('dueDate = { column = "A", timezone = "UTC" }', "", EIGHT_UTC),
        ('dueDate = "A"', 'timezone = "Asia/Tokyo"', EIGHT_UTC - 9 * HOUR),
        ('dueDate = { column = "A", timezone = "UTC" }', 'timezone = "Asia/Tokyo"', EIGHT_UTC),
        ('dueDate = "A"', "", None),
    ],
)
@pytest.mark.parametrize("cell", ["2026-11-30T08:00", local(2026, 11, 30, 8)])
def test_the_zone_is_the_fields_then_the_inputs_then_an_error(
    mapped: Mapped, field: str, options: str, expected: int | None, cell: Any
) -> None:
    """A time without a zone is in the field's, else the input's; with neither it is refused as no_zone."""
    result = mapped(field, cell, options=options)
    if expected is None:
        assert isinstance(result, Rejection)
        assert result.code == "no_zone"
    else:
        assert result == CaseUpdate("ci-1", {"dueDate": expected})


def test_an_offset_in_the_text_needs_no_zone(mapped: Mapped) -> None:
    """A time that says its offset is taken without any zone in the job."""
    assert mapped('dueDate = "A"', "2026-11-30T08:00Z") == CaseUpdate("ci-1", {"dueDate": EIGHT_UTC})


@pytest.mark.parametrize(
    ("fmt", "told"),
    [
        ("%d/%m", "year, month and day"),
        ("%H:%M", "year, month and day"),
        ("dd/mm/yyyy", "year, month and day"),
        ("%d/%m/%Y %I:%M", "%I without %p"),
        ("%d/%m/%Y %Z", "%Z"),
        ("%d/%m/%Q", "no format"),
        ("%d/%m/%Y %", "no format"),
        ("%d/%d/%m/%Y", "no format"),
    ],
)
def test_a_format_that_leaves_something_to_guess_is_refused(fmt: str, told: str) -> None:
    """A format has to tell year, month and day, and the half of the day where it tells hours of twelve."""
    with pytest.raises(ValueError, match=r".") as caught:
        check_format(fmt)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "fmt", ["%d/%m/%Y", "%m/%d/%y", "%d %b %Y", "%Y-%j", "%d.%m.%Y %I:%M %p", "%Y-%m-%dT%H:%M:%S.%f%z", "%d/%m/%Y %%Z"]
)
def test_a_format_that_tells_one_date_is_accepted(fmt: str) -> None:
    """The usual ways to write a date are formats."""
    check_format(fmt)


moments = st.datetimes(
    min_value=local(1900, 1, 1), max_value=local(2100, 1, 1), timezones=st.just(ZoneInfo("America/New_York"))
)


@given(moments)
def test_milliseconds_and_iso_name_the_same_moment(moment: dt.datetime) -> None:
    """Both ways to send a moment agree, and are at most half a millisecond off."""
    again = dt.datetime.fromisoformat(to_iso(moment))
    assert to_milliseconds(again) == to_milliseconds(moment)
    assert abs(again - moment) <= dt.timedelta(microseconds=500)
