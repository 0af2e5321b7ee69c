"""Whether a host can be reached at all: address, connection, TLS. Nothing is asked of it, so no quota counts it."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from bulkcase.kore.transport import NO_ANSWER, describe, open_session, proxy_for

_PORTS: Final = {"http": 80, "https": 443}


class Broken(StrEnum):
    """Where the way to a host is broken."""

    REFUSED = "refused"
    TIMEOUT = "timeout"
    NOT_TLS = "not_tls"
    UNTRUSTED = "untrusted"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    OTHER_NAME = "other_name"
    PROXY_GONE = "proxy_gone"
    PROXY_REFUSES = "proxy_refuses"
    LOST = "lost"


_CERTIFICATES: Final[Mapping[int, Broken]] = {
    9: Broken.NOT_YET_VALID,
    10: Broken.EXPIRED,
    62: Broken.OTHER_NAME,
    64: Broken.OTHER_NAME,
}
"""By OpenSSL's number of what is wrong with a certificate (X509_V_ERR_…); every other one is not trusted."""

_MEANS: Final[tuple[tuple[type[BaseException], Broken], ...]] = (
    # The first match counts: the narrower before the wider.
    (aiohttp.ClientProxyConnectionError, Broken.PROXY_GONE),
    (aiohttp.ClientHttpProxyError, Broken.PROXY_REFUSES),
    (TimeoutError, Broken.TIMEOUT),
    (ssl.SSLError, Broken.NOT_TLS),
    (aiohttp.ClientConnectorError, Broken.REFUSED),
)


class Way(NamedTuple):
    """To which host and port the connections go: the target's own, or those of the proxy before it."""

    host: str
    port: int
    is_proxy: bool


@dataclass(frozen=True, slots=True)
class Reached:
    """A connection that was made: how it is encrypted (empty: it is not), and until when the certificate is good."""

    tls: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Unreached:
    """A connection that was not made."""

    why: Broken
    said: str


def way_to(base_url: str, proxy: str | None) -> Way:
    """Return where the connections for a host go; `proxy` is that of the job, else the environment's counts."""
    through = proxy_for(base_url, proxy)
    parts = urlsplit(through or base_url)
    return Way(parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443), through is not None)


async def addresses_of(way: Way) -> list[str]:
    """Return the addresses of a host, each once; raises OSError where none is known."""
    found = await asyncio.get_running_loop().getaddrinfo(way.host, way.port, proto=6)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def reach(
    base_url: str,
    *,
    timeout: float,  # noqa: ASYNC109 - that of the connection, as a call has it
    ca_bundle: Path | None,
    proxy: str | None,
) -> Reached | Unreached:
    """Make a connection as a call does, through the proxy where there is one, and let go of it; nothing is sent.

    Raises JobError where `ca_bundle` cannot be read.
    """
    session = open_session(base_url=base_url, timeout=timeout, headers={}, ca_bundle=ca_bundle, proxy=proxy)
    async with session:
        through = proxy_for(base_url, proxy)
        like = aiohttp.ClientRequest(
            "POST", URL(base_url), loop=asyncio.get_running_loop(), proxy=URL(through) if through else None
        )
        assert session.connector is not None, "a session has one until it is closed"
        try:
            async with asyncio.timeout(timeout):
                connection = await session.connector.connect(like, [], aiohttp.ClientTimeout(total=timeout))
        except NO_ANSWER as error:
            return Unreached(broken_by(error), describe(error))
        try:
            return _reached(connection.transport)
        finally:
            connection.close()


def broken_by(error: BaseException) -> Broken:
    """Return where the way is broken, by the error that a connection raised."""
    certificate = getattr(error, "certificate_error", error)
    if isinstance(certificate, ssl.SSLCertVerificationError):
        return _CERTIFICATES.get(getattr(certificate, "verify_code", 0), Broken.UNTRUSTED)
    inner = getattr(error, "os_error", None)
    if isinstance(inner, TimeoutError):
        return Broken.TIMEOUT
    return next((broken for kind, broken in _MEANS if isinstance(error, kind)), Broken.LOST)


def _reached(transport: asyncio.Transport | None) -> Reached:
    encrypted = None if transport is None else transport.get_extra_info("ssl_object")
    if encrypted is None:
        return Reached()
    certificate = encrypted.getpeercert() or {}
    return Reached(encrypted.version() or "TLS", str(certificate.get("notAfter", "")))
