"""What no handler can see: SIGKILL at any moment, and a disk that is full."""

import json
import random
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.jobs import read_results, simple_rows, write_cases, write_job
from support.program import SECONDS, bulkcase, killed_after, started
from support.server import ServerThread

from bulkcase.sandbox import SandboxSettings

IN_FLIGHT = 4
SLOW = SandboxSettings(latency=(0.002, 0.03))
QUOTA = f"windows = []\nmax_in_flight = {IN_FLIGHT}"
BUT_FOR = {"bulkcase_attempts", "bulkcase_finished_at"}
"""The columns in which a run that was killed may differ from one that was not."""


@dataclass
class Scene:
    """A job about so many cases on a server, and what is known to have landed."""

    folder: Path
    server: ServerThread
    rows: list[tuple[str, str]]
    known: dict[str, int] = field(default_factory=dict)
    """Calls that the server had for a case when the ledger first said that it is updated."""

    def calls(self) -> "Counter[str]":
        return Counter(call.case_id for call in self.server.calls if call.case_id is not None)

    def remember(self) -> None:
        """Look into the ledger, as the crash left it, for rows that are known to have landed."""
        calls = self.calls()
        for (case,) in self.look("SELECT case_key FROM rows WHERE state = 'updated'"):
            self.known.setdefault(case, calls[case])

    def is_finished(self) -> bool:
        """Say whether the ledger has a run that came to its end."""
        return bool(self.look("SELECT 1 FROM runs WHERE state = 'finished'"))

    def look(self, query: str) -> list[tuple[str, ...]]:
        """Return what is in the ledger, nothing where a crash came before there was one."""
        ledger = self.folder / "state" / "ledger.sqlite3"
        if not ledger.exists():
            return []
        with closing(sqlite3.connect(ledger)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            return connection.execute(query).fetchall() if "rows" in tables else []

    def prove_that_all_landed(self, *, sent_twice: int) -> None:
        """Every case is updated, nothing known to have landed was sent again, and few were sent twice."""
        assert {key: case["desc"] for key, case in self.server.cases.items()} == dict(self.rows)
        calls = self.calls()
        assert {case: calls[case] for case in self.known} == self.known
        assert sum(calls.values()) - len(self.rows) <= sent_twice

    def report(self) -> list[dict[str, str]]:
        """Return the lines of the one report, but for times and attempts."""
        (folder,) = (self.folder / "reports").iterdir()
        return [{name: text for name, text in line.items() if name not in BUT_FOR} for line in read_results(folder)]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with a_scene(tmp_path, 400) as made:
        yield made


@contextmanager
def a_scene(folder: Path, count: int) -> Iterator[Scene]:
    rows = simple_rows(count)
    write_cases(folder, rows)
    with ServerThread(SLOW, [key for key, _ in rows]) as server:
        write_job(folder, host=server.url, quota=QUOTA)
        yield Scene(folder, server, rows)


def test_after_any_number_of_kills_every_case_is_updated_and_none_is_sent_again(
    scene: Scene, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Killed at random moments and resumed each time, a run ends as one that nobody disturbed."""
    chance, kills = random.Random(20261124), 0
    while kills < 12:
        with started("run", "job.toml", "--yes", "--continue", folder=scene.folder) as process:
            # By calls and not by time, which is another on each machine: after 12 kills there are rows left.
            if chance.random() < 0.75:
                calls = len(scene.server.calls) + chance.randrange(1, 40)
                scene.server.wait_for_calls(calls, SECONDS, or_end_of=process)
            killed = killed_after(process, chance.uniform(0.0, 0.05))
        kills += killed
        scene.remember()
        if scene.is_finished():
            break
    else:
        ended = bulkcase("run", "job.toml", "--yes", "--continue", folder=scene.folder)
        assert ended.returncode == 0, ended.stderr

    assert kills >= 5, "the run has to be disturbed"
    assert len(scene.known) > 30
    scene.prove_that_all_landed(sent_twice=kills * IN_FLIGHT)
    with a_scene(tmp_path_factory.mktemp("calm"), len(scene.rows)) as calm:
        assert bulkcase("run", "job.toml", "--yes", folder=calm.folder).returncode == 0
        assert scene.report() == calm.report()


def test_a_full_disk_in_the_middle_loses_nothing(scene: Scene) -> None:
    """When the ledger cannot grow any more the run ends with 6 and the command to go on, which then finishes it."""
    planned = bulkcase("check", "job.toml", folder=scene.folder)
    assert planned.returncode == 0
    with started("run", "job.toml", "--yes", folder=scene.folder, largest_file=600_000) as process:
        _, errors = process.communicate(timeout=60)
    scene.remember()
    landed = len(scene.known)
    assert process.returncode == 6, errors
    assert "Traceback" not in errors
    assert 0 < landed < len(scene.rows)
    (command,) = [line.partition("go on with: ")[2] for line in errors.splitlines() if "go on with: " in line]

    ended = bulkcase(*command.split()[1:], folder=scene.folder)
    assert ended.returncode == 0, ended.stderr
    scene.prove_that_all_landed(sent_twice=IN_FLIGHT)


def test_a_killed_run_can_be_looked_at_and_reported(scene: Scene) -> None:
    """show, runs and report tell of a killed run: interrupted, by whom, how far, and what goes on from there."""
    with started("run", "job.toml", "--yes", folder=scene.folder) as process:
        scene.server.wait_for_calls(40, SECONDS)
        # It is alive, and does not end while it is looked at, however long that takes.
        process.send_signal(signal.SIGSTOP)
        shown_alive = json.loads(bulkcase("show", "last", "--json", "--state", "state", folder=scene.folder).stdout)
        assert killed_after(process, 0)
    shown = json.loads(bulkcase("show", "last", "--json", "--state", "state", folder=scene.folder).stdout)
    made = bulkcase("report", "last", "--state", "state", folder=scene.folder)

    assert (shown_alive["state"], shown_alive["working"] is None) == ("running", False)
    assert f"process {process.pid}" in shown_alive["working"]
    assert (shown["state"], shown["working"]) == ("interrupted", None)
    assert shown["next_command"] == f"bulkcase resume {shown['run_id']} --state state"
    assert made.returncode == 0, made.stderr
    outcomes = Counter(line["bulkcase_outcome"] for line in scene.report())
    assert sum(outcomes.values()) == len(scene.rows)
    assert outcomes["updated"] >= 36
    assert 1 <= outcomes["unknown"] <= IN_FLIGHT
