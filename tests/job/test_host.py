"""Addresses, headers and proxies as a person may write them."""

import pytest

from bulkcase.job.host import base_url, check_headers, check_proxy, is_loopback


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("platform.kore.ai", "https://platform.kore.ai"),
        ("https://platform.kore.ai", "https://platform.kore.ai"),
        (" https://Platform.Kore.AI/// ", "https://platform.kore.ai"),
        ("HTTPS://platform.kore.ai/", "https://platform.kore.ai"),
        ("https://platform.kore.ai:443", "https://platform.kore.ai"),
        ("cases.example.com:8443", "https://cases.example.com:8443"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:9", "http://[::1]:9"),
        ("https://10.0.0.5", "https://10.0.0.5"),
    ],
)
def test_one_target_is_always_written_the_same(written: str, url: str) -> None:
    """Scheme, slashes, case, spaces and the default port make no difference."""
    assert base_url(written) == url


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "must be an address"),
        ("https://", "must be an address"),
        ("ftp://platform.kore.ai", "must be an address"),
        ("https://plat form", "must be an address"),
        ("https://a\\b", "must be an address"),
        ("https://[::1", "must be an address"),
        ("https://platform.kore.ai/api", "only the host"),
        ("https:/platform.kore.ai", "must be an address"),
        ("https://a.example.com?x=1", "only the host"),
        ("https://a.example.com#x", "only the host"),
        ("https://user@a.example.com", "only the host"),
        ("https://user:fake@a.example.com", "only the host"),
        ("https://a.example.com:0", "must have a port from 1 to 65535"),
        ("https://a.example.com:65536", "must have a port from 1 to 65535"),
        ("https://a.example.com:x", "must have a port from 1 to 65535"),
        ("http://platform.kore.ai", "plain http"),
        ("http://localhost.example.com", "plain http"),
        ("http://10.0.0.5", "plain http"),
    ],
)
def test_what_is_no_safe_host_is_refused(written: str, told: str) -> None:
    """More than a host, or plain http to another machine, is refused with the reason."""
    with pytest.raises(ValueError, match=told):
        base_url(written)


@pytest.mark.parametrize(
    ("host", "here"),
    [
        *[(host, True) for host in ("localhost", "127.0.0.1", "127.9.9.9", "::1")],
        *[(host, False) for host in ("0.0.0.0", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com")],
    ],
)
def test_loopback_is_this_machine_only(host: str, here: bool) -> None:
    """Only names and addresses that cannot leave this machine count as loopback."""
    assert is_loopback(host) is here


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        *[({name: "x"}, "may not set") for name in ("auth", "Auth", "AccountId", "HOST", "Iid", "Transfer-Encoding")],
        ({"X Y": "x"}, "plain printable ASCII"),
        ({"X": "a\r\nauth: b"}, "plain printable ASCII"),
        ({"X": "é"}, "plain printable ASCII"),
        ({"": "x"}, "plain printable ASCII"),
    ],
)
def test_headers_that_are_ours_or_break_out_are_refused(headers: dict[str, str], told: str) -> None:
    """An extra header can neither replace ours nor start a line of its own."""
    with pytest.raises(ValueError, match=told):
        check_headers(headers)


def test_other_headers_are_accepted() -> None:
    """What the platform's samples send beside ours may be set."""
    check_headers({"bot-language": "en", "X-Team": "ops, night", "X-Empty": ""})


@pytest.mark.parametrize("written", ["http://proxy.example.com:3128", "https://user@proxy.example.com", "env:PROXY"])
def test_a_proxy_is_an_address_or_a_reference(written: str) -> None:
    """A proxy may be written out as long as it shows no password."""
    check_proxy(written)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("proxy.example.com:3128", "must be an address"),
        ("socks5://proxy.example.com", "must be an address"),
        ("http://", "must be an address"),
        ("http://[::1", "must be an address"),
        ("http://proxy.example.com:x", "must have a port from 1 to 65535"),
        ("http://user:fake@proxy.example.com", "shows its password"),
    ],
)
def test_what_is_no_proxy_is_refused(written: str, told: str) -> None:
    """Another scheme or a visible password is refused, and the password is not repeated."""
    with pytest.raises(ValueError, match=told) as caught:
        check_proxy(written)
    assert "fake" not in str(caught.value)
