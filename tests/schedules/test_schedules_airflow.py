"""airflow_dag.py, loaded by a stand-in for Airflow 2 and 3 that writes down what is declared."""

import subprocess
import sys
from typing import Any

import orjson
import pytest
from support.schedules_run import Machine, exit_codes, text_of

from bulkcase.sandbox import SandboxSettings

EXCEPTIONS = "class AirflowFailException(Exception): ...\nclass AirflowSkipException(Exception): ...\n"
DECLARED = """
declared = {}

def dag(**options):
    def declare(function):
        def call():
            declared["dag"] = {name: str(value) for name, value in options.items()} | {"id": function.__name__}
            function()
        return call
    return declare

def task(**options):
    def declare(function):
        def call(given):
            told = {name: str(value) for name, value in options.items()}
            declared[function.__name__] = told | {"given": given}
            return function.__name__
        call.function = function
        return call
    return declare

task.external_python = task
"""
PENDULUM = "def datetime(year, month, day, tz):\n    return f'{year}-{month}-{day} {tz}'\n"
PLAY = """
import inspect, json, sys, airflow_dag
declared = sys.modules[airflow_dag.dag.__module__].declared
if len(sys.argv) == 1:
    print(json.dumps(declared))
else:
    # As Airflow does, which takes the text of the function to the other Python and leaves the file behind.
    source = inspect.getsource(airflow_dag.send_updates.function)
    alone = {}
    exec(source[source.index("def "):], alone)
    code = int(sys.argv[1])
    if code >= 0:
        import bulkcase
        from types import SimpleNamespace as Some
        summary = Some(reason="as it was told", state="stopped")
        ended = Some(exit_code=code, folder="reports", outcomes={}, summary=summary)
        bulkcase.sync.run = lambda job, unfinished: ended
    try:
        result = alone["send_updates"](declared["send_updates"]["given"])
        print(json.dumps(result))
        airflow_dag.look_at_it.function(result)
    except Exception as error:
        print(json.dumps({"raised": type(error).__name__, "text": str(error)}))
"""


def dag(machine: Machine, *arguments: str, version: int = 3) -> "subprocess.CompletedProcess[str]":
    """Load the DAG on a machine with this Airflow and play it: what it declares, or its tasks with an exit code."""
    folder = machine.root / "dags"
    (folder / "airflow").mkdir(parents=True, exist_ok=True)
    (folder / "airflow" / "__init__.py").touch()
    (folder / "airflow" / "exceptions.py").write_text(EXCEPTIONS, encoding="utf-8")
    (folder / "airflow" / {2: "decorators.py", 3: "sdk.py"}[version]).write_text(DECLARED, encoding="utf-8")
    (folder / "pendulum.py").write_text(PENDULUM, encoding="utf-8")
    (folder / "airflow_dag.py").write_text(machine.moved(text_of("airflow_dag.py")), encoding="utf-8")
    (folder / "play.py").write_text(PLAY, encoding="utf-8")
    secret = SandboxSettings().client_secret
    return machine.run(sys.executable, "play.py", *arguments, folder="dags", KORE_CLIENT_SECRET=secret)


def played(machine: Machine, code: int) -> list[dict[str, Any]]:
    """Return what the tasks did: with a run that ended with this exit code, with a real one for -1."""
    done = dag(machine, str(code))
    assert done.returncode == 0, done.stderr
    return [orjson.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("version", [2, 3])
def test_airflow_gets_a_dag_of_two_tasks(machine: Machine, version: int) -> None:
    """It loads by the imports of either version, one night at a time, and nights that are over are not made up for."""
    done = dag(machine, version=version)
    assert done.returncode == 0, done.stderr
    declared = orjson.loads(done.stdout)
    assert declared["dag"] | {"tags": ""} == {
        "id": "bulkcase_nightly",
        "schedule": "15 22 * * *",
        "start_date": "2026-1-1 Europe/Berlin",
        "catchup": "False",
        "max_active_runs": "1",
        "tags": "",
    }
    assert declared["look_at_it"] == {"given": "send_updates", "retries": "0"}
    assert declared["send_updates"]["given"] == str(machine.place("/srv/bulkcase/nightly.toml"))
    assert declared["send_updates"]["python"] == str(machine.place("/opt/bulkcase/bin/python"))
    assert int(declared["send_updates"]["retries"]) > 0


def test_the_dag_does_not_load_bulkcase_while_it_is_parsed(machine: Machine) -> None:
    """Airflow's own Python need not even have it."""
    (machine.root / "dags").mkdir()
    (machine.root / "dags" / "bulkcase.py").write_text("raise RuntimeError('it was loaded')", encoding="utf-8")
    assert dag(machine).returncode == 0


def test_the_task_sends_the_rows_and_hands_on_their_outcomes(machine: Machine) -> None:
    """A run of the job against the sandbox ends well, and so do both tasks."""
    (sent,) = played(machine, -1)
    assert (sent["exit_code"], sent["outcomes"]) == (0, {"updated": 3})
    assert machine.outcomes() == {"updated": 3}


def test_rows_that_need_a_person_fail_the_task_after_it(machine: Machine) -> None:
    """The one that sends has succeeded, so that nobody starts it again for them."""
    machine.cases(("High", "no such priority", "Low"))
    sent, looked = played(machine, -1)
    assert (sent["exit_code"], sent["outcomes"]) == (1, {"updated": 2, "invalid": 1})
    assert looked["raised"] == "AirflowFailException"
    assert "'invalid': 1" in looked["text"]


def test_an_export_that_is_missing_fails_without_another_try(machine: Machine) -> None:
    """What bulkcase says is what Airflow shows."""
    machine.place("/srv/bulkcase/cases.csv").unlink()
    sent, looked = played(machine, -1)
    assert (sent["exit_code"], sent["outcomes"]) == (2, {})
    assert looked["raised"] == "AirflowFailException"
    assert "cases.csv" in looked["text"]


@pytest.mark.parametrize("code", sorted(exit_codes()))
def test_each_exit_code_has_its_state_in_airflow(machine: Machine, code: int) -> None:
    """What may be better next time fails where it is tried again; all else is told by the task that is not."""
    sent, *looked = played(machine, code)
    if code in {4, 6, 130}:
        assert (sent["raised"], looked) == ("RuntimeError", [])
        assert "as it was told" in sent["text"]
    else:
        assert sent == {"exit_code": code, "reason": "as it was told, report in reports", "outcomes": {}}
        states = {0: [], 5: ["AirflowSkipException"]}
        assert [one["raised"] for one in looked] == states.get(code, ["AirflowFailException"])
