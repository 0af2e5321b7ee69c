"""Servers on loopback that are told something: webhooks and mail servers, well-behaved and not; a notice to tell."""

import asyncio
import ipaddress
import ssl
import traceback
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bulkcase.causes import tip
from bulkcase.model import Outcome
from bulkcase.reporting import Summary
from bulkcase.reporting.summary import Cause
from bulkcase.reporting.telling.notices import Notice, notice_of

NOW = 1_795_000_000.25
HIDDEN = "hidden-0815"
"""What no notice may show: it stands wherever a summary has words of a server or of a cell."""

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def summary(**other: Any) -> Summary:
    """Return the summary of a run with three bad rows."""
    outcomes = dict.fromkeys(Outcome, 0) | {Outcome.UPDATED: 990, Outcome.UNCHANGED: 7, Outcome.FAILED: 2}
    values: dict[str, Any] = {
        "run_id": "20261118-110640-nightly-7f3a",
        "job": "nightly",
        "target": "kore.example.com/account/st-1",
        "state": "finished",
        "exit_code": 1,
        "reason": f"stopped: {HIDDEN}",
        "continues": None,
        "undoes": None,
        "rows": 1000,
        "cases": 998,
        "outcomes": outcomes | {Outcome.INVALID: 1},
        "verified": {"equal": 980, "normalised": 10},
        "canary": "cases",
        "calls": {"getCases": 12, "updateCase": 995},
        "retries": 3,
        "throttled": 1,
        "started_at": NOW,
        "finished_at": NOW + 4000,
        "duration_s": 4000.12345,
        "errors": [_cause("http_412", 2), _cause("bad_date", 1)],
        "files": ["results.csv"],
    }
    return Summary(**values | other)


def _cause(code: str, count: int) -> Cause:
    return Cause(code, count, f"row 7: {HIDDEN}", tip(code))


def notice(**other: Any) -> Notice:
    """Return the notice of that run."""
    return notice_of(
        summary(**other),
        host="night.example.com",
        folder="/srv/reports/20261118-110640-nightly-7f3a",
        next_command="bulkcase retry 20261118-110640-nightly-7f3a",
    )


@dataclass
class Webhook:
    """A receiver that was told something."""

    origin: str
    heard: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)
    """Path with query, headers and body of each request."""


@asynccontextmanager
async def webhook(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Webhook]:
    """Run a receiver of webhooks that answers like this."""
    told = Webhook("")

    async def hear(request: web.Request) -> web.StreamResponse:
        told.heard.append((request.raw_path, request.headers, await request.read()))
        return await answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", hear)
    runner = web.AppRunner(app, shutdown_timeout=0.01, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        told.origin = f"http{'s' if tls else ''}://127.0.0.1:{runner.addresses[0][1]}"
        yield told
    finally:
        await runner.cleanup()


def says(status: int, body: str = "ok") -> Answer:
    """Answer with a status and a body."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=body)

    return answer


async def redirects(request: web.Request) -> web.StreamResponse:
    """Lead to another place of the same receiver."""
    return web.Response(status=307, headers={"Location": "/elsewhere"})


async def hangs(request: web.Request) -> web.StreamResponse:
    """Never answer."""
    await asyncio.Event().wait()
    raise AssertionError


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """Close the connection instead of answering."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def endless(status: int) -> Answer:
    """Send a body that has no end."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=status)
        await response.prepare(request)
        while True:
            await response.write(b"more " * 10_000)

    return answer


@dataclass
class MailServer:
    """A mail server, what it took, and whom it refuses."""

    port: int = 0
    letters: list[tuple[Session, Envelope]] = field(default_factory=list)
    refused: frozenset[str] = frozenset()
    user: str = ""
    password: str = ""
    after: Callable[[], Awaitable[None]] | None = None
    """What happens before a letter is taken."""

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd asks for
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return f"550 no {address} here, {HIDDEN}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        if self.after is not None:
            await self.after()
        self.letters.append((session, envelope))
        return "250 OK"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, found: Any
    ) -> AuthResult:
        good = isinstance(found, LoginPassword) and found == LoginPassword(self.user.encode(), self.password.encode())
        return AuthResult(success=good, handled=good)


@asynccontextmanager
async def mail_server(
    server: MailServer, *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None
) -> AsyncIterator[MailServer]:
    """Run a mail server: implicit TLS with `tls`, STARTTLS with `starttls`, else in the clear."""
    loop = asyncio.get_running_loop()

    def protocol() -> SMTP:
        with warnings.catch_warnings():
            # That a login in the clear is a bad idea is the point of some tests.
            warnings.simplefilter("ignore")
            return SMTP(
                server,
                loop=loop,
                hostname="mail.example.com",
                tls_context=starttls,
                require_starttls=starttls is not None,
                auth_required=bool(server.user),
                authenticator=server.authenticate if server.user else None,
                auth_require_tls=False,
            )

    listening = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await listening.wait_closed()


@asynccontextmanager
async def speaks(*lines: bytes) -> AsyncIterator[int]:
    """Run a server that says these lines, one to each that it hears, then nothing any more; yield its port."""
    over = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for line in lines:
                writer.write(line)
                await reader.readline()
            await over.wait()
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        over.set()
        server.close()
        await server.wait_closed()


@dataclass(frozen=True)
class Certificates:
    """A server's certificate, and the file of the authority that vouches for it."""

    server: ssl.SSLContext
    authority: Path


def certificates(folder: Path, *, names: Sequence[str] = (), good_for: float = 1.0) -> Certificates:
    """Make an authority that nobody trusts, and a certificate of it for this machine, or for these names instead.

    It is good for so many days from now on, and has been for two.
    """
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _signed("authority.example.com", authority_key, authority_key, "authority.example.com")
    own = _signed("localhost", key, authority_key, "authority.example.com", names=names, good_for=good_for)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "authority.pem").write_bytes(authority.public_bytes(pem))
    (folder / "server.pem").write_bytes(private + own.public_bytes(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    return Certificates(context, folder / "authority.pem")


def _signed(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    by: ec.EllipticCurvePrivateKey,
    issuer: str,
    *,
    names: Sequence[str] = (),
    good_for: float = 1.0,
) -> x509.Certificate:
    now = datetime.now(UTC)
    is_authority = name == issuer
    uses = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign"), False
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=good_for))
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                **uses,
                digital_signature=True,
                key_cert_sign=is_authority,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if not is_authority:
        own = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        stands_for = [x509.DNSName(one) for one in names] or own
        builder = builder.add_extension(x509.SubjectAlternativeName(stands_for), critical=False)
    return builder.sign(by, hashes.SHA256())


WORD = "never-4711"
"""A secret of whoever is told, which no failure may show."""


def secrets_in(error: BaseException, caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the secrets that can be seen in an error, in those behind it, and in the log."""
    behind: list[BaseException] = []
    look: BaseException | None = error
    while look is not None:
        behind.append(look)
        look = look.__cause__ or look.__context__
    shown = [str(each) + repr(each) + repr(each.args) + "".join(traceback.format_exception(each)) for each in behind]
    # What the servers here say of themselves is not ours.
    logged = [repr(record.__dict__) for record in caplog.records if record.name not in {"mail.log", "aiohttp.server"}]
    everything = "\n".join([*shown, *logged])
    return [secret for secret in (WORD, HIDDEN, "T0/B0", "sig=") if secret in everything]
