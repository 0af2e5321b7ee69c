"""How often a row is tried where its case is looked at after each lost answer: the pool and its sender together."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.bench import Bench, Looking, rows
from support.virtual import run

from bulkcase.job.settings import Retry
from bulkcase.kore.door import Door
from bulkcase.kore.endpoints import Request
from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.ledger.transitions import SENDING, Event
from bulkcase.model import Outcome, Result
from bulkcase.sending.sender import Sender

OK = Verdict(Kind.ACCEPTED, 200, answer={})
REFUSED = Verdict(Kind.REFUSED, 412, "http_412", "no")
BUSY = Verdict(Kind.TRANSIENT, 503, "http_503", "busy")
LOST = Verdict(Kind.UNANSWERED, None, "timeout", "late")
GONE = Verdict(Kind.NOT_SENT, None, "not_connected", "refused", counts=False)
SILENT = Verdict(Kind.UNANSWERED, None, "timeout", "late", counts=False)
UNKNOWN = Result(Outcome.UNKNOWN, 1, None, "timeout", "late")


@dataclass
class Answering(Bench):
    """A pool with a sender of its own, on a door that gives each row its verdicts in order, and then accepts."""

    verdicts: Sequence[Verdict] = ()
    calls: dict[int, list[Verdict]] = field(default_factory=dict)
    """The verdicts that each row has had."""

    async def call(self, request: Request) -> Verdict:
        assert request.row is not None
        assert self.states[request.row] == SENDING
        self.slots -= 1
        request.calls += 1
        had = self.calls.setdefault(request.row, [])
        await asyncio.sleep(1.0)
        verdict = self.verdicts[len(had)] if len(had) < len(self.verdicts) else OK
        had.append(verdict)
        return verdict


def answering(verdicts: Sequence[Verdict], attempts: int, count: int, *, gets_old: bool) -> Answering:
    """Return a pool whose rows all have the same verdicts, and whose source says each time to send a row again."""
    bench = Answering(rows(count), verdicts=verdicts)
    bench.sender = Sender(
        cast("Door", bench),
        Retry(attempts=attempts),
        clock=bench.clock,
        chance=lambda: 1.0,
        stop=bench.stop,
        can_look=True,
    )
    bench.source = Looking(bench, rows(count), is_old=lambda _: gets_old)
    return bench


@given(
    attempts=st.integers(1, 6),
    verdicts=st.lists(st.sampled_from([LOST, LOST, BUSY, SILENT, GONE, REFUSED]), max_size=20),
    workers=st.integers(1, 3),
    gets_old=st.booleans(),
    slot_wait=st.none() | st.just(2.0),
)
def test_no_row_is_tried_more_often_than_the_job_says(
    attempts: int, verdicts: list[Verdict], workers: int, gets_old: bool, slot_wait: float | None
) -> None:
    """However often a source says that a row is to be sent again, only so many failures that count are behind it."""
    settles = {Kind.ACCEPTED, Kind.REFUSED}
    bench = answering(verdicts, attempts, 3, gets_old=gets_old)
    bench.slot_wait = slot_wait
    run(bench.run(workers))

    for had in bench.calls.values():
        failures = sum(verdict.counts for verdict in had if verdict.kind is not Kind.ACCEPTED)
        assert failures <= attempts
        assert failures == attempts or had[-1].kind in settles
        assert all(verdict.kind not in settles for verdict in had[:-1])
    assert set(bench.calls) == {2, 3, 4}
    assert len(bench.settled) == 3
    assert bench.slots == 0


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_a_row_whose_answers_all_get_lost_has_as_many_calls_as_attempts(attempts: int) -> None:
    """A look follows each of them, the last one too, and then it is told as unknown."""
    bench = answering([LOST] * 50, attempts, 1, gets_old=False)
    run(bench.run(1))

    assert bench.calls == {2: [LOST] * attempts}
    assert bench.happened("look") == [2] * attempts
    assert bench.story(2) == [Event.INTEND, Event.LOSE, "look"] * attempts
    assert [result for result, _ in bench.settled] == [UNKNOWN]
    assert bench.clock.slept == [2.0**number for number in range(attempts - 1)]
