"""What a look decides, whatever the row and its case."""

import operator
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from bulkcase.ledger.compared import Beside
from bulkcase.ledger.images import Attempt
from bulkcase.ledger.transitions import TRANSITIONS, decided
from bulkcase.mapping.types.lookups import LearntTable
from bulkcase.model import Edit, Outcome
from bulkcase.planning.judge import Look, judge_row

IN_DOUBT: Final = Outcome.UNKNOWN
OPEN_OUTCOMES: Final = [Outcome.PENDING, Outcome.FAILED, Outcome.MISMATCH, Outcome.CONFLICT, IN_DOUBT]
TABLES: Final = {"status": LearntTable("status", [("Open", {"_id": "sts-1", "name": "Open"})], is_whole=True)}

values = st.none() | st.sampled_from(["old", "new", "theirs"])
shown = st.dictionaries(st.sampled_from(["desc", "name"]), values)
besides = st.builds(
    Beside,
    number=st.just(7),
    case_id=st.just("ci-1"),
    state=st.sampled_from(OPEN_OUTCOMES),
    body=st.dictionaries(st.sampled_from(["desc", "name"]), values, min_size=1),
    edits=st.one_of(
        st.just({}),
        st.builds(Edit, st.just("set"), st.sampled_from(["Open", "x"]), st.just(True)).map(lambda e: {"status": e}),
        st.just({"isActive": Edit("restore", {"left": True}), "tags": Edit("restore", {"was": "a", "left": "b"})}),
    ),
    before=st.none() | shown,
    sent=st.none() | shown,
    live=st.none() | st.builds(operator.or_, shown, st.dictionaries(st.just("isActive"), st.booleans())),
    position=st.none() | st.integers(0, 9),
    place=st.none() | st.integers(0, 9),
    read_at=st.floats(0, 9),
    brought=st.lists(st.builds(Attempt, shown, shown, st.none() | shown), max_size=2).map(tuple),
    alone=st.sampled_from(["", "tags: left alone"]),
)
looks = st.builds(
    Look,
    since=st.floats(0, 9),
    is_complete=st.booleans(),
    gaps=st.text(max_size=3),
    is_filtered=st.booleans(),
    leaves_changed=st.booleans(),
    tables=st.just(TABLES),
)


@given(besides, looks)
def test_what_is_decided_is_a_step_that_a_row_may_take(row: Beside, look: Look) -> None:
    """The table of transitions knows each of them, and only a row in doubt may come away without either."""
    result, difference = judge_row(row, look)
    if result is not None:
        before, after = TRANSITIONS[decided(result.outcome)]
        assert row.state in before
        assert after == result.outcome
    if result is None and difference is None:
        assert row.state is IN_DOUBT
    if difference is not None:
        assert row.live is not None
        assert difference.sent
        assert (difference.number, difference.state) == (row.number, row.state)
        assert difference.earlier == row.brought


@given(besides, looks)
def test_a_row_is_called_invalid_for_its_case_only_where_the_list_has_no_gaps(row: Beside, look: Look) -> None:
    """A list that may have missed cases proves of none that it is not there."""
    result = judge_row(row._replace(live=None), look).result
    if result is not None:
        assert (result.outcome is Outcome.INVALID) == look.is_complete
