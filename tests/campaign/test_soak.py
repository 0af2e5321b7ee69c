"""Long runs with every kind of fault at once, kills and stops, and everything that the program uses watched."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import pytest
from support.campaign import Campaign, Scene
from support.jobs import simple_rows, write_cases, write_job
from support.server import ServerThread
from support.soak import Look, Soak, blows, to_be_repeated
from support.soak_faults import EFFECTS, chances
from support.soak_server import ServerProcess

from bulkcase.sandbox import Fault, SandboxSettings

IN_FLIGHT = 12
ATTEMPTS = 3
QUOTA = f'windows = ["400/100ms", "100000/20s"]\nmax_in_flight = {IN_FLIGHT}\npace = "burst"'
WINDOWS = ((400, 0.1), (100_000, 20.0))
RETRY = f'attempts = {ATTEMPTS}\nmax_wait = "20ms"\nunanswered = "resend"'
SLOW = "windows = []\nmax_in_flight = 2"
TIMEOUT = 0.6
PAGE = 100
USUAL_MEMORY = 150
"""MiB, resident, but for what a flood takes for an instant: some of the largest answers at once."""
LARGEST_ANSWER, COPIES = 8, 3
"""MiB that an answer to an update may have before it is given up, and how often it may be there."""
LONGEST = 900.0
"""Seconds after which a process of the full form counts as stuck."""
COMMAND = "python -m pytest -n0 tests/campaign/test_soak.py"


@contextmanager
def a_soak(campaign: Campaign, rows: int, seed: int, *, share: float = 0.05, **job: str) -> Iterator[Soak]:
    """Serve so many cases with every fault, a `share` of the calls hit by one; `job` are parts of `write_job`."""
    lines = simple_rows(rows)
    settings = SandboxSettings(
        windows=WINDOWS,
        latency=(0.0, 0.004),
        faults=chances(share),
        # Chance alone may leave one out of a short run.
        case_scripts={case: [fault] for (case, _), fault in zip(lines[1::7], Fault, strict=False)},
        seed=seed,
        require_jti=True,
        page_size=PAGE,
        keep_bodies=False,
    )
    write_cases(campaign.folder, lines)
    command = f"{COMMAND}{' --full' if campaign.is_full else ''}"
    with to_be_repeated(seed, command), ServerProcess(settings, [case for case, _ in lines], campaign.folder) as server:
        parts = {"host": server.url, "quota": QUOTA, "retry": RETRY, "timeout": f"{TIMEOUT * 1000:.0f}ms"} | job
        file = write_job(campaign.folder, settings=settings, **parts)
        file.write_text(file.read_text(encoding="utf-8").replace("[auth]", "[auth]\njti = true"), encoding="utf-8")
        # It answers to what a scene asks of its server.
        yield Soak(Scene(campaign.folder, cast(ServerThread, server), lines), server, settings, IN_FLIGHT)


def test_of_every_fault_is_said_what_a_row_may_end_as() -> None:
    """No member of `Fault` is without its effect, so that each new one is thought about."""
    assert set(EFFECTS) == set(Fault)


def prove_that_it_stays_small(soak: Soak, rows: int) -> None:
    """Memory and files do not grow while the last process sends; connections, log and ledger are bounded."""
    first, second = soak.halves(warm=1.0)
    assert most(soak.looks, "memory") <= USUAL_MEMORY + IN_FLIGHT * LARGEST_ANSWER * COPIES
    # In a short run some floods, one upon the other, are most of the time: only a long one tells what is usual.
    if rows >= 10_000:
        assert most(usual(second), "memory") <= 1.15 * most(usual(first), "memory")
        assert most(usual(soak.looks), "memory") <= USUAL_MEMORY
    assert most(second, "files") <= most(first, "files") + 2
    assert most(soak.looks, "connections") <= IN_FLIGHT + 2
    assert most(soak.looks, "log") <= 16
    assert soak.ledger() <= 2**20 + 400 * rows


def usual(looks: Sequence[Look]) -> Sequence[Look]:
    """Return looks without the tenth of them with the most memory: what a flood takes for an instant."""
    return sorted(looks, key=lambda look: look.memory)[: math.ceil(0.9 * len(looks))]


def most(looks: Sequence[Look], name: str) -> float:
    """Return the largest of one figure."""
    return float(max(getattr(look, name) for look in looks))


@pytest.mark.fault(
    "every fault at once", "one call in twenty hit, SIGKILL and SIGTERM now and then; jti, strict windows"
)
def test_a_long_run_with_every_fault_loses_nothing_and_stays_small(campaign: Campaign, seed: int) -> None:
    """Each row ends as the faults allow by which it was hit, nothing is sent needlessly, and memory is flat."""
    rows = campaign.size(6000, 200_000)
    with a_soak(campaign, rows, seed) as soak:
        soak.go_through(blows(seed, campaign.size(3, 10), rows), LONGEST)
        assert soak.wrong(attempts=ATTEMPTS) == []
        assert soak.not_by_the_seed() == []
        prove_that_it_stays_small(soak, rows)
        proof = campaign.proved(
            soak.scene, repeats=IN_FLIGHT * len(soak.killed) + soak.late, outcomes=soak.scene.outcomes()
        )
        assert set(proof.hit) == set(Fault)


@pytest.mark.fault(
    "every fault at once, live cases read first", "one call in ten hit, SIGKILL and SIGTERM; no case resent unread"
)
def test_where_cases_are_read_nothing_that_landed_is_ever_sent_again(campaign: Campaign, seed: int) -> None:
    """With live cases to look at, not even a crash or a lost answer makes a call for a case that had landed."""
    rows = campaign.size(600, 30_000)
    with a_soak(campaign, rows, seed, share=0.1, snapshot='read = "always"') as soak:
        soak.go_through(blows(seed, campaign.size(2, 6), rows), LONGEST)
        assert soak.wrong(attempts=ATTEMPTS, looks=True) == []
        assert soak.not_by_the_seed() == []
        assert soak.sent_after_landing() == []
        prove_that_it_stays_small(soak, rows)
        proof = campaign.proved(soak.scene, outcomes=soak.scene.outcomes())
        assert set(proof.hit) == set(Fault)
