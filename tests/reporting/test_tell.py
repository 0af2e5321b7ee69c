import asyncio
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr
from support.receivers import HIDDEN, WORD, MailServer, hangs, mail_server, notice, says, webhook

from bulkcase.job.reports import Smtp
from bulkcase.reporting.telling import tell as module
from bulkcase.reporting.telling.tell import Ways, tell

pytestmark = pytest.mark.asyncio

OPS = "ops@example.com"


def smtp(port: int) -> Smtp:
    return Smtp(host="127.0.0.1", port=port, security="none")


async def test_nobody_to_tell_is_no_failure() -> None:
    """Without a way there is nothing to complain about; a mail server without addresses is no way."""
    assert await tell(Ways(), notice()) == []
    assert await tell(Ways(smtp=smtp(1)), notice()) == []


async def test_all_ways_are_gone_at_once() -> None:
    """Neither waits for the other: here each answers only after the other one was asked."""
    asked, taken = asyncio.Event(), asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        asked.set()
        await taken.wait()
        return web.Response()

    async def after() -> None:
        taken.set()
        await asked.wait()

    async with webhook(answer) as told, mail_server(MailServer(after=after)) as server:
        ways = Ways(SecretStr(f"{told.origin}/x"), [OPS], smtp(server.port))
        assert await tell(ways, notice()) == []
    assert (len(told.heard), len(server.letters)) == (1, 1)


async def test_each_way_that_failed_has_a_line() -> None:
    """One failure does not keep the other way from being gone, and every line names what failed."""
    async with webhook(says(500)) as told, mail_server(MailServer(refused=frozenset({OPS}))) as server:
        ways = Ways(SecretStr(f"{told.origin}/{WORD}"), [OPS], smtp(server.port))
        complaints = await tell(ways, notice())
        assert [complaint.split(":")[0] for complaint in complaints] == ["webhook", "e-mail"]
        bad = Ways(SecretStr(f"{told.origin}/{WORD}"), ["boss@example.com"], smtp(server.port))
        assert len(await tell(bad, notice())) == 1
    assert len(server.letters) == 1
    assert not any(WORD in complaint for complaint in complaints)


async def test_a_fault_of_ours_is_a_complaint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens in there, the run is over and well told of; the text of the fault may hold a secret."""

    async def broken(*_: Any, **__: Any) -> None:
        raise KeyError(WORD)

    monkeypatch.setattr(module, "post", broken)
    found = await tell(Ways(SecretStr(WORD)), notice())
    assert found == ["webhook: a fault of bulkcase (KeyError): please report it"]


async def test_who_tells_can_be_stopped() -> None:
    """A second Ctrl-C is not swallowed by a webhook that hangs."""
    async with webhook(hangs) as told:
        telling = asyncio.create_task(tell(Ways(SecretStr(f"{told.origin}/x")), notice()))
        while not told.heard:  # noqa: ASYNC110 - the receiver has no event to wait for
            await asyncio.sleep(0)
        telling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await telling


async def test_ways_do_not_show_their_secrets() -> None:
    """What is told to whom can be logged."""
    ways = Ways(SecretStr(WORD), [OPS], smtp(25), SecretStr(HIDDEN))
    assert WORD not in repr(ways)
    assert HIDDEN not in repr(ways)
