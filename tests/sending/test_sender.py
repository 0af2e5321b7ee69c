"""One row: its attempts, until it is settled."""

import asyncio
from dataclasses import dataclass

import pytest
from support.bench import INTERRUPTED, a_sender
from support.virtual import run

from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.ledger.rows import Sendable
from bulkcase.model import Outcome, Result
from bulkcase.sending.sender import Sent
from bulkcase.stopping import Stopped

OK = Verdict(Kind.ACCEPTED, 200, answer={"desc": "new"})
REFUSED = Verdict(Kind.REFUSED, 412, "http_412", "no")
BUSY = Verdict(Kind.TRANSIENT, 503, "http_503", "busy")
BUSY_FOR = Verdict(Kind.TRANSIENT, 503, "http_503", "busy", wait=9.0)
LOST = Verdict(Kind.UNANSWERED, None, "timeout", "late")
GONE = Verdict(Kind.NOT_SENT, None, "not_connected", "refused", counts=False)
DOWN = Verdict(Kind.TRANSIENT, 503, "http_503", "busy", wait=9.0, counts=False)
SILENT = Verdict(Kind.UNANSWERED, None, "timeout", "late", counts=False)
CUT_OFF = Verdict(Kind.UNANSWERED, None, "cut_off", "the run was ended")
ROW = Sendable(2, "ci-1", b'{"desc":"new"}')


@dataclass(frozen=True)
class Story:
    """Verdicts in order, and how the row ends."""

    verdicts: tuple[Verdict, ...]
    result: Result
    waits: tuple[float, ...] = ()
    unanswered: str = "resend"


UPDATED, FAILED, UNKNOWN = Outcome.UPDATED, Outcome.FAILED, Outcome.UNKNOWN


def landed(attempts: int) -> Result:
    """Return what becomes of a row whose answer shows what was sent."""
    return Result(UPDATED, attempts, 200, verified="equal", left={})


STORIES = {
    "at once": Story((OK,), landed(1)),
    "refused": Story((REFUSED,), Result(FAILED, 1, 412, "http_412", "no")),
    "once more": Story((BUSY, OK), landed(2), (1.0,)),
    "at the last attempt": Story((BUSY, BUSY, BUSY, OK), landed(4), (1.0, 2.0, 4.0)),
    "exhausted": Story((BUSY,) * 4, Result(FAILED, 4, 503, "http_503", "busy"), (1.0, 2.0, 4.0)),
    "as the server asks": Story((BUSY_FOR, OK), landed(2), (9.0,)),
    "then refused": Story((BUSY, REFUSED), Result(FAILED, 2, 412, "http_412", "no"), (1.0,)),
    "lost, resent": Story((LOST, OK), landed(2), (1.0,)),
    "lost, then refused": Story((LOST, REFUSED), Result(UNKNOWN, 2, 412, "timeout", "late; then: no"), (1.0,)),
    "lost, left": Story((LOST,), Result(UNKNOWN, 1, None, "timeout", "late"), (), "leave"),
    "busy, then lost, left": Story((BUSY, LOST), Result(UNKNOWN, 2, None, "timeout", "late"), (1.0,), "leave"),
    "lost for good": Story((LOST,) * 4, Result(UNKNOWN, 4, None, "timeout", "late"), (1.0, 2.0, 4.0)),
    "gone for long": Story((GONE,) * 50 + (OK,), landed(51), (0.0,) * 50),
    "an outage among failures": Story(
        (BUSY, GONE, DOWN, BUSY, SILENT, BUSY, GONE, BUSY),
        Result(UNKNOWN, 8, 503, "timeout", "late; then: busy"),
        (1.0, 0.0, 0.0, 2.0, 0.0, 4.0, 0.0),
    ),
    "silent in an outage, left": Story((GONE, SILENT), Result(UNKNOWN, 2, None, "timeout", "late"), (0.0,), "leave"),
    "lost, then busy": Story(
        (LOST, BUSY, BUSY, BUSY), Result(UNKNOWN, 4, 503, "timeout", "late; then: busy"), (1.0, 2.0, 4.0)
    ),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_a_row_is_tried_as_often_as_the_job_says(story: Story) -> None:
    """The number of calls is at most `attempts`, with a growing wait before each but the first, and nobody looks."""
    bench = a_sender(*story.verdicts, attempts=4, unanswered=story.unanswered)

    assert run(bench.sender.send(ROW)) == Sent(story.result)
    assert bench.clock.slept == list(story.waits)
    assert bench.door.left_at == [sum(story.waits[:number]) for number in range(len(story.verdicts))]


@pytest.mark.parametrize("attempts", [1, 2, 5, 20])
def test_the_first_attempt_counts(attempts: int) -> None:
    """Exactly `attempts` calls are made, each but the first with a wait before it and a slot of its own."""
    bench = a_sender(*[BUSY] * 100, attempts=attempts)

    assert run(bench.sender.send(ROW)).result.attempts == attempts
    assert len(bench.door.left_at) == attempts
    assert len(bench.clock.slept) == bench.door.slots == attempts - 1


def test_throttling_does_not_use_up_attempts() -> None:
    """Where the door needed three calls for each verdict, there are still four verdicts; all twelve calls are told."""
    bench = a_sender(*[BUSY] * 4, attempts=4, calls_each=3)

    assert run(bench.sender.send(ROW)).result.attempts == 12
    assert len(bench.door.left_at) == 4


@pytest.mark.parametrize(
    ("first", "outcome", "code"), [(BUSY, Outcome.PENDING, "stopped"), (LOST, Outcome.UNKNOWN, "timeout")]
)
def test_a_stop_during_back_off_ends_it_at_once(first: Verdict, outcome: Outcome, code: str) -> None:
    """The row is pending, or unknown where its answer was lost, in the moment of the stop."""
    bench = a_sender(first, OK, attempts=4)

    async def main() -> Result:
        task = asyncio.create_task(bench.sender.send(ROW))
        await asyncio.sleep(0.25)
        bench.stop.set(INTERRUPTED)
        result = (await task).result
        assert bench.clock.monotonic() == 0.25
        return result

    result = run(main())
    assert (result.outcome, result.code, result.attempts) == (outcome, code, 1)
    assert len(bench.door.left_at) == 1


@pytest.mark.parametrize(
    ("verdicts", "outcome"), [((Stopped(),), Outcome.PENDING), ((LOST, Stopped()), Outcome.UNKNOWN)]
)
def test_a_stop_within_the_door_is_a_result(verdicts: tuple[Verdict | BaseException, ...], outcome: Outcome) -> None:
    """Where the door was stopped while it waited, the row is postponed, or unknown after a lost answer."""
    bench = a_sender(*verdicts, attempts=4)
    result = run(bench.sender.send(ROW)).result

    assert (result.outcome, result.attempts) == (outcome, len(verdicts))


@pytest.mark.parametrize("attempts", [1, 4])
@pytest.mark.parametrize(
    ("verdicts", "outcome", "code"),
    [
        ((GONE,), Outcome.PENDING, "stopped"),
        ((DOWN,), Outcome.PENDING, "stopped"),
        ((SILENT,), Outcome.UNKNOWN, "timeout"),
        ((CUT_OFF,), Outcome.UNKNOWN, "cut_off"),
    ],
)
def test_a_run_that_is_stopped_by_its_last_call_fails_no_row(
    verdicts: tuple[Verdict, ...], outcome: Outcome, code: str, attempts: int
) -> None:
    """Where the run gives up on the server, or ends at once, rows are pending, or unknown if they may have landed."""
    bench = a_sender(*verdicts, attempts=attempts, latency=1.0)

    async def main() -> Result:
        task = asyncio.create_task(bench.sender.send(ROW))
        await asyncio.sleep(0.5)
        bench.stop.set(INTERRUPTED)
        return (await task).result

    result = run(main())
    assert (result.outcome, result.code, result.attempts) == (outcome, code, 1)


@pytest.mark.parametrize("before", [(), (BUSY,), (BUSY, LOST)])
@pytest.mark.parametrize("error", [asyncio.CancelledError(), ZeroDivisionError()], ids=["cancelled", "fault"])
def test_an_exception_is_never_retried(before: tuple[Verdict, ...], error: BaseException) -> None:
    """Cancellation and faults of the program come through at once, at whatever attempt."""
    bench = a_sender(*before, error, OK, attempts=9)

    async def main() -> None:
        with pytest.raises(type(error)):
            await bench.sender.send(ROW)

    run(main())
    assert len(bench.door.left_at) == len(before) + 1


@pytest.mark.parametrize("after", [0.25, 1.25])
def test_a_sender_can_be_cancelled(after: float) -> None:
    """A task that is cancelled in its back-off, or in a later call, ends then and there."""
    bench = a_sender(BUSY, OK, attempts=9, latency=0.5)

    async def main() -> None:
        task = asyncio.create_task(bench.sender.send(ROW))
        await asyncio.sleep(0.5 + after)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert bench.clock.monotonic() == 0.5 + after

    run(main())


def test_senders_at_work_at_once_do_not_mix_up_their_rows() -> None:
    """Fifty rows of different fates, all in flight together, each end with what their own case was answered."""
    fates: dict[str, list[Verdict | BaseException]] = {}
    for number in range(50):
        end = Verdict(Kind.ACCEPTED, 200 + number) if number % 2 else Verdict(Kind.REFUSED, 400 + number, "http_400")
        fates[f"ci-{number}"] = [*[BUSY] * (number % 4), end]
    bench = a_sender(cases=fates, attempts=5, latency=0.1)

    async def main() -> list[Sent]:
        return await asyncio.gather(
            *(bench.sender.send(Sendable(number, f"ci-{number}", b"{}")) for number in range(50))
        )

    for number, (result, *_) in enumerate(run(main())):
        assert result.http_status == (200 + number if number % 2 else 400 + number)
        assert result.outcome is (UPDATED if number % 2 else FAILED)
        assert result.attempts == number % 4 + 1


def test_chance_decides_how_much_of_the_span_is_waited() -> None:
    """The jitter is handed in: with a chance of a quarter, a quarter of each span."""
    bench = a_sender(BUSY, BUSY, OK, attempts=5, chance=0.25)
    run(bench.sender.send(ROW))

    assert bench.clock.slept == [0.25, 0.5]


def test_no_wait_is_longer_than_max_wait() -> None:
    """Neither the span nor what the server asks for goes beyond the job's max_wait."""
    bench = a_sender(BUSY_FOR, *[BUSY] * 5, OK, attempts=9, max_wait="3s")
    run(bench.sender.send(ROW))

    assert bench.clock.slept == [3.0, 2.0, 3.0, 3.0, 3.0, 3.0]
