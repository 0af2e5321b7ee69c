"""Who is told how a run ended: after it, and whatever becomes of that."""

import json
import logging
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families
from support.jobs import a_job, simple_rows, write_cases
from support.live import Live, live
from support.receivers import MailServer, Webhook, hangs, hangs_up, mail_server, says, webhook

from bulkcase.errors import InputError, Locked
from bulkcase.job.quantities import Window
from bulkcase.job.variants import rehearsal
from bulkcase.ledger import Ledger
from bulkcase.ledger.locks import holder_of
from bulkcase.model import RunState
from bulkcase.operations.check import check
from bulkcase.operations.common.desk import at_desk, lock_name
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.runtime import Runtime, ledger_path, target_name
from bulkcase.operations.run import run
from bulkcase.operations.undo import undo
from bulkcase.reporting.telling import tell
from bulkcase.reporting.telling.webhook import post

pytestmark = pytest.mark.asyncio

HOOK = "BULKCASE_TEST_HOOK"
NOTIFY = f'[notify]\nwebhook = "env:{HOOK}"\n'
METRICS = '[report]\nmetrics = "bulkcase.prom"\n'


async def ended(scene: Live, more: str, **options: Any) -> Run:
    """Return a run of three rows, of which the last one is invalid."""
    write_cases(scene.folder, [*((key, "new") for key in list(scene.server.cases)[:2]), ("no key", "new")])
    return await run(scene.job(more=more), runtime=scene.runtime, **options)


def heard(receiver: Webhook) -> list[dict[str, Any]]:
    """Return the counts that a receiver was told."""
    return [json.loads(body)["bulkcase"] for _, _, body in receiver.heard]


def values_of(path: Path) -> dict[str, float]:
    """Return the metrics of a file without labels of their own."""
    families = text_string_to_metric_families(path.read_text("utf-8"))
    return {
        sample.name: sample.value
        for family in families
        for sample in family.samples
        if sample.labels.keys() == {"job_name", "target"}
    }


async def test_a_problem_is_told_when_the_run_is_over_and_its_target_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is told finds the report written, the ledger closed with the end of the run, and nobody at work."""
    found: list[object] = []
    async with live(tmp_path, 3) as scene:

        async def look(request: web.Request) -> web.StreamResponse:
            job = scene.job(more=NOTIFY)
            (folder,) = (tmp_path / "reports").iterdir()
            with Ledger(ledger_path(job)) as ledger:
                name = lock_name(target_name(job), ledger.path)
                holder = holder_of(scene.runtime.locks(), name)
                found.extend([ledger.runs()[-1].state, holder, (folder / "summary.json").exists()])
            return web.Response()

        async with webhook(look) as receiver:
            monkeypatch.setenv(HOOK, f"{receiver.origin}/hook")
            made = await ended(scene, NOTIFY)
    assert found == [RunState.FINISHED, None, True]
    (counts,) = heard(receiver)
    assert (counts["run_id"], counts["exit_code"], counts["rows"]) == (made.id, 1, 3)
    assert counts["outcomes"]["invalid"] == 1
    assert counts["folder"] == str(made.folder)


@pytest.mark.parametrize(("when", "times"), [("problem", 0), ("always", 1)])
async def test_that_all_is_well_is_told_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str, times: int
) -> None:
    """A run with exit code 0 is no problem."""
    async with live(tmp_path, 3) as scene, webhook(says(200)) as receiver:
        monkeypatch.setenv(HOOK, f"{receiver.origin}/hook")
        scene.notes(2)
        made = await run(scene.job(more=f'{NOTIFY}on = "{when}"'), runtime=scene.runtime)
    assert made.exit_code == 0
    assert len(receiver.heard) == times


@pytest.mark.parametrize("answer", [says(500), hangs, hangs_up], ids=["refuses", "hangs", "hangs up"])
async def test_a_webhook_that_fails_costs_the_run_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, answer: Any
) -> None:
    """The run ends as it would have; one line of the log says that nobody was told, without the address."""
    monkeypatch.setattr(tell, "post", partial(post, patience=0.05))
    async with live(tmp_path, 3) as scene, webhook(answer) as receiver:
        monkeypatch.setenv(HOOK, f"{receiver.origin}/never-4711")
        with caplog.at_level(logging.WARNING, "bulkcase"):
            made = await ended(scene, NOTIFY)
    assert made.exit_code == 1
    assert (made.folder / "results.csv").exists()
    (said,) = [record.getMessage() for record in caplog.records if "told" in record.getMessage()]
    assert "127.0.0.1" in said
    assert "never-4711" not in said


async def test_a_mail_is_sent_too(tmp_path: Path) -> None:
    """The letter has the counts and what to do next."""
    async with live(tmp_path, 3) as scene, mail_server(MailServer()) as server:
        smtp = f'{{ host = "127.0.0.1", port = {server.port}, security = "none", sender = "bulkcase@example.com" }}'
        made = await ended(scene, f'[notify]\nemail = "ops@example.com"\nsmtp = {smtp}')
    ((_, envelope),) = server.letters
    assert envelope.rcpt_tos == ["ops@example.com"]
    letter = str(envelope.content, "utf-8") if isinstance(envelope.content, bytes) else str(envelope.content)
    assert "1 of 3 rows needs a person" in letter
    assert made.id in letter


async def test_a_run_that_could_not_start_is_told_where_nobody_watches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At night a missing file must not go unnoticed; a person at a terminal sees it."""
    async with live(tmp_path, 3) as scene, webhook(says(200)) as receiver:
        monkeypatch.setenv(HOOK, f"{receiver.origin}/hook")
        for watched in (True, False):
            with pytest.raises(InputError):
                await run(scene.job(more=NOTIFY, path="missing.csv"), runtime=scene.runtime, watched=watched)
    (counts,) = heard(receiver)
    assert (counts["run_id"], counts["exit_code"]) == (None, 2)
    assert "missing.csv" not in receiver.heard[0][2].decode()


async def test_a_command_that_found_the_target_in_use_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two nights that overlap are somebody's business."""
    async with live(tmp_path, 3) as scene, webhook(says(200)) as receiver:
        monkeypatch.setenv(HOOK, f"{receiver.origin}/hook")
        scene.notes(2)
        job = scene.job(more=NOTIFY)
        with at_desk(job, "run", scene.runtime), pytest.raises(Locked):
            await run(job, runtime=Runtime(clock=scene.clock))
    assert [counts["exit_code"] for counts in heard(receiver)] == [4]


async def test_a_run_that_goes_on_the_next_night_is_no_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause for max_duration is told only where some row needs a person already."""
    async with live(tmp_path, 9, is_hasty=True) as scene, webhook(says(200)) as receiver:
        monkeypatch.setenv(HOOK, f"{receiver.origin}/hook")
        more = f'{NOTIFY}[safety]\nmax_duration = "10s"'
        for bad in (False, True):
            scene.notes(9)
            if bad:
                write_cases(tmp_path, [*((key, "x") for key in scene.server.cases), ("no key", "x")])
            job = scene.job(more=more, snapshot='read = "never"')
            quota = job.quota.model_copy(update={"windows": (Window(1, 5.0),)})
            made = await run(job.model_copy(update={"quota": quota}), runtime=scene.runtime, unfinished="new")
            assert made.exit_code == 5
    assert [counts["outcomes"]["invalid"] for counts in heard(receiver)] == [1]


async def test_a_secret_that_is_missing_is_warned_of_before_and_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody can be told, and that is said by check, at the start and at the end; the run itself goes its way."""
    monkeypatch.delenv(HOOK, raising=False)
    async with live(tmp_path, 3) as scene:
        with caplog.at_level(logging.WARNING, "bulkcase"):
            made = await ended(scene, NOTIFY)
        assert made.exit_code == 1
        warned = [str(problem) for problem in check(scene.job(more=NOTIFY)) if problem.is_warning]
    said = [record.getMessage() for record in caplog.records if HOOK in record.getMessage()]
    assert len(said) == 2
    missing = f"env:{HOOK}: the environment variable {HOOK} is not set: set it to the secret"
    assert [text for text in warned if HOOK in text] == [f"{tmp_path / 'job.toml'}: notify.webhook: {missing}"]


async def test_the_metrics_know_the_last_success_after_a_failure(tmp_path: Path) -> None:
    """The end of the last good run stays, whatever became of those after it; a start that failed leaves all else."""
    async with live(tmp_path, 3) as scene:
        scene.notes(2)
        await run(scene.job(more=METRICS), runtime=scene.runtime)
        good = values_of(tmp_path / "bulkcase.prom")
        scene.pass_hours(24)
        await ended(scene, METRICS)
        bad = values_of(tmp_path / "bulkcase.prom")
        with pytest.raises(InputError):
            await run(scene.job(more=METRICS, path="missing.csv"), runtime=scene.runtime)
        missing = values_of(tmp_path / "bulkcase.prom")
    success, end = "bulkcase_last_success_timestamp_seconds", "bulkcase_last_run_end_timestamp_seconds"
    assert good[success] == good[end]
    assert bad[success] == good[success] < bad[end] - 86_000
    assert bad["bulkcase_last_run_exit_code"] == 1
    changed = {name for name in bad if bad[name] != missing[name]}
    assert changed == {"bulkcase_last_run_exit_code", "bulkcase_last_attempt_timestamp_seconds"}
    assert missing["bulkcase_last_run_exit_code"] == 2


async def test_neither_a_rehearsal_nor_an_undo_counts_as_a_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rehearsal tells nobody and counts nowhere; what takes a run back is no success of its job."""
    async with live(tmp_path, 3) as scene, webhook(says(200)) as receiver:
        monkeypatch.setenv(HOOK, f"{receiver.origin}/hook")
        scene.notes(2)
        job = scene.job(more=f'{METRICS}{NOTIFY}on = "always"', snapshot='read = "always"')
        made = await run(job, runtime=scene.runtime)
        before = (tmp_path / "bulkcase.prom").read_bytes()
        await undo(made, runtime=scene.runtime)
        await run(rehearsal(job), runtime=scene.runtime)
        assert (tmp_path / "bulkcase.prom").read_bytes() == before
    assert [counts["job"] for counts in heard(receiver)] == ["job", "undo job"]


async def test_metrics_that_cannot_be_written_are_one_line_of_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A folder that is not there costs the run nothing."""
    write_cases(tmp_path, simple_rows(3))
    job = a_job(tmp_path, more='[report]\nmetrics = "missing/bulkcase.prom"')
    with caplog.at_level(logging.WARNING, "bulkcase"):
        made = await run(job, runtime=Runtime())
    assert made.exit_code == 0
    assert [record.getMessage() for record in caplog.records if "report.metrics" in record.getMessage()]
