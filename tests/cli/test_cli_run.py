"""The real program: standard output, standard error, exit code, and what it leaves behind."""

import json
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.helps import help_of
from support.jobs import SECRET_VARIABLE, read_results, simple_rows, write_cases, write_job
from support.program import SECRET, bulkcase, environment
from support.server import ServerThread

from bulkcase.cli.commands import COMMANDS
from bulkcase.sandbox import Fault, SandboxSettings


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[ServerThread]:
    """Run a sandbox with twenty cases beside the program; a test may set its settings by parameter."""
    settings = getattr(request, "param", SandboxSettings())
    with ServerThread(settings, [key for key, _ in simple_rows(20)]) as running:
        yield running


def test_a_run_reports_on_standard_output_and_talks_on_standard_error(tmp_path: Path, server: ServerThread) -> None:
    """A run ends with 0, its outcomes and its folder on standard output; plan and progress stand on standard error."""
    write_cases(tmp_path, simple_rows(20))
    write_job(tmp_path, host=server.url)
    ended = bulkcase("run", "job.toml", "--yes", folder=tmp_path)

    assert ended.returncode == 0, ended.stderr
    assert "20  updated" in ended.stdout
    assert "20 rows about 20 cases" in ended.stderr
    assert "sets desc" in ended.stderr
    assert "20 of 20 rows" in ended.stderr
    (folder,) = (tmp_path / "reports").iterdir()
    assert str(folder.relative_to(tmp_path)) in ended.stdout
    shown = sorted(file.name for file in folder.iterdir() if not file.name.startswith("."))
    assert shown == ["failed.csv", "report.html", "results.csv", "summary.json"]


def test_json_is_the_summary_and_nothing_else(tmp_path: Path, server: ServerThread) -> None:
    """With --json, standard output is the summary that summary.json holds."""
    write_cases(tmp_path, [*simple_rows(3), ("not a key", "x")])
    write_job(tmp_path, host=server.url)
    ended = bulkcase("run", "job.toml", "--yes", "--json", folder=tmp_path)

    summary = json.loads(ended.stdout)
    assert "correct failed.csv" not in ended.stderr
    (folder,) = (tmp_path / "reports").iterdir()
    assert summary == json.loads((folder / "summary.json").read_text())
    assert ended.returncode == summary["exit_code"] == 1
    assert summary["outcomes"] == {
        "updated": 3, "unchanged": 0, "superseded": 0, "mismatch": 0, "conflict": 0,
        "failed": 0, "invalid": 1, "unknown": 0, "pending": 0,
    }  # fmt: skip
    assert summary["state"] == "finished"
    assert summary["calls"] == {"updateCase": 3}


@pytest.mark.parametrize("quiet", [[], ["--quiet"]], ids=["told", "quiet"])
def test_rows_that_need_a_person_end_with_the_command_that_sends_them(
    tmp_path: Path, server: ServerThread, quiet: list[str]
) -> None:
    """The end says what to do with failed.csv, as the report does; with --quiet nothing is said but results."""
    write_cases(tmp_path, [*simple_rows(2), ("not a key", "x")])
    write_job(tmp_path, host=server.url)
    ended = bulkcase("run", "job.toml", "--yes", *quiet, folder=tmp_path)

    assert ended.returncode == 1
    (folder,) = (tmp_path / "reports").iterdir()
    told = f"correct failed.csv and send it: bulkcase resume {folder.name}"
    assert (told in ended.stderr) is not bool(quiet)
    assert (str(folder / "failed.csv") in ended.stderr) is not bool(quiet)


def test_without_a_terminal_a_run_wants_yes(tmp_path: Path, server: ServerThread) -> None:
    """Where nobody can be asked, a run without --yes ends with 2 and makes no call."""
    write_cases(tmp_path, simple_rows(3))
    write_job(tmp_path, host=server.url)
    ended = bulkcase("run", "job.toml", folder=tmp_path)

    assert ended.returncode == 2
    assert "--yes" in ended.stderr
    assert server.calls == []


def test_limit_input_state_and_reports_take_the_place_of_the_job_s(tmp_path: Path, server: ServerThread) -> None:
    """--input, --limit, --state and --reports are relative to the folder one is in, and win over the job."""
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    write_job(jobs, host=server.url, path="nowhere.csv")
    write_cases(tmp_path, simple_rows(20))
    options = ["--input", "cases.csv", "--limit", "5", "--state", "my-state", "--reports", "my-reports"]
    ended = bulkcase("run", "jobs/job.toml", "--yes", *options, folder=tmp_path)

    assert ended.returncode == 0, ended.stderr
    assert len(server.calls) == 5
    assert (tmp_path / "my-state" / "ledger.sqlite3").exists()
    assert len(list((tmp_path / "my-reports").iterdir())) == 1


def test_rows_may_come_from_standard_input(tmp_path: Path, server: ServerThread) -> None:
    """With --input - the CSV comes through a pipe."""
    write_job(tmp_path, host=server.url)
    ended = bulkcase(
        "run", "job.toml", "--yes", "--input", "-", folder=tmp_path, text="Case ID,Notes\nci-000001,piped\n"
    )

    assert ended.returncode == 0, ended.stderr
    assert server.cases["ci-000001"]["desc"] == "piped"


def test_a_missing_secret_is_said_before_anything_else(tmp_path: Path, server: ServerThread) -> None:
    """Without its secret a run ends with 2, names the variable, and leaves no report."""
    write_cases(tmp_path, simple_rows(3))
    write_job(tmp_path, host=server.url)
    ended = bulkcase("run", "job.toml", "--yes", folder=tmp_path, secret=False)

    assert ended.returncode == 2
    assert SECRET_VARIABLE in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert not (tmp_path / "reports").exists()


def test_check_lists_every_bad_row_and_needs_no_secret(tmp_path: Path) -> None:
    """check prints a line for each bad row with file, row and column, warns of the secret, and ends with 1."""
    write_cases(tmp_path, [("ci-1", "fine"), ("c i", "x"), ("", "x"), ("ci-2", "#REF!")])
    write_job(tmp_path, host="https://platform.kore.ai")
    ended = bulkcase("check", "job.toml", folder=tmp_path, secret=False)

    assert ended.returncode == 1
    lines = ended.stdout.splitlines()
    assert [line.split(":")[0].rsplit("/")[-1] for line in lines] == [
        "cases.csv row 3", "cases.csv row 4", "cases.csv row 5", "cases.csv",
    ]  # fmt: skip
    assert 'column "Notes"' in lines[2]
    assert SECRET_VARIABLE in ended.stderr
    assert not (tmp_path / "state").exists()


BAD_FILES = {
    "no such job": (["run", "none.toml", "--yes"], "none.toml"),
    "a job that is no TOML": (["run", "broken.toml", "--yes"], "broken.toml"),
    "a misspelt key": (["run", "misspelt.toml", "--yes"], "did you mean path"),
    "no such input": (["check", "job.toml", "--input", "none.csv"], "none.csv"),
    "an empty input": (["check", "job.toml", "--input", "empty.csv"], "empty.csv"),
    "only a header": (["check", "job.toml", "--input", "header.csv"], "no rows"),
    "a missing column": (["check", "job.toml", "--input", "other.csv"], "Case ID"),
    "a twice named column": (["check", "job.toml", "--input", "twice.csv"], "Notes"),
    "a folder": (["check", "job.toml", "--input", "."], "folder"),
    "binary": (["check", "job.toml", "--input", "binary.csv"], "binary.csv"),
    "no such command": (["rnu", "job.toml"], "rnu"),
    "no such option": (["run", "job.toml", "--yess"], "--yess"),
}


@pytest.mark.parametrize(("arguments", "says"), BAD_FILES.values(), ids=list(BAD_FILES))
def test_whatever_is_unusable_is_one_clear_line_and_exit_code_2(
    tmp_path: Path, arguments: list[str], says: str
) -> None:
    """A wrong job, input or command line ends with 2, no traceback, and a line that names what is wrong."""
    write_cases(tmp_path, simple_rows(3))
    job = write_job(tmp_path)
    (tmp_path / "broken.toml").write_text("[connection\n")
    (tmp_path / "misspelt.toml").write_text(job.read_text().replace("path =", "pth ="))
    files = {"empty.csv": b"", "header.csv": b"Case ID,Notes\n", "other.csv": b"a,b\n1,2\n"}
    files |= {"twice.csv": b"Case ID,Notes,Notes\n1,2,3\n", "binary.csv": bytes(range(256)) * 40}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    ended = bulkcase(*arguments, folder=tmp_path)

    assert ended.returncode == 2, ended.stderr
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("server", [SandboxSettings(latency=(0.2, 0.2))], indirect=True)
def test_a_signal_lets_calls_in_flight_finish(tmp_path: Path, server: ServerThread, name: str) -> None:
    """After a signal, what was in flight is updated, the rest is pending and reported, and the exit code is 130."""
    write_cases(tmp_path, simple_rows(20))
    write_job(tmp_path, host=server.url, quota="windows = []\nmax_in_flight = 2")
    command = [sys.executable, "-m", "bulkcase", "run", "job.toml", "--yes"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        server.wait_for_calls(4)
        process.send_signal(getattr(signal, name))
        _, errors = process.communicate(timeout=30)

    assert process.returncode == 130, errors
    (folder,) = (tmp_path / "reports").iterdir()
    lines = read_results(folder)
    landed = {call.case_id for call in server.calls if call.applied}
    assert {line["Case ID"] for line in lines if line["bulkcase_outcome"] == "updated"} == landed
    pending = [line for line in lines if line["bulkcase_outcome"] == "pending"]
    assert len(pending) == 20 - len(landed)
    assert pending
    assert json.loads((folder / "summary.json").read_text())["state"] == "interrupted"
    assert name in errors


@pytest.mark.parametrize(
    "server",
    [SandboxSettings(faults={Fault.UNAUTHORIZED: 0.2, Fault.REFUSE: 0.2, Fault.DROP_AFTER: 0.2})],
    indirect=True,
)
def test_no_secret_and_no_token_is_in_anything_that_was_written(tmp_path: Path, server: ServerThread) -> None:
    """Neither the secret nor any token is in a file, log or message of a verbose run with every kind of trouble."""
    write_cases(tmp_path, simple_rows(20))
    write_job(tmp_path, host=server.url)
    ended = bulkcase("run", "job.toml", "--yes", "--verbose", folder=tmp_path)

    written = [ended.stdout.encode(), ended.stderr.encode()]
    written += [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert len(written) >= 6
    for text in written:
        assert SECRET.encode() not in text
        assert b"eyJ" not in text, "a JWT starts like this"


def test_ledger_and_report_are_their_owner_s_only(tmp_path: Path, server: ServerThread) -> None:
    """Whatever a run writes can be read by its owner only."""
    write_cases(tmp_path, simple_rows(3))
    write_job(tmp_path, host=server.url)
    bulkcase("run", "job.toml", "--yes", folder=tmp_path)

    for top in (tmp_path / "state", *(tmp_path / "reports").iterdir()):
        for path in [top, *top.rglob("*")]:
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_pipe_that_closes_early_is_no_fault(tmp_path: Path) -> None:
    """A reader of the output that goes away (as head does) ends the program without a traceback."""
    write_cases(tmp_path, [("no key", "x")] * 5000)
    write_job(tmp_path)
    command = [sys.executable, "-m", "bulkcase", "check", "job.toml"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()

    assert "Traceback" not in errors


def test_version_and_help_answer(tmp_path: Path) -> None:
    """--version names the program and its version; --help and each command's --help fit 80 columns."""
    for command in ((), *((name,) for name in COMMANDS)):
        assert max(map(len, help_of(*command).splitlines())) <= 80
    shown = bulkcase("run", "--help", folder=tmp_path).stdout
    assert shown.splitlines()[2:] == help_of("run").splitlines()[2:]
    version = subprocess.run(
        [sys.executable, "-m", "bulkcase", "--version"], capture_output=True, encoding="utf-8", timeout=60, check=True
    )
    assert version.stdout.startswith("bulkcase ")


def test_the_demo_is_interrupted_and_resumed(tmp_path: Path) -> None:
    """Rows are pending in the middle of the story and all of them done in its end, in an old folder, too."""
    for _ in range(2):
        told = bulkcase("demo", folder=tmp_path)
        assert told.returncode == 0, told.stderr
        middle, end = told.stdout.split("5. Resume", 1)
        assert "status: Open → Closed" in middle
        assert "pending" in middle
        assert "pending" not in end.split("6. Report")[1]
        assert "70  updated" in end
        assert "162  unchanged" in end
