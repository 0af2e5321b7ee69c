"""What the nights of a job show together, as the ledger tells it."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.depth import examples
from support.nights import (
    NOT_FOUND,
    Told,
    add_night,
    add_nights,
    changed,
    failed,
    failing_in,
    flipping_in,
    gone_in,
    left_out_of,
    same,
)

from bulkcase.ledger import Ledger
from bulkcase.ledger.queries.drift import Failing, Flipping, Vanished
from bulkcase.ledger.queries.nights import Nights
from bulkcase.model import Outcome, RunState

_CASES = st.sampled_from(["ci-1", "ci-2", "ci-3"])
_VALUES = st.sampled_from(["A", "B", "C"])
_ROWS = st.one_of(
    st.builds(changed, _CASES, _VALUES | st.none(), _VALUES),
    st.builds(Told, _CASES, st.sampled_from([Outcome.FAILED, Outcome.INVALID]), st.sampled_from(["odd", NOT_FOUND])),
    st.builds(
        Told,
        _CASES,
        st.sampled_from([Outcome.UNCHANGED, Outcome.SUPERSEDED, Outcome.MISMATCH, Outcome.CONFLICT, Outcome.UNKNOWN]),
    ),
    st.just(Told(None, Outcome.INVALID, "bad_key")),
)
_NIGHTS = st.lists(st.lists(_ROWS, max_size=5), min_size=1, max_size=5)


def nights_of(ledger: Ledger, most: int = 14) -> Nights:
    """Return the nights of the job of the newest run."""
    return ledger.nights(ledger.nights(ledger.runs()[-1:]).window(most))


@given(nights=_NIGHTS)
@settings(max_examples=examples(20), deadline=None)
def test_the_lists_are_those_of_the_plain_model(nights: list[list[Told]]) -> None:
    """Whatever becomes of the rows of some nights, each list and each total is as one would count by hand."""
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "ledger.sqlite3") as ledger:
        made = add_nights(ledger, *nights)
        told = ledger.nights(made)
        failing, flipping, gone, left_out = told.failing(), told.flipping(), told.gone(), told.left_out()

    assert {one.case: one.nights for one in failing[0]} == failing_in(nights)
    assert {one.case: (list(one.values), one.nights) for one in flipping[0]} == flipping_in(nights)
    assert {one.case: one.last_seen for one in gone[0]} == {
        case: made[night].id for case, night in gone_in(nights).items()
    }
    assert {one.case for one in left_out[0]} == left_out_of(nights)
    for found, total in (failing, flipping, gone, left_out):
        assert len(found) == total


def test_a_case_that_keeps_failing_is_told_with_the_row_and_cause_of_the_last_night(ledger: Ledger) -> None:
    """The longest time comes first; a night in which another row of the case ended well breaks it."""
    add_nights(
        ledger,
        [failed("ci-1"), failed("ci-2"), same("ci-3")],
        [failed("ci-1"), failed("ci-2"), same("ci-2"), failed("ci-3")],
        [same("ci-4"), failed("ci-3", "timeout"), failed("ci-1", "other"), failed("ci-2")],
    )
    assert nights_of(ledger).failing() == ([Failing("ci-1", 3, 4, "other"), Failing("ci-3", 2, 3, "timeout")], 2)


def test_a_value_that_another_system_resets_is_flipping(ledger: Ledger) -> None:
    """What we set each night and find reset each night is told with all that it was, though we always set the same."""
    add_nights(ledger, *[[changed("ci-1", "theirs", "ours"), changed("ci-2", None, "ours")]] * 3)
    values = ("theirs", "ours", "theirs", "ours", "theirs", "ours")
    assert nights_of(ledger).flipping() == ([Flipping("ci-1", "desc", values, 3)], 1)


def test_a_case_that_was_not_seen_is_not_gone(ledger: Ledger) -> None:
    """Only a case that the server says it does not have is gone, and only one that was there before."""
    first, _ = add_nights(
        ledger,
        [same("ci-1"), same("ci-2"), failed("ci-3", NOT_FOUND)],
        [failed("ci-1", "case_not_seen"), failed("ci-2", NOT_FOUND), failed("ci-3", NOT_FOUND)],
    )
    assert nights_of(ledger).gone() == ([Vanished("ci-2", first.id, 3)], 1)


def test_lists_are_cut_and_totals_are_not(ledger: Ledger) -> None:
    """Of many cases the first ones are told, and how many there are."""
    many = [failed(f"ci-{number}") for number in range(30)]
    add_nights(ledger, [same("ci-0"), *many], [failed("ci-0", NOT_FOUND), *many[20:]])
    told = nights_of(ledger)
    assert [(len(found), total) for found, total in (told.failing(most=3), told.left_out(most=4))] == [(3, 10), (4, 19)]
    assert [one.case for one in told.left_out(most=2)[0]] == ["ci-1", "ci-2"]


def test_a_night_is_told_in_numbers(ledger: Ledger) -> None:
    """Each night has its outcomes and its own calls, also where nights of others were between."""
    add_night(ledger, [changed("ci-1", "A", "B"), changed("ci-2", "A", "B")], nth=0)
    add_night(ledger, [changed("ci-1", "A", "B")] * 5, nth=1, target="another.example.com/account/st-1")
    add_night(ledger, [changed("ci-1", "B", "A"), failed("ci-2")], nth=2)
    first, last = nights_of(ledger).nights()
    assert (first.calls, last.calls) == (2, 1)
    assert (last.outcomes[Outcome.UPDATED], last.outcomes[Outcome.FAILED], last.duration) == (1, 1, 60.0)
    assert (first.exit_code, last.exit_code) == (0, 1)


def test_the_window_has_the_last_nights_of_the_job_alone(ledger: Ledger) -> None:
    """Unfinished runs, other targets, undos and what they took back, corrections, and sets of values are no nights."""
    rows = [same("ci-1")]
    first = add_night(ledger, rows, nth=0)
    taken_back = add_night(ledger, rows, nth=1)
    add_night(ledger, rows, nth=2, undoes=taken_back.id)
    add_night(ledger, rows, nth=3, target="another.example.com/account/st-1")
    add_night(ledger, rows, nth=4, continues=first.id)
    add_night(ledger, rows, nth=5, definition={"set.status": '["replace", "Closed"]'})
    add_night(ledger, rows, nth=6, state=RunState.STOPPED)
    last = add_night(ledger, rows, nth=7)
    assert ledger.nights([first]).window(14) == ledger.nights([last]).window(14) == [first, last]


def test_an_undo_that_did_not_finish_takes_no_night_away(ledger: Ledger) -> None:
    """A run counts until the undo of it is done."""
    first, last = add_nights(ledger, [same("ci-1")], [same("ci-1")])
    add_night(ledger, [same("ci-1")], nth=2, undoes=last.id, state=RunState.STOPPED)
    assert ledger.nights([last]).window(14) == [first, last]


@pytest.mark.parametrize(("most", "most_rows", "nights"), [(3, 100, 3), (14, 30, 3), (14, 5, 2), (1, 1, 2)])
def test_the_window_is_bounded_by_nights_and_by_rows(ledger: Ledger, most: int, most_rows: int, nights: int) -> None:
    """No more nights than asked for, and no more rows than may be looked through, but the last two always."""
    made = add_nights(ledger, *[[same(f"ci-{number}") for number in range(10)]] * 5)
    assert ledger.nights(made[-1:]).window(most, most_rows) == made[-nights:]


def test_the_run_that_is_ending_is_a_night_as_it_says_itself(ledger: Ledger) -> None:
    """Its report is made before the ledger has its end: what it is told to be counts, and a stopped one is none."""
    first = add_night(ledger, [same("ci-1")], nth=0)
    ending = add_night(ledger, [same("ci-1")], nth=1, state=RunState.RUNNING)
    ended = replace(ending, state=RunState.FINISHED)
    assert ledger.nights([ended]).window(14) == [first, ended]
    assert ledger.nights([replace(ending, state=RunState.STOPPED)]).window(14) == [first]
