"""What each exception of the transport means, and how a session is opened."""

import asyncio
import errno
import ssl
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from bulkcase.errors import JobError
from bulkcase.kore.transport import NO_ANSWER, describe, open_session, silence_of
from bulkcase.kore.verdict import Silence

KEY = cast("ConnectionKey", SimpleNamespace(host="api.example.com", port=443, is_ssl=True, ssl=True))
"""As much of a connection's key as the messages need."""


def with_subclasses(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    """Yield a class and everything below it, once each."""
    found = {kind}
    waiting = [kind]
    while waiting:
        below = set(waiting.pop().__subclasses__()) - found
        found |= below
        waiting += below
    yield from sorted(found, key=lambda one: (one.__module__, one.__name__))


AIOHTTP = [kind for kind in with_subclasses(aiohttp.ClientError) if kind.__module__.startswith("aiohttp")]
SYSTEM = [kind for kind in with_subclasses(OSError) if kind.__module__ in {"builtins", "socket", "ssl"}]
MEANS = {
    # Never sent: the connection was not made.
    aiohttp.ClientConnectorError: Silence.NOT_CONNECTED,
    aiohttp.ClientConnectorDNSError: Silence.NOT_CONNECTED,
    aiohttp.ClientProxyConnectionError: Silence.NOT_CONNECTED,
    aiohttp.ClientConnectorSSLError: Silence.NOT_CONNECTED,
    aiohttp.ClientHttpProxyError: Silence.NOT_CONNECTED,
    aiohttp.ConnectionTimeoutError: Silence.NOT_CONNECTED,
    aiohttp.InvalidURL: Silence.NOT_CONNECTED,
    # Never sent, and nothing will change that.
    aiohttp.ClientConnectorCertificateError: Silence.TLS,
    aiohttp.ServerFingerprintMismatch: Silence.TLS,
    ssl.SSLCertVerificationError: Silence.TLS,
    # Perhaps sent.
    aiohttp.ServerDisconnectedError: Silence.CONNECTION_LOST,
    aiohttp.ClientOSError: Silence.CONNECTION_LOST,
    aiohttp.ClientConnectionResetError: Silence.CONNECTION_LOST,
    aiohttp.ClientPayloadError: Silence.CONNECTION_LOST,
    aiohttp.ClientResponseError: Silence.CONNECTION_LOST,
    aiohttp.SocketTimeoutError: Silence.TIMEOUT,
    aiohttp.ServerTimeoutError: Silence.TIMEOUT,
    TimeoutError: Silence.TIMEOUT,
    ConnectionResetError: Silence.CONNECTION_LOST,
    BrokenPipeError: Silence.CONNECTION_LOST,
    ssl.SSLError: Silence.CONNECTION_LOST,
    OSError: Silence.CONNECTION_LOST,
}
MAY_NOT_HAVE_LEFT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.ClientSSLError,
    ssl.SSLCertVerificationError,
)
"""The only classes after which it is certain that no request left."""


def bare(kind: type[BaseException]) -> BaseException:
    """Return an exception of a class without caring for its arguments: its meaning depends on the class alone."""
    return kind.__new__(kind)


def test_the_walk_sees_the_whole_tree() -> None:
    """The list of aiohttp's exceptions is not empty by accident."""
    assert len(AIOHTTP) > 20
    assert len(SYSTEM) > 10
    assert set(MEANS) <= {*AIOHTTP, *SYSTEM}


@pytest.mark.parametrize("kind", AIOHTTP, ids=lambda kind: kind.__name__)
def test_each_exception_of_aiohttp_has_a_meaning(kind: type[BaseException]) -> None:
    """Whatever aiohttp raises is caught by the door, and counts as not sent only where it cannot have been."""
    assert issubclass(kind, NO_ANSWER)
    certainly_not_sent = silence_of(bare(kind)) in {Silence.NOT_CONNECTED, Silence.TLS}
    assert certainly_not_sent is issubclass(kind, MAY_NOT_HAVE_LEFT)


@pytest.mark.parametrize("kind", SYSTEM, ids=lambda kind: kind.__name__)
def test_each_exception_of_the_operating_system_has_a_meaning(kind: type[BaseException]) -> None:
    """Errors of sockets and TLS that come through bare are caught too; `silence_of` knows them all."""
    assert issubclass(kind, NO_ANSWER)
    assert silence_of(bare(kind)) in Silence


@pytest.mark.parametrize(("kind", "silence"), MEANS.items(), ids=lambda value: getattr(value, "__name__", value))
def test_the_important_ones_mean_what_they_say(kind: type[BaseException], silence: Silence) -> None:
    """Connect errors were never sent, a distrusted certificate stops everything, the rest may have landed."""
    assert silence_of(bare(kind)) is silence


def test_cancellation_is_no_silence() -> None:
    """A cancelled call is not taken for an unanswered one."""
    assert not issubclass(asyncio.CancelledError, NO_ANSWER)


REQUEST = aiohttp.RequestInfo(URL("http://x.example.com"), "POST", CIMultiDictProxy(CIMultiDict[str]()))
SAID = [
    (TimeoutError(), "no answer came in time"),
    (aiohttp.ConnectionTimeoutError(), "no connection was made in time"),
    (aiohttp.ServerDisconnectedError("half of a secret"), "the connection was closed before the answer was whole"),
    (aiohttp.ClientPayloadError("a secret"), "the answer broke off, or is packed otherwise than it says"),
    (ConnectionResetError(errno.ECONNRESET, "gone"), "the connection was reset before the answer was whole"),
    (aiohttp.ClientOSError(errno.EPIPE, "gone"), "the connection was reset before the answer was whole"),
    (
        aiohttp.ClientResponseError(REQUEST, (), status=400, message="Bad status line:\n  b'a secret'"),
        "the answer cannot be read as HTTP (Bad status line)",
    ),
    (
        aiohttp.ClientResponseError(REQUEST, (), status=400, message="Got more than 9 bytes when reading: b'a secret'"),
        "the answer cannot be read as HTTP (Got more than 9 bytes when reading)",
    ),
    (OSError(), "OSError"),
]


@pytest.mark.parametrize(("error", "says"), SAID, ids=[says for _, says in SAID])
def test_what_happened_is_said_in_plain_words(error: BaseException, says: str) -> None:
    """People read what happened, and nothing of what came, which may be words of a case."""
    assert describe(error) == says


def test_why_no_connection_was_made_is_said() -> None:
    """The system's reason and the host are in the message."""
    assert "refused" in describe(aiohttp.ClientConnectorError(KEY, OSError(errno.ECONNREFUSED, "refused")))


def test_the_password_of_a_proxy_is_not_described() -> None:
    """aiohttp shows the address of a proxy with user and password; a report must not."""
    url = URL("http://someone:not-a-real-password@proxy.example.com:3128")
    request = aiohttp.RequestInfo(url, "CONNECT", CIMultiDictProxy(CIMultiDict[str]()), url)

    text = describe(aiohttp.ClientHttpProxyError(request, (), status=407, message="Proxy Authentication Required"))

    assert "password" not in text
    assert "407" in text
    assert "proxy.example.com:3128" in text


async def session(**parts: Any) -> dict[str, Any]:
    """Open a session as the operations do and return what matters of it."""
    wanted = {
        "base_url": "https://api.example.com",
        "timeout": 30.0,
        "headers": {"AccountId": "acc-1", "Iid": "st-1"},
        "ca_bundle": None,
        "proxy": None,
    }
    async with open_session(**{**wanted, **parts}) as opened:
        connector = cast("aiohttp.TCPConnector", opened.connector)
        return {
            "limit": connector.limit,
            "timeout": opened.timeout.total,
            "headers": dict(opened.headers),
            "trust_env": opened.trust_env,
            "proxy": opened._default_proxy,
            "tls": connector._ssl,
        }


@pytest.mark.asyncio
async def test_a_session_caps_nothing_and_trusts_no_environment() -> None:
    """aiohttp's limit of 100 connections is off, .netrc is not read, and our headers go with every call."""
    opened = await session()

    assert (opened["limit"], opened["timeout"], opened["trust_env"], opened["tls"]) == (0, 30.0, False, True)
    assert opened["headers"]["AccountId"] == "acc-1"
    assert opened["headers"]["Iid"] == "st-1"
    assert opened["headers"]["User-Agent"].startswith("bulkcase/")


@pytest.mark.asyncio
async def test_a_job_may_name_its_own_program() -> None:
    """An extra header takes the place of ours, however its name is written."""
    opened = await session(headers={"user-agent": "mine/1"})

    assert opened["headers"] == {"user-agent": "mine/1"}


PROXIES = [
    ("https://api.example.com", None, "http://env.example.com:3128"),
    ("https://api.example.com", "http://job.example.com:1", "http://job.example.com:1"),
    ("https://skipped.example.com", None, None),
    ("http://127.0.0.1:8080", None, None),
    ("http://localhost:8080", None, None),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("base_url", "job", "used"), PROXIES)
async def test_the_proxy_is_the_jobs_or_else_the_environments(
    base_url: str, job: str | None, used: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job's proxy wins; the environment's is used but for hosts that it leaves out and for this machine."""
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://env.example.com:3128")
    monkeypatch.setenv("no_proxy", "skipped.example.com")

    opened = await session(base_url=base_url, proxy=job)

    assert (str(opened["proxy"]) if opened["proxy"] else None) == used


@pytest.mark.asyncio
@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_an_unusable_ca_bundle_is_an_error_of_the_job(content: str | None, tmp_path: Path) -> None:
    """A missing or senseless bundle is told by its key and file."""
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_text(content)

    with pytest.raises(JobError, match=r"connection\.ca_bundle: .*ca\.pem"):
        await session(ca_bundle=bundle)
