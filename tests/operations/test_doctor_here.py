"""doctor: what is wrong on this machine is named before any call is made; the exit code tells of what kind it is."""

from pathlib import Path

import pytest
from support.clinics import Clinic, auth, clinic, connection, step
from support.commands import here
from support.jobs import SECRET_VARIABLE, write_job

from bulkcase.errors import Declined
from bulkcase.ledger.locks import TargetLock
from bulkcase.model import Stop, StopReason
from bulkcase.operations.common.desk import lock_name
from bulkcase.operations.common.runtime import Runtime, ledger_path, target_name
from bulkcase.operations.diagnosis.steps import Diagnosis, State
from bulkcase.operations.doctor import doctor
from bulkcase.stopping import StopSwitch

pytestmark = pytest.mark.asyncio

ZEROS = "st-00000000-0000-0000-0000-000000000000"


def first(scene: Clinic, found: Diagnosis) -> tuple[str, int, str, str]:
    """Return the first cross and the exit code of what no call was made for."""
    assert scene.server.calls == []
    assert found.calls == 0
    assert found.first_cross is not None
    return found.first_cross.name, found.exit_code, found.first_cross.found, found.first_cross.remedy


async def test_a_job_file_that_is_not_there_is_the_first_cross(tmp_path: Path) -> None:
    """A path that leads nowhere is told by the first step, and nothing else is tried."""
    found = await doctor(tmp_path / "none.toml")

    assert found.first_cross is not None
    assert (found.first_cross.name, found.exit_code) == ("job", 2)
    assert found.first_cross.remedy == "check the path of the job file"
    assert {one.state for one in found.steps[1:]} == {State.NOT_TRIED}


async def test_each_problem_of_a_job_file_is_told(tmp_path: Path) -> None:
    """A file with several problems has them all in its cross, a line each."""
    file = write_job(tmp_path, quota="windos = []\npase = 1")
    found = await doctor(file)

    assert found.first_cross is not None
    assert [line.count("quota.") for line in found.first_cross.found.split("\n")] == [1, 1]


async def test_a_job_without_rows_is_good_for_set(tmp_path: Path) -> None:
    """Input and mapping may both be missing: the rest is looked at."""
    async with clinic(tmp_path) as scene:
        text = scene.job.file.read_text(encoding="utf-8")
        start, end = text.index("[input]"), text.index("[quota]")
        scene.job.file.write_text(text[:start] + text[end:], encoding="utf-8")
        found = await doctor(scene.job.file)

    assert found.exit_code == 0
    assert (step(found, "input").state, step(found, "cases").state) == (State.NOT_TRIED, State.OK)


async def test_a_file_that_is_missing_does_not_hide_the_rest(tmp_path: Path) -> None:
    """The input is the first cross, and the target is looked at all the same."""
    async with clinic(tmp_path) as scene:
        (tmp_path / "cases.csv").unlink()
        found = await scene.says()

    assert found.first_cross is not None
    assert (found.first_cross.name, found.exit_code) == ("input", 1)
    assert step(found, "cases").state is State.OK


async def test_bad_rows_are_a_warning_with_the_command_that_shows_them(tmp_path: Path) -> None:
    """Rows that cannot be sent stand in nobody's way here."""
    async with clinic(tmp_path) as scene:
        with (tmp_path / "cases.csv").open("a", encoding="utf-8") as file:
            file.write("n o,key\n")
        found = await scene.says()

    at = step(found, "input")
    assert (at.state, found.exit_code) == (State.WARNING, 0)
    assert "4 rows, 3 usable" in at.found
    assert at.remedy.startswith("see which, and why: bulkcase check ")


async def test_a_secret_that_is_not_set_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named, and the exit code is that of credentials that cannot be used."""
    async with clinic(tmp_path) as scene:
        monkeypatch.delenv(SECRET_VARIABLE)
        name, code, says, remedy = first(scene, await scene.says())

    assert (name, code, remedy) == ("secret", 2, "set it to the secret")
    assert SECRET_VARIABLE in says


async def test_ids_that_nobody_filled_in_are_named(tmp_path: Path) -> None:
    """Zeros stand where the ids belong, in a job file that was just written; a server on this machine may want them."""
    async with clinic(tmp_path) as scene:
        away = await scene.says(
            lambda job: auth(client_id="cs-0000-0000")(
                connection(host="https://platform.example.com", stream_id=ZEROS, account_id="000000")(job)
            )
        )
        name, code, says, remedy = first(scene, away)
        here = await scene.says(connection(stream_id=ZEROS))

    assert (name, code) == ("ids", 2)
    assert says.startswith("connection.stream_id, connection.account_id, auth.client_id: ")
    assert "write your own, which stand in the settings of the bot" in remedy
    assert here.first_cross is not None
    assert here.first_cross.name == "target"


async def test_a_ledger_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Without a ledger nothing is called: nobody would know of the call."""
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    async with clinic(tmp_path) as scene:
        found = await scene.says(state=tmp_path / "taken")

    name, code, says, remedy = first(scene, found)
    assert (name, code) == ("state", 6)
    assert "taken" in says
    assert "--state" in remedy


async def test_a_target_that_is_in_use_is_named(tmp_path: Path) -> None:
    """Another command is at work: it is named, nothing is called, and the exit code is that of the lock."""
    async with clinic(tmp_path) as scene:
        lock = lock_name(target_name(scene.job), ledger_path(scene.job))
        with TargetLock(Runtime().locks(), [lock], here()):
            name, code, says, remedy = first(scene, await scene.says())

    assert (name, code) == ("lock", 4)
    assert "bulkcase run close.toml" in says
    assert remedy == "wait until it is done, or stop it there"


async def test_it_tells_where_it_sends_before_it_does(tmp_path: Path) -> None:
    """Whoever does not agree to the host has nothing sent there, and no name of it looked up."""

    def no(*_: object) -> None:
        raise Declined

    async with clinic(tmp_path) as scene:
        with pytest.raises(Declined):
            await scene.says(before_calls=no)
        assert scene.server.calls == []


async def test_it_can_be_interrupted(tmp_path: Path) -> None:
    """What is left is not tried, and the exit code says why."""
    stop = StopSwitch()

    def enough(one: object) -> None:
        if "api" in repr(one):
            stop.set(Stop(StopReason.INTERRUPTED, "interrupted by SIGINT"))

    async with clinic(tmp_path) as scene:
        found = await scene.says(stop=stop, on_step=enough)

    assert found.exit_code == 130
    assert step(found, "search").found == "interrupted by SIGINT"


async def test_names_that_no_case_shows_are_a_warning(tmp_path: Path) -> None:
    """Names that rows use are compared with those that the cases show which were read."""
    parts = {"mapping": 'status = "Notes"', "snapshot": 'read = "auto"', "more": '[lookups]\nstatus = "live"'}
    async with clinic(tmp_path, cases=60, parts=parts) as scene:
        (tmp_path / "cases.csv").write_text("Case ID,Notes\nci-1,closed\nci-2,Klosed\n", encoding="utf-8")
        found = step(await scene.says(), "lookups")

    assert found.state is State.WARNING
    assert found.found.endswith('not among them status: "Klosed"')
