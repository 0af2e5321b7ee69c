"""The sandbox, set up otherwise: what stands before it, what it says of its quota, what a search finds."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bulkcase.cli.commands import answer
from bulkcase.cli.sandbox import _SETUPS, _settings
from bulkcase.sandbox import Fault, Sandbox, SandboxSettings, generate_cases

Call = Callable[..., Awaitable[Any]]
CASES = generate_cases(3, 7, 1_795_000_000.0)


@pytest.mark.asyncio
async def test_what_stands_before_it_answers_every_call(call: Call) -> None:
    """A login page answers getCases and updateCase alike, and no case is changed."""
    async with Sandbox(SandboxSettings(front=Fault.HTML), CASES) as server:
        answers = [await call(server, path, {}) for path in ("getCases", f"updateCase/{CASES[0]['_id']}")]

    assert [one.raw.startswith(b"<!doctype html>") for one in answers] == [True, True]
    assert not any(one.applied for one in server.calls)


@pytest.mark.asyncio
async def test_it_may_tell_of_its_windows(call: Call) -> None:
    """Every answer, a refused one too, says which windows there are and what is left in the first one."""
    settings = SandboxSettings(rate_headers=True, windows=[(2, 60.0), (9, 3600.0)])
    async with Sandbox(settings, CASES) as server:
        answers = [await call(server, "getCases") for _ in range(3)]

    assert [one.status for one in answers] == [200, 200, 429]
    assert [one.headers["X-RateLimit-Remaining"] for one in answers] == ["1", "0", "0"]
    assert {one.headers["RateLimit-Policy"] for one in answers} == {"2;w=60, 9;w=3600"}


@pytest.mark.asyncio
async def test_without_windows_it_has_nothing_to_tell(call: Call) -> None:
    """No header speaks of a quota that there is not."""
    async with Sandbox(SandboxSettings(rate_headers=True), CASES) as server:
        assert not any("rate" in name.lower() for name in (await call(server, "getCases")).headers)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("settings", "by_reference", "by_name"),
    [({}, 0, 1), ({"finds_references": True}, 1, 1), ({"ignore_search": True}, 3, 3)],
)
async def test_what_a_search_finds_is_a_setting(
    call: Call, settings: dict[str, Any], by_reference: int, by_name: int
) -> None:
    """Names alone, references too, or everything."""
    async with Sandbox(SandboxSettings(**settings), CASES) as server:
        found = [await call(server, "getCases", {"searchText": CASES[0][key]}) for key in ("refId", "name")]

    assert [one.json["totalResults"] for one in found] == [by_reference, by_name]


def test_the_command_line_has_a_name_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    """Set-ups can be combined, and one that there is not is answered by those that there are."""
    both = _settings(3, [], "0", [], [], False, ["no_scope", "rate_headers"])
    assert both == SandboxSettings(seed=3, windows=[], scope=False, rate_headers=True)
    assert answer(["sandbox", "--setup", "none"]) == 2
    assert capsys.readouterr().err == f"error: --setup none: is not known: there are {', '.join(_SETUPS)}\n"
    assert answer(["sandbox", "--setup", "no_scop"]) == 2
    assert capsys.readouterr().err == "error: --setup no_scop: is not known: did you mean no_scope?\n"
