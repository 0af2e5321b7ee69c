"""Long runs with every kind of fault at once, kills and stops, and everything that the program uses watched."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

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
LONGEST = 900.0
"""Seconds after which a process of the full form counts as stuck."""
COMMAND = "python -m pytest -n0 tests/campaign/test_soak.py"


@contextmanager
def a_soak(campaign: Campaign, rows: int, seed: int, **job: Any) -> Iterator[Soak]:
    """Serve so many cases with every fault, one call in twenty hit by one; `job` are parts of `write_job`."""
    settings = SandboxSettings(
        windows=WINDOWS,
        latency=(0.0, 0.004),
        faults=chances(0.05),
        seed=seed,
        require_jti=True,
        page_size=1000,
        keep_bodies=False,
    )
    lines = simple_rows(rows)
    write_cases(campaign.folder, lines)
    command = f"{COMMAND}{' --full' if campaign.is_full else ''}"
    with to_be_repeated(seed, command), ServerProcess(settings, [case for case, _ in lines], campaign.folder) as server:
        # Tokens are part of the job's text, behind the client's secret.
        job = {"host": server.url, "settings": settings, "quota": QUOTA, "retry": RETRY, "timeout": "300ms"} | job
        file = write_job(campaign.folder, **job)
        file.write_text(file.read_text(encoding="utf-8").replace("[auth]", "[auth]\njti = true"), encoding="utf-8")
        # It answers to what a scene asks of its server.
        yield Soak(Scene(campaign.folder, cast(ServerThread, server), lines), server, settings)


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """By which faults and blows are drawn."""
    return int(request.config.getoption("--soak-seed"))


def test_of_every_fault_is_said_what_a_row_may_end_as() -> None:
    """No member of `Fault` is without its effect, so that each new one is thought about."""
    assert set(EFFECTS) == set(Fault)


def prove_that_it_stays_small(soak: Soak, rows: int) -> None:
    """Memory, files, connections and the log do not grow from the first half of the run to the second."""
    first, second = soak.halves(warm=1.0)
    assert first
    assert second

    def most(looks: Sequence[Look], name: str) -> float:
        return float(max(getattr(look, name) for look in looks))

    assert most(second, "memory") <= 1.15 * most(first, "memory")
    assert most(soak.looks, "memory") <= 250
    assert most(second, "files") <= most(first, "files") + 2
    assert most(soak.looks, "connections") <= IN_FLIGHT + 2
    assert most(soak.looks, "log") <= 16
    assert soak.ledger() <= 2**20 + 700 * rows


@pytest.mark.fault("every fault at once", "one call in twenty hit, SIGKILL and SIGTERM now and then; jti, strict windows")
def test_a_long_run_with_every_fault_loses_nothing_and_stays_small(campaign: Campaign, seed: int) -> None:
    """Each row ends as the faults allow by which it was hit, nothing is sent needlessly, and memory is flat."""
    rows = campaign.size(6000, 200_000)
    with a_soak(campaign, rows, seed) as soak:
        soak.go_through(blows(seed, campaign.size(3, 10), rows), LONGEST)
        import json  # DEBUG
        f,s = soak.halves(1.0)
        for n in Look._fields: print(n, max(getattr(l,n) for l in f) if f else None, max(getattr(l,n) for l in s) if s else None, max(getattr(l,n) for l in soak.looks))
        print(soak.ledger()/rows, soak.scene.outcomes(), [(e.code, e.command) for e in soak.scene.ends], len(soak.scene.calls), soak.scene.repeats())
        print(soak.scene.lost()[:10], len(soak.scene.lost()))
        assert soak.wrong(attempts=ATTEMPTS) == []
        assert soak.not_by_the_seed() == []
        prove_that_it_stays_small(soak, rows)
        campaign.proved(soak.scene, repeats=IN_FLIGHT * len(soak.killed), outcomes=soak.scene.outcomes())
