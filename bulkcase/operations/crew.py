"""Those who send the rows of a run: the canary first, then all the others, then whoever reads them back."""

import logging
from pathlib import Path

from bulkcase.kore.door import Door
from bulkcase.ledger import Journal, RunRecord
from bulkcase.model import Result
from bulkcase.operations.canary import Canary
from bulkcase.operations.desk import Desk
from bulkcase.operations.look import a_reader, wanted_of
from bulkcase.operations.prove import Prover, none_later
from bulkcase.operations.supply import Supply
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
            clock=self._desk.runtime.clock,
            stop=self._stop,
            folder=Path(self._run.folder),
        )
        how = await canary.try_out(size, workers)
        if how is not None:
            self._desk.ledger.update_run(self._run, canary=how)

    async def _read_back(self) -> None:
        """Compare all that was sent with the cases; where the list was filtered, with all of them, read anew."""
        desk, runtime, run = self._desk, self._desk.runtime, self._run
        assert run.snapshot is not None, "the job needs the live cases for it"
        began = runtime.clock.now()  # pages that were read while rows were sent do not show those that came after
        prover = self._prover()
        record = desk.ledger.snapshot(run.snapshot).record()
        if record.filter:
            # What was sent may have taken cases out of such a list.
            fresh = desk.ledger.new_snapshot(run.target, {}, record.kept, runtime.clock.now())
            reader = a_reader(desk.job, self._door, runtime, self._journal, self._stop, wanted=wanted_of(desk.job, {}))
            await reader.read_on(fresh, lambda *_: None)
            sent = desk.ledger.sent(run, fresh.id)
            prover = Prover(sent, None, clock=runtime.clock, stop=self._stop, later=none_later)
        assert prover is not None, "as above"
        await prover.all(since=began, is_new=True)

    def _prover(self) -> Prover | None:
        """Return what reads cases back; None where they cannot be read."""
        whereabouts = self._supply.whereabouts
        if whereabouts is None:
            return None
        sent = self._desk.ledger.sent(self._run, self._run.snapshot)
        clock = self._desk.runtime.clock
        return Prover(sent, whereabouts, clock=clock, stop=self._stop, later=none_later)

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
