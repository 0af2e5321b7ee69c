"""The address of a target, as a person may write it, and what must not go with it."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from bulkcase.job.secrets import check_reference, is_reference

_OURS = frozenset({"auth", "accountid", "host", "content-type", "content-length", "transfer-encoding", "iid"})
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NAME = re.compile(r"[a-z0-9_][a-z0-9._-]*|[0-9a-f:.]+")
"""Name or address of a host: only what looks on a screen like what it is."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_loopback(host: str) -> bool:
    """Say whether a host name or address is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def base_url(written: str) -> str:
    """Return scheme, host and port of an address with or without scheme and trailing slash.

    The default port is left out, so that one target is always written the same.
    Raises ValueError where it has more than that, or is plain http to another machine.
    """
    text = written.strip()
    parts = _split(text if "://" in text else f"https://{text}")
    if parts is None or re.search(r"[\s\\]", text):
        raise ValueError("must be an address such as https://platform.kore.ai")
    port = _port(parts)
    if parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must be only the host: no user, no path, no question mark")
    host = str(parts.hostname)
    if not _NAME.fullmatch(host):
        raise ValueError("must have a plain ASCII name: write a name with other letters as xn--…")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("is plain http: the token would travel unencrypted; use https")
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + (f":{port}" if port else "")


def check_headers(headers: dict[str, str]) -> None:
    """Raise ValueError for a header that is ours to set, or could break out of its line."""
    for name, value in headers.items():
        if name.lower() in _OURS:
            raise ValueError(f"may not set {name}: bulkcase does")
        if not _TOKEN.fullmatch(name) or not value.isascii() or not value.isprintable():
            raise ValueError(f"has a name or value that is not plain printable ASCII: {name!r}")


def check_proxy(written: str) -> None:
    """Raise ValueError for a proxy that is no http address and no reference to one, or shows its password."""
    if is_reference(written):
        check_reference(written)
        return
    check_proxy_address(written)
    if urlsplit(written).password is not None:
        raise ValueError("shows its password: put the whole address behind env:NAME")


def check_proxy_address(address: str) -> None:
    """Raise ValueError for what is no http address of a proxy; the text itself, which may be a secret, is not shown."""
    parts = _split(address)
    if parts is None or not _NAME.fullmatch(str(parts.hostname)) or not address.isprintable():
        raise ValueError("must be an address such as http://proxy.example.com:3128")
    _port(parts)


def check_way(url: str, proxy: str) -> None:
    """Raise ValueError where calls to this machine, which are not encrypted, would be handed to another one."""
    if urlsplit(url).scheme == "http" and not is_loopback(urlsplit(proxy).hostname or ""):
        raise ValueError("is on another machine, and connection.host is plain http: leave the proxy out, or use https")


def host_of(address: str) -> str:
    """Return host and port of an address, without user, password, path; empty where it is none."""
    parts = _split(address.strip())
    return "" if parts is None else parts.netloc.rpartition("@")[2]


def _split(text: str) -> SplitResult | None:
    """Return the parts of an http address; None where it is none (urlsplit's own words may show a password)."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    sound = parts.scheme in _DEFAULT_PORTS and parts.hostname and not parts.netloc.endswith(":")
    return parts if sound else None


def _port(parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("must have a port from 1 to 65535")
    return None if port == _DEFAULT_PORTS[parts.scheme] else port
