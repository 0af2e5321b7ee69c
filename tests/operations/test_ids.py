"""Ids that nobody has filled in yet: no call leaves for another machine with them."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from support.jobs import SECRET_VARIABLE, simple_rows, write_cases, write_job

import bulkcase as bc
from bulkcase.errors import JobError
from bulkcase.job import Job, load
from bulkcase.operations.live.credentials import made_up_ids
from bulkcase.sandbox import SandboxSettings

ZEROS = SandboxSettings(stream_id="st-0000-0000", account_id="000000", client_id="cs-0000")
KEYS = "connection.stream_id, connection.account_id, auth.client_id"
LIVE = {"mapping": 'status = "Notes"', "more": '[lookups]\nstatus = "live"', "snapshot": 'read = "auto"'}


def unfilled(folder: Path, host: str = "https://platform.example.com", **parts: Any) -> Job:
    """Return a job as it was just written."""
    write_cases(folder, simple_rows(2))
    return load(write_job(folder, host=host, settings=ZEROS, **parts))


@pytest.mark.parametrize("verb", [bc.plan, bc.run, bc.lookups])
@pytest.mark.asyncio
async def test_a_verb_that_calls_refuses_ids_of_zeros(
    verb: Callable[[Job], Awaitable[object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line names the file, every key and what to do, before anything of the secret is used."""
    monkeypatch.setenv(SECRET_VARIABLE, "x" * 40)
    with pytest.raises(JobError) as raised:
        await verb(unfilled(tmp_path, **LIVE))

    (problem,) = raised.value.problems
    assert raised.value.exit_code == 2
    assert f"job.toml: {KEYS}: zeros stand where your own belongs: write your own" in problem


def test_check_warns_of_ids_of_zeros(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It needs none itself, so it says that a run does, and tells of a missing secret beside it."""
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    ids, secret = bc.check(unfilled(tmp_path))

    assert (ids.is_warning, ids.message) == (True, f"{KEYS}: zeros stand where your own belongs")
    assert SECRET_VARIABLE in secret.message


@pytest.mark.parametrize("host", ["sandbox", "http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"])
def test_a_server_on_this_machine_may_have_ids_of_zeros(host: str, tmp_path: Path) -> None:
    """It takes whatever it is told."""
    assert made_up_ids(unfilled(tmp_path, host)) == []


def test_ids_that_have_more_than_zeros_are_somebodys(tmp_path: Path) -> None:
    """One digit that is no zero, or a reference, is enough."""
    settings = SandboxSettings(stream_id="st-0000-0001", account_id="5f00", client_id="env:ID")
    assert made_up_ids(load(write_job(tmp_path, host="https://platform.example.com", settings=settings))) == []
