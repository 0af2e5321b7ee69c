"""Hours in which a run may send: spans over midnight, days of the week, changes of the clocks."""

import datetime as dt
import time
from math import inf, nextafter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bulkcase.job.hours import Hours, hours

BERLIN = "Europe/Berlin"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 86400.0
EVERY_DAY = frozenset(range(7))
NEAR_CHANGES = ("2026-03-07", "2026-03-28", "2026-07-01", "2026-10-24", "2026-10-31")
"""Two days from which on clocks are put forward, one on which none is, two from which on they are put back."""


def at(written: str, zone: str = BERLIN) -> float:
    """Return a moment in a zone, or with the offset that stands in it."""
    moment = dt.datetime.fromisoformat(written)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).timestamp()


@pytest.mark.parametrize(
    ("written", "days", "start", "end", "zone"),
    [
        ("22:00-06:00 Europe/Berlin", EVERY_DAY, 22 * 60, 30 * 60, BERLIN),
        ("9:00 - 17:30", EVERY_DAY, 9 * 60, 17 * 60 + 30, None),
        ("mon-fri 22:00-06:00 UTC", {0, 1, 2, 3, 4}, 22 * 60, 30 * 60, "UTC"),
        ("mon,wed,sat-sun 09:00-17:00", {0, 2, 5, 6}, 9 * 60, 17 * 60, None),
        (" Mon , WED - thu   00:00-24:00 ", {0, 2, 3}, 0, 24 * 60, None),
        ("sat-mon 00:00-24:00", {5, 6, 0}, 0, 24 * 60, None),
        ("tue-tue 22:00-00:00", {1}, 22 * 60, 24 * 60, None),
        ("22:00-24:00", EVERY_DAY, 22 * 60, 24 * 60, None),
    ],
)
def test_hours_are_days_times_and_a_zone(written: str, days: set[int], start: int, end: int, zone: str | None) -> None:
    """Days and zone may be left out; an end that is not later than the start is on the next day."""
    found = hours(written)
    assert found == Hours(frozenset(days), start, end, ZoneInfo(zone) if zone else None, "")
    assert found.text == written.strip()


@pytest.mark.parametrize(
    ("written", "told"),
    [
        *(
            (text, "must be hours such as")
            for text in ("", "always", "22:00", "22-06", "22:00-06", "mon-fri", "٢٢:00-06:00")
        ),
        *(
            (text, "must be hours such as")
            for text in (22, True, None, ["22:00-06:00"], "mon22:00-06:00", "22:00-06:00UTC")
        ),
        ("25:00-06:00", "has 25:00: must be from 00:00 to 23:59"),
        ("22:60-06:00", "has 22:60: must be from"),
        ("24:00-06:00", "has 24:00: must be from"),
        ("22:00-24:01", "has 24:01: must be from 00:00 to 23:59, or 24:00 for an end at midnight"),
        ("22:00-22:00", 'starts and ends at 22:00: write 00:00-24:00 for the whole day, or "off"'),
        ("00:00-00:00", "starts and ends at 00:00: write 00:00-24:00"),
        ("monday 22:00-06:00", "names the weekday 'monday', which is not known: did you mean mon?"),
        ("wednesday-fri 22:00-06:00", "did you mean wed?"),
        ("mon-fir 22:00-06:00", "names the weekday 'fir', which is not known: did you mean fri?"),
        ("daily 22:00-06:00", "there are mon, tue, wed, thu, fri, sat, sun"),
        ("mon,,tue 22:00-06:00", "names the weekday ''"),
        ("mon- 22:00-06:00", "names the weekday ''"),
        (
            "22:00-06:00 Europe/Berln",
            "names the time zone 'Europe/Berln', which is not known: did you mean Europe/Berlin?",
        ),
        ("22:00-06:00 europe/BERLIN!", "did you mean Europe/Berlin?"),
        ("22:00-06:00 New York", "did you mean America/New_York?"),
        ("22:00-06:00 CEST", "names the time zone 'CEST', which is not known: write one such as Europe/Berlin, or UTC"),
        ("22:00-06:00 ../../etc/passwd", "names the time zone"),
        ("22:00-06:00 a\0b", "names the time zone"),
    ],
)
def test_what_is_no_hours_is_refused(written: object, told: str) -> None:
    """A message says what is wrong and what to write, with the nearest known word where there is one."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared
        hours(written)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("written", "now", "opens", "closes"),
    [
        # 2026-11-23 is a Monday
        ("09:00-17:00", "2026-11-23T08:59:59", "2026-11-23T09:00", None),
        ("09:00-17:00", "2026-11-23T09:00", "2026-11-23T09:00", "2026-11-23T17:00"),
        ("09:00-17:00", "2026-11-23T17:00", "2026-11-24T09:00", None),
        ("22:00-06:00", "2026-11-23T23:30", "2026-11-23T23:30", "2026-11-24T06:00"),
        ("22:00-06:00", "2026-11-24T05:59:59", "2026-11-24T05:59:59", "2026-11-24T06:00"),
        ("22:00-06:00", "2026-11-24T06:00", "2026-11-24T22:00", None),
        ("mon-fri 22:00-06:00", "2026-11-28T03:00", "2026-11-28T03:00", "2026-11-28T06:00"),
        ("mon-fri 22:00-06:00", "2026-11-28T22:00", "2026-11-30T22:00", None),
        ("mon-fri 22:00-06:00", "2026-11-30T03:00", "2026-11-30T22:00", None),
        ("tue 22:00-06:00", "2026-11-25T06:00", "2026-12-01T22:00", None),
        ("mon-fri 00:00-24:00", "2026-11-24T12:00", "2026-11-24T12:00", "2026-11-28T00:00"),
        ("mon-fri 00:00-24:00", "2026-11-28T00:00", "2026-11-30T00:00", None),
        ("sat-mon 00:00-24:00", "2026-11-29T12:00", "2026-11-29T12:00", "2026-12-01T00:00"),
        ("mon-sun 00:00-24:00", "2026-11-29T12:00", "2026-11-29T12:00", "never"),
        ("mon-sun 00:00-23:59", "2026-11-29T12:00", "2026-11-29T12:00", "2026-11-29T23:59"),
        # the clocks go from 02:00 to 03:00 on 2026-03-29, a Sunday
        ("22:00-06:00", "2026-03-28T23:00", "2026-03-28T23:00", "2026-03-29T06:00+02:00"),
        ("02:30-05:00", "2026-03-29T01:00", "2026-03-29T03:00+02:00", None),
        ("02:30-05:00", "2026-03-29T03:00", "2026-03-29T03:00", "2026-03-29T05:00+02:00"),
        ("22:00-02:30", "2026-03-29T01:00", "2026-03-29T01:00", "2026-03-29T03:00+02:00"),
        ("22:00-02:30", "2026-03-29T03:00", "2026-03-29T22:00", None),
        ("02:10-02:50", "2026-03-29T01:00", "2026-03-30T02:10", None),
        ("sun 02:10-02:50", "2026-03-29T01:00", "2026-04-05T02:10", None),
        ("02:45-02:15", "2026-03-28T12:00", "2026-03-28T12:00", "2026-03-30T02:15+02:00"),
        # and from 03:00 back to 02:00 on 2026-10-25, a Sunday
        ("22:00-02:30", "2026-10-25T02:15+02:00", "2026-10-25T02:15+02:00", "2026-10-25T02:30+01:00"),
        ("22:00-02:30", "2026-10-25T02:45+02:00", "2026-10-25T02:45+02:00", "2026-10-25T02:30+01:00"),
        ("22:00-02:30", "2026-10-25T02:30+01:00", "2026-10-25T22:00", None),
        ("02:30-05:00", "2026-10-25T02:15+02:00", "2026-10-25T02:30+02:00", None),
        ("02:30-05:00", "2026-10-25T02:15+01:00", "2026-10-25T02:15+01:00", "2026-10-25T05:00+01:00"),
        ("02:10-02:50", "2026-10-25T02:10+02:00", "2026-10-25T02:10+02:00", "2026-10-25T02:50+01:00"),
        ("02:50-02:10", "2026-10-25T02:05+01:00", "2026-10-25T02:05+01:00", "2026-10-26T02:10+01:00"),
    ],
)
def test_each_line_of_the_table_of_hours(written: str, now: str, opens: str, closes: str | None) -> None:
    """From each moment, the hours open and close when a calendar and a clock on the wall say so."""
    open_hours = hours(f"{written} {BERLIN}")
    assert open_hours.opens_at(at(now)) == at(opens)
    assert open_hours.is_open(at(now)) is (closes is not None)
    assert open_hours.closes_at(at(now)) == (inf if closes == "never" else at(closes or now))


@pytest.mark.parametrize(
    ("written", "now", "opens"),
    [
        ("00:30-05:00 America/Havana", "2026-03-08T04:30+00:00", "2026-03-08T05:00+00:00"),
        ("02:10-05:00 Australia/Lord_Howe", "2026-10-03T15:00+00:00", "2026-10-03T15:30+00:00"),
        ("fri 10:00-12:00 Pacific/Apia", "2011-12-29T12:00-10:00", "2012-01-06T10:00+14:00"),
        ("fri 10:00-24:00 Pacific/Apia", "2011-12-30T10:00-10:00", "2012-01-06T10:00+14:00"),
    ],
)
def test_odd_changes_of_the_clocks_are_just_changes(written: str, now: str, opens: str) -> None:
    """A gap at midnight, one of half an hour, and a Friday that never was are gaps as any other."""
    assert hours(written).opens_at(at(now)) == at(opens)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system has no way to change the zone of a process")
@pytest.mark.parametrize("zone", [BERLIN, "America/New_York", "UTC"])
@pytest.mark.parametrize("written", ["22:00-02:30", "mon-fri 02:15-17:00", "sun 02:10-02:50"])
def test_without_a_zone_the_hours_are_those_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, written: str, zone: str
) -> None:
    """In every hour around changes of the clocks they are what they are with the machine's zone named."""
    here, there = hours(written), hours(f"{written} {zone}")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        moments = [at(f"{day}T00:00+00:00") + 1700.0 * number for day in NEAR_CHANGES for number in range(150)]
        differing = [now for now in moments if told_by(here, now) != told_by(there, now)]
    time.tzset()
    assert differing == []


def told_by(open_hours: Hours, now: float) -> tuple[bool, float, float]:
    return open_hours.is_open(now), open_hours.opens_at(now), open_hours.closes_at(now)


zones = st.sampled_from([BERLIN, "UTC", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Kolkata"])
times = st.integers(0, 24 * 4 - 1).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
days = st.sets(st.sampled_from(DAYS), min_size=1).map(",".join)
writings = (
    st.tuples(days, times, times, zones)
    .filter(lambda parts: parts[1] != parts[2])
    .map(lambda parts: f"{parts[0]} {parts[1]}-{parts[2]} {parts[3]}")
) | st.tuples(days, zones).map(lambda parts: f"{parts[0]} 00:00-24:00 {parts[1]}")
changes = st.sampled_from(["2026-03-29T01:00+00:00", "2026-10-25T01:00+00:00", "2026-03-08T07:00+00:00"]).map(at)
moments = st.floats(at("2025-01-01"), at("2028-01-01")) | st.builds(float.__add__, changes, st.floats(-DAY, DAY))
parts_of_a_way = st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=20)


@given(writings, moments, parts_of_a_way)
@example("sun 02:15-02:45 Europe/Berlin", at("2026-03-29T01:00"), [0.5])
def test_the_next_opening_is_open_and_nothing_before_it(written: str, now: float, parts: list[float]) -> None:
    """A wait for opens_at ends in open hours, and no open moment is slept through."""
    open_hours = hours(written)
    opens = open_hours.opens_at(now)
    assert opens >= now
    assert open_hours.is_open(opens)
    before = [nextafter(opens, now), *(now + part * (opens - now) for part in parts)]
    assert not any(open_hours.is_open(moment) for moment in before if moment < opens)


@given(writings, moments, parts_of_a_way)
def test_open_hours_are_open_up_to_their_close_and_not_then(written: str, now: float, parts: list[float]) -> None:
    """Every moment before closes_at is open, the last one too, and the one at it is not."""
    open_hours = hours(written)
    closes = open_hours.closes_at(now)
    if not open_hours.is_open(now):
        assert closes == now
        return
    assert closes > now
    end = min(closes, now + 30 * DAY)
    assert all(open_hours.is_open(now + part * (end - now)) for part in parts if now + part * (end - now) < end)
    assert open_hours.is_open(nextafter(end, now))
    assert (closes == inf) == (set(written.split(maxsplit=1)[0].split(",")) == set(DAYS) and "00:00-24:00" in written)
    assert closes == inf or not open_hours.is_open(closes)


@given(writings, moments)
def test_away_from_changes_of_the_clocks_a_clock_on_the_wall_decides(written: str, now: float) -> None:
    """Where no clock is changed near, open is what weekday, hour and minute say."""
    open_hours, now = hours(written), round(now, 3)  # a date has no more than microseconds
    around = [dt.datetime.fromtimestamp(now + shift * DAY, open_hours.zone) for shift in (-2, 0, 2)]
    assume(len({moment.utcoffset() for moment in around}) == 1)
    names, span, _ = written.split()
    start, end = span.split("-")
    wall, clock = around[1], f"{around[1]:%H:%M}"
    today = DAYS[wall.weekday()] in names.split(",")
    yesterday = DAYS[wall.weekday() - 1] in names.split(",")
    expected = (
        today and start <= clock < end if start < end else (today and clock >= start) or (yesterday and clock < end)
    )
    assert open_hours.is_open(now) is expected


@pytest.mark.parametrize(
    ("written", "start", "seconds", "end"),
    [
        ("22:00-06:00 UTC", "2026-11-23 22:00", 3600, "2026-11-23 23:00"),
        ("22:00-06:00 UTC", "2026-11-23 12:00", 3600, "2026-11-23 23:00"),
        ("22:00-06:00 UTC", "2026-11-23 22:00", 8 * 3600, "2026-11-24 06:00"),
        ("22:00-06:00 UTC", "2026-11-23 22:00", 9 * 3600, "2026-11-24 23:00"),
        ("mon-fri 22:00-06:00 UTC", "2026-11-27 22:00", 9 * 3600, "2026-11-30 23:00"),
        ("00:00-24:00 UTC", "2026-11-23 22:00", 900 * 3600, "2026-12-31 10:00"),
        ("22:00-06:00 UTC", "2026-11-23 12:00", 0, "2026-11-23 22:00"),
    ],
)
def test_work_is_done_when_so_many_open_hours_have_passed(written: str, start: str, seconds: float, end: str) -> None:
    """Closed hours do not count, whether work begins in them or is interrupted by them."""
    began, done = (dt.datetime.fromisoformat(f"{text}+00:00").timestamp() for text in (start, end))
    assert hours(written).done_at(began, seconds) == done
