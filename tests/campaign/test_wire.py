"""Answers that are spoiled on the wire: cut off, too slow, too large, of a wrong length, without end, and no HTTP."""

import sys

import pytest
from support.campaign import Campaign
from support.spoiled import JOB, WINDOWS, Promise, as_parameters, job_for, keeps, retried, settings_for, watched

from bulkcase.sandbox import Fault, SandboxSettings

LOST, LARGE, LATE = "connection_lost", "answer_too_large", "timeout"
CUT_OFF = [
    Promise(Fault.RESET_BEFORE, "reset instead of an answer, nothing landed", "unknown", LOST),
    Promise(Fault.RESET_AFTER, "reset instead of an answer, landed", "unknown", LOST),
    Promise(Fault.RESET_IN_HEAD, "reset in the middle of the answer's head", "unknown", LOST),
    Promise(Fault.RESET_IN_BODY, "reset in the middle of the answer's body", "unknown", LOST),
    Promise(Fault.HALF_BODY, "closed in the middle of the answer's body", "unknown", LOST),
    Promise(Fault.LENGTH_TOO_SMALL, "twice as many bytes as Content-Length says", "unknown", (LOST, "answer_broken")),
    Promise(Fault.LENGTH_TOO_LARGE, "Content-Length says ten gigabytes more than come", "unknown", LATE),
    Promise(Fault.SLOW_HEAD, "the head a byte at a time, longer than the timeout", "unknown", LATE),
    Promise(Fault.SLOW_BODY, "the body a byte at a time, longer than the timeout", "unknown", LATE),
    Promise(Fault.BAD_STATUS_LINE, "a status line without a status", "unknown", LOST),
    Promise(Fault.OLD_HTTP, "a body without a head, as of HTTP/0.9", "unknown", LOST),
    Promise(Fault.ODD_ENCODING, "said to be packed by br, which nobody asked for", "unknown", LOST),
]
BLOWN_UP = [
    Promise(Fault.GZIP_BOMB, "1 MB of gzip that unpacks to 1 GiB", "unknown", LARGE),
    Promise(Fault.DEFLATE_BOMB, "1 MB of deflate that unpacks to 1 GiB", "unknown", LARGE),
    Promise(Fault.ZSTD_BOMB, "32 kB of zstd that unpack to 1 GiB", "unknown", (LOST, LARGE)),
    Promise(Fault.NESTED_BOMB, "a few kB of gzip in gzip that unpack to 1 GiB", "unknown", ("answer_broken", LARGE)),
    Promise(Fault.ENDLESS_BODY, "chunks without end", "unknown", LARGE),
    Promise(Fault.LARGE_BODY, "a real answer of 512 MiB", "unknown", LARGE),
    Promise(Fault.LONG_HEADER, "a header of 64 kB", "unknown", LOST),
    Promise(Fault.MANY_HEADERS, "ten thousand headers", "unknown", LOST),
    Promise(Fault.ENDLESS_HEAD, "headers without end", "unknown", LOST),
    Promise(Fault.INTERIM_ENDLESS, "1xx without end", "unknown", LOST),
]
HARMLESS = [
    Promise(Fault.INTERIM_FLOOD, "five hundred 1xx before the answer"),
    Promise(Fault.UNSOLICITED, "a second answer that nobody asked for behind the first"),
    Promise(Fault.CLOSE_AFTER, "closed behind the answer without a word"),
]
MOST_MEMORY = 200 << 20
"""Bytes of the whole process; without anything wrong it has some 90 MiB."""


@pytest.mark.parametrize("promise", as_parameters(CUT_OFF))
def test_an_answer_that_is_none_leaves_no_row_untold(campaign: Campaign, promise: Promise) -> None:
    """A spoiled answer is no answer: the row is sent again, and where that never ends well it is unknown."""
    rows = campaign.size(8, 200)
    with campaign.scene(rows, settings_for(promise, rows, trickle=0.05), **job_for(promise)) as scene:
        scene.program()
        keeps(promise, campaign, scene)
        if campaign.is_full:
            retried(scene)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of a process where Linux keeps it")
@pytest.mark.parametrize("promise", as_parameters(BLOWN_UP))
def test_an_answer_without_bounds_costs_neither_memory_nor_time(campaign: Campaign, promise: Promise) -> None:
    """Of an answer no more is read than one may have, in a process that stays small, and the row is sent again."""
    rows, peaks = campaign.size(8, 100), list[int]()
    with campaign.scene(rows, settings_for(promise, rows), **JOB) as scene:
        scene.program(meanwhile=watched(peaks))
        keeps(promise, campaign, scene)
        assert 0 < peaks[0] < MOST_MEMORY, f"{peaks[0] >> 20} MiB"
        if campaign.is_full:
            retried(scene)


@pytest.mark.fault("all of the wire", "each kind by a case of its own, where the job says leave")
def test_what_may_have_landed_is_sent_once_where_the_job_says_leave(campaign: Campaign) -> None:
    """Each row that meets one is unknown by its first call, and every other one is updated."""
    faults = [promise.fault for promise in (*CUT_OFF, *BLOWN_UP)]
    # A good row between two bad ones: so many lost answers in a row would be an outage.
    hit = {f"ci-{2 * number:06d}": [fault] for number, fault in enumerate(faults)}
    settings = SandboxSettings(windows=WINDOWS, case_scripts=hit, trickle=0.05)
    retry = 'attempts = 3\nunanswered = "leave"'
    with campaign.scene(2 * len(hit), settings, **{**JOB, "timeout": "2s", "retry": retry}) as scene:
        assert scene.program().code == 1, scene.ends[-1].errors
        assert {line["Case ID"] for line in scene.report() if line["bulkcase_outcome"] == "unknown"} == set(hit)
        assert len(scene.calls) == len(scene.rows)
        campaign.proved(scene, outcomes={"unknown": len(hit), "updated": len(hit)})


def harmless(promise: Promise, rows: int) -> SandboxSettings:
    """Return a server that does it with every call."""
    return SandboxSettings(windows=WINDOWS, faults={promise.fault: 1.0})


@pytest.mark.parametrize("promise", as_parameters(HARMLESS))
def test_what_comes_around_an_answer_does_not_spoil_it(campaign: Campaign, promise: Promise) -> None:
    """Every answer is taken for the one of its own call, and no row is sent twice."""
    rows = campaign.size(40, 2000)
    with campaign.scene(rows, harmless(promise, rows), **JOB) as scene:
        assert scene.program().code == 0, scene.ends[-1].errors
        assert len(scene.calls) == rows
        campaign.proved(scene)
