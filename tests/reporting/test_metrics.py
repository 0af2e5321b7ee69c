import logging
import os
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from support.receivers import HIDDEN, NOW, summary

from bulkcase.model import Outcome
from bulkcase.reporting.telling.metrics import MetricsOfRun, write_attempt, write_metrics
from bulkcase.reporting.telling.notices import NotTold

TARGET = "kore.example.com/account/st-1"
EXIT, ATTEMPT = "bulkcase_last_run_exit_code", "bulkcase_last_attempt_timestamp_seconds"
FINISHED, SUCCESS = "bulkcase_last_finished_timestamp_seconds", "bulkcase_last_success_timestamp_seconds"

Key = tuple[str, str, str]


def values(path: Path, job: str = "nightly", target: str = TARGET) -> dict[str, float]:
    """Return the values of a job as Prometheus reads them, by family and its own label."""
    found = {}
    for family in text_string_to_metric_families(path.read_bytes().decode()):
        assert family.type == "gauge"
        assert family.documentation.endswith(".")
        for sample in family.samples:
            labels = dict(sample.labels)
            if (labels.pop("job_name"), labels.pop("target")) == (job, target):
                found[" ".join([sample.name, *(f"{name}={value}" for name, value in labels.items())])] = sample.value
    return found


def run(*, before: dict[str, float] | None = None, **other: Any) -> MetricsOfRun:
    return MetricsOfRun.of(summary(**other), NOW + 9999, **(before or {}))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bulkcase.prom"


def test_a_run_is_measured(path: Path) -> None:
    """Each value stands in a series of the job and its target, all nine outcomes included."""
    write_metrics(path, run(before={"success_before": NOW - 86_400}))
    outcomes = dict.fromkeys(Outcome, 0) | dict(summary().outcomes)
    assert values(path) == {
        EXIT: 1,
        ATTEMPT: NOW + 4000,
        "bulkcase_last_run_start_timestamp_seconds": NOW,
        "bulkcase_last_run_end_timestamp_seconds": NOW + 4000,
        FINISHED: NOW + 4000,
        SUCCESS: NOW - 86_400,
        "bulkcase_last_run_duration_seconds": 4000.12345,
        **{f"bulkcase_last_run_rows outcome={outcome}": count for outcome, count in outcomes.items()},
        "bulkcase_last_run_calls endpoint=getCases": 12,
        "bulkcase_last_run_calls endpoint=updateCase": 995,
        "bulkcase_last_run_retries": 3,
        "bulkcase_last_run_throttled": 1,
        "bulkcase_last_run_verified verified=equal": 980,
        "bulkcase_last_run_verified verified=normalised": 10,
        "bulkcase_last_run_failures code=http_412": 2,
        "bulkcase_last_run_failures code=bad_date": 1,
    }
    assert HIDDEN not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("exit_code", "finished", "success"),
    [(0, NOW + 4000, NOW + 4000), (1, NOW + 4000, NOW - 1), (3, NOW - 1, NOW - 1), (130, NOW - 1, NOW - 1)],
)
def test_the_last_success_outlives_a_night_without(path: Path, exit_code: int, finished: float, success: float) -> None:
    """A run that ended otherwise leaves the moments of the last good one, from the ledger or from the file."""
    kept = {"finished_before": NOW - 1, "success_before": NOW - 1}
    write_metrics(path, run(exit_code=exit_code, before=kept))
    assert (values(path)[FINISHED], values(path)[SUCCESS]) == (finished, success)
    path.unlink()
    write_metrics(path, run(exit_code=0, finished_at=NOW - 1))
    write_metrics(path, run(exit_code=exit_code))
    assert (values(path)[FINISHED], values(path)[SUCCESS]) == (finished, success)


def test_a_job_that_never_succeeded_has_no_moment_of_it(path: Path) -> None:
    """No moment is better than the year 1970."""
    write_metrics(path, run(exit_code=3, finished_at=None, started_at=None))
    found = values(path)
    assert SUCCESS not in found
    assert FINISHED not in found
    assert found[ATTEMPT] == NOW + 9999


def test_causes_of_the_night_before_are_gone(path: Path) -> None:
    """A series that a new run does not have is not kept from the old one."""
    write_metrics(path, run())
    write_metrics(path, run(errors=[]))
    assert not [name for name in values(path) if "failures" in name]


def test_an_attempt_changes_two_values_only(path: Path) -> None:
    """A command that ended before there was a run says so, and the last run stays to be seen."""
    write_metrics(path, run())
    before = values(path)
    write_attempt(path, "nightly", TARGET, 4, NOW + 86_400)
    assert values(path) == before | {EXIT: 4, ATTEMPT: NOW + 86_400}


def test_an_attempt_makes_a_file(path: Path) -> None:
    """A job that never came to a run can be alerted on."""
    write_attempt(path, "nightly", TARGET, 2, NOW)
    assert values(path) == {EXIT: 2, ATTEMPT: NOW}


def test_jobs_share_a_file(path: Path) -> None:
    """Each changes its own series; the same job against another target is another one."""
    write_metrics(path, run())
    write_metrics(path, run(job="weekly", exit_code=0))
    write_metrics(path, run(target="other.example.com/a/s", exit_code=3))
    before = values(path)
    write_attempt(path, "weekly", TARGET, 6, NOW)
    assert values(path) == before
    assert [values(path, "weekly")[EXIT], values(path, "nightly", "other.example.com/a/s")[EXIT]] == [6, 3]


def test_jobs_that_write_at_once_lose_nothing(path: Path) -> None:
    """Threads take turns."""
    names = [f"job-{number}" for number in range(8)]
    threads = [threading.Thread(target=write_attempt, args=(path, name, TARGET, 0, NOW)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [values(path, name) for name in names] == [{EXIT: 0, ATTEMPT: NOW}] * 8


def test_processes_that_write_at_once_lose_nothing(path: Path) -> None:
    """Processes take turns, too, each many times."""
    code = (
        "import sys; from pathlib import Path; from bulkcase.reporting.telling.metrics import write_attempt\n"
        "for n in range(20): write_attempt(Path(sys.argv[1]), f'{sys.argv[2]}-{n}', 't', n, 1.0, patience=60)"
    )
    working = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in ("a", "b")]
    assert [process.wait() for process in working] == [0, 0]
    assert all(values(path, f"{name}-{n}", "t")[EXIT] == n for name in "ab" for n in range(20))


ANY = st.text(st.characters(), max_size=30)


@settings(deadline=None)
@given(jobs=st.dictionaries(st.tuples(ANY, ANY), st.integers(0, 255), max_size=4))
def test_a_label_may_hold_any_text(jobs: dict[tuple[str, str], int]) -> None:
    """What is written is what is read again, quotes, braces and line breaks included; half a character is a `?`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bulkcase.prom"
        whole: dict[tuple[str, str], float] = {}
        for (job, target), exit_code in jobs.items():
            write_attempt(path, job, target, exit_code, NOW)
            name, place = (text.encode(errors="replace").decode() for text in (job, target))
            whole[name, place] = exit_code
        for (job, target), value in whole.items():
            assert values(path, job, target)[EXIT] == value


def test_the_file_can_be_read_by_whoever_collects_it(path: Path) -> None:
    """It has counts only; the lock is for the group, and nothing else is left in the folder."""
    old = os.umask(0o077)
    try:
        write_metrics(path, run())
    finally:
        os.umask(old)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes.pop("bulkcase.prom") == 0o644
    assert modes in ({".bulkcase.prom.lock": 0o660}, {})
    assert not [name for name in modes if name.endswith(".prom")]


@pytest.mark.parametrize(
    "content",
    [
        b'# HELP bulkcase_last_run_rows Rows.\nbulkcase_last_run_rows{job_name="x',
        b"# HELP bulkcase_last_run_rows Rows.\nbulkcase_last_run_rows x y z\n",
        b"# HELP bulkcase_last_run_rows \xff\n",
    ],
)
def test_a_damaged_file_is_written_anew(path: Path, caplog: pytest.LogCaptureFixture, content: bytes) -> None:
    """A warning says so, once."""
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        write_attempt(path, "nightly", TARGET, 0, NOW)
    assert values(path) == {EXIT: 0, ATTEMPT: NOW}
    assert [record.getMessage().startswith(f"{path}: was damaged") for record in caplog.records] == [True]


@pytest.mark.parametrize("content", [b"", b"\0" * 4096, b"\n"])
def test_an_empty_file_is_a_file_to_fill(path: Path, content: bytes) -> None:
    """What a machine leaves that lost its power is no reason to write nothing."""
    path.write_bytes(content)
    write_attempt(path, "nightly", TARGET, 0, NOW)
    assert values(path) == {EXIT: 0, ATTEMPT: NOW}


@pytest.mark.parametrize(
    "content",
    [
        "# HELP node_load1 Load.\n# TYPE node_load1 gauge\nnode_load1 1\n",
        "# HELP bulkcase_last_run_rows Rows.\n# TYPE bulkcase_last_run_rows gauge\nnode_load1 1\n",
        "Case ID,bulkcase_row\nci-1,2\n",
        "[report]\nmetrics = 'job.toml'\n",
    ],
)
def test_a_file_of_somebody_else_is_left_alone(path: Path, content: str) -> None:
    """A name that was mistyped does not cost a job file, nor another program its metrics."""
    path.write_text(content, encoding="utf-8")
    with pytest.raises(NotTold, match=r"bulkcase\.prom: .*was left as it is: change report\.metrics"):
        write_metrics(path, run())
    assert path.read_text(encoding="utf-8") == content


def test_series_of_another_version_are_dropped(path: Path) -> None:
    """What this one does not know would never change again."""
    path.write_text(
        "# HELP bulkcase_old Old.\n# TYPE bulkcase_old gauge\n"
        f'bulkcase_old{{job_name="nightly",target="{TARGET}"}} 1\n'
        f'{EXIT}{{job_name="nightly",target="{TARGET}",shard="1"}} 1\n'
        f'{EXIT}{{job_name="weekly",target="{TARGET}"}} 3\n',
        encoding="utf-8",
    )
    write_attempt(path, "nightly", TARGET, 0, NOW)
    assert "bulkcase_old" not in path.read_text(encoding="utf-8")
    assert "shard" not in path.read_text(encoding="utf-8")
    assert values(path, "weekly") == {EXIT: 3}


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """It is not made: a mistyped folder would be one that nobody collects."""
    with pytest.raises(NotTold, match=r"there is no such folder"):
        write_attempt(tmp_path / "no" / "bulkcase.prom", "nightly", TARGET, 0, NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named(path: Path) -> None:
    """A folder in its way is told in one line, and no unfinished file is left."""
    path.mkdir()
    with pytest.raises(NotTold, match=r"bulkcase\.prom: Is a directory: no metrics were written"):
        write_attempt(path, "nightly", TARGET, 0, NOW)
    assert {file.name for file in path.parent.iterdir()} <= {"bulkcase.prom", ".bulkcase.prom.lock"}


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder that takes no files and does not say so")
def test_a_folder_that_takes_no_files_is_not_taken_for_another_job() -> None:
    """Where the lock cannot even be made, nobody else holds it."""
    with pytest.raises(NotTold, match=r"bulkcase\.prom: nothing can be written to its folder: change report\.metrics"):
        write_attempt(Path("/proc/bulkcase.prom"), "nightly", TARGET, 0, NOW, patience=0.05)


def test_a_job_does_not_wait_for_ever(path: Path) -> None:
    """Whoever holds the lock too long costs the metrics, not the run."""
    with (
        FileLock(path.with_name(".bulkcase.prom.lock")),
        pytest.raises(NotTold, match=r"another job has been writing for 0\.05 s"),
    ):
        write_attempt(path, "nightly", TARGET, 0, NOW, patience=0.05)
    assert not path.exists()
