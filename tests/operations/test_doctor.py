"""doctor: on each wrong set-up of credentials, target or server the first cross names the true cause."""

import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from support.clinics import Change, auth, calls_kept, clinic, connection, listener, step, tried
from support.jobs import SECRET_VARIABLE

from bulkcase.job import Job
from bulkcase.job.quantities import Window
from bulkcase.operations.diagnosis import calls as doctor_calls
from bulkcase.operations.diagnosis.steps import State
from bulkcase.sandbox import Fault, SandboxSettings

pytestmark = pytest.mark.asyncio

ONCE = {"require_jti": True, "longest_life": 600.0}
SCENES: dict[str, tuple[dict[str, Any], Change, str, str]] = {
    "a wrong client id": ({}, auth(client_id="cs-other"), "token", "check auth.client_id (cs-…) first"),
    "a wrong stream": ({}, connection(stream_id="st-other"), "target", "check connection.stream_id"),
    "a wrong account": ({}, connection(account_id="other"), "target", "check connection.account_id first"),
    "no scope": ({"scope": False}, auth(), "scope", "publish it"),
    "a jti is needed": ({"require_jti": True}, auth(), "token", "set auth.jti = true"),
    "a life too long": (ONCE, auth(jti=True, lifetime=3600.0), "token", 'set auth.lifetime = "5m"'),
    "both": (ONCE, auth(lifetime=3600.0), "token", 'set auth.jti = true and auth.lifetime = "5m"'),
    "a clock behind": ({"clock_ahead": 600.0}, auth(), "clock", "set the clock"),
    "a clock ahead": ({"clock_ahead": -600.0}, auth(), "clock", "set the clock"),
    "a login page": ({"front": Fault.HTML}, auth(), "api", "check connection.host"),
    "a redirect": ({"front": Fault.REDIRECT}, auth(), "api", "check connection.host"),
    "a list instead of an answer": ({"front": Fault.NOT_JSON_OBJECT}, auth(), "api", "check connection.host"),
    "a server that is down": ({"front": Fault.UNAVAILABLE}, auth(), "api", "try again in some minutes"),
    "a connection that is cut": ({"front": Fault.DROP_BEFORE}, auth(), "api", "nothing between cuts it off"),
    "throttled at once": ({"front": Fault.THROTTLE_RETRY_AFTER}, auth(), "quota", "see who else uses this quota"),
    "getCases is refused": ({"refuse_limit_above": 1}, auth(), "cases", "may call getCases"),
}


@pytest.mark.parametrize("name", SCENES)
async def test_the_first_cross_names_the_true_cause(name: str, tmp_path: Path) -> None:
    """Each wrong set-up is named by its own step, with a remedy, and a handful of calls suffice."""
    settings, change, at, remedy = SCENES[name]
    async with clinic(tmp_path, **settings) as scene:
        found = await scene.says(change)

        assert found.first_cross is not None
        assert (found.first_cross.name, found.exit_code) == (at, 1), found.first_cross
        assert remedy in found.first_cross.remedy
        assert 1 <= found.calls == len(scene.server.calls) <= 3


async def test_a_wrong_secret_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret is the cause where the token itself is refused, and it is nowhere to be seen."""
    async with clinic(tmp_path) as scene:
        monkeypatch.setenv(SECRET_VARIABLE, "wrong-secret-0123456789abcdef-0123456789")
        found = await scene.says()

    assert found.first_cross is not None
    assert (found.first_cross.name, found.calls) == ("token", 3)
    assert found.first_cross.remedy.startswith(f"check auth.client_secret (env:{SECRET_VARIABLE})")
    assert "wrong-secret" not in repr(found)


async def test_what_a_cross_has_in_its_way_is_not_tried(tmp_path: Path) -> None:
    """Steps behind the cause say that they need it, and the quota is judged by what was heard all the same."""
    async with clinic(tmp_path, scope=False) as scene:
        found = await scene.says()

    assert tried(found)[-4:] == ["token", "scope", "quota", "lookups"]
    assert {step(found, name).found for name in ("cases", "search")} == {"needs scope"}


async def test_a_job_that_is_well_has_a_tick_at_every_step(tmp_path: Path) -> None:
    """It ends with 0, after few calls, all of which the ledger counts."""
    async with clinic(tmp_path, finds_references=True) as scene:
        told: list[str] = []
        found = await scene.says(on_step=lambda one: told.append(one.name))

    assert {one.state for one in found.steps} == {State.OK}
    assert found.exit_code == 0
    assert told == [one.name for one in found.steps]
    assert found.calls == calls_kept(tmp_path) == 3
    assert list(found.frame().columns) == ["name", "state", "found", "remedy", "seconds"]


@pytest.mark.parametrize("cases", [0, 120])
async def test_an_account_without_cases_is_a_warning(tmp_path: Path, cases: int) -> None:
    """Zero cases are told and stand in nobody's way, and a long list is read two pages far."""
    async with clinic(tmp_path, cases=cases) as scene:
        found = await scene.says()

    at = step(found, "cases")
    assert found.exit_code == 0
    assert (at.state is State.WARNING) is (cases == 0)
    assert ("account_id" in at.remedy) is (cases == 0)
    assert cases == 0 or "120 cases, 50 a page, paged by skip" in at.found


PAGING: dict[str, tuple[dict[str, Any], State, str]] = {
    "by page": ({"ignore_skip": True}, State.OK, "paged by page"),
    "not at all": ({"ignore_skip": True, "ignore_page": True}, State.WARNING, "the same page again and again"),
    "unsorted": ({"refuse_sort": True}, State.OK, "50 a page"),
}


@pytest.mark.parametrize("name", PAGING)
async def test_how_the_list_is_paged_is_found_out(name: str, tmp_path: Path) -> None:
    """The server knows skip, or page, or neither; it may refuse the order."""
    settings, state, says = PAGING[name]
    async with clinic(tmp_path, cases=120, **settings) as scene:
        at = step(await scene.says(), "cases")

    assert (at.state, says in at.found) == (state, True), at


SEARCHES = [
    ({}, State.OK, "finds names, not references"),
    ({"finds_references": True}, State.OK, "finds references and names"),
    ({"ignore_search": True}, State.WARNING, "filters nothing"),
]


@pytest.mark.parametrize(("settings", "state", "says"), SEARCHES)
async def test_what_a_search_finds_is_found_out(
    tmp_path: Path, settings: dict[str, Any], state: State, says: str
) -> None:
    """References, names alone, or everything, whatever is looked for."""
    async with clinic(tmp_path, **settings) as scene:
        at = step(await scene.says(), "search")

    assert (at.state, says in at.found) == (state, True), at


async def test_a_quota_above_what_the_answers_say_is_a_warning(tmp_path: Path) -> None:
    """Headers that name a limit and its window are compared with [quota]."""
    async with clinic(tmp_path, windows=[(60, 60.0)], rate_headers=True) as scene:
        loose = step(await scene.says(), "quota")
        tight = step(await scene.says(lambda job: _with_window(job, 60, 60.0)), "quota")

    assert (loose.state, tight.state) == (State.WARNING, State.OK)
    assert 'set quota.windows = ["60/60s"]' in loose.remedy
    assert "RateLimit-Policy: 60;w=60" in loose.found


def _with_window(job: Job, limit: int, seconds: float) -> Job:
    return job.model_copy(update={"quota": job.quota.model_copy(update={"windows": (Window(limit, seconds),)})})


async def test_its_calls_keep_to_the_quota(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no slot is free it says when one is, instead of calling, in this command and in the next one."""
    monkeypatch.setattr(doctor_calls, "_PATIENCE", 0.0)
    async with clinic(tmp_path) as scene:
        first, second = [await scene.says(lambda job: _with_window(job, 2, 3600.0)) for _ in range(2)]

    assert (first.calls, second.calls, len(scene.server.calls)) == (2, 0, 2)
    for found in (first, second):
        assert found.first_cross is not None
        assert (found.first_cross.name, found.exit_code) == ("quota", 1)
        assert "the next call may leave in 60 min" in found.first_cross.found
    assert step(second, "api").found == "needs quota"


async def test_a_token_that_is_good_for_one_call_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ready-made token with a jti is accepted once; the next call tells."""
    made = SandboxSettings()
    now = int(time.time())
    claims = {"appId": made.client_id, "sub": "me", "iat": now - 30, "exp": now + 300, "jti": "one"}
    monkeypatch.setenv("READY", jwt.encode(claims, made.client_secret))
    async with clinic(tmp_path, require_jti=True) as scene:
        found = await scene.says(auth(client_id=None, client_secret=None, token="env:READY"))

    assert found.first_cross is not None
    assert (found.first_cross.name, "auth.jti" in found.first_cross.remedy) == ("search", True)


async def test_a_token_that_has_expired_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ready-made token tells itself until when it was good."""
    made = SandboxSettings()
    now = int(time.time())
    claims = {"appId": made.client_id, "sub": "me", "iat": now - 900, "exp": now - 600}
    monkeypatch.setenv("READY", jwt.encode(claims, made.client_secret))
    async with clinic(tmp_path) as scene:
        found = await scene.says(auth(client_id=None, client_secret=None, token="env:READY"))

    assert found.first_cross is not None
    assert "it expired 10 min ago" in found.first_cross.found
    assert found.first_cross.remedy == "put a new one where env:READY says"


async def test_a_server_that_repeats_the_token_has_it_shown_to_nobody(tmp_path: Path) -> None:
    """Neither the words of a refusal nor a header about a quota bring a token before anybody's eyes."""
    heard: list[str] = []

    def echo(request: bytes) -> bytes:
        token = next((line[6:] for line in request.split(b"\r\n") if line.startswith(b"auth: ")), b"")
        heard.extend([token.decode()] if token else [])
        body = b'{"errors":[{"msg":"Invalid JWT token ' + token + b'","code":4002}]}'
        head = b"HTTP/1.1 401 No\r\nContent-Type: application/json\r\nX-RateLimit-Scope: " + b"x" * 50 + token + b"\r\n"
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body

    async with listener(echo) as port, clinic(tmp_path) as scene:
        found = await scene.says(connection(host=f"http://127.0.0.1:{port}"))

    assert found.first_cross is not None
    assert found.first_cross.name == "token"
    assert f"X-RateLimit-Scope: {'x' * 50}" in step(found, "quota").found
    assert "eyJ" not in repr(found)
    assert len(heard) == found.calls == 3
