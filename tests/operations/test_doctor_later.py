"""doctor: what a later call brings, from a server that answers by a script."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from support.clinics import clinic, connection, listener, step

from bulkcase.job import Job
from bulkcase.model import Stop, StopReason
from bulkcase.operations.diagnosis.steps import Diagnosis, State
from bulkcase.stopping import StopSwitch

pytestmark = pytest.mark.asyncio

Answer = tuple[int, object]
"""Status and JSON of an answer; status 0 is a connection that is cut."""


def page(start: int) -> Answer:
    """Return fifty cases of 120."""
    cases = [{"_id": f"ci-{n}", "refId": f"CS{n}", "name": f"case {n}"} for n in range(start, start + 50)]
    return 200, {"results": cases, "page": 1, "limit": 50, "hasMore": True, "totalResults": 120}


def says(message: str, status: int) -> Answer:
    """Return a refusal in the platform's words."""
    return status, {"errors": [{"msg": message, "code": status}]}


def script(*answers: Answer) -> Callable[[bytes], bytes]:
    """Return what answers one call after the other, and to all that follow as to the last one."""
    left = list(answers)

    def answer(request: bytes) -> bytes:
        if not request:
            return b""  # a connection that was only tried
        status, content = left.pop(0) if len(left) > 1 else left[0]
        body = orjson.dumps(content)
        head = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        return head % (status, len(body)) + body if status else b""

    return answer


async def doctored(folder: Path, *answers: Answer, private: tuple[str, ...] = ()) -> Diagnosis:
    """Return what doctor says of a server with a script."""

    def change(job: Job) -> Job:
        job = connection(host=f"http://127.0.0.1:{port}")(job)
        return job.model_copy(update={"report": job.report.model_copy(update={"private": private})})

    async with listener(script(*answers)) as port, clinic(folder) as scene:
        return await scene.says(change)


BAD = says("Invalid JWT token", 401)
LATER: dict[str, tuple[list[Answer], str, str, str]] = {
    "page 2 fails": ([page(0), (503, {})], "cases", "page 2: the server fails (", "try again"),
    "page 2 is cut off": ([page(0), (0, {})], "cases", "page 2: no answer: ", "nothing between cuts it off"),
    "page 2 is refused": ([page(0), says("no", 412)], "cases", "getCases is refused for page 2", "ask who runs"),
    "page 2 needs a token": ([page(0), says("replay", 401)], "search", "call 2 is refused (replay", "see auth.jti"),
    "a plainer call fails": ([says("bad sort", 412), (503, {})], "cases", "the server fails (", "try again"),
    "no right": ([says("Forbidden", 403)], "cases", "getCases is refused (Forbidden", "the right to call getCases"),
    "no answer to a jti": ([BAD, (0, {})], "token", "refused (Invalid JWT token (code 401)); the", "call doctor again"),
    "throttled with a jti": ([BAD, says("slow", 429)], "token", "refused (Invalid JWT token", "call doctor again"),
}


@pytest.mark.parametrize("name", LATER)
async def test_what_a_later_call_brings_is_told_by_its_kind(name: str, tmp_path: Path) -> None:
    """A server that fails, a call that is cut off and a refusal each have their own words and remedy."""
    answers, at, found, remedy = LATER[name]
    cause = (await doctored(tmp_path, *answers)).first_cross

    assert cause is not None
    assert (cause.name, cause.found.startswith(found), remedy in cause.remedy) == (at, True, True), cause


async def test_a_refusal_proves_neither_token_nor_scope_nor_target(tmp_path: Path) -> None:
    """What may be refused for any reason has no tick at a step that it says nothing of."""
    found = await doctored(tmp_path, says("Forbidden", 403))

    assert {step(found, name).state for name in ("token", "scope", "target")} == {State.NOT_TRIED}


async def test_a_search_that_fails_is_not_one_that_is_refused(tmp_path: Path) -> None:
    """Whether the server takes searches is not known then."""
    found = await doctored(tmp_path, page(0), page(50), (500, {}))

    assert step(found, "search").found == "whether searchText is taken is not known: the server fails ({})"


async def test_words_about_cases_that_were_seen_are_withheld(tmp_path: Path) -> None:
    """Where fields are private, a late refusal of the credentials is told without the words of the server."""
    answers = page(0), page(50), says("replay: no case named Jane Private 4711", 401)
    found = await doctored(tmp_path, *answers, private=("notes",))

    assert "Jane" not in repr(found)
    assert "HTTP 401, its words withheld" in step(found, "search").found


async def test_a_call_that_an_interruption_cuts_off_tells_nothing(tmp_path: Path) -> None:
    """The server is not blamed for it, and the call is counted."""
    stop = StopSwitch()

    def cut(request: bytes) -> bytes:
        if request:
            stop.set(Stop(StopReason.INTERRUPTED, "interrupted by SIGTERM"))
        return b""

    async with listener(cut) as port, clinic(tmp_path) as scene:
        found = await scene.says(connection(host=f"http://127.0.0.1:{port}"), stop=stop)

    assert (found.exit_code, found.calls, found.first_cross) == (130, 1, None)
    assert step(found, "api").found == "interrupted by SIGTERM"
