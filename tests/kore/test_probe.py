"""Where the way to a host is broken, by the error that a connection raises."""

import ssl
from typing import Any

import aiohttp
import pytest

from bulkcase.kore.probe import Broken, broken_by, way_to
from bulkcase.kore.tokens import life_of

KEY: Any = aiohttp.client_reqrep.ConnectionKey("host", 443, True, True, None, None, None)


def refused(number: int) -> aiohttp.ClientConnectorCertificateError:
    """Return the error of a certificate that OpenSSL refuses with this number."""
    error = ssl.SSLCertVerificationError("refused")
    error.verify_code = number
    return aiohttp.ClientConnectorCertificateError(KEY, error)


ERRORS: list[tuple[BaseException, Broken]] = [
    (refused(10), Broken.EXPIRED),
    (refused(9), Broken.NOT_YET_VALID),
    (refused(62), Broken.OTHER_NAME),
    (refused(64), Broken.OTHER_NAME),
    (refused(18), Broken.UNTRUSTED),
    (refused(20), Broken.UNTRUSTED),
    (aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "wrong version number")), Broken.NOT_TLS),
    (aiohttp.ClientProxyConnectionError(KEY, ConnectionRefusedError(111, "refused")), Broken.PROXY_GONE),
    (aiohttp.ClientHttpProxyError(None, (), status=407), Broken.PROXY_REFUSES),  # type: ignore[arg-type]  # not looked at
    (aiohttp.ClientConnectorError(KEY, ConnectionRefusedError(111, "refused")), Broken.REFUSED),
    (aiohttp.ClientConnectorError(KEY, TimeoutError(110, "timed out")), Broken.TIMEOUT),
    (aiohttp.ConnectionTimeoutError(), Broken.TIMEOUT),
    (TimeoutError(), Broken.TIMEOUT),
    (ConnectionResetError(104, "reset"), Broken.LOST),
    (aiohttp.ServerDisconnectedError(), Broken.LOST),
]


@pytest.mark.parametrize(("error", "broken"), ERRORS, ids=lambda each: type(each).__name__)
def test_each_error_has_its_place(error: BaseException, broken: Broken) -> None:
    """Certificates are told apart by OpenSSL's number, the proxy from the host, a timeout from a refusal."""
    assert broken_by(error) is broken


def test_the_way_leads_to_the_proxy_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job's proxy comes before that of the environment, and neither is asked about this machine."""
    for name in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert way_to("https://api.example.com", None) == ("api.example.com", 443, False)
    assert way_to("https://api.example.com:8443", None) == ("api.example.com", 8443, False)
    assert way_to("https://api.example.com", "http://me:x@proxy.example.com:3128") == ("proxy.example.com", 3128, True)
    monkeypatch.setenv("HTTPS_PROXY", "http://env.example.com")
    assert way_to("https://api.example.com", None) == ("env.example.com", 80, True)
    assert way_to("http://127.0.0.1:8000", None) == ("127.0.0.1", 8000, False)


@pytest.mark.parametrize("token", ["no-token", "", "eyJ.eyJ.x", "a.b.c"])
def test_what_is_no_token_has_no_life(token: str) -> None:
    """Whatever it is, nobody is hurt by a look into it."""
    assert life_of(token) == (None, None)
