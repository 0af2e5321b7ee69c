"""HTTP by aiohttp: one session, and what each of its exceptions means."""

import asyncio
import errno
import re
import ssl
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from multidict import CIMultiDict

from bulkcase import __version__
from bulkcase.errors import JobError
from bulkcase.job.host import is_loopback
from bulkcase.kore.verdict import Silence

_MEANS: tuple[tuple[type[BaseException], Silence], ...] = (
    # The first match counts: the narrower before the wider.
    (aiohttp.ClientConnectorCertificateError, Silence.TLS),
    (aiohttp.ServerFingerprintMismatch, Silence.TLS),
    (ssl.SSLCertVerificationError, Silence.TLS),
    # Any other failure of a handshake may pass: a load balancer that restarts answers with TLS alerts.
    (aiohttp.ClientConnectorError, Silence.NOT_CONNECTED),
    (aiohttp.ClientHttpProxyError, Silence.NOT_CONNECTED),
    (aiohttp.ConnectionTimeoutError, Silence.NOT_CONNECTED),
    (aiohttp.InvalidURL, Silence.NOT_CONNECTED),
    (aiohttp.NonHttpUrlClientError, Silence.NOT_CONNECTED),
    (TimeoutError, Silence.TIMEOUT),
    (aiohttp.ClientError, Silence.CONNECTION_LOST),
    (OSError, Silence.CONNECTION_LOST),
)

_RESET = frozenset({errno.ECONNRESET, errno.EPIPE})
_SAYS: tuple[tuple[type[BaseException], str], ...] = (
    (aiohttp.ConnectionTimeoutError, "no connection was made in time"),
    (TimeoutError, "no answer came in time"),
    (aiohttp.ServerDisconnectedError, "the connection was closed before the answer was whole"),
    (aiohttp.ClientPayloadError, "the answer broke off, or is packed otherwise than it says"),
)
"""What is said of those that have no words of their own, or too many; the first match counts."""

_BEFORE_BYTES = re.compile(r"[:\n]")
"""Behind these aiohttp shows what it could not read."""
_CREDENTIALS = re.compile(r"//[^/\s]*@")

NO_ANSWER = (aiohttp.ClientError, OSError)
"""What a call raises instead of answering (`TimeoutError` is an `OSError`)."""


def silence_of(error: BaseException) -> Silence:
    """Return how a call ended that raised one of `NO_ANSWER`."""
    return next(silence for kind, silence in _MEANS if isinstance(error, kind))


def describe(error: BaseException) -> str:
    """Return what happened in a few words, without the password of a proxy's address.

    What came of an answer is not shown: it may be any bytes, and words of a case.
    """
    if isinstance(error, aiohttp.ClientResponseError) and not isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the answer cannot be read as HTTP ({_BEFORE_BYTES.split(error.message)[0]})"
    if isinstance(error, OSError) and error.errno in _RESET:
        return "the connection was reset before the answer was whole"
    said = next((text for kind, text in _SAYS if isinstance(error, kind)), "") or str(error)
    return _CREDENTIALS.sub("//***@", said) or type(error).__name__


def open_session(
    *, base_url: str, timeout: float, headers: Mapping[str, str], ca_bundle: Path | None, proxy: str | None
) -> aiohttp.ClientSession:
    """Return a session for one host; whoever opens it closes it.

    `timeout` is that of one call, in seconds. Without `proxy`, the environment's is used (HTTPS_PROXY, NO_PROXY).
    aiohttp's own `trust_env` is off: it would add credentials from ~/.netrc to our calls.
    Raises JobError where `ca_bundle` cannot be read.
    """
    sent = CIMultiDict({"User-Agent": f"bulkcase/{__version__}"})
    sent.update(headers)  # without regard to case: a job may name its own
    return aiohttp.ClientSession(
        # The number of calls in flight is bounded by the workers; aiohttp's own limit of 100 would cap it silently.
        connector=aiohttp.TCPConnector(limit=0, ssl=_tls(ca_bundle)),
        timeout=aiohttp.ClientTimeout(total=timeout),
        headers=sent,
        cookie_jar=aiohttp.DummyCookieJar(),
        proxy=proxy_for(base_url, proxy),
        loop=asyncio.get_running_loop(),
    )


def _tls(ca_bundle: Path | None) -> ssl.SSLContext | bool:
    if ca_bundle is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca_bundle)
    except (OSError, ssl.SSLError) as error:
        raise JobError(f"connection.ca_bundle: {ca_bundle}: {error}: give a file of PEM certificates") from None


def proxy_for(base_url: str, proxy: str | None) -> str | None:
    """Return the proxy of a job, or else the one that the environment names for a host; None where there is none."""
    if proxy:
        return proxy
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")
