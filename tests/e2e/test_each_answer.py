"""Each kind of answer and each fault, over real sockets: outcome, attempts, cause, and what the server has then."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.jobs import a_job, read_results, simple_rows, write_cases, write_job

from bulkcase.job import load
from bulkcase.model import Outcome
from bulkcase.operations.common.runtime import Runtime
from bulkcase.operations.run import run
from bulkcase.sandbox import Fault, Sandbox, SandboxSettings, cases_for_keys


@dataclass(frozen=True)
class Fate:
    """What is expected of a row whose calls meet these faults."""

    faults: list[Fault]
    outcome: Outcome
    attempts: int
    code: str = ""
    lands: bool = True


FATES = {
    "nothing": Fate([], Outcome.UPDATED, 1),
    "throttled once": Fate([Fault.THROTTLE], Outcome.UPDATED, 2),
    "throttled often": Fate([Fault.THROTTLE_TEXT] * 2, Outcome.UPDATED, 3),
    "unavailable once": Fate([Fault.UNAVAILABLE], Outcome.UPDATED, 2),
    "error for good": Fate([Fault.SERVER_ERROR] * 3, Outcome.FAILED, 3, "http_500", lands=False),
    "unavailable for good": Fate([Fault.UNAVAILABLE] * 3, Outcome.FAILED, 3, "http_503", lands=False),
    "dropped before": Fate([Fault.DROP_BEFORE], Outcome.UPDATED, 2),
    "dropped after": Fate([Fault.DROP_AFTER], Outcome.UPDATED, 2),
    "dropped for good": Fate([Fault.DROP_BEFORE] * 3, Outcome.UNKNOWN, 3, "connection_lost", lands=False),
    "landed, never answered": Fate([Fault.DROP_AFTER] * 3, Outcome.UNKNOWN, 3, "connection_lost"),
    "hanging once": Fate([Fault.HANG], Outcome.UPDATED, 2),
    "hanging for good": Fate([Fault.HANG_AFTER] * 3, Outcome.UNKNOWN, 3, "timeout"),
    "garbage once": Fate([Fault.GARBAGE], Outcome.UPDATED, 2),
    "garbage for good": Fate([Fault.GARBAGE] * 3, Outcome.UNKNOWN, 3, "answer_broken"),
    "lost, then down": Fate(
        [Fault.DROP_AFTER, Fault.UNAVAILABLE, Fault.UNAVAILABLE], Outcome.UNKNOWN, 3, "connection_lost"
    ),
    "html": Fate([Fault.HTML], Outcome.FAILED, 1, "answer_html", lands=False),
    "errors": Fate([Fault.ERRORS], Outcome.FAILED, 1, "answer_errors", lands=False),
    "other case": Fate([Fault.OTHER_CASE], Outcome.FAILED, 1, "answer_other_case", lands=False),
    "a list": Fate([Fault.NOT_JSON_OBJECT], Outcome.FAILED, 1, "answer_not_a_case", lands=False),
    "refused": Fate([Fault.REFUSE], Outcome.FAILED, 1, "http_412", lands=False),
    "redirected": Fate([Fault.REDIRECT], Outcome.FAILED, 1, "redirected", lands=False),
    "a fresh token": Fate([Fault.UNAUTHORIZED], Outcome.UPDATED, 2),
    "transient, then a fresh token": Fate([Fault.UNAVAILABLE, Fault.UNAUTHORIZED], Outcome.UPDATED, 3),
}


@pytest.mark.asyncio
async def test_each_fault_ends_in_its_outcome_and_no_good_row_suffers(tmp_path: Path) -> None:
    """Rows that meet every kind of fault, among good ones, each end as the table says, here and on the server."""
    fates = list(FATES.values())
    rows = simple_rows(3 * len(fates))
    # Every third row meets its faults; the two after it are good ones.
    expected = {rows[3 * number][0]: fate for number, fate in enumerate(fates)}
    write_cases(tmp_path, rows)
    settings = SandboxSettings(case_scripts={key: fate.faults for key, fate in expected.items()})
    async with Sandbox(settings, cases_for_keys([key for key, _ in rows], seed=0, now=time.time())) as server:
        quota = 'windows = ["5000/1s"]\nmax_in_flight = 4'
        every_fault = '[safety]\nmax_failures = "off"'
        job = a_job(tmp_path, host=server.url, timeout="250ms", quota=quota, more=every_fault)
        ended = await run(job, runtime=Runtime(chance=lambda: 0.0))

    good = Fate([], Outcome.UPDATED, 1)
    for line in read_results(ended.folder):
        fate = expected.get(line["Case ID"], good)
        seen = (line["bulkcase_outcome"], int(line["bulkcase_attempts"]), line["bulkcase_error_code"])
        assert seen == (fate.outcome, fate.attempts, fate.code), line
        assert (server.cases[line["Case ID"]]["desc"] == line["Notes"]) is fate.lands, line
    assert sum(ended.outcomes.values()) == len(rows)
    assert ended.exit_code == 1
    assert ended.summary.calls == {"updateCase": len(server.calls)}


@dataclass(frozen=True)
class Refusal:
    """How a server may refuse everybody, and what the run then says."""

    settings: SandboxSettings
    says: str
    calls: int
    stream: str = SandboxSettings().stream_id


REFUSALS = {
    "wrong secret": Refusal(SandboxSettings(client_secret="another-not-a-secret-0123456789abcdef0"), "credentials", 2),
    "no scope": Refusal(SandboxSettings(scope=False), "Scope is incorrect", 2),
    "another account": Refusal(SandboxSettings(account_id="another"), "Invalid SDK credentials", 2),
    "wrong stream": Refusal(SandboxSettings(stream_id="st-another"), "stream_id", 1),
}


@pytest.mark.asyncio
@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=list(REFUSALS))
async def test_refused_credentials_stop_the_run_and_blame_no_row(tmp_path: Path, refusal: Refusal) -> None:
    """A server that refuses credentials or target stops the run after one fresh token, and every row is pending."""
    rows = simple_rows(20)
    write_cases(tmp_path, rows)
    async with Sandbox(refusal.settings, []) as server:
        job = a_job(tmp_path, host=server.url, quota="windows = []\nmax_in_flight = 1")
        ended = await run(job)

    assert ended.exit_code == 3
    assert ended.summary.state == "stopped"
    assert refusal.says in ended.summary.reason
    assert ended.outcomes[Outcome.PENDING] == len(rows)
    assert len(server.calls) == refusal.calls


@pytest.mark.asyncio
async def test_a_token_for_each_call_is_never_used_twice(tmp_path: Path) -> None:
    """Where the app enforces jti, every call of a job with jti = true has a token of its own, retries too."""
    rows = simple_rows(30)
    write_cases(tmp_path, rows)
    settings = SandboxSettings(require_jti=True, faults={Fault.UNAVAILABLE: 0.2})
    async with Sandbox(settings, cases_for_keys([key for key, _ in rows], seed=0, now=time.time())) as server:
        file = write_job(tmp_path, host=server.url, retry="attempts = 9")
        file.write_text(file.read_text().replace("[input]", "jti = true\n\n[input]"))
        ended = await run(load(file), runtime=Runtime(chance=lambda: 0.0))

    assert ended.outcomes[Outcome.UPDATED] == len(rows)
    assert ended.summary.retries > 0


@pytest.mark.asyncio
async def test_unknown_cases_fail_one_by_one(tmp_path: Path) -> None:
    """A case that the server does not know fails with its answer, and the others are updated."""
    rows = simple_rows(10)
    write_cases(tmp_path, rows)
    known = cases_for_keys([key for key, _ in rows[5:]], seed=0, now=time.time())
    async with Sandbox(SandboxSettings(), known) as server:
        ended = await run(a_job(tmp_path, host=server.url))

    assert (ended.outcomes[Outcome.FAILED], ended.outcomes[Outcome.UPDATED]) == (5, 5)
    assert ended.summary.errors[0].code == "http_404"


@pytest.mark.asyncio
async def test_unanswered_attempts_are_left_where_the_job_says_so(tmp_path: Path) -> None:
    """With unanswered = "leave" a lost answer ends the row unknown at once; a plain failure is still retried."""
    rows = simple_rows(2)
    write_cases(tmp_path, rows)
    settings = SandboxSettings(case_scripts={rows[0][0]: [Fault.DROP_AFTER], rows[1][0]: [Fault.UNAVAILABLE]})
    async with Sandbox(settings, cases_for_keys([key for key, _ in rows], seed=0, now=time.time())) as server:
        job = a_job(tmp_path, host=server.url, retry='unanswered = "leave"')
        ended = await run(job, runtime=Runtime(chance=lambda: 0.0))

    lines = read_results(ended.folder)
    seen = [(line["bulkcase_outcome"], line["bulkcase_attempts"]) for line in lines]
    assert seen == [("unknown", "1"), ("updated", "2")]
