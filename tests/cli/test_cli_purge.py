"""bulkcase purge: what it says, asks and ends with, and that being killed or a full disk loses nothing."""

import json
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest
from support.commands import lock
from support.ledgers import stored
from support.nights import TARGET, add_night, changed, failed, same
from support.program import bulkcase, killed_after, started
from support.said import Command

from bulkcase.cli import purge as cli_purge
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.ledger.keeping import staying
from bulkcase.model import RunState
from bulkcase.operations.common.runtime import Runtime

STATE = ("--state", "state")
NIGHT = [changed("ci-1", "jane.doe@example.com", "a note"), failed("ci-2"), same("ci-3")]
OLD = -400
"""Days: so long before the nights of other tests that it is long ago on any clock."""


@pytest.fixture
def nights(tmp_path: Path) -> list[RunRecord]:
    """Two old nights in the state folder, the second one with a report."""
    with Ledger(tmp_path / "state" / "ledger.sqlite3") as ledger:
        first, second = (add_night(ledger, NIGHT, nth=OLD + nth) for nth in range(2))
    folder = Path(second.folder or "")
    folder.mkdir()
    (folder / "summary.json").write_text("{}", encoding="utf-8")
    return [first, second]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """What a person at a terminal will answer."""
    given: list[bool] = []
    monkeypatch.setattr(cli_purge, "someone_is_there", lambda: True)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: given.pop(0))
    yield given
    assert given == []


def left(folder: Path) -> list[str]:
    """Return the ids of the runs in the ledger."""
    with Ledger(folder / "state" / "ledger.sqlite3") as ledger:
        return [run.id for run in ledger.runs()]


def test_it_says_what_goes_and_what_that_means(command: Command, nights: list[RunRecord], tmp_path: Path) -> None:
    """Runs, rows, dates and bytes stand on standard error before, the result on standard output after."""
    ended = command("purge", "--older-than", "90d", "--yes")
    assert ended.code == 0, ended.err
    said = " ".join(ended.err.split())
    for run in nights:
        assert f"{run.id} finished" in said
    for told in ("to be deleted for good from state/ledger.sqlite3", "2 runs, 6 rows, ", "ended from 2025-10-1"):
        assert told in said
    assert "not be resumed, retried, verified, undone or reported any more, and history does not know them" in said
    assert "1 report folder stays: --reports deletes reports too" in said
    assert ended.out.startswith("purged 2 runs, 6 rows, ")
    assert f"stays on the disk: {Path(nights[1].folder or '').relative_to(tmp_path)}" in ended.out
    assert left(tmp_path) == []


def test_json_is_for_programs(command: Command, nights: list[RunRecord]) -> None:
    """It has each run with what was kept of it, those that stay with the reason, and nothing else."""
    dry = json.loads(command("purge", "--older-than", "90d", "--dry-run", "--json").out)
    assert (dry["purged"], dry["dry_run"], dry["rows"], len(dry["runs"])) == (False, True, 6, 2)
    ended = json.loads(command("purge", nights[0].id, nights[1].id, "--yes", "--reports", "--json").out)
    assert (ended["purged"], ended["rows"], ended["left"], ended["kept"]) == (True, 6, [], [])
    assert [(run["run_id"], run["rows"], run["state"]) for run in ended["runs"]] == [
        (run.id, 3, "finished") for run in nights
    ]
    assert ended["bytes"] == sum(run["bytes"] for run in ended["runs"]) > 100
    assert not Path(nights[1].folder or "").exists()
    again = command("purge", "--older-than", "90d", "--yes")
    assert (again.code, again.out) == (0, "there was nothing to purge\n")


def test_a_person_is_asked(command: Command, nights: list[RunRecord], answers: list[bool], tmp_path: Path) -> None:
    """A no ends with 0 and deletes nothing; a yes deletes."""
    answers.append(False)
    ended = command("purge", *(run.id for run in nights))
    assert (ended.code, ended.out) == (0, "nothing was purged\n")
    assert left(tmp_path) == [run.id for run in nights]
    answers.append(True)
    assert command("purge", *(run.id for run in nights)).code == 0
    assert left(tmp_path) == []


WRONG = {
    "no terminal": ([], "--older-than", "90d"),
    "neither": (["--yes"],),
    "both": (["--yes"], "last", "--older-than", "90d"),
    "no age": (["--yes"], "--older-than", "old"),
    "no such run": (["--yes"], "2019"),
    "one that is needed": (["--yes"], "last"),
}


@pytest.mark.parametrize("words", WRONG.values(), ids=list(WRONG))
def test_what_cannot_be_is_one_line_and_2(
    command: Command, nights: list[RunRecord], words: tuple[list[str], str], tmp_path: Path
) -> None:
    """Nothing is deleted, and the line says what to do."""
    yes, *more = words
    ended = command("purge", *more, *yes)
    assert (ended.code, ended.out, len(ended.err.splitlines())) == (2, "", 1), ended.err
    assert left(tmp_path) == [run.id for run in nights]


def test_what_stays_is_told_with_the_reason(command: Command, nights: list[RunRecord], tmp_path: Path) -> None:
    """An unfinished run is skipped, by age, and so is what it needs; by name it is 2."""
    with Ledger(tmp_path / "state" / "ledger.sqlite3") as ledger:
        ledger.update_run(nights[0], state=RunState.PAUSED)
    ended = command("purge", "--older-than", "90d", "--yes")
    assert (ended.code, ended.out) == (0, "there was nothing to purge\n")
    first, second = ended.err.splitlines()
    assert f"stays: run {nights[0].id}: it is not finished (paused): go on with it: bulkcase resume" in first + second
    assert f"run {nights[0].id}, which is kept, has rows about cases that it changed later" in first + second
    assert command("purge", nights[0].id, "--yes").code == 2


def test_the_command_for_those_that_go_together_is_found_at_once(
    command: Command, nights: list[RunRecord], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names each run once and keeps --reports; why runs stay is asked twice, however many they are."""
    with Ledger(tmp_path / "state" / "ledger.sqlite3") as ledger:
        more = [add_night(ledger, [changed("ci-1", f"{nth}", f"{nth + 1}")], nth=nth) for nth in range(4, 10)]
    asked = Mock(side_effect=staying)
    monkeypatch.setattr("bulkcase.operations.purging.kept.staying", asked)
    ended = command("purge", more[-1].id, "--reports", "--yes")
    assert ended.code == 2
    ids = ended.err.split("they go together: bulkcase purge ")[1].split()
    assert set(ids) >= {run.id for run in more}
    assert "--reports" in ids
    assert asked.call_count == 2
    assert command("purge", *ids[: ids.index("--reports")], "--reports", "--yes").code == 0


def test_a_target_at_work_is_4(command: Command, nights: list[RunRecord], tmp_path: Path) -> None:
    """Who holds it is said."""
    with lock(Runtime().locks(), TARGET):
        ended = command("purge", "--older-than", "90d", "--yes")
    assert (ended.code, ended.out) == (4, "")
    assert "another command makes calls" in ended.err
    assert left(tmp_path) == [run.id for run in nights]


def filled(folder: Path, rows: int) -> list[str]:
    """Make a ledger with two nights of so many rows, of which the second one is young; return their ids."""
    with Ledger(folder / "state" / "ledger.sqlite3") as ledger:
        night = [changed(f"ci-{number}", "jane.doe@example.com " * 20, "a note") for number in range(rows)]
        return [add_night(ledger, night, nth=nth).id for nth in (OLD, 400)]


def content(folder: Path) -> list[tuple[object, ...]]:
    """Return what the ledger has of each run."""
    path = folder / "state" / "ledger.sqlite3"
    assert stored(path, "PRAGMA integrity_check") == [("ok",)]
    assert stored(path, "PRAGMA foreign_key_check") == []
    return stored(path, "SELECT run, count(*), sum(length(before)) FROM rows GROUP BY run")


def has_begun(folder: Path) -> bool:
    """Say whether a run is half purged."""
    return bool(stored(folder / "state" / "ledger.sqlite3", "SELECT id FROM runs WHERE rows IS NULL"))


@pytest.mark.parametrize("seconds", [0.8, None], ids=["after a while", "as soon as it has begun"])
def test_a_purge_that_was_killed_can_be_done_again(tmp_path: Path, seconds: float | None) -> None:
    """At whatever moment: the kept run is whole, the other one is all there or not to be found, and goes in the end."""
    old, young = filled(tmp_path, 6000)
    (_, kept) = content(tmp_path)
    words = ("purge", "--older-than", "90d", "--yes", *STATE)
    with started(*words, folder=tmp_path) as process:
        while seconds is None and process.poll() is None and not has_begun(tmp_path):
            pass
        killed_after(process, seconds or 0.0)
    assert left(tmp_path) in ([old, young], [young])
    assert kept in content(tmp_path)
    assert bulkcase(*words, folder=tmp_path).returncode == 0
    assert left(tmp_path) == [young]
    assert content(tmp_path) == [kept]


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """Where there is no room for the change it ends with 6 and one line, and goes on when there is room."""
    old, young = filled(tmp_path, 3000)
    before = content(tmp_path)
    words = ("purge", old, "--yes", *STATE)
    with started(*words, folder=tmp_path, largest_file=4096) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 6, said
    assert "error: " in said
    assert "nothing done is lost" in said
    assert "Traceback" not in said
    assert left(tmp_path) == [old, young]
    assert content(tmp_path) == before
    assert bulkcase(*words, folder=tmp_path).returncode == 0
    assert left(tmp_path) == [young]
