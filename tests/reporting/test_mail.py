import asyncio
import logging
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from support.receivers import (
    WORD,
    Certificates,
    MailServer,
    certificates,
    mail_server,
    notice,
    secrets_in,
    speaks,
)

from bulkcase.job.reports import Smtp
from bulkcase.reporting.telling import mail as module
from bulkcase.reporting.telling.mail import mail
from bulkcase.reporting.telling.notices import NotTold, subject, text

pytestmark = pytest.mark.asyncio

OPS, BOSS = "ops@example.com", "boss@example.com"
SOON = 0.05
PASSWORD = SecretStr(WORD)


@pytest.fixture
def made(tmp_path: Path) -> Certificates:
    return certificates(tmp_path)


def smtp(port: int, security: str = "none", **other: Any) -> Smtp:
    """Return the settings of a mail server on loopback."""
    values = {"host": "127.0.0.1", "port": port, "security": security, "sender": "bulkcase@example.com"}
    return Smtp.model_validate(values | other)


def letter(server: MailServer) -> EmailMessage:
    ((_, envelope),) = server.letters
    assert isinstance(envelope.original_content, bytes)
    found = message_from_bytes(envelope.original_content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


async def test_a_letter_is_the_notice_as_text() -> None:
    """People find the subject and the text of the notice, programs that no person wrote it."""
    told = notice(job="nächtlich")
    async with mail_server(MailServer()) as server:
        await mail(smtp(server.port), None, [OPS, BOSS], told)
    found = letter(server)
    assert found["Subject"] == subject(told)
    assert (found["From"], found["To"]) == ("bulkcase@example.com", f"{OPS}, {BOSS}")
    assert found.get_content_type() == "text/plain"
    assert found.get_content().replace("\r\n", "\n") == text(told)
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["Date"].datetime.tzinfo is not None
    assert found["Message-ID"].endswith("@bulkcase.invalid>")
    assert server.letters[0][1].rcpt_tos == [OPS, BOSS]
    assert bytes(server.letters[0][1].original_content or b"").isascii()


async def test_no_name_makes_a_header_of_its_own() -> None:
    """What stands behind a line break in the name of a job stays in the subject."""
    told = notice(job="x\r\nBcc: evil@example.com\r\n\r\nbody", target="\ud800")
    async with mail_server(MailServer()) as server:
        await mail(smtp(server.port), None, [OPS], told)
    assert letter(server)["Bcc"] is None
    assert letter(server)["Subject"] == subject(told)


async def test_starttls_encrypts_before_the_password_is_said(made: Certificates) -> None:
    """The server sees the login in an encrypted session only."""
    async with mail_server(MailServer(user="ops", password=WORD), starttls=made.server) as server:
        settings = smtp(server.port, "starttls", user="ops", password="env:X")
        await mail(settings, PASSWORD, [OPS], notice(), ca_bundle=made.authority)
    session, _ = server.letters[0]
    assert session.ssl is not None
    assert session.authenticated


async def test_implicit_tls_is_spoken_from_the_start(made: Certificates) -> None:
    """A server that expects TLS at once gets it."""
    async with mail_server(MailServer(), tls=made.server) as server:
        await mail(smtp(server.port, "tls"), None, [OPS], notice(), ca_bundle=made.authority)
    assert len(server.letters) == 1


async def complaint(
    settings: Smtp, to: list[str], caplog: pytest.LogCaptureFixture, password: SecretStr | None = None, **how: Any
) -> str:
    """Return what is said of a letter that did not arrive everywhere, once there is no secret in it."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(NotTold, match=r"^e-mail: 127\.0\.0\.1: ") as caught:
        await mail(settings, password, to, notice(), **how)
    assert secrets_in(caught.value, caplog) == []
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value).removeprefix("e-mail: 127.0.0.1: ")


async def test_nothing_is_said_in_the_clear_where_starttls_is_asked_for(
    made: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that does not offer it, or a man in the middle who hides it, gets neither password nor letter."""
    async with mail_server(MailServer(user="ops", password=WORD)) as server:
        settings = smtp(server.port, "starttls", user="ops", password="env:X")
        said = await complaint(settings, [OPS], caplog, PASSWORD, ca_bundle=made.authority)
    assert said.startswith("it does not offer STARTTLS")
    assert server.letters == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_has_to_be_trusted(
    made: Certificates, caplog: pytest.LogCaptureFixture, security: str
) -> None:
    """The authority is one that the system or the job knows."""
    tls = {security: made.server}
    async with mail_server(MailServer(), **tls) as server:
        said = await complaint(smtp(server.port, security), [OPS], caplog)
    assert said == "its certificate is not trusted here: set connection.ca_bundle"
    assert server.letters == []


async def test_a_wrong_password_is_told_but_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    """The complaint names the code of the answer."""
    async with mail_server(MailServer(user="ops", password="another")) as server:
        settings = smtp(server.port, user="ops", password="env:X")
        said = await complaint(settings, [OPS], caplog, PASSWORD)
    assert said == "it refused user and password (535): check them in notify.smtp"


async def test_a_refused_address_is_named_and_the_others_are_told(caplog: pytest.LogCaptureFixture) -> None:
    """One person who has left does not keep the others from knowing."""
    async with mail_server(MailServer(refused=frozenset({BOSS}))) as server:
        said = await complaint(smtp(server.port), [OPS, BOSS], caplog)
    assert said == f"it refused 1 of 2 addresses ({BOSS}): check notify.email"
    assert server.letters[0][1].rcpt_tos == [OPS]


async def test_a_letter_for_nobody_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Where all addresses are refused, all are named."""
    async with mail_server(MailServer(refused=frozenset({OPS, BOSS}))) as server:
        said = await complaint(smtp(server.port), [OPS, BOSS], caplog)
    assert said == f"it refused 2 of 2 addresses ({OPS}, {BOSS}): check notify.email"
    assert server.letters == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], "it did not answer in time"),
        ([b"220 mail.example.com\r\n"], "it did not answer in time"),
        ([b"HTTP/1.1 400 Bad Request\r\n"], "it refused|it hung up|it cannot be reached"),
        ([b"554 never-4711\r\n"], r"it refused the message \(554\)"),
        (
            [b"220 x\r\n", b"250 x\r\n", b"550 never-4711\r\n", b"250 x\r\n"],
            r"it refused bulkcase@example\.com \(550\)",
        ),
    ],
)
async def test_a_server_that_will_not_is_named(
    caplog: pytest.LogCaptureFixture, lines: list[bytes], expected: str
) -> None:
    """It hangs, or refuses, and what it says is not repeated."""
    patience = SOON if "in time" in expected else module.PATIENCE
    async with speaks(*lines) as port:
        said = await complaint(smtp(port), [OPS], caplog, patience=patience)
    assert re.match(expected, said), said


async def test_nobody_there_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    """A port on which nobody listens is told from a server that does not answer."""
    async with speaks() as port:
        pass
    assert (await complaint(smtp(port), [OPS], caplog)).startswith(f"it cannot be reached on port {port}")


async def test_plain_where_tls_is_asked_for_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    """The port of STARTTLS does not take TLS from the start."""
    async with mail_server(MailServer()) as server:
        said = await complaint(smtp(server.port, "tls"), [OPS], caplog)
    assert said == f"no encrypted connection on port {server.port}: check port and security in notify.smtp"


async def test_a_server_that_hangs_after_it_took_the_letter_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A letter that was taken is not told to be missing."""
    taken = [b"220 x\r\n", b"250 x\r\n", b"250 x\r\n", b"250 x\r\n", b"354 go\r\n"]
    over = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in taken:
            writer.write(line)
            await reader.readline()
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"250 taken\r\n")
        await over.wait()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    await mail(smtp(server.sockets[0].getsockname()[1]), None, [OPS], notice(), patience=0.5)
    over.set()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("night.example.com", "night.example.com"), ("night", "[127.0.0.1]"), ("nächt.example.com", "[127.0.0.1]")],
)
async def test_a_machine_greets_by_its_full_name_or_by_none(name: str, expected: str) -> None:
    """Servers refuse half a name, and the name service is not asked for the other half."""
    assert module._own_name(name) == expected
