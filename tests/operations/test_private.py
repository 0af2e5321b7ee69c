"""Private values stand in the files that carry the input, and nowhere else."""

import asyncio
import logging
import re
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from support.jobs import read_results, write_cases
from support.live import Live, live
from support.program import bulkcase
from support.receivers import says, webhook

from bulkcase.job import Job
from bulkcase.operations.run import run
from bulkcase.operations.undo import undo

pytestmark = pytest.mark.asyncio

SECRET = re.compile(r"never-\d{4}", re.IGNORECASE)
"""What is in each private value, before and after, of the file and of the cases."""
CARRIES_THE_INPUT = re.compile(r"results\.csv|failed\.csv|failed/.*\.csv|canary\.json")
HOOK = "BULKCASE_TEST_HOOK"
MORE = f"""
[report]
formats = ["csv", "html", "xlsx", "jsonl"]
private = ["desc", "userInfo", "name", "dueDate"]

[notify]
webhook = "env:{HOOK}"
on = "always"

[safety]
verify = "live"
"""
MAPPING = """
desc = "Notes"
name = { template = "[migrated] {Title}" }
dueDate = "Due"
"userInfo.emailId" = "Email"
status = { value = { _id = "st-closed", name = "Closed" } }
"""
HEADER = ("Case ID", "Notes", "Title", "Due", "Email", "Team")


def prepare(scene: Live) -> Job:
    """Write rows of every fate, and cases with something private in each field; return the job about them."""
    keys = list(scene.server.cases)
    for number, key in enumerate(keys):
        user = {"emailId": f"never-{8000 + number}@x.example.com"}
        scene.server.change(key, desc=f"never-{7000 + number} was here", userInfo=user)
    good = [(f"never-{1000 + number} text", f"never-{2000 + number}") for number in range(6)]
    rows = [
        (key, notes, title, "2026-12-24T10:00:00Z", f"{title}@x.example.com", "Blue")
        for key, (notes, title) in zip(keys[:6], good, strict=True)
    ]
    rows += [
        (keys[7], "never-4001", "x", "never-4002 is no date", "never-4003@x.example.com", "Blue"),
        ("no key", "never-4004", "x", "", "", "Red"),
        ("ci-00000000-0000-0000-0000-000000000000", "never-4005", "x", "", "", "Red"),
    ]
    write_cases(scene.folder, rows, HEADER)
    return scene.job(more=MORE, mapping=MAPPING, snapshot='read = "always"')


def leaks(folder: Path) -> list[str]:
    """Return the files of a report that show something private, and must not."""
    found = []
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if file.is_dir() or CARRIES_THE_INPUT.fullmatch(name):
            continue
        content = file.read_bytes()
        if file.suffix == ".xlsx":
            with ZipFile(file) as archive:
                content = b"".join(map(archive.read, archive.namelist()))
        if SECRET.search(content.decode("utf-8", "replace")):
            found.append(name)
    return found


@pytest.mark.parametrize("quirk", ["pretends", "ignores", "reshapes"])
async def test_no_private_value_leaves_the_files_that_carry_the_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, quirk: str
) -> None:
    """Not in page, workbook, lines, summary, log, and notices, whatever the server makes of what it is sent."""
    settings: dict[str, Any] = {quirk: frozenset({"desc"})}
    async with live(tmp_path, 9, is_hasty=True, **settings) as scene, webhook(says(200)) as receiver:
        monkeypatch.setenv(HOOK, f"{receiver.origin}/hook")
        job = prepare(scene)
        with caplog.at_level(logging.DEBUG, "bulkcase"):
            made = await run(job, runtime=scene.runtime)
    assert {line["bulkcase_outcome"] for line in read_results(made.folder)} == {"invalid", "mismatch"}
    assert SECRET.search((made.folder / "results.csv").read_text("utf-8-sig"))
    assert leaks(made.folder) == []
    assert not SECRET.search(caplog.text)
    assert not SECRET.search(receiver.heard[0][2].decode())


async def test_no_command_prints_a_private_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither as text nor as JSON, on standard output, standard error, or in the table of a plan."""
    async with live(tmp_path, 9, ignores=frozenset({"desc"})) as scene, webhook(says(200)) as receiver:
        monkeypatch.setenv(HOOK, f"{receiver.origin}/hook")
        prepare(scene)
        go = ("run", "job.toml", "--yes", "--new", "--verbose")
        state, case = ("--state", "state"), next(iter(scene.server.cases))
        commands = [("check", "job.toml"), ("plan", "job.toml", "-o", "plan.csv"), go, (*go, "--log-format", "json")]
        commands += [(verb, "last", *state) for verb in ("show", "verify")]
        commands += [("history", case, *state), ("runs", "--drift", *state)]
        for arguments in commands:
            ended = await asyncio.to_thread(bulkcase, *arguments, folder=tmp_path)
            said = ended.stdout + ended.stderr
            assert said
            assert not SECRET.search(said), (arguments, said)
        assert not SECRET.search((tmp_path / "plan.csv").read_text("utf-8-sig"))
        assert [leaks(folder) for folder in (tmp_path / "reports").iterdir()] == [[], []]


async def test_an_undo_keeps_private_what_its_run_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rows carry the cells of the run's file, and its values are those of the fields."""
    async with live(tmp_path, 9) as scene, webhook(says(200)) as receiver:
        monkeypatch.setenv(HOOK, f"{receiver.origin}/hook")
        await run(prepare(scene), runtime=scene.runtime)
        scene.server.change(next(iter(scene.server.cases)), desc="never-9999 by somebody")
        made = await undo("last", state=tmp_path / "state", runtime=scene.runtime)
    assert {outcome.value for outcome, count in made.outcomes.items() if count} == {"conflict", "updated"}
    assert leaks(made.folder) == []
