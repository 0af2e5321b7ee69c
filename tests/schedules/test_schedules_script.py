"""nightly.sh: one night, and what its scheduler is told."""

import os
import signal
import subprocess
import sys
import time

import orjson
import pytest
from support.schedules_run import SECRET_FILE, SHELLS, Machine

NIGHT = ("nightly.sh", "nightly.toml", "--new")
LOGS = "var/lib/bulkcase/log"
STOPPED_BY_TERM = f"""\
#!{sys.executable}
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print("ready", flush=True)
signal.sigwait([signal.SIGTERM])
sys.exit(130)
"""


def texts(machine: Machine, ending: str) -> list[str]:
    """Return the texts of the files of this kind that the nights left."""
    return [file.read_text(encoding="utf-8") for file in sorted((machine.root / LOGS).glob(f"nightly-2*.{ending}"))]


def night(machine: Machine, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a night whose log goes to files."""
    return machine.run(*NIGHT, *arguments, BULKCASE_LOGS=str(machine.root / LOGS), **environment)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("code", "ended", "said"),
    [
        (0, 0, ""),
        (1, 1, "finished, and rows need a person: see failed.csv"),
        (2, 2, "ALARM: command line, job, input or credentials"),
        (3, 3, "ALARM: stopped by a safety rule"),
        (4, 4, "ALARM: another command is still at work"),
        (5, 0, "not finished: out of hours, the rest is pending"),
        (6, 6, "ALARM: the disk, the ledger or bulkcase failed"),
        (130, 130, "ALARM: interrupted"),
        (137, 137, "ALARM: ended with 137, which is no exit code of bulkcase"),
    ],
)
def test_each_exit_code_becomes_what_an_operator_wants(
    machine: Machine, shell: str, code: int, ended: int, said: str
) -> None:
    """A night without a problem is silent, one that goes on is a success, all others end with their number."""
    machine.fake(code)
    shells = (shell, "sh") if shell == "busybox" else (shell,)
    script = str(machine.place("/opt/bulkcase/nightly.sh"))
    done = machine.run(
        *shells, script, "nightly.toml", "--new", BULKCASE_LOGS=str(machine.root / LOGS), BULKCASE_WAIT="0"
    )
    assert done.returncode == ended
    assert done.stdout == ""
    assert said in done.stderr
    assert bool(done.stderr) == bool(code)
    assert ("the fate of the night" in done.stderr) == bool(code)
    assert machine.calls() == ["run nightly.toml --new --yes --json --log-format json"]


def test_a_night_leaves_its_log_and_its_summary_and_says_nothing(machine: Machine) -> None:
    """Each line of the log is JSON, the summary is that of the run, and nobody else can read them."""
    done = night(machine)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (log,), (summary,) = texts(machine, "log"), texts(machine, "json")
    assert all(isinstance(orjson.loads(line), dict) for line in log.splitlines())
    assert orjson.loads(summary)["outcomes"]["updated"] == 3
    assert machine.outcomes() == {"updated": 3}
    assert {file.stat().st_mode & 0o077 for file in (machine.root / LOGS).iterdir()} == {0}


def test_without_a_folder_the_summary_and_the_log_go_where_bulkcase_writes_them(machine: Machine) -> None:
    """In a container standard output and standard error are what is collected."""
    done = machine.run(*NIGHT)
    assert done.returncode == 0
    assert orjson.loads(done.stdout)["exit_code"] == 0
    assert all(line.startswith("{") for line in done.stderr.splitlines())
    assert not (machine.root / LOGS).exists()


@pytest.mark.parametrize(("more", "ended"), [({}, 1), ({"BULKCASE_ROWS": "0"}, 0)])
def test_rows_that_need_a_person_are_told_in_either_case(machine: Machine, more: dict[str, str], ended: int) -> None:
    """Whether the night counts as failed is the operator's choice."""
    machine.cases(("High", "no such priority", "Low"))
    done = night(machine, **more)
    assert done.returncode == ended
    assert "finished, and rows need a person" in done.stderr
    assert machine.outcomes() == {"updated": 2, "invalid": 1}


def test_a_job_that_is_not_there_is_an_alarm_that_names_it(machine: Machine) -> None:
    """What cron mails has the reason in it."""
    done = machine.run("nightly.sh", "no-such.toml", "--new", BULKCASE_LOGS=str(machine.root / LOGS))
    assert done.returncode == 2
    assert "ALARM" in done.stderr
    assert "no-such.toml" in done.stderr.splitlines()[-1]


def test_a_night_without_a_job_is_refused_by_usage(machine: Machine) -> None:
    """Nothing is started without arguments."""
    machine.fake(0)
    done = machine.run("nightly.sh")
    assert done.returncode != 0
    assert "usage: nightly.sh JOB" in done.stderr
    assert not (machine.root / "calls").exists()


def test_the_next_night_goes_on_with_the_rest(machine: Machine) -> None:
    """A night that was too short is a success, and --continue finishes its run."""
    machine.job(windows='["6/1h"]', max_duration="1s")
    machine.cases(("High", "Low", "Medium", "High", "Low"))
    first = machine.run("nightly.sh", "nightly.toml", "--continue")
    assert first.returncode == 0, first.stderr
    assert "not finished" in first.stderr
    assert machine.outcomes()["pending"]
    machine.job()
    second = machine.run("nightly.sh", "nightly.toml", "--continue")
    assert second.returncode == 0, second.stderr
    assert machine.outcomes() == {"updated": 5}


def test_an_unfinished_run_is_an_alarm_where_nobody_said_what_becomes_of_it(machine: Machine) -> None:
    """Without --new and --continue the reason that is told has the command to type."""
    machine.job(windows='["6/1h"]', max_duration="1s")
    machine.run(*NIGHT)
    done = machine.run("nightly.sh", "nightly.toml", BULKCASE_LOGS=str(machine.root / LOGS))
    assert done.returncode == 2
    assert "add --continue" in done.stderr


def test_a_broken_installation_is_not_taken_for_a_finished_night(machine: Machine) -> None:
    """Python ends with 1 as well where it cannot load a program, but then there is no summary."""
    machine.install("bulkcase", "#!/bin/sh\necho 'ImportError: no such module' >&2\nexit 1\n")
    done = night(machine, BULKCASE_ROWS="0")
    assert done.returncode == 1
    assert "ALARM: ended with 1 and no summary" in done.stderr
    assert "ImportError" in done.stderr


def test_another_command_at_work_is_waited_for_once(machine: Machine) -> None:
    """After the wait the night takes place, and nobody is told of it."""
    machine.fake(4, 0)
    machine.install("sleep", f'#!/bin/sh\necho "$@" >{machine.root}/slept\n')
    done = night(machine)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(machine.calls()) == 2
    assert (machine.root / "slept").read_text(encoding="utf-8") == "1800\n"


def test_another_command_still_at_work_is_an_alarm(machine: Machine) -> None:
    """There is no third try."""
    machine.fake(4, 4)
    machine.install("sleep", "#!/bin/sh\n")
    done = night(machine)
    assert done.returncode == 4
    assert "ALARM: another command is still at work" in done.stderr


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_is_handed_on_and_waited_for(machine: Machine, shell: str, number: signal.Signals) -> None:
    """What bulkcase makes of it is the exit code: the shell neither dies at once nor keeps it to itself."""
    machine.install("bulkcase", STOPPED_BY_TERM)
    shells = (shell, "sh") if shell == "busybox" else (shell,)
    command = [*shells, str(machine.place("/opt/bulkcase/nightly.sh")), "nightly.toml", "--new"]
    with subprocess.Popen(
        command, env=machine.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as script:
        assert script.stdout
        assert script.stdout.readline() == "ready\n"
        script.send_signal(number)
        _, said = script.communicate(timeout=20)
    assert script.returncode == 130
    assert "interrupted (130)" in said


def test_old_files_go_and_those_of_other_jobs_stay(machine: Machine) -> None:
    """Files that are older than BULKCASE_KEEP days are deleted, by name."""
    machine.fake(0)
    logs = machine.root / LOGS
    logs.mkdir()
    for name, days in (("nightly-20200101-1.log", 9), ("nightly-20200101-1.json", 9), ("other.log", 9)):
        (logs / name).touch()
        os.utime(logs / name, (time.time() - days * 86_400,) * 2)
    (logs / "nightly-20200105-1.log").touch()
    assert night(machine, BULKCASE_KEEP="7").returncode == 0
    assert {file.name for file in logs.glob("*20200*")} | {"other.log"} == {"nightly-20200105-1.log", "other.log"}
    assert (logs / "other.log").exists()


def test_the_secret_is_read_from_its_file(machine: Machine) -> None:
    """The environment of the scheduler has the place of the secret only."""
    machine.fake(0)
    assert night(machine, KORE_CLIENT_SECRET_FILE=str(machine.root / SECRET_FILE)).returncode == 0
    assert (machine.root / "secrets").read_text(encoding="utf-8") == "a-secret\n"


@pytest.mark.parametrize(
    ("name", "ended"), [("KORE_CLIENT_SECRET_FILE", 2), ("BULKCASE_LOGS", 6)], ids=["secret", "logs"]
)
def test_what_cannot_be_read_or_written_is_an_alarm(machine: Machine, name: str, ended: int) -> None:
    """Nothing is started without a secret or without a place for the log."""
    machine.fake(0)
    done = machine.run(*NIGHT, **{name: str(machine.root / SECRET_FILE / "below-a-file")})
    assert done.returncode == ended
    assert "nothing was started" in done.stderr
    assert not (machine.root / "calls").exists()


def test_further_options_are_those_of_run(machine: Machine) -> None:
    """A name with a space in it stays one word."""
    (machine.place("/srv/bulkcase") / "cases.csv").rename(machine.root / "of tonight.csv")
    done = night(machine, "--input", str(machine.root / "of tonight.csv"), "--limit", "2")
    assert done.returncode == 0, done.stderr
    assert machine.outcomes() == {"updated": 2}
