"""The sample spreadsheets, dirt and all, the whole way to a server."""

import csv
import shutil
import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from support.jobs import read_results, write_job

from bulkcase.job import load
from bulkcase.model import Outcome
from bulkcase.operations.run import run
from bulkcase.sandbox import PRIORITIES, STATUSES, Sandbox, SandboxSettings, cases_for_keys

SAMPLES = Path(__file__).parents[2] / "sample_data"
ROWS = 300

MAPPING = """\
status = "Status"
priority = "Priority"
dueDate = { column = "ETA", format = "%d/%m/%Y %H:%M" }
desc = "Notes"
tags = { column = "Channels", split = "," }
name = { template = "[moved] {Title}" }
isActive = { value = true }"""

DIRT = {
    5: ("updated", ""),
    6: ("updated", ""),
    9: ("invalid", "unknown_name"),
    12: ("invalid", "bad_date"),
    14: ("updated", ""),
    15: ("superseded", "same_row"),
    18: ("invalid", "excel_error"),
    20: ("invalid", "duplicate_case"),
    21: ("invalid", "duplicate_case"),
    23: ("updated", ""),
    24: ("updated", ""),
}
"""What becomes of the rows whose dirt `bulkcase.operations.demo_data.case_list` names; the others are updated."""


def expected_bodies() -> list[dict[str, Any]]:
    """Return the bodies that the sample file must send, written down when they were looked at by a person."""
    bodies: list[dict[str, Any]] = orjson.loads((Path(__file__).parent / "expected_bodies.json").read_bytes())
    return bodies


def sample_job(folder: Path, host: str, file: str) -> Path:
    for name in (file, "statuses.json", "priorities.json"):
        shutil.copy(SAMPLES / name, folder / name)
    return write_job(
        folder,
        host=host,
        path=file,
        mapping=MAPPING,
        input_table='timezone = "Europe/Berlin"',
        more='[lookups]\nstatus = "file:statuses.json"\npriority = "file:priorities.json"',
    )


@pytest.mark.asyncio
@pytest.mark.parametrize("file", ["cases.csv", "cases.xlsx"])
async def test_the_sample_sends_exactly_the_expected_bodies(tmp_path: Path, file: str) -> None:
    """The 300 dirty rows send exactly the expected bodies, as CSV and as workbook, and each has one outcome."""
    async with Sandbox(SandboxSettings(), _cases()) as server:
        ended = await run(load(sample_job(tmp_path, server.url, file)))

    sent = sorted(({"_id": call.case_id} | call.body for call in server.calls), key=lambda body: body["_id"])
    assert sent == sorted(expected_bodies(), key=lambda body: body["_id"])
    lines = read_results(ended.folder)
    assert [int(line["bulkcase_row"]) for line in lines] == list(range(2, ROWS + 2))
    for line in lines:
        outcome = (line["bulkcase_outcome"], line["bulkcase_error_code"])
        assert outcome == DIRT.get(int(line["bulkcase_row"]), ("updated", "")), line
    assert sum(ended.outcomes.values()) == ROWS


@pytest.mark.asyncio
async def test_a_corrected_failed_file_is_input_again(tmp_path: Path) -> None:
    """failed.csv of a run, its bad cells corrected by hand, sends exactly those rows."""
    async with Sandbox(SandboxSettings(), _cases()) as server:
        job = sample_job(tmp_path, server.url, "cases.xlsx")
        first = await run(load(job))
        text = (first.folder / "failed.csv").read_text(encoding="utf-8")
        for wrong, right in (("Resolvd", "Resolved"), ("31/11/2026 09:00", "30/11/2026 09:00"), ("#N/A", "Low")):
            text = text.replace(wrong, right)
        (tmp_path / "corrected.csv").write_text(text, encoding="utf-8")
        job.write_text(job.read_text().replace("cases.xlsx", "corrected.csv"))
        before = len(server.calls)
        second = await run(load(job))

    assert len(server.calls) - before == 3
    assert second.outcomes[Outcome.UPDATED] == 3
    assert second.outcomes[Outcome.INVALID] == 2, "the two rows about one case still differ"


@pytest.mark.asyncio
async def test_results_fed_back_send_the_same_again(tmp_path: Path) -> None:
    """results.csv as input gives the same bodies as the workbook that it came from, typed cells included."""
    async with Sandbox(SandboxSettings(), _cases()) as server:
        job = sample_job(tmp_path, server.url, "cases.xlsx")
        first = await run(load(job))
        sent = {call.case_id: call.body for call in server.calls}
        shutil.copy(first.folder / "results.csv", tmp_path / "again.csv")
        job.write_text(job.read_text().replace("cases.xlsx", "again.csv"))
        second = await run(load(job))

    assert {call.case_id: call.body for call in server.calls[len(sent) :]} == sent
    assert second.outcomes == first.outcomes


def _cases() -> list[dict[str, Any]]:
    keys = [line["Case ID"] for line in _lines()]
    return cases_for_keys(keys, seed=0, now=time.time())


def _lines() -> list[dict[str, str]]:
    with (SAMPLES / "cases.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_lookups_of_the_sample_are_those_of_the_sandbox() -> None:
    """statuses.json and priorities.json hold the sandbox's own objects, so that a rehearsal looks like the real one."""
    assert orjson.loads((SAMPLES / "statuses.json").read_bytes()) == STATUSES
    assert orjson.loads((SAMPLES / "priorities.json").read_bytes()) == PRIORITIES
