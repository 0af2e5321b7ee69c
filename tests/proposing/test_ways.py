"""How the values of a column can be read for a field."""

import datetime as dt
from typing import Any

import pytest

from bulkcase.proposing.looks import look_at
from bulkcase.proposing.ways import How, needs_zone, ways_of

FORMATS = {
    "13/04/2026": "%d/%m/%Y",
    "13/04/2026 9:30": "%d/%m/%Y %H:%M",
    "04/13/2026 09:30:15 PM": "%m/%d/%Y %I:%M:%S %p",
    "04/13/26": "%m/%d/%y",
    "13.04.2026": "%d.%m.%Y",
    "13. 04. 2026": "%d. %m. %Y",
    "13-Apr-2026": "%d-%b-%Y",
    "13 April 2026": "%d %B %Y",
    "April 13, 2026": "%B %d, %Y",
    "Apr 13 2026, 09:30": "%b %d %Y, %H:%M",
    "2026/04/13": "%Y/%m/%d",
    "20260413": "%Y%m%d",
    "13/04/2026 09:30:15.250": "%d/%m/%Y %H:%M:%S.%f",
    "13/04/2026 09:30 +0200": "%d/%m/%Y %H:%M %z",
}
ISO = ["2026-04-13", "2026-04-13T09:30:00Z", "2026-04-13 09:30", "1775808000000"]
NO_DATES = ["soon", "13/04", "1775808000", "45678", "99/99/9999", "13/04/2026 Friday", ""]


@pytest.mark.parametrize(("text", "fmt"), FORMATS.items())
def test_a_format_is_told_by_the_look(text: str, fmt: str) -> None:
    """A date that has one reading gets the format that reads it."""
    ways = ways_of("dueDate", look_at([text, text]))
    assert (list(ways.hows), ways.doubt) == ([How(format=fmt)], "")


@pytest.mark.parametrize("text", ISO)
def test_what_is_read_without_a_format_gets_none(text: str) -> None:
    """ISO 8601 and milliseconds need nothing."""
    ways = ways_of("dueDate", look_at([text]))
    assert (list(ways.hows), ways.doubt) == ([How()], "")


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_date_is_never_mapped_as_one(text: str) -> None:
    """Words, seconds, a spreadsheet's count of days and blank cells leave a doubt."""
    assert ways_of("dueDate", look_at([text] * 3)).doubt


def test_day_and_month_that_cannot_be_told_are_both_offered() -> None:
    """No order is taken where every date could be read in both."""
    ways = ways_of("dueDate", look_at(["03/04/2026", "05/06/2026"]))
    assert [how.format for how in ways.hows] == ["%d/%m/%Y", "%m/%d/%Y"]
    assert "day first or month first" in ways.doubt


def test_one_date_that_has_one_order_tells_it_for_all() -> None:
    """A day above twelve settles it, and a date that does not exist unsettles nothing."""
    ways = ways_of("dueDate", look_at([*["03/04/2026"] * 20, "13/04/2026", "31/11/2026"]))
    assert (list(ways.hows), ways.doubt) == ([How(format="%d/%m/%Y")], "")
    assert ways.why.endswith("but for 1 of 22 values")


def test_two_orders_in_one_column_are_never_read_as_one() -> None:
    """Where some dates have the day first and others the month, a person has to look."""
    ways = ways_of("dueDate", look_at([*["13/04/2026"] * 30, "04/13/2026"]))
    assert "more forms than one" in ways.doubt


def test_dates_of_which_a_spreadsheet_took_some_are_doubted() -> None:
    """Typed dates beside texts are what a spreadsheet of another country leaves: it may have swapped day and month."""
    ways = ways_of("dueDate", look_at([dt.datetime(2026, 3, 4), *["13/04/2026"] * 3]))  # noqa: DTZ001 - as sheets have it
    assert "day for month" in ways.doubt
    typed = [dt.datetime(2026, 3, 4)] * 95  # noqa: DTZ001 - as sheets have it
    assert "day for month" in ways_of("dueDate", look_at([*typed, *["25/04/2026"] * 5])).doubt
    assert ways_of("dueDate", look_at([*typed, *["soon"] * 4, "31/11/2026"])).doubt == ""


def test_typed_dates_need_no_format() -> None:
    """What a workbook keeps as a date is one."""
    assert ways_of("dueDate", look_at([dt.date(2026, 4, 13)])).hows == (How(),)


@pytest.mark.parametrize(
    ("field", "values", "how"),
    [
        ("tags", ["a;b", "c"], How(split=";", mode="add")),
        ("tags", ["a|b"], How(split="|", mode="add")),
        ("tags", ["a\nb"], How(split="\n", mode="add")),
        ("tags", ['["a"]', "[]"], How(mode="add")),
        ("channel", ["a,b"], How(split=",")),
        ("isActive", ["yes", "No", True, 1], How()),
        ("status", ["Open", "Closed"], How()),
        ("status", ['{"_id": "sts-1"}'], How()),
        ("userInfo.emailId", ["a@example.com"], How()),
        ("desc", ["text", 12, True], How()),
        ("custom.Region", ["EMEA"], How()),
        ("custom.Since", ["2026-04-13"], How()),
        ("custom.Since", ["13/04/2026"], How(format="%d/%m/%Y")),
    ],
)
def test_a_column_that_can_be_read_in_one_way_is_sure(field: str, values: list[Any], how: How) -> None:
    """Lists by their separators, booleans, names, JSON and texts."""
    ways = ways_of(field, look_at(values))
    assert (list(ways.hows), ways.doubt) == ([how], "")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("tags", ["one"]),
        ("tags", ["a;b", "c,d"]),
        ("tags", ["[broken"]),
        ("isActive", ["open", "closed"]),
        ("status", [f"a sentence {number}" for number in range(99)]),
        ("status", ["1", "2"]),
        ("status", ["{broken"]),
        ("userInfo.emailId", ["somebody"]),
        ("createdBy", ["somebody"]),
        ("status", ["", "#N/A"]),
        ("name", ["bad \0 text"]),
    ],
)
def test_a_column_that_cannot_be_read_leaves_a_doubt(field: str, values: list[Any]) -> None:
    """Nothing is mapped of which some values would be read as something else, or not at all."""
    ways = ways_of(field, look_at(values))
    assert ways.doubt
    assert ways.hows


def test_a_zone_is_needed_by_dates_without_one() -> None:
    """An offset or milliseconds say the moment themselves, and a text has none."""
    assert needs_zone("dueDate", How(), look_at(["2026-04-13T09:30"]))
    assert needs_zone("dueDate", How(format="%d/%m/%Y"), look_at(["13/04/2026"]))
    assert not needs_zone("dueDate", How(), look_at(["2026-04-13T09:30Z", "1775808000000"]))
    assert not needs_zone("desc", How(), look_at(["2026-04-13T09:30"]))
