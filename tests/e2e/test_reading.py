"""Reading live cases with the real program: killed, interrupted, throttled, and under a strict quota."""

import signal
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from support.jobs import simple_rows, write_cases, write_job
from support.program import SECONDS, bulkcase, started
from support.server import ServerThread

from bulkcase.sandbox import SandboxSettings

CASES = 1000
PAGES = CASES // 50
SLOW = SandboxSettings(latency=(0.02, 0.02))
READ = 'read = "auto"'
NIGHT = ("run", "job.toml", "--yes", "--continue")


def spent(server: ServerThread) -> "Counter[str]":
    """Return the calls so far by endpoint."""
    return Counter(call.endpoint for call in server.calls)


def a_server(settings: SandboxSettings = SLOW) -> ServerThread:
    """Return a server with a thousand cases."""
    return ServerThread(settings, [key for key, _ in simple_rows(CASES)])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "interrupted"])
def test_a_reading_that_was_ended_goes_on(tmp_path: Path, number: signal.Signals) -> None:
    """What was read is not read again, nothing is sent before, and the quota knows of the call that was lost."""
    with a_server() as server:
        write_cases(tmp_path, simple_rows(CASES)[:100])
        write_job(tmp_path, host=server.url, snapshot=READ)
        with started(*NIGHT, folder=tmp_path) as process:
            server.wait_for_calls(8, or_end_of=process)
            process.send_signal(number)
            said = process.communicate(timeout=SECONDS)[1]
        before = spent(server)
        assert before.keys() == {"getCases"}
        assert process.returncode == (-signal.SIGKILL if number is signal.SIGKILL else 130)
        if number is signal.SIGTERM:
            assert "nothing was sent" in said
            assert "Traceback" not in said

        ended = bulkcase(*NIGHT, folder=tmp_path)
        assert ended.returncode == 0, ended.stderr
        assert spent(server)["getCases"] <= PAGES + 1
        assert spent(server)["updateCase"] == 100
        with closing(sqlite3.connect(tmp_path / "state" / "ledger.sqlite3")) as ledger:
            (known,) = ledger.execute("SELECT count(*) FROM calls WHERE endpoint = 'getCases'").fetchone()
            (lost,) = ledger.execute("SELECT count(*) FROM calls WHERE verdict = 'unanswered'").fetchone()
        assert known >= spent(server)["getCases"]
        assert lost == (1 if number is signal.SIGKILL else 0)


def test_reading_and_sending_share_one_strict_quota(tmp_path: Path) -> None:
    """A server that counts every call in a rolling window refuses none of either kind."""
    with a_server(SandboxSettings(windows=((15, 1.0),), latency=(0.0, 0.02))) as server:
        write_cases(tmp_path, simple_rows(CASES)[:20])
        write_job(tmp_path, host=server.url, snapshot='read = "always"', quota='windows = ["15/1s"]')
        ended = bulkcase(*NIGHT, folder=tmp_path)
        assert ended.returncode == 0, ended.stderr
        assert spent(server) == {"getCases": PAGES, "updateCase": 20}
        assert not any(call.rejected_by_window for call in server.calls)


def test_a_server_that_shows_no_cases_is_no_reason_to_stop(tmp_path: Path) -> None:
    """Where the job needs none of them it goes on without and says why; where it does it ends, with nothing sent."""
    with a_server(SandboxSettings(refuse_limit_above=1)) as server:
        write_cases(tmp_path, simple_rows(5))
        write_job(tmp_path, host=server.url, snapshot=READ)
        ended = bulkcase(*NIGHT, folder=tmp_path)
        assert ended.returncode == 0, ended.stderr
        assert "live cases are not read: the server does not show them" in ended.stderr

        write_job(tmp_path, host=server.url, snapshot=READ, mapping='custom.Region = "Notes"')
        refused = bulkcase(*NIGHT, folder=tmp_path)
        assert refused.returncode == 3
        assert (
            "live cases are needed (custom fields are changed and sent whole (mapping.custom.Region))" in refused.stderr
        )
        assert spent(server)["updateCase"] == 5


def test_wrong_credentials_are_told_before_anything_is_read(tmp_path: Path) -> None:
    """The server refuses the first page: the run stops with 3, as it does for an update."""
    with a_server(SandboxSettings(scope=False)) as server:
        write_cases(tmp_path, simple_rows(5))
        write_job(tmp_path, host=server.url, snapshot=READ)
        ended = bulkcase("plan", "job.toml", folder=tmp_path)
        assert ended.returncode == 3
        assert "Scope is incorrect" in ended.stderr
