"""Those who send the rows of a run: the canary first, then all the others, then whoever reads them back."""

import logging
from collections.abc import Collection, Mapping
from pathlib import Path

from bulkcase.kore.door import Door
from bulkcase.ledger import Journal, RunRecord
from bulkcase.model import Result
from bulkcase.operations.common.desk import Desk
from bulkcase.operations.live.reader import a_reader, wanted_of
from bulkcase.operations.running.canary import Canary
from bulkcase.operations.running.prove import Prover, found_anew, listed_anew
from bulkcase.operations.running.supply import Supply
from bulkcase.operations.running.whereabouts import Case
from bulkcase.planning.landed import Landed
from bulkcase.reading.reader import Reader
from bulkcase.sending import Pool, Sender
from bulkcase.sending.pool import OnSettled, Source
from bulkcase.stopping import StopSwitch

_log = logging.getLogger(__name__)


class Crew:
    """Sends what a supply has; `told` is told of each row."""

    def __init__(
        self,
        desk: Desk,
        run: RunRecord,
        supply: Supply,
        *,
        door: Door,
        journal: Journal,
        stop: StopSwitch,
        told: OnSettled,
    ) -> None:
        self._desk = desk
        self._run = run
        self._supply = supply
        self._door = door
        self._journal = journal
        self._stop = stop
        self._told = told

    async def work(self, workers: int) -> None:
        """Send all rows, unless the first ones tell that they should not be.

        Raises Stopped where the run is stopped, and what the pool raises.
        """
        safety = self._desk.job.safety
        if safety.canary and not self._run.canary:
            await self._canary(safety.canary, workers)
            self._stop.check()
        await self._pool(self._supply.source, self._told, verifies=safety.verify != "none").run(workers)
        self._stop.check()
        if safety.verify == "live":
            await self._read_back()

    async def _canary(self, size: int, workers: int) -> None:
        assert self._run.folder is not None, "it was started"

        def pool(source: Source, noted: OnSettled) -> Pool:
            def told(result: Result, seconds: float) -> None:
                noted(result, seconds)
                self._told(result, seconds)

            return self._pool(source, told, verifies=True)

        canary = Canary(
            self._supply,
            pool,
            self._desk.ledger.sent(self._run, self._run.snapshot),
            self._prover(),
            self._find_anew,
            clock=self._desk.runtime.clock,
            stop=self._stop,
            folder=Path(self._run.folder),
        )
        how = await canary.try_out(size, workers)
        if how is not None:
            self._desk.ledger.update_run(self._run, canary=how)

    async def _read_back(self) -> None:
        """Compare all that was sent with the cases: on their pages, or with all, where these may have left the list."""
        desk, run, clock = self._desk, self._run, self._desk.runtime.clock
        began = clock.now()
        prover = self._prover()
        if prover is None or run.snapshot is None or desk.ledger.snapshot(run.snapshot).record().filter:
            snapshot = await listed_anew(desk.ledger, run, self._unfiltered(), now=began)
            sent = desk.ledger.sent(run, snapshot.id)
            prover = Prover(sent, None, clock=clock, stop=self._stop, newer=None)
        counts = await prover.all(since=began, is_new=True)
        untold = counts[Landed.NOT_SEEN] + counts[Landed.NOT_SHOWN]
        if untold:
            _log.warning("%d rows were sent whose cases, read back, do not show it: see bulkcase verify", untold)

    def _prover(self) -> Prover | None:
        """Return what reads cases back; None where they cannot be read."""
        whereabouts = self._supply.whereabouts
        if whereabouts is None:
            return None
        sent = self._desk.ledger.sent(self._run, self._run.snapshot)
        return Prover(sent, whereabouts, clock=self._desk.runtime.clock, stop=self._stop, newer=None)

    def _unfiltered(self) -> Reader:
        job = self._desk.job
        return a_reader(job, self._door, self._desk.runtime, self._journal, self._stop, wanted=wanted_of(job, {}))

    async def _find_anew(self, wanted: Collection[str]) -> Mapping[str, Case]:
        now = self._desk.runtime.clock.now()
        return await found_anew(self._desk.ledger, self._run, self._unfiltered(), wanted, now=now)

    def _pool(self, source: Source, told: OnSettled, *, verifies: bool) -> Pool:
        job, runtime = self._desk.job, self._desk.runtime
        return Pool(
            source,
            door=self._door,
            sender=Sender(
                self._door,
                job.retry,
                clock=runtime.clock,
                chance=runtime.chance,
                stop=self._stop,
                verifies=verifies,
                can_look=self._supply.whereabouts is not None,
            ),
            journal=self._journal,
            clock=runtime.clock,
            stop=self._stop,
            on_settled=told,
        )
