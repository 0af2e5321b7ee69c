"""The quota of a server that counts strictly is kept by the whole program, whatever happens to calls and commands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.depth import examples
from support.fates import Fate, Way, fates
from support.jobs import a_job, write_cases
from support.world import HOST, End, World, is_finished

from bulkcase.job import Job
from bulkcase.job.quantities import Window
from bulkcase.operations.resume import retry
from bulkcase.operations.run import run
from bulkcase.sandbox import SandboxSettings, generate_cases

CASES = generate_cases(12, 7, 1_795_000_000.0)
PAGES = SandboxSettings(page_size=4)
SAFETY = '[safety]\nmax_failures = "off"\nverify = "{}"\ncanary = {}'


@dataclass(frozen=True)
class Session:
    """One command, what is done to the clock before it, and how it is ended."""

    end: End
    wall: float
    """Seconds by which the clock on the wall is set before."""
    idle: float
    """Seconds before it starts."""
    wall_at: int
    """Which of its calls, from 1 on, sees the clock set once more; 0: none."""
    reboots: bool
    """Whether the machine was started anew before."""


@dataclass(frozen=True)
class Story:
    """A job, its quota, and what happens."""

    windows: tuple[Window, ...]
    workers: int
    rows: int
    pace: str
    reading: tuple[str, str]
    """snapshot.read and safety.verify."""
    canary: int
    fates: Sequence[Fate]
    sessions: Sequence[Session]


ENDS = st.one_of(
    st.builds(End, st.just("commit"), st.integers(1, 60), st.sampled_from([0.0, 0.5, 1.0])),
    st.builds(End, st.sampled_from(["killed", "stop", "abandon", "cancel"]), st.integers(0, 800)),
)
SESSIONS = st.builds(
    Session,
    ENDS,
    st.sampled_from([0.0, 0.0, 3600.0, -3600.0]),
    st.sampled_from([0.0, 0.0, 0.25, 2.0, 7.0]),
    st.sampled_from([0, 0, 1, 2, 5]),
    st.sampled_from([False, False, False, True]),
)
WINDOWS = st.builds(Window, st.integers(1, 6), st.sampled_from([1.0, 2.0, 4.0, 10.0, 30.0]))
STORIES = st.builds(
    Story,
    windows=st.lists(WINDOWS, min_size=1, max_size=3).map(tuple),
    workers=st.sampled_from([1, 2, 3, 5, 8, 32]),
    rows=st.integers(1, 12),
    pace=st.sampled_from(["burst", "even", "auto"]),
    reading=st.sampled_from(
        [("never", "response"), ("auto", "response"), ("always", "none"), ("always", "response"), ("auto", "live")]
    ),
    canary=st.sampled_from([0, 0, 2]),
    fates=st.lists(fates(), max_size=40),
    sessions=st.lists(SESSIONS, max_size=4),
)


def played(story: Story, folder: Path) -> World:
    """Let a story happen, then let everything go well until all is sent."""
    write_cases(folder, [(case["_id"], f"note {number}") for number, case in enumerate(CASES[: story.rows])])
    listed = ", ".join(f'"{window.limit}/{window.seconds:g}s"' for window in story.windows)
    job = a_job(
        folder,
        host=HOST,
        timeout="4s",
        quota=f'windows = [{listed}]\nmax_in_flight = {story.workers}\npace = "{story.pace}"',
        snapshot=f'read = "{story.reading[0]}"',
        more=SAFETY.format(story.reading[1], story.canary),
    )
    world = World(folder, CASES, windows=story.windows, fates=story.fates, most=story.workers, settings=PAGES)
    with world.open():
        # Between two starts of a machine only the clock on the wall tells the time: then nobody may set it.
        may_set = not any(session.reboots for session in story.sessions)
        for session in story.sessions:
            if session.reboots:
                world.reboot()
            world.pass_time(session.idle)
            world.clock.wall_off += session.wall if may_set else 0.0
            if may_set and session.wall_at:
                world.on_leaving = setting(world, len(world.network.sent) + session.wall_at)
            world.run(run, job, end=session.end, unfinished="continue")
        assert sends_everything(world, job)
    return world


def setting(world: World, number: int) -> Callable[[object], None]:
    """Return what sets the clock on the wall back when the call with this number leaves."""

    def set_back(_: object) -> None:
        if len(world.network.sent) + 1 == number:
            world.clock.wall_off -= 3600.0

    return set_back


def sends_everything(world: World, job: Job) -> bool:
    """Say whether, as soon as calls go well, a few more commands bring every row home."""
    # What is left of the bad fates is used up by commands that may end early once more.
    for _ in range(40):
        ended = world.run(run, job, unfinished="continue")
        if is_finished(ended) and ended.exit_code == 1:
            ended = world.run(retry, ended)
        if is_finished(ended) and ended.exit_code == 0:
            return True
    return False


SET_BACK = Story(
    windows=(Window(6, 10.0),),
    workers=32,
    rows=12,
    pace="even",
    reading=("always", "response"),
    canary=2,
    fates=[Fate(Way.FINE, 3, 7, 0.0, 3.0)],
    sessions=[
        Session(End("stop", 380), 3600.0, 0.0, 5, reboots=False),
        Session(End("abandon", 390), 0.0, 2.0, 0, reboots=False),
        Session(End("stop", 420), -3600.0, 0.25, 0, reboots=False),
        Session(End("killed", 277), -3600.0, 2.0, 0, reboots=False),
    ],
)
"""A clock that is set back, so that what was read looks older than the list that it is of."""


@settings(max_examples=examples(8), deadline=None)
@given(STORIES)
@example(SET_BACK)
def test_no_window_of_the_server_sees_too_much(story: Story) -> None:
    """Losses, pauses, kills at any commit, clocks that are set: never a call too many, and all rows land in the end."""
    with TemporaryDirectory() as folder:
        world = played(story, Path(folder))
        assert world.network.windows.exceeded == []
        assert world.wrong == []
        notes = [world.cases[case["_id"]]["desc"] for case in CASES[: story.rows]]
        assert notes == [f"note {number}" for number in range(story.rows)]
