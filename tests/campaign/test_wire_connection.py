"""Connections that are refused, reset before the request is read, closed while they are kept, or not to be found."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support.campaign import Campaign, Scene
from support.forked import Process
from support.meddler import Meddler, Meddling
from support.spoiled import JOB, WINDOWS

from bulkcase.sandbox import Fault, SandboxSettings

STRICT = SandboxSettings(windows=WINDOWS)
PATIENT = {**JOB, "retry": 'attempts = 25\nmax_wait = "20ms"'}


def each_landed_once(scene: Scene) -> bool:
    """Say whether the server made each change exactly once."""
    applied = Counter(call.case_id for call in scene.calls if call.applied)
    return applied == Counter(dict.fromkeys((case for case, _ in scene.rows), 1))


STRUCK = [
    pytest.param(how, id=how.name.lower(), marks=pytest.mark.fault("connection", f"every third is {how.value}"))
    for how in (Meddling.IN_HEAD, Meddling.IN_BODY, Meddling.KEPT)
]


@pytest.mark.parametrize("how", STRUCK)
def test_a_request_that_was_not_read_whole_is_made_again(campaign: Campaign, how: Meddling) -> None:
    """Nothing of a call lands whose connection ends before its request was read, and each change is made once."""
    with Meddler(how) as meddler, campaign.scene(campaign.size(40, 2000), STRICT, **PATIENT, host=meddler.url) as scene:
        meddler.leads_to(scene.server.url)
        assert scene.program().code == 0, scene.ends[-1].errors
        assert each_landed_once(scene)
        campaign.proved(scene, struck=meddler.struck)


@pytest.mark.fault("connection", "every third is reset when it is accepted, and each serves one call")
def test_a_connection_that_is_reset_at_once_costs_no_row(campaign: Campaign) -> None:
    """Where a connection is reset before anything was said, the call is made again and lands once."""
    settings = SandboxSettings(windows=WINDOWS, faults={Fault.CLOSE_AFTER: 1.0})
    with (
        Meddler(Meddling.AT_ACCEPT) as meddler,
        campaign.scene(campaign.size(40, 1000), settings, **PATIENT, host=meddler.url) as scene,
    ):
        meddler.leads_to(scene.server.url)
        assert scene.program().code == 0, scene.ends[-1].errors
        assert each_landed_once(scene)
        campaign.proved(scene, struck=meddler.struck)


def down_after(meddler: Meddler, calls: int, seconds: float, gateway: int | None = None) -> Any:
    """Return what makes a server go away for so long after so many calls."""

    def meanwhile(scene: Scene, process: Process) -> None:
        scene.server.wait_for_calls(calls, or_end_of=process)
        meddler.down_for(seconds, gateway=gateway)

    return meanwhile


DOWN = [
    pytest.param(None, id="refused", marks=pytest.mark.fault("server down", "connections are refused for a while")),
    pytest.param(502, id="502", marks=pytest.mark.fault("server down", "502 with a page for a while")),
    pytest.param(503, id="503", marks=pytest.mark.fault("server down", "503 with a page for a while")),
]


@pytest.mark.parametrize("gateway", DOWN)
def test_a_server_that_is_down_for_a_while_costs_no_row(campaign: Campaign, gateway: int | None) -> None:
    """Everybody waits until it is back, whatever retries are left, and only what was in flight is made again."""
    settings = SandboxSettings(windows=WINDOWS, latency=(0.01, 0.02))
    rows, seconds = campaign.size(60, 600), campaign.size(1, 20)
    # With fewer in flight than five a gateway's answers could be those of some bad rows.
    job = {**JOB, "quota": 'windows = ["40/500ms"]\nmax_in_flight = 8'}
    with Meddler() as meddler, campaign.scene(rows, settings, **job, host=meddler.url) as scene:
        meddler.leads_to(scene.server.url)
        ended = scene.program(meanwhile=down_after(meddler, 10, seconds, gateway))
        assert ended.code == 0, ended.errors
        assert len(scene.calls) <= rows + 8, "only what was in flight may have come twice"
        assert not any(line["bulkcase_outcome"] == "failed" for line in scene.report())
        campaign.proved(scene, struck=1 if gateway is None else meddler.struck, repeats=8)


@pytest.mark.fault("server down", "connections are refused for two minutes and a half", full=True)
def test_a_server_that_is_down_for_minutes_costs_no_row(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause grows to a minute, the run goes on when the server is back, and nothing is lost."""
    monkeypatch.setattr("support.campaign.SECONDS", 400.0)
    settings = SandboxSettings(windows=[(3000, 60.0)], latency=(0.01, 0.02))
    job = {**JOB, "quota": 'windows = ["3000/60s"]\nmax_in_flight = 4'}
    with Meddler() as meddler, campaign.scene(600, settings, **job, host=meddler.url) as scene:
        meddler.leads_to(scene.server.url)
        ended = scene.program(meanwhile=down_after(meddler, 100, 150.0))
        assert ended.code == 0, ended.errors
        campaign.proved(scene, struck=1, repeats=4)


@pytest.mark.fault("connection", "refused all the time")
def test_a_server_that_never_comes_back_stops_the_run_and_the_named_command_goes_on(campaign: Campaign) -> None:
    """Nothing is called failed, a person reads what to do, and the command that is named sends the rest."""
    with Meddler() as meddler, campaign.scene(8, STRICT, **{**JOB, "retry": "attempts = 2"}, host=meddler.url) as scene:
        meddler.leads_to(scene.server.url)
        meddler.close()
        ended = scene.program()
        assert ended.code == 3
        assert "the server cannot be reached" in ended.errors
        assert "check the network, connection.host" in ended.errors
        assert scene.outcomes() == {"pending": 8}
        meddler.down_for(0)
        assert scene.program(*ended.goes_on_with).code == 0, scene.ends[-1].errors
        assert each_landed_once(scene)
        campaign.proved(scene, struck=1)


@pytest.mark.fault("connection", "closed in the middle of everything, for each number of calls that were served")
def test_connections_that_end_under_load_are_never_taken_for_answered(campaign: Campaign) -> None:
    """A mix of closes, said and unsaid, before, behind and in an answer, ends with every change made and none lost."""
    kinds = (Fault.CLOSE_AFTER, Fault.DROP_AFTER, Fault.DROP_BEFORE, Fault.RESET_AFTER, Fault.HALF_BODY)
    settings = SandboxSettings(windows=[(4000, 1.0)], faults=dict.fromkeys(kinds, 0.1), seed=3, latency=(0.0, 0.003))
    # Four in ten calls are lost: of ten thousand rows one would lose nine in a row.
    retry = 'attempts = 25\nmax_wait = "20ms"'
    job = {**PATIENT, "retry": retry, "quota": 'windows = ["4000/1s"]\nmax_in_flight = 16'}
    with campaign.scene(campaign.size(300, 10_000), settings, **job) as scene:
        assert scene.program().code == 0, scene.ends[-1].errors
        campaign.proved(scene)


RESOLVER = '''\
"""The names of hosts are not to be had while a file is there."""
import pathlib, socket, uvloop
known = uvloop.Loop.getaddrinfo
tries = pathlib.Path({tries!r})
async def asked(loop, *parts, **named):
    with tries.open("a", encoding="utf-8") as stream:
        stream.write(".")
    if tries.stat().st_size <= {count}:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    return await known(loop, *parts, **named)
uvloop.Loop.getaddrinfo = asked
'''


@pytest.mark.fault("DNS", "the name of the host is not found twice in a row, when a connection is wanted")
def test_a_name_that_is_not_found_for_a_while_costs_no_row(
    campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resolver that fails for some seconds is waited for as a server that is gone, and nothing is called failed."""
    tries = tmp_path / "tries"
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(RESOLVER.format(tries=str(tries), count=2))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"), prepend=os.pathsep)
    with Meddler() as meddler, campaign.scene(8, STRICT, **PATIENT, host=meddler.url) as scene:
        meddler.leads_to(scene.server.url)
        job = scene.folder / "job.toml"
        job.write_text(job.read_text().replace("127.0.0.1", "localhost"))
        assert scene.program().code == 0, scene.ends[-1].errors
        assert each_landed_once(scene)
        campaign.proved(scene, struck=min(2, tries.stat().st_size))
