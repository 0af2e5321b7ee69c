"""What a look tells about a row that was sent, whatever the row and its case."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bulkcase.fields.equal import unchanged
from bulkcase.fields.proof import STANDS, Proven, prove
from bulkcase.ledger.sent import CHECKED, SentRow
from bulkcase.ledger.transitions import TRANSITIONS, Event
from bulkcase.model import Outcome
from bulkcase.planning.landed import ASIDE, PROMPT, Landed, Landing, judge_landing

Later = list[tuple[str, str]]

texts = st.none() | st.sampled_from(["old", "new", " new", "theirs", ""])
shown = st.dictionaries(st.sampled_from(["desc", "name"]), texts)
moments = st.sampled_from([0.0, 1.0, 2.0, 2.0 + PROMPT, 99.0])
rows = st.builds(
    SentRow,
    number=st.just(7),
    case_id=st.just("ci-1"),
    state=st.sampled_from([*CHECKED, Outcome.CONFLICT]),
    sent=st.dictionaries(st.sampled_from(["desc", "name"]), texts, min_size=1),
    before=st.none() | shown,
    left=st.none() | shown,
    verified=st.sampled_from(["", *map(str, Proven)]),
    code=st.sampled_from(["", "changed_since", "mismatch", "settled", "left_alone", "not_applied", ASIDE]),
    message=st.sampled_from(["", "told"]),
    kept=st.sampled_from(["", "name: left alone"]),
    attempts=st.integers(1, 3),
    finished_at=st.none() | moments,
    proved_at=st.none() | moments,
    place=st.none(),
    live=st.none() | shown,
    read_at=st.none() | moments,
)
laters = st.lists(st.tuples(st.just("7f3a"), st.sampled_from(["", "desc", "name", "desc name"])), max_size=2)


@given(rows, moments, laters)
def test_what_a_look_tells_is_a_step_that_a_row_may_take(row: SentRow, since: float, later: Later) -> None:
    """The table of transitions knows each of them, and it leads where what was found says."""
    found = judge_landing(row, since, later)
    if found.event is None:
        return
    before, after = TRANSITIONS[found.event]
    assert row.state in before
    assert row.live is not None
    assert found.verified in {*map(str, Proven)}
    if found.landed is Landed.APPLIED:
        assert after == (
            Outcome.MISMATCH
            if row.code == ASIDE
            else Outcome.CONFLICT
            if row.kept and row.state is not Outcome.UPDATED
            else Outcome.UPDATED
        )
    elif found.landed is Landed.NOT_APPLIED:
        assert after in {Outcome.MISMATCH, Outcome.FAILED}
    else:
        assert after == row.state


@given(rows, moments, laters)
def test_a_case_that_was_not_seen_says_nothing(row: SentRow, since: float, later: Later) -> None:
    """Exactly where it was not read after both moments."""
    found = judge_landing(row, since, later)
    is_seen = row.live is not None and row.read_at is not None and row.read_at > max(since, row.finished_at or 0.0)
    assert (found == Landing(Landed.NOT_SEEN)) == (not is_seen)


@given(rows, laters)
def test_what_is_found_is_what_the_case_shows(row: SentRow, later: Later) -> None:
    """Applied where all that was sent stands there, whatever was told before, and a newer run counts only else."""
    found = judge_landing(row, -1.0, later)
    if found.landed is Landed.NOT_SEEN:
        return
    proof = prove(row.sent, row.live or {}, is_whole=True)
    assert (found.landed is Landed.APPLIED) == (proof.verified in STANDS)
    assert (found.landed is Landed.NOT_SHOWN) == (proof.verified is Proven.NOT_SHOWN)
    differing = {field for field, proven in proof.fields.items() if proven is Proven.DIFFERENT}
    if any(differing & {*sent.split()} for _, sent in later):
        assert found.landed is Landed.CHANGED_SINCE


@given(rows, laters)
def test_what_a_row_left_is_not_told_anew(row: SentRow, later: Later) -> None:
    """What was known stays; what was not is told by a prompt look alone, and never by what somebody has changed."""
    found = judge_landing(row, -1.0, later)
    if found.landed is Landed.NOT_SEEN:
        return
    is_prompt = row.read_at is not None and row.read_at - (row.finished_at or 0.0) <= PROMPT
    if row.left is not None or not is_prompt or found.landed in {Landed.CHANGED_SINCE, Landed.NOT_SHOWN}:
        assert found.left == row.left


@given(rows, laters)
def test_a_row_is_denied_only_where_nothing_of_it_is_there(row: SentRow, later: Later) -> None:
    """It was in doubt, and each field that was sent shows the value before and not what was sent."""
    if judge_landing(row, -1.0, later).event is not Event.DENY:
        return
    old: Any = row.before
    live: Any = row.live
    assert row.state is Outcome.UNKNOWN
    assert old is not None
    assert all(unchanged(field, old.get(field), live.get(field)) for field in row.sent)
    assert {*prove(row.sent, live, is_whole=True).fields.values()} == {Proven.DIFFERENT}
