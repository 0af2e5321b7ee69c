"""What the door makes of an answer that is larger than it may be."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import aiohttp
import pytest
from support.doors import a_door
from support.virtual import run

from bulkcase.kore.endpoints import Request, get_cases, update_case
from bulkcase.kore.line import LARGEST_ANSWER, LARGEST_PAGE
from bulkcase.kore.verdict import Kind, Verdict

TOO_LARGE = b" " * LARGEST_ANSWER + b'{"_id":"ci-1"}'


@dataclass
class Answer:
    """As much of aiohttp's answer as a line reads, its content too."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> "Answer":
        return self

    def at_eof(self) -> bool:
        return not self.body

    async def readany(self) -> bytes:
        block, self.body = self.body[:1_000_000], self.body[1_000_000:]
        return block

    def close(self) -> None:
        """Give nothing up."""


@dataclass
class Session:
    """Stands in a session's place, and gives these answers one after the other."""

    answers: Sequence[Answer]
    arrivals: list[float] = field(default_factory=list)
    """The loop's time of each call."""

    @asynccontextmanager
    async def post(self, url: str, **_: Any) -> AsyncGenerator[Answer]:
        """Give the next answer."""
        self.arrivals.append(asyncio.get_running_loop().time())
        yield self.answers[len(self.arrivals) - 1]


def verdict_on(request: Request, *answers: Answer) -> tuple[Verdict, list[float]]:
    """Return the verdict on a request that gets these answers, and when it left."""
    session = Session(answers)

    async def main() -> Verdict:
        opened = a_door(cast("aiohttp.ClientSession", session))
        await opened.door.slot()
        return await opened.door.call(request)

    return run(main()), session.arrivals


def test_a_success_too_large_to_read_is_no_answer() -> None:
    """The update may have landed or not, and people are told why nobody knows."""
    verdict, _ = verdict_on(update_case("ci-1", b"{}"), Answer(200, TOO_LARGE))

    assert (verdict.kind, verdict.status, verdict.code) == (Kind.UNANSWERED, 200, "answer_too_large")
    assert verdict.message == "an answer of more than 8 MiB"


def test_a_large_answer_that_may_be_so_is_taken() -> None:
    """Up to the bound an update's answer is judged as any other."""
    answer = b'{"_id":"ci-1"}'
    fits = Answer(200, b" " * (LARGEST_ANSWER - len(answer)) + answer)
    verdict, _ = verdict_on(update_case("ci-1", b"{}"), fits)

    assert verdict.kind is Kind.ACCEPTED


def test_a_page_of_cases_may_be_larger_than_an_update_s_answer() -> None:
    """A page holds many cases, so its bound is another one."""
    assert LARGEST_PAGE > LARGEST_ANSWER
    assert get_cases(b"{}").largest == LARGEST_PAGE
    assert update_case("ci-1", b"{}").largest == LARGEST_ANSWER


@pytest.mark.parametrize(("status", "kind"), [(500, Kind.TRANSIENT), (412, Kind.REFUSED), (302, Kind.REFUSED)])
def test_a_failure_is_known_by_its_status_however_large_its_page(status: int, kind: Kind) -> None:
    """What has no success to show is judged by its status and the beginning of what it says."""
    verdict, _ = verdict_on(update_case("ci-1", b"{}"), Answer(status, TOO_LARGE))

    assert (verdict.kind, verdict.status) == (kind, status)
    assert len(verdict.message) <= 300


def test_a_large_page_of_a_throttle_is_waited_for_as_any_throttle() -> None:
    """A 429 whose page is too large to read costs its row nothing: the call leaves again and is accepted."""
    throttled = Answer(429, TOO_LARGE, {"Retry-After": "7"})
    verdict, arrivals = verdict_on(update_case("ci-1", b"{}"), throttled, Answer())

    assert verdict.kind is Kind.ACCEPTED
    assert arrivals == [0.0, 7.0]
