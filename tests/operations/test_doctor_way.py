"""doctor: on the way to the host, the first cross names where it is broken; nothing is called then."""

import socket
from pathlib import Path
from typing import Any

import pytest
from support.clinics import clinic, closed_port, connection, listener, step, tunnel
from support.receivers import certificates

from bulkcase.operations.diagnosis.steps import Diagnosis, State

pytestmark = pytest.mark.asyncio


def first(found: Diagnosis) -> tuple[str, str, str]:
    """Return the first cross of a job to whose server no call was made."""
    assert (found.calls, found.exit_code) == (0, 1)
    assert found.first_cross is not None
    return found.first_cross.name, found.first_cross.found, found.first_cross.remedy


async def test_a_host_without_an_address_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt host is told as what it is, with nothing behind it tried."""

    def unknown(host: str, *_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, f"no such name: {host}")

    async with clinic(tmp_path) as scene:
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        found = await scene.says(connection(host="https://platform.invalid"))

    name, says, remedy = first(found)
    assert (name, says) == ("host", "no address is known for platform.invalid (no such name: platform.invalid)")
    assert remedy.startswith("check connection.host letter by letter")
    assert step(found, "connection").found == "needs host"


async def test_a_port_that_nobody_listens_on_is_named(tmp_path: Path) -> None:
    """A connection that is refused is no matter of credentials."""
    async with clinic(tmp_path) as scene:
        name, says, remedy = first(await scene.says(connection(host=f"http://127.0.0.1:{closed_port()}")))

    assert (name, says.startswith("no connection (")) == ("connection", True)
    assert remedy.startswith("check connection.host and its port")


CERTIFICATES: dict[str, tuple[dict[str, Any], bool, str, str]] = {
    "not trusted": ({}, False, "is not trusted here", "set connection.ca_bundle"),
    "expired": ({"good_for": -1.0}, True, "has expired", "ask who runs the server for a new one"),
    "of another name": ({"names": ["other.example.com"]}, True, "for another name", "write connection.host as the"),
}


@pytest.mark.parametrize("name", CERTIFICATES)
async def test_a_certificate_is_told_apart(name: str, tmp_path: Path) -> None:
    """Not trusted, expired, or of another name: each has a remedy of its own."""
    made, is_trusted, says, remedy = CERTIFICATES[name]
    own = certificates(tmp_path, **made)
    async with clinic(tmp_path, tls=own.server) as scene:
        bundle = str(own.authority) if is_trusted else None
        at, found, advice = first(await scene.says(connection(ca_bundle=bundle)))

    assert at == "connection"
    assert says in found
    assert advice.startswith(remedy)


async def test_a_certificate_that_the_bundle_vouches_for_is_well(tmp_path: Path) -> None:
    """With the right connection.ca_bundle every step is well; with a wrong one, that one is named."""
    for folder in ("own", "other"):
        (tmp_path / folder).mkdir()
    own, other = certificates(tmp_path / "own"), certificates(tmp_path / "other")
    async with clinic(tmp_path, tls=own.server) as scene:
        well = await scene.says(connection(ca_bundle=str(own.authority)))
        wrong = await scene.says(connection(ca_bundle=str(other.authority)))
        none = await scene.says(connection(ca_bundle="nowhere.pem"))

    assert well.exit_code == 0
    assert step(well, "connection").found.startswith("TLSv1.3, certificate good until ")
    assert first(wrong)[2].startswith("connection.ca_bundle (")
    assert first(none)[2] == "give a file of PEM certificates"


async def test_a_port_without_tls_is_named(tmp_path: Path) -> None:
    """What answers in plain words to a handshake is told as that."""
    async with listener(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port, clinic(tmp_path) as scene:
        name, says, remedy = first(await scene.says(connection(host=f"https://127.0.0.1:{port}")))

    assert (name, says.startswith("it does not speak TLS on this port")) == ("connection", True)
    assert remedy.startswith("check the port of connection.host")


async def test_a_proxy_that_is_gone_is_named(tmp_path: Path) -> None:
    """It is the proxy that takes no connection, not the host behind it."""
    proxy = f"http://127.0.0.1:{closed_port()}"
    async with clinic(tmp_path) as scene:
        name, says, remedy = first(await scene.says(connection(proxy=proxy)))

    assert name == "connection"
    assert says.startswith(f"the proxy takes no connection at {proxy.removeprefix('http://')} (")
    assert remedy.startswith("check connection.proxy")


async def test_a_proxy_that_lets_nobody_through_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that wants a password says so, and its address is shown without one."""
    own = certificates(tmp_path)
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    async with listener(refusal) as port, clinic(tmp_path, tls=own.server) as scene:
        monkeypatch.setenv("PROXY", f"http://me:proxy-password@127.0.0.1:{port}")
        found = await scene.says(connection(proxy="env:PROXY", ca_bundle=str(own.authority)))

    name, says, remedy = first(found)
    assert (name, "407" in says) == ("connection", True)
    assert "behind env:NAME" in remedy
    assert "proxy-password" not in repr(found)


async def test_through_a_proxy_every_step_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Address, connection and calls all go by the proxy, which gets the password of its address and no token."""
    own, heard = certificates(tmp_path), list[bytes]()
    async with tunnel(heard) as port, clinic(tmp_path, tls=own.server) as scene:
        monkeypatch.setenv("PROXY", f"http://me:proxy-password@127.0.0.1:{port}")
        found = await scene.says(connection(proxy="env:PROXY", ca_bundle=str(own.authority)))

    assert found.exit_code == 0
    assert step(found, "host").found == "the proxy 127.0.0.1: 127.0.0.1"
    assert f"TLSv1.3 through the proxy 127.0.0.1:{port}" in step(found, "connection").found
    assert all(b"Proxy-Authorization: Basic " in head and b"auth: " not in head for head in heard)


async def test_a_connection_that_takes_too_long_is_named(tmp_path: Path) -> None:
    """The time of a call is that of a connection, too."""
    own = certificates(tmp_path)
    async with clinic(tmp_path, tls=own.server) as scene:
        name, says, _ = first(await scene.says(connection(timeout=1e-9)))

    assert (name, says.startswith("no connection in time")) == ("connection", True)


async def test_the_embedded_server_needs_no_way(tmp_path: Path) -> None:
    """A rehearsal is looked at as a whole, with a ledger of its own."""
    async with clinic(tmp_path) as scene:
        found = await scene.says(sandbox=True)

    assert found.exit_code == 0
    assert {one.state for one in found.steps} == {State.OK}
    assert scene.server.calls == []
    assert (tmp_path / "state" / "sandbox").is_dir()
