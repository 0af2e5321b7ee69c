"""The verb drift: which job it is about, and what nobody may read of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.nights import add_night, add_nights, changed, failed, same

import bulkcase as bc
from bulkcase.errors import UsageError
from bulkcase.fields.private import MASK
from bulkcase.ledger import Ledger
from bulkcase.ledger.records import ReportRecord
from bulkcase.model import RunState
from bulkcase.operations.drift import drift, drift_of


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger, in the state folder that is the test's own."""
    with Ledger(tmp_path / "ledger.sqlite3") as opened:
        yield opened


def test_all_that_drifts_is_told_at_once(ledger: Ledger, tmp_path: Path) -> None:
    """One look has the nights, the four lists and their totals."""
    first, last = add_nights(
        ledger,
        [failed("ci-1"), changed("ci-2", "A", "B"), same("ci-3"), same("ci-4")],
        [failed("ci-1"), changed("ci-2", "B", "A"), failed("ci-3", "case_not_found")],
    )
    found = bc.drift(state=tmp_path)
    assert [night.run_id for night in found.nights] == [first.id, last.id]
    assert ([one.case for one in found.failing], [one.case for one in found.flipping]) == (["ci-1"], ["ci-2"])
    assert [one.case for one in (*found.gone, *found.left_out)] == ["ci-3", "ci-4"]
    assert (found.failing_total, found.flipping_total, found.gone_total, found.left_out_total) == (1, 1, 1, 1)
    assert not found.is_quiet


def test_nights_that_are_alike_are_quiet(ledger: Ledger, tmp_path: Path) -> None:
    """Nothing drifts where nothing changes."""
    add_nights(ledger, [same("ci-1")], [same("ci-1")])
    assert drift(state=tmp_path).is_quiet


@pytest.mark.parametrize("night", [0, 1])
def test_what_one_night_keeps_private_is_masked_in_all(ledger: Ledger, tmp_path: Path, night: int) -> None:
    """No value of a private field leaves, whichever of the nights had it among its private ones."""
    rows = [[changed("ci-1", "Ann Example", "Bob Example")], [changed("ci-1", "Bob Example", "Ann Example")]]
    for nth, its in enumerate(rows):
        report = ReportRecord(private_fields=("desc",) if nth == night else ())
        add_night(ledger, its, nth=nth, report=report)
    found = drift(state=tmp_path)
    assert [list(one.values) for one in found.flipping] == [[MASK] * 3]
    assert "Example" not in repr(found)


def test_a_job_is_known_by_its_name_or_its_file(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one it is the job of the last finished run; a path may be relative."""
    monkeypatch.chdir(tmp_path)
    file = str(tmp_path.resolve() / "other.toml")
    for nth in range(2):
        add_night(ledger, [same("ci-1")], nth=nth, job="other", job_file=file)
    for nth in range(2, 4):
        last = add_night(ledger, [same("ci-1")], nth=nth)
    add_night(ledger, [same("ci-1")], nth=4, job="other", job_file=file, state=RunState.STOPPED)
    add_night(ledger, [same("ci-1")], nth=5, undoes=last.id, state=RunState.STOPPED)

    def job_of(found: bc.Drift) -> str:
        return ledger.run(found.nights[-1].run_id).job

    assert job_of(drift(state=tmp_path)) == "sync"
    assert {job_of(drift(name, state=tmp_path)) for name in ("other", "other.toml", Path("other.toml"))} == {"other"}
    assert job_of(drift(run=last.id, state=tmp_path)) == "sync"


def test_what_cannot_be_told_is_said_in_one_line(ledger: Ledger, tmp_path: Path) -> None:
    """No run, one run only, an earlier run, an unknown job: each is an error that says so."""

    def refusal(job: str | None = None, run: str | None = None) -> str:
        with pytest.raises(UsageError) as raised:
            drift(job, run=run, state=tmp_path)
        (line,) = raised.value.problems
        assert "\n" not in line
        return line

    assert "has no finished run: bulkcase runs --state" in refusal()
    first = add_night(ledger, [same("ci-1")], nth=0)
    assert "only finished run of its job" in refusal()
    last = add_night(ledger, [same("ci-1")], nth=1)
    assert refusal(run=first.id).endswith(f"name that one, {last.id}")
    assert "has no finished run of the job nothing" in refusal("nothing")
    stopped = add_night(ledger, [same("ci-1")], nth=2, job_file="/jobs/third.toml", state=RunState.STOPPED)
    assert "is of a job without a finished run" in refusal(run=stopped.id)
    assert "give one of them" in refusal("sync", last.id)


def test_drift_is_told_of_the_last_night_only(ledger: Ledger) -> None:
    """A report that is made anew of an earlier night, or of the only one, has none."""
    first = add_night(ledger, [same("ci-1")], nth=0)
    assert drift_of(ledger, first) is None
    last = add_night(ledger, [same("ci-1")], nth=1)
    found = drift_of(ledger, last)
    assert drift_of(ledger, first) is None
    assert found is not None
    assert len(found.nights) == 2


def test_a_run_that_was_taken_back_is_not_the_last(ledger: Ledger, tmp_path: Path) -> None:
    """What was undone tells nothing any more; the nights before it do, and where there are none, that is told."""
    nights = add_nights(ledger, [same("ci-1")], [same("ci-1")], [same("ci-1")])
    add_night(ledger, [same("ci-1")], nth=3, undoes=nights[-1].id)
    assert drift(state=tmp_path).nights[-1].run_id == nights[1].id
    for nth, night in enumerate(nights[:2], start=4):
        add_night(ledger, [same("ci-1")], nth=nth, undoes=night.id)
    with pytest.raises(UsageError, match=r"every finished run was taken back: bulkcase runs --state .* lists them"):
        drift(state=tmp_path)


def test_where_there_is_nothing_yet_the_command_is_for_this_ledger(tmp_path: Path) -> None:
    """A rehearsal is listed with its option, and its runs are pointed at from beside them."""
    for folder in (tmp_path, tmp_path / "sandbox"):
        with Ledger(folder / "ledger.sqlite3"):
            pass
    with pytest.raises(UsageError, match=r"has no finished run: bulkcase runs --state .* --sandbox lists those it has"):
        drift(state=tmp_path, sandbox=True)
    with pytest.raises(UsageError, match=r"has no run yet: those of a rehearsal: add --sandbox$"):
        bc.show("last", state=tmp_path)
    with pytest.raises(UsageError, match=r"has no run yet: bulkcase run makes one$"):
        bc.show("last", state=tmp_path, sandbox=True)
