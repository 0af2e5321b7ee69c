"""The quota is kept by the door alone, and costs no more time than it must, whoever waits there and is taken away."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from support.depth import examples
from support.doors import NumberedTokens
from support.fates import TICK, Fate, Way, fates
from support.network import TIMEOUT, Network, Sender, Sent, Wire
from support.virtual import VirtualClock, run

from bulkcase.job.quantities import Window
from bulkcase.kore.breaker import Breaker
from bulkcase.kore.door import Door
from bulkcase.kore.endpoints import update_case
from bulkcase.kore.line import Reply
from bulkcase.kore.quota import Quota, even_gap
from bulkcase.kore.throttle import Throttle
from bulkcase.model import Call, Stop, StopReason
from bulkcase.stopping import Stopped, StopSwitch

WINDOWS = st.lists(
    st.builds(Window, st.integers(1, 8), st.sampled_from([0.5, 1.0, 2.0, 5.0, 20.0])), min_size=1, max_size=3
)


@dataclass(frozen=True)
class Life:
    """One process at the door."""

    calls: int
    workers: int
    taken: Sequence[tuple[int, int]]
    """Workers that are taken away, each with the tick at which it is."""
    ends_at: int | None
    """The tick at which it is killed; None: it does all its calls."""
    is_stopped: bool
    """Whether it is told to stop then, and not killed."""


LIVES = st.builds(
    Life,
    calls=st.integers(1, 25),
    workers=st.integers(1, 32),
    taken=st.lists(st.tuples(st.integers(0, 31), st.integers(0, 600)), max_size=6),
    ends_at=st.none() | st.integers(0, 900),
    is_stopped=st.booleans(),
)


class Doors:
    """Processes that go through doors of their own to one server, one process after the other."""

    def __init__(self, windows: Sequence[Window], bad: Sequence[Fate], pace: str = "burst") -> None:
        self.windows = windows
        self.pace = pace
        self.network = Network(windows, bad, lambda _: Reply(200, {}, b'{"_id":"ci-1"}'))
        self.known: list[Call] = []
        """What processes have recorded."""
        self.answered = 0

    async def live(self, life: Life) -> None:
        """Let a process live until its end; what it had in flight then counts as given up."""
        sender, clock, stop = Sender(), VirtualClock(), StopSwitch()
        waiting = iter(range(life.calls))
        door = self._door(sender, clock, stop, life.calls)

        async def work() -> None:
            try:
                for number in waiting:
                    await door.slot()
                    verdict = await door.call(update_case(f"ci-{number}", b"{}"))
                    self.answered += verdict.status is not None
            except Stopped:
                return

        tasks = [asyncio.create_task(work()) for _ in range(life.workers)]
        loop = asyncio.get_running_loop()
        for which, tick in life.taken:
            loop.call_later(tick * TICK, tasks[which % life.workers].cancel)
        end = None if life.ends_at is None else life.ends_at * TICK
        _, pending = await asyncio.wait(tasks, timeout=end)
        if life.is_stopped and pending:
            stop.set(Stop(StopReason.INTERRUPTED, "enough"))
            await asyncio.wait(pending)
        elif pending:
            self._kill(sender, pending, clock.monotonic())
            await asyncio.wait(pending)

    def _door(self, sender: Sender, clock: VirtualClock, stop: StopSwitch, calls: int) -> Door:
        quota = Quota(self.windows, gap=even_gap(self.windows, self.pace, calls), timeout=TIMEOUT)
        ended = [call.ended_at + (TIMEOUT if call.status is None else 0.0) for call in self.known]
        quota.restore(ended, clock.monotonic())
        throttle = Throttle(self.windows)

        async def recorded() -> None:
            await asyncio.sleep(0)

        return Door(
            Wire(self.network, sender),
            tokens=NumberedTokens(),
            quota=quota,
            throttle=throttle,
            breaker=Breaker(patience=10_000.0, attempts=10_000),
            clock=clock,
            stop=stop,
            record=lambda call: None if sender.is_dead else self.known.append(call),
            recorded=recorded,
        )

    def _kill(self, sender: Sender, pending: "set[asyncio.Task[None]]", now: float) -> None:
        sender.is_dead = True
        for call in sender.in_flight:
            self.network.leave_alone(call)
            self.known.append(Call("updateCase", now, now, "unanswered"))
        for task in pending:
            task.cancel()


@settings(max_examples=examples(60), deadline=None)
@given(WINDOWS, st.lists(LIVES, min_size=1, max_size=3), st.lists(fates(), max_size=60), st.booleans())
def test_no_window_sees_too_much(windows: list[Window], lives: list[Life], bad: list[Fate], is_even: bool) -> None:
    """Whichever workers are cancelled, processes killed or stopped, calls lost or throttled, and at either pace."""
    doors = Doors(windows, bad, "even" if is_even else "burst")

    async def happen() -> None:
        for life in lives:
            await doors.live(life)
        await doors.live(Life(5, 2, [], None, is_stopped=False))
        await asyncio.sleep(3 * TIMEOUT)

    run(happen())
    assert doors.network.windows.exceeded == []


@settings(max_examples=examples(60), deadline=None)
@given(
    WINDOWS, st.integers(1, 60), st.integers(1, 32), st.lists(fates([Way.FINE], longest=60), min_size=1, max_size=60)
)
def test_a_good_day_takes_no_longer_than_its_windows(
    windows: list[Window], calls: int, workers: int, good: list[Fate]
) -> None:
    """All calls are answered, each round of a window a window's length and one answer after the round before."""
    doors = Doors(windows, good)

    async def happen() -> float:
        await doors.live(Life(calls, workers, [], None, is_stopped=False))
        return asyncio.get_running_loop().time()

    seconds = run(happen())
    slowest = max(fate.there + max(fate.back, 1) for fate in [*good, Fate()]) * TICK
    rounds = sum((calls - 1) // window.limit * (window.seconds + slowest) for window in windows)
    assert doors.answered == calls
    assert doors.network.windows.exceeded == []
    assert seconds <= rounds + -(-calls // workers) * slowest + 1e-6


def test_calls_reach_the_server_in_their_own_time() -> None:
    """The network is as bad as it says: a call whose sender has given up arrives a timeout later, and counts then."""
    doors = Doors([Window(1, 1.0)], [Fate(Way.DROPPED, 200, 1), Fate(Way.HANGS), Fate(Way.VANISHES)])

    async def happen() -> None:
        await doors.live(Life(1, 1, [], None, is_stopped=False))
        await asyncio.sleep(2 * TIMEOUT)
        sent: list[Sent] = doors.network.sent
        assert [call.reply is not None for call in sent] == [True]
        assert doors.network.windows.arrivals == [TICK + TIMEOUT]

    run(happen())
