"""A sender whose answers get lost, where live cases can be read: it does not send again before somebody has looked."""

import asyncio
from dataclasses import dataclass

import pytest
from support.bench import INTERRUPTED, SenderBench, a_sender
from support.virtual import run

from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.ledger.rows import Sendable
from bulkcase.model import Outcome, Result
from bulkcase.sending.sender import Sent
from bulkcase.stopping import Stopped

OK = Verdict(Kind.ACCEPTED, 200, answer={"desc": "new"})
REFUSED = Verdict(Kind.REFUSED, 412, "http_412", "no")
LOGIN_PAGE = Verdict(Kind.REFUSED, 200, "answer_html", "a page")
BUSY = Verdict(Kind.TRANSIENT, 503, "http_503", "busy")
LOST = Verdict(Kind.UNANSWERED, None, "timeout", "late")
LOST_FOR = Verdict(Kind.UNANSWERED, 200, "answer_broken", "no JSON", wait=9.0)
GONE = Verdict(Kind.NOT_SENT, None, "not_connected", "refused", counts=False)
SILENT = Verdict(Kind.UNANSWERED, None, "timeout", "late", counts=False)
ROW = Sendable(2, "ci-1", b'{"desc":"new"}')
UNKNOWN = Outcome.UNKNOWN
STOPPED = Stopped()


def lost(attempts: int) -> Result:
    """Return what becomes of a row whose last answer got lost."""
    return Result(UNKNOWN, attempts, None, "timeout", "late")


def busy(attempts: int) -> Result:
    """Return what becomes of a row whose answer got lost, before the server was too busy for it."""
    return Result(UNKNOWN, attempts, 503, "timeout", "late; then: busy")


def in_doubt(tried: int) -> Sendable:
    """Return the row as it is sent again after a look."""
    return ROW._replace(last=UNKNOWN, code="timeout", message="late", tried=tried)


@dataclass(frozen=True)
class Story:
    """Verdicts in order, of which a row has seen all that a send is to see, and how that ends."""

    verdicts: tuple[Verdict, ...]
    sent: Sent
    waits: tuple[float, ...] = ()
    row: Sendable = ROW
    unanswered: str = "resend"


STORIES = {
    "lost": Story((LOST,), Sent(lost(1), 1, True, True), (1.0,)),
    "lost, with a status": Story(
        (LOST_FOR,), Sent(Result(UNKNOWN, 1, 200, "answer_broken", "no JSON"), 1, True, True), (9.0,)
    ),
    "busy, then lost": Story((BUSY, LOST), Sent(lost(2), 2, True, True), (1.0, 2.0)),
    "lost once more": Story((LOST,), Sent(lost(1), 2, True, True), (2.0,), in_doubt(1)),
    "lost at the last attempt": Story((BUSY, BUSY, BUSY, LOST), Sent(lost(4), 4, True, False), (1.0, 2.0, 4.0)),
    "lost at the last of all sends": Story((LOST,), Sent(lost(1), 4, True, False), (), in_doubt(3)),
    "lost, left": Story((LOST,), Sent(lost(1), 1, True, False), (), unanswered="leave"),
    "busy, then lost, left": Story((BUSY, LOST), Sent(lost(2), 2, True, False), (1.0,), unanswered="leave"),
    "silent in an outage": Story((SILENT,), Sent(lost(1), 0, True, True), (0.0,)),
    "silent in a later outage": Story((GONE, SILENT), Sent(lost(2), 3, True, True), (0.0, 0.0), in_doubt(3)),
    "in doubt, then busy for good": Story((BUSY,) * 3, Sent(busy(3), 4, True, False), (2.0, 4.0), in_doubt(1)),
    "in doubt, then busy once too often": Story((BUSY,), Sent(busy(1), 4, True, False), (), in_doubt(3)),
    "in doubt, then refused": Story(
        (REFUSED,), Sent(Result(Outcome.FAILED, 1, 412, "http_412", "no")), (), in_doubt(1)
    ),
    "in doubt, then refused by no API": Story(
        (LOGIN_PAGE,), Sent(Result(UNKNOWN, 1, 200, "timeout", "late; then: a page"), 2, True), (), in_doubt(1)
    ),
    "in doubt, then busy, then accepted": Story(
        (BUSY, OK), Sent(Result(Outcome.UPDATED, 2, 200, verified="equal", left={})), (2.0,), in_doubt(1)
    ),
    "in doubt, then accepted": Story(
        (OK,), Sent(Result(Outcome.UPDATED, 1, 200, verified="equal", left={})), (), in_doubt(3)
    ),
    "busy for good": Story((BUSY,) * 4, Sent(Result(Outcome.FAILED, 4, 503, "http_503", "busy")), (1.0, 2.0, 4.0)),
    "refused": Story((REFUSED,), Sent(Result(Outcome.FAILED, 1, 412, "http_412", "no"))),
    "refused by no API": Story((LOGIN_PAGE,), Sent(Result(Outcome.FAILED, 1, 200, "answer_html", "a page"))),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_only_what_is_in_doubt_is_to_be_looked_at(story: Story) -> None:
    """A lost answer ends a send after its back-off, without another call; it may go again while attempts are left."""
    bench = a_sender(*story.verdicts, can_look=True, attempts=4, unanswered=story.unanswered)

    assert run(bench.sender.send(story.row)) == story.sent
    assert bench.clock.slept == list(story.waits)
    assert len(bench.door.left_at) == len(story.verdicts)
    assert bench.door.slots == len(story.verdicts) - 1


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_attempts_are_used_up_over_several_sends(attempts: int) -> None:
    """Where each answer gets lost there are as many sends as attempts, and the wait after each but the last grows."""
    bench = a_sender(*[LOST] * 100, can_look=True, attempts=attempts)

    async def main() -> list[Sent]:
        sends = [await bench.sender.send(ROW)]
        while sends[-1].may_go_again:
            sends.append(await bench.sender.send(in_doubt(sends[-1].tried)))
        return sends

    sends = run(main())
    assert [sent.tried for sent in sends] == list(range(1, attempts + 1))
    assert all(sent.is_open and sent.result == lost(1) for sent in sends)
    assert bench.clock.slept == [2.0**number for number in range(attempts - 1)]
    assert len(bench.door.left_at) == attempts


def test_an_outage_uses_up_no_attempts() -> None:
    """A row may go again after any number of answers that were lost because the server is gone."""
    bench = a_sender(*[SILENT] * 30, can_look=True, attempts=1)

    async def main() -> None:
        sent = await bench.sender.send(ROW)
        for _ in range(29):
            assert sent == Sent(lost(1), 0, is_open=True, may_go_again=True)
            sent = await bench.sender.send(in_doubt(sent.tried))

    run(main())
    assert bench.clock.slept == [0.0] * 30


async def stopped_at(bench: SenderBench, seconds: float, row: Sendable) -> Sent:
    """Return what becomes of a row where the run is stopped then: in that moment."""
    task = asyncio.create_task(bench.sender.send(row))
    await asyncio.sleep(seconds)
    bench.stop.set(INTERRUPTED)
    sent = await task
    assert bench.clock.monotonic() == seconds
    return sent


@pytest.mark.parametrize(
    ("row", "verdict"), [(ROW, LOST), (in_doubt(1), LOST), (in_doubt(1), BUSY)], ids=["lost", "again", "busy again"]
)
def test_a_stop_during_the_back_off_leaves_a_row_in_doubt(row: Sendable, verdict: Verdict) -> None:
    """The back-off ends at once, and nobody is to look at the case any more."""
    bench = a_sender(verdict, OK, can_look=True, attempts=4)

    assert run(stopped_at(bench, 0.25, row)) == Sent(lost(1))
    assert len(bench.door.left_at) == 1


@pytest.mark.parametrize("verdict", [LOST, SILENT], ids=["lost", "silent in an outage"])
def test_a_run_that_is_stopped_by_its_last_call_has_no_look_at_what_was_to_be_sent_again(verdict: Verdict) -> None:
    """The row is in doubt, without a back-off."""
    bench = a_sender(verdict, can_look=True, latency=1.0)

    async def main() -> Sent:
        task = asyncio.create_task(bench.sender.send(ROW))
        await asyncio.sleep(0.5)
        bench.stop.set(INTERRUPTED)
        return await task

    assert run(main()) == Sent(lost(1))
    assert bench.clock.slept == []


def test_a_stop_within_the_door_leaves_a_row_in_doubt_that_was_so_before() -> None:
    """It is not to be looked at, and says what it said before."""
    bench = a_sender(STOPPED, can_look=True)
    assert run(bench.sender.send(in_doubt(1))) == Sent(lost(1))


@pytest.mark.parametrize("verifies", [True, False])
@pytest.mark.parametrize("can_look", [True, False])
def test_a_sender_compares_answers_where_it_verifies(verifies: bool, can_look: bool) -> None:
    """An answer that shows something else is a mismatch, whether cases can be read or not, and is not sent again."""
    other = Verdict(Kind.ACCEPTED, 200, answer={"desc": "old"})
    bench = a_sender(other, verifies=verifies, can_look=can_look)
    result, *more = run(bench.sender.send(ROW))
    assert result.outcome is (Outcome.MISMATCH if verifies else Outcome.UPDATED)
    assert result.verified == ("different" if verifies else "")
    assert more == [0, False, False]


def test_a_row_in_doubt_whose_case_cannot_be_read_is_sent_again_in_place() -> None:
    """Where nobody can look, a lost answer is retried by the sender, with a wait and a slot of its own."""
    bench = a_sender(LOST, LOST, OK, attempts=4)
    assert run(bench.sender.send(in_doubt(0))) == Sent(Result(Outcome.UPDATED, 3, 200, verified="equal", left={}))
    assert (bench.clock.slept, bench.door.slots) == ([1.0, 2.0], 2)
