"""The fault campaign: the real program against a real server while something goes wrong, judged by the server's record.

A scene is a job about some cases on a server. A test lets things go wrong in it, lets the program go on until it is
done, and has the scene proved: what the report says of each row is what the server has, nothing that is known to have
landed was sent again, no window was ever overrun, and no process ended with a traceback.
"""

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.jobs import read_results, simple_rows, write_cases, write_job
from support.program import SECONDS, started
from support.server import ServerThread

from bulkcase.sandbox import Call, SandboxSettings

RUN = ("run", "job.toml", "--yes", "--continue")
"""What cron would start again and again."""
GO_ON = "go on with: "
_FULL_SECONDS = 900.0
"""After so long a process of the full form counts as stuck."""
_MUST_NOT_HAVE_LANDED = frozenset({"failed", "invalid", "pending", "conflict", "unchanged", "superseded"})


@dataclass(frozen=True, slots=True)
class Ended:
    """How one process of the program ended."""

    command: Sequence[str]
    code: int
    output: str
    errors: str

    @property
    def goes_on_with(self) -> Sequence[str]:
        """The arguments of the command that its last line names; raises IndexError where it names none."""
        line = [line for line in self.errors.splitlines() if GO_ON in line][-1]
        return shlex.split(line.partition(GO_ON)[2])[1:]


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of a fault, by the server's own record."""

    fault: str
    how: str
    rows: int
    calls: int
    """Calls that carried an update, as the server counted them."""
    struck: int
    """How often the fault struck."""
    processes: int
    """How many processes it took until the run was done."""
    repeats: int
    """Calls for a case after one that had landed and was answered well: only after a crash may there be any."""
    outcomes: Mapping[str, int]
    """How the rows ended."""
    lost: int
    """Rows of which the report says something else than what the server has."""
    hit: Mapping[str, int] = field(default_factory=dict)
    """How often each of the server's own faults struck."""


@dataclass
class Scene:
    """A job about so many cases on a server."""

    folder: Path
    server: ServerThread
    rows: Sequence[tuple[str, str]]
    ends: list[Ended] = field(default_factory=list)
    """Of all processes so far."""
    seconds: float = SECONDS
    """After so long a process counts as stuck."""
    earlier_calls: list[Call] = field(default_factory=list)
    """What servers that are gone by now have had."""

    @property
    def calls(self) -> list[Call]:
        """Every updateCase call so far, in the order of the servers' decisions."""
        return [call for call in (*self.earlier_calls, *self.server.calls) if call.endpoint == "updateCase"]

    def program(
        self,
        *arguments: str,
        meanwhile: Callable[["Scene", Any], None] | None = None,
        seconds: float | None = None,
        **named: Any,
    ) -> Ended:
        """Run the program to its end, `RUN` where nothing else is said; `meanwhile` is handed scene and process.

        After so many `seconds`, or else the scene's, it counts as stuck. Further names: `support.program.started`.
        """
        command = arguments or RUN
        with started(*command, folder=self.folder, **named) as process:
            if meanwhile is not None:
                meanwhile(self, process)
            output, errors = process.communicate(timeout=seconds or self.seconds)
        # What the test hands over in the place of a pipe, it reads itself.
        ended = Ended(command, process.returncode, output or "", errors or "")
        self.ends.append(ended)
        return ended

    def report(self) -> Sequence[Mapping[str, str]]:
        """Return the lines of the newest report."""
        return read_results(max((self.folder / "reports").iterdir()))

    def outcomes(self) -> Counter[str]:
        """Return how many rows the newest report has of each outcome."""
        return Counter(line["bulkcase_outcome"] for line in self.report())

    def repeats(self) -> int:
        """Return how many calls came for a case that had landed by a call that was answered well."""
        known, again = set[str](), 0
        for call in self.calls:
            if call.case_id in known:
                again += 1
            elif call.applied and call.status == 200 and call.fault is None and call.case_id is not None:
                known.add(call.case_id)
        return again

    def lost(self) -> list[str]:
        """Return the rows of which the newest report says something else than what the server has."""
        applied = Counter(call.case_id for call in self.calls if call.applied)
        wanted, wrong = dict(self.rows), []
        for line in self.report():
            case, outcome = line["Case ID"], line["bulkcase_outcome"]
            has_landed = self.server.cases[case]["desc"] == wanted[case]
            if outcome == "updated" and not has_landed:
                wrong.append(f"{case} is said to be updated and is not")
            elif outcome in _MUST_NOT_HAVE_LANDED and applied[case]:
                wrong.append(f"{case} has landed and is said to be {outcome}")
        return wrong

    def prove(self, *, repeats: int = 0, outcomes: Mapping[str, int] | None = None, overruns: bool = False) -> None:
        """Prove what holds whatever goes wrong: see the head of this file.

        `repeats` is how many calls may have been made again though they had landed; `outcomes` is how the rows have to
        have ended, all `updated` where nothing else is said; `overruns` says that the job asks for more than the server
        allows.
        """
        assert [line["Case ID"] for line in self.report()] == [case for case, _ in self.rows], "a row has no outcome"
        assert self.lost() == []
        assert self.outcomes() == (outcomes or {"updated": len(self.rows)})
        assert self.repeats() <= repeats
        assert overruns or not any(call.rejected_by_window for call in self.calls)
        told = [ended.errors for ended in self.ends]
        assert not any("Traceback" in errors for errors in told), told


@dataclass(frozen=True, slots=True)
class Campaign:
    """Makes the scene of one test, and keeps what came of it for the table."""

    fault: str
    how: str
    folder: Path
    is_full: bool
    keep: Callable[[Proof], None]

    def size(self, short: int, full: int) -> int:
        """Return one of two sizes, by the form in which the campaign runs."""
        return full if self.is_full else short

    @contextmanager
    def scene(self, rows: int, settings: SandboxSettings | None = None, **job: Any) -> Iterator[Scene]:
        """Serve so many cases, with a job that gives each another note; `job` are parts of `write_job`."""
        made = settings or SandboxSettings()
        lines = simple_rows(rows)
        write_cases(self.folder, lines)
        with ServerThread(made, [case for case, _ in lines]) as server:
            write_job(self.folder, **{"host": server.url, "settings": made, **job})
            yield Scene(self.folder, server, lines, seconds=_FULL_SECONDS if self.is_full else SECONDS)

    def proved(self, scene: Scene, *, struck: int | None = None, **named: Any) -> Proof:
        """Prove a scene, see `Scene.prove`, and keep what came of it.

        `struck` says how often the fault struck, where the server's record does not.
        """
        scene.prove(**named)
        hits = sum(call.fault is not None for call in scene.calls) if struck is None else struck
        assert hits > 0, "the fault never struck"
        proof = Proof(
            fault=self.fault,
            how=self.how,
            rows=len(scene.rows),
            calls=len(scene.calls),
            struck=hits,
            processes=len(scene.ends),
            repeats=scene.repeats(),
            outcomes=dict(scene.outcomes()),
            lost=len(scene.lost()),
            hit=dict(Counter(call.fault.value for call in scene.calls if call.fault is not None)),
        )
        self.keep(proof)
        return proof


@contextmanager
def a_campaign(request: pytest.FixtureRequest, folder: Path) -> Iterator[Campaign]:
    """Make the campaign of a test by its `fault` mark."""
    marks = [mark for mark in request.node.iter_markers("fault") if mark.args]
    assert marks, "a test of the campaign says by its `fault` mark what goes wrong, and how"
    name, how = marks[0].args

    def keep(proof: Proof) -> None:
        found = asdict(proof) | {"test": request.node.nodeid, "full": marks[0].kwargs.get("full", False)}
        request.node.user_properties.append(("campaign", found))

    yield Campaign(name, how, folder, request.config.getoption("--full"), keep)
