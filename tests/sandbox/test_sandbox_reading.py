"""getCases over a real socket: servers that do not know all of it, and cases that change while they are read."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bulkcase.sandbox import Sandbox, SandboxSettings, generate_cases

NOW = 1_795_000_000.0
CASES = generate_cases(5, 1, NOW)
IDS = [case["_id"] for case in CASES]

Caller = Callable[..., Awaitable[Any]]


def ids_in(answer: Any) -> list[str]:
    return [case["_id"] for case in answer.json["results"]]


REFUSED: list[tuple[str, SandboxSettings, dict[str, Any], list[dict[str, str]]]] = [
    (
        "an order",
        SandboxSettings(refuse_sort=True),
        {"sortBy": "createdAt"},
        [{"property": "sortBy", "message": "is not allowed"}],
    ),
    (
        "an order by an object",
        SandboxSettings(refuse_sort=True),
        {"sortBy": {"createdAt": "asc"}},
        [{"property": "sortBy", "message": "is not allowed"}],
    ),
    (
        "a limit",
        SandboxSettings(refuse_limit_above=100),
        {"limit": 101},
        [{"property": "limit", "message": "must be at most 100"}],
    ),
    (
        "both",
        SandboxSettings(refuse_sort=True, refuse_limit_above=100),
        {"sortBy": "name", "limit": 500},
        [
            {"property": "sortBy", "message": "is not allowed"},
            {"property": "limit", "message": "must be at most 100"},
        ],
    ),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("settings", "body", "problems"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
async def test_what_a_server_does_not_allow_is_refused_by_name(
    call: Caller, settings: SandboxSettings, body: dict[str, Any], problems: list[dict[str, str]]
) -> None:
    """Each line of the table is refused with 412 where the settings say so, and answered where they do not."""
    async with Sandbox(settings, CASES) as server:
        refused = await call(server, "getCases", body)
    async with Sandbox(SandboxSettings(), CASES) as server:
        answered = await call(server, "getCases", body)
    assert (refused.status, refused.json["error"]) == (412, problems)
    assert answered.status == 200


@pytest.mark.asyncio
@pytest.mark.parametrize("body", [{}, {"limit": 100}, {"sortBy": None, "limit": None}])
async def test_what_a_strict_server_allows_is_answered(call: Caller, body: dict[str, Any]) -> None:
    """The largest limit that is allowed, no limit and no order are fine."""
    async with Sandbox(SandboxSettings(refuse_sort=True, refuse_limit_above=100), CASES) as server:
        answer = await call(server, "getCases", body)
    assert answer.status == 200
    assert ids_in(answer) == IDS


@pytest.mark.asyncio
async def test_a_server_can_ignore_order_and_place(call: Caller) -> None:
    """The settings reach the pages: the newest cases first, and no other page than the first."""
    settings = SandboxSettings(page_size=2, ignore_sort=True, ignore_skip=True, ignore_page=True)
    body = {"sortBy": "createdAt", "skip": 2, "page": 2}
    async with Sandbox(settings, CASES) as server:
        answers = [await call(server, "getCases", body) for _ in range(4)]
    for answer in answers:
        assert ids_in(answer) == [IDS[4], IDS[3]]
        assert answer.json["hasMore"] is True


def test_a_limit_that_refuses_every_call_cannot_be_set() -> None:
    """The smallest limit is one case."""
    with pytest.raises(ValueError, match="at least one case has to be accepted"):
        SandboxSettings(refuse_limit_above=0)


@pytest.mark.asyncio
async def test_somebody_else_can_change_a_case(call: Caller) -> None:
    """A change, a removal and a new case show in the next page, and none of them is a call."""
    async with Sandbox(SandboxSettings(), CASES, clock=lambda: NOW) as server:
        changed = server.change(IDS[0], desc="by somebody else", **{"Cost Centre": "7"})
        server.remove(IDS[1])
        added = server.add(CASES[1] | {"_id": "ci-new", "refId": "CS000900"})
        answer = await call(server, "getCases")
    assert answer.json["results"] == [changed, *CASES[2:], added]
    moved = {"updatedAt": "2026-11-18T11:06:40.000Z"}
    assert changed == CASES[0] | {"desc": "by somebody else", "Cost Centre": "7"} | moved
    assert changed["updatedAt"] != CASES[0]["updatedAt"]
    assert [record.endpoint for record in server.calls] == ["getCases"]


@pytest.mark.asyncio
async def test_a_case_that_is_not_there_is_not_changed_or_removed() -> None:
    """An unknown id is a mistake of the test that names it."""
    async with Sandbox(SandboxSettings(), CASES) as server:
        with pytest.raises(KeyError):
            server.change("ci-none", desc="x")
        with pytest.raises(KeyError):
            server.remove("ci-none")
        with pytest.raises(ValueError, match="already"):
            server.add(CASES[0])
    assert list(server.cases.values()) == CASES


@pytest.mark.asyncio
async def test_cases_can_change_between_two_pages(call: Caller) -> None:
    """The hook runs before a page is looked up, so that a removal moves the rest up while somebody reads."""
    async with Sandbox(SandboxSettings(page_size=2), CASES) as server:
        seen = ids_in(await call(server, "getCases", {"skip": 0}))
        server.before_page = lambda: server.remove(IDS[0])
        seen += ids_in(await call(server, "getCases", {"skip": 2}))
        server.before_page = None
        seen += ids_in(await call(server, "getCases", {"skip": 4}))
    assert seen == [IDS[0], IDS[1], IDS[3], IDS[4]]


@pytest.mark.asyncio
async def test_the_hook_runs_for_pages_alone(call: Caller) -> None:
    """An update, and a getCases that is refused, show no page."""
    hooked: list[None] = []
    async with Sandbox(SandboxSettings(refuse_sort=True), CASES) as server:
        server.before_page = lambda: hooked.append(None)
        await call(server, f"updateCase/{IDS[0]}", {"desc": "x"})
        await call(server, "getCases", {"limit": 0})
        await call(server, "getCases", {"sortBy": "name"})
        await call(server, "getCases", headers={})
        assert not hooked
        await call(server, "getCases")
        assert len(hooked) == 1
