"""The sandbox over a real socket: what is answered, what is changed, what is recorded."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import orjson
import pytest

from bulkcase.sandbox import STATUSES, Call, Fault, Sandbox, SandboxSettings, generate_cases

NOW = 1_795_000_000.0
CASES = generate_cases(5, 1, NOW)
CASE_ID = CASES[0]["_id"]
UPDATE = f"updateCase/{CASE_ID}"
CHANGE = {"desc": "changed"}

Caller = Callable[..., Awaitable[Any]]


@pytest.mark.asyncio
async def test_an_update_answers_with_the_whole_case(call: Caller) -> None:
    """The answer is the changed case with no envelope, the server holds the same, and the call is on record."""
    async with Sandbox(SandboxSettings(), CASES, clock=lambda: NOW) as server:
        answer = await call(server, UPDATE, {"status": STATUSES["Closed"], "name": "New Name"})
    changed = {"status": STATUSES["Closed"], "name": "New Name", "lname": "new name"}
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json == CASES[0] | changed | {"updatedAt": "2026-11-18T11:06:40.000Z"}
    assert server.cases[CASE_ID] == answer.json
    assert server.calls == [
        Call(
            arrived_at=NOW,
            endpoint="updateCase",
            case_id=CASE_ID,
            status=200,
            body={"status": STATUSES["Closed"], "name": "New Name"},
            applied=True,
            rejected_by_window=False,
            fault=None,
        )
    ]


REFUSALS: list[tuple[str, dict[str, Any], int, int, str]] = [
    ("an unknown case", {"path": "updateCase/ci-none"}, 404, 404, "Case not found"),
    ("another stream", {"stream_id": "st-other"}, 400, 400, "Invalid StreamId"),
    ("another method", {"method": "GET"}, 405, 405, "Method Not Allowed"),
    ("an unknown endpoint", {"path": "getTasks"}, 404, 404, "Not Found"),
    ("no credentials", {"headers": {}}, 401, 4002, "Invalid SDK credentials"),
    (
        "garbage for a token",
        {"headers": {"auth": "x.y.z", "AccountId": "sandbox-account"}},
        401,
        4002,
        "Invalid JWT token",
    ),
    ("no JSON", {"body": b"{"}, 412, 412, "Validation errors/ Invalid arguments"),
    ("a body that is too large", {"body": b" " * 2**21}, 413, 413, "Request Entity Too Large"),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("how", "status", "code", "text"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
async def test_a_wrong_call_is_refused_in_the_envelope(
    call: Caller, how: dict[str, Any], status: int, code: int, text: str
) -> None:
    """Each line of the table says how a call that is wrong in one way is refused; it changes nothing."""
    async with Sandbox(SandboxSettings(), CASES) as server:
        answer = await call(server, **{"path": UPDATE, "body": CHANGE} | how)
    assert answer.status == status
    assert answer.json["errors"] == [{"msg": text, "code": code}]
    assert [(record.status, record.applied) for record in server.calls] == [(status, False)]
    assert list(server.cases.values()) == CASES


@pytest.mark.asyncio
async def test_a_replayed_token_and_a_missing_scope_are_refused(call: Caller) -> None:
    """What only settings bring about is answered with the platform's words too."""
    async with Sandbox(SandboxSettings(scope=False), CASES) as server:
        no_scope = await call(server, UPDATE, CHANGE)
    async with Sandbox(SandboxSettings(require_jti=True), CASES) as server:
        no_jti = await call(server, UPDATE, CHANGE)
    assert no_scope.json == {"errors": [{"msg": "Permission denied. Scope is incorrect!", "code": 4002}]}
    assert no_jti.json == {"errors": [{"msg": "Invalid JWT token", "code": 4002}]}


INVALID: list[tuple[str, Any, str, str]] = [
    ("updateCase", [], "body", "must be a JSON object"),
    ("updateCase", {"desc": 1}, "desc", "must be a string"),
    ("updateCase", {"tags": "vip"}, "tags", "must be an array of strings"),
    ("updateCase", {"tags": [1]}, "tags", "must be an array of strings"),
    ("updateCase", {"fields": {}}, "fields", "must be an array"),
    ("updateCase", {"status": "Closed"}, "status", "must be an object"),
    ("updateCase", {"isActive": 1}, "isActive", "must be a boolean"),
    ("updateCase", {"dueDate": "2026-12-01T00:00:00Z"}, "dueDate", "must be a number"),
    ("updateCase", {"dueDate": True}, "dueDate", "must be a number"),
    ("createCase", {"dueDate": 1_796_119_200_000}, "dueDate", "must be an ISO 8601 date"),
    ("createCase", {"dueDate": "soon"}, "dueDate", "must be an ISO 8601 date"),
    ("getCases", {"status": "Open"}, "status", "must be an array of strings"),
    ("getCases", {"startDate": "soon"}, "startDate", "must be an ISO 8601 date"),
    ("getCases", {"skip": -1}, "skip", "must be a whole number from 0"),
    ("getCases", {"limit": 0}, "limit", "must be a whole number from 1"),
    ("getCases", {"sortBy": 3}, "sortBy", "must be a string or an object"),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("endpoint", "body", "name", "message"), INVALID)
async def test_a_value_of_the_wrong_type_is_named(
    call: Caller, endpoint: str, body: Any, name: str, message: str
) -> None:
    """Each line of the table is refused with 412, which names the property; nothing changes."""
    async with Sandbox(SandboxSettings(), CASES) as server:
        answer = await call(server, UPDATE if endpoint == "updateCase" else endpoint, body)
    assert answer.status == 412
    assert answer.json == {
        "errors": [{"msg": "Validation errors/ Invalid arguments", "code": 412}],
        "error": [{"property": name, "message": message}],
    }
    assert list(server.cases.values()) == CASES


@pytest.mark.asyncio
async def test_null_is_accepted_for_every_type(call: Caller) -> None:
    """A null clears a field, whatever its type."""
    cleared = dict.fromkeys(("desc", "tags", "status", "isActive", "dueDate"))
    async with Sandbox(SandboxSettings(), CASES) as server:
        answer = await call(server, UPDATE, cleared)
    assert answer.status == 200
    assert cleared.items() <= answer.json.items()


@pytest.mark.asyncio
async def test_cases_are_read_in_pages(call: Caller) -> None:
    """A page holds no more than the server allows, and says how many there are."""
    async with Sandbox(SandboxSettings(page_size=2), CASES) as server:
        answer = await call(server, "getCases", {"skip": 2, "limit": 500})
    assert answer.json == {
        "results": CASES[2:4],
        "page": 2,
        "limit": 2,
        "hasMore": True,
        "totalPages": 3,
        "totalResults": 5,
    }


@pytest.mark.asyncio
async def test_a_created_case_can_be_read_and_changed(call: Caller) -> None:
    """A new case has an id and the next reference, and is one of the server's cases from then on."""
    async with Sandbox(SandboxSettings(), CASES) as server:
        created = (await call(server, "createCase", {"name": "Fresh", "dueDate": "2026-12-01T00:00:00Z"})).json
        changed = await call(server, f"updateCase/{created['_id']}", CHANGE)
        found = await call(server, "getCases", {"searchText": "fresh"})
    assert created["refId"] == "CS000105"
    assert found.json["results"] == [changed.json]
    assert [record.applied for record in server.calls] == [True, True, False]


ANSWERED: list[tuple[Fault, int, bool, Callable[[Any], bool]]] = [
    (Fault.THROTTLE, 429, False, lambda answer: "Retry-After" not in answer.headers),
    (Fault.THROTTLE_RETRY_AFTER, 429, False, lambda answer: answer.headers["Retry-After"] == "1"),
    (Fault.THROTTLE_TEXT, 400, False, lambda answer: "rate limit" in answer.json["errors"][0]["msg"].lower()),
    (Fault.SERVER_ERROR, 500, False, lambda answer: answer.json["errors"][0]["code"] == 500),
    (Fault.UNAVAILABLE, 503, False, lambda answer: answer.json["errors"][0]["code"] == 503),
    (Fault.HTML, 200, False, lambda answer: answer.headers["Content-Type"] == "text/html"),
    (Fault.GARBAGE, 200, True, lambda answer: CASE_ID.encode() in answer.raw and not _is_json(answer.raw)),
    (Fault.ERRORS, 200, False, lambda answer: bool(answer.json["errors"])),
    (Fault.OTHER_CASE, 200, False, lambda answer: answer.json["_id"] not in {CASE_ID, None}),
    (Fault.UNAUTHORIZED, 401, False, lambda answer: answer.json["errors"][0]["msg"] == "Invalid JWT token"),
    (Fault.REFUSE, 412, False, lambda answer: bool(answer.json["error"])),
    (Fault.REDIRECT, 302, False, lambda answer: answer.headers["Location"] == "http://127.0.0.2:1/"),
    (Fault.NOT_JSON_OBJECT, 200, False, lambda answer: answer.json == []),
]


def _is_json(raw: bytes) -> bool:
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        return False
    return True


@pytest.mark.asyncio
@pytest.mark.parametrize(("fault", "status", "applied", "shows"), ANSWERED, ids=[row[0] for row in ANSWERED])
async def test_a_fault_with_an_answer(
    call: Caller, fault: Fault, status: int, applied: bool, shows: Callable[[Any], bool]
) -> None:
    """Each line of the table says what a fault answers and whether the change landed; the next call goes well."""
    async with Sandbox(SandboxSettings(script=[fault]), CASES) as server:
        answer = await call(server, UPDATE, CHANGE)
        landed = server.cases[CASE_ID]["desc"] == "changed"
        after = await call(server, UPDATE, CHANGE)
    assert answer.status == status
    assert shows(answer)
    assert landed is applied
    assert after.status == 200
    first = server.calls[0]
    assert (first.status, first.applied, first.fault) == (status, applied, fault)


@pytest.mark.asyncio
@pytest.mark.parametrize(("fault", "applied"), [(Fault.DROP_BEFORE, False), (Fault.DROP_AFTER, True)])
async def test_a_dropped_connection(call: Caller, fault: Fault, applied: bool) -> None:
    """The caller gets no answer, the change landed or not as the fault says, and the next call goes well."""
    async with Sandbox(SandboxSettings(case_scripts={CASE_ID: [fault]}), CASES) as server:
        with pytest.raises(aiohttp.ClientConnectionError):
            await call(server, UPDATE, CHANGE)
        landed = server.cases[CASE_ID]["desc"] == "changed"
        after = await call(server, UPDATE, CHANGE)
    assert landed is applied
    assert after.status == 200
    assert (server.calls[0].status, server.calls[0].applied) == (None, applied)


@pytest.mark.asyncio
async def test_a_fault_changes_no_case_that_is_not_there(call: Caller) -> None:
    """A fault that hits after the change leaves a refused call without one."""
    async with Sandbox(SandboxSettings(script=[Fault.GARBAGE]), CASES) as server:
        await call(server, "updateCase/ci-none", CHANGE)
    assert server.calls[0].applied is False
    assert list(server.cases.values()) == CASES


@pytest.mark.asyncio
async def test_bodies_can_be_left_out_of_the_record(call: Caller) -> None:
    """In large runs the record holds everything but the bodies."""
    async with Sandbox(SandboxSettings(keep_bodies=False), CASES) as server:
        await call(server, UPDATE, CHANGE)
    assert server.calls[0].body is None
    assert server.calls[0].applied is True
