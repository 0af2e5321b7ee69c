"""Finding runs in the ledger."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, or_, select

from bulkcase.errors import LedgerError, UsageError
from bulkcase.job.settings import SANDBOX
from bulkcase.ledger.records import RunRecord, as_record
from bulkcase.ledger.storage.database import in_words
from bulkcase.ledger.storage.tables import runs
from bulkcase.model import RunState

_SHOWN = 5
LAST = "last"
"""What stands for the newest run."""

UNFINISHED = (RunState.RUNNING, RunState.STOPPED, RunState.INTERRUPTED, RunState.PAUSED)
"""The states of a run that is in the way of a new one of its job."""


class FoundRuns:
    """The runs of a ledger, by what is known of them."""

    path: Path
    _writer: Connection

    def run(self, run_id: str) -> RunRecord:
        """Return a run by its id; raises LedgerError where there is none."""
        (found,) = self._runs(runs.c.id == run_id) or (None,)
        if found is None:
            raise LedgerError(f"{self.path}: knows no run {run_id}: check the id")
        return found

    def find(self, text: str, *, plan: bool = False) -> RunRecord:
        """Return the run that a person means: by id, a part of it that no other has, or "last".

        The last one is the newest that was started, or the newest `plan`. Raises UsageError where there is none, or
        more than one.
        """
        every = self.runs()
        if text == LAST:
            started = sorted((run.started_at, run.seq) for run in every if run.started_at is not None)
            last = [run.seq for run in every if run.state is RunState.PLANNED] if plan else [seq for _, seq in started]
            found = [run for run in every if run.seq in last[-1:]]
        else:
            found = [run for run in every if run.id == text] or [run for run in every if text and text in run.id]
        if len(found) == 1:
            return found[0]
        if found:
            named = ", ".join(run.id for run in found[-_SHOWN:])
            raise UsageError(f'"{text}" may mean {len(found)} runs, the newest are {named}: give more of the id')
        if text == LAST and every:
            raise UsageError(f"{self.path}: has no run that was started yet: bulkcase runs lists the plans it has")
        if text == LAST:
            has_rehearsals = (self.path.parent / SANDBOX / self.path.name).exists()
            hint = "those of a rehearsal: add --sandbox" if has_rehearsals else "bulkcase run makes one"
            raise UsageError(f"{self.path}: has no run yet: {hint}")
        near = get_close_matches(text, [LAST, *reversed([run.id for run in every])], n=2, cutoff=0.7)
        hint = (
            f"did you mean {' or '.join(near)}? bulkcase runs lists all" if near else "bulkcase runs lists those it has"
        )
        raise UsageError(f'{self.path}: has no run "{text}": {hint}')

    def runs(self) -> list[RunRecord]:
        """Return all runs whose input was read to its end, the oldest first."""
        return self._runs(runs.c.rows.is_not(None))

    def unfinished(self, job_file: str, target: str) -> list[RunRecord]:
        """Return the runs of a job at a target that were started and are not finished, the oldest first."""
        return self._runs(runs.c.job_file == job_file, runs.c.target == target, runs.c.state.in_(UNFINISHED))

    def related(self, run: RunRecord) -> list[RunRecord]:
        """Return a run, the one that it continues, those that continue it, and so on: the oldest first."""
        family = {run.id, run.continues or run.id}
        while True:
            found = self._runs(or_(runs.c.id.in_(family), runs.c.continues.in_(family)))
            grown = family.union(*({one.id, one.continues or one.id} for one in found))
            if grown == family:
                return found
            family = grown

    def last_ends(self, run: RunRecord) -> tuple[float | None, float | None]:
        """Return when a run of the same job at the same target last came to its end, and when one last ended well.

        Seconds since the epoch; None where none did.
        """
        ended = [
            (one.finished_at, one.exit_code == 0)
            for one in self._runs(runs.c.job_file == run.job_file, runs.c.target == run.target)
            if one.state is RunState.FINISHED and one.is_night and one.finished_at is not None
        ]
        finished = max((at for at, _ in ended), default=None)
        return finished, max((at for at, is_well in ended if is_well), default=None)

    def undone_by(self, run: RunRecord) -> list[RunRecord]:
        """Return the runs that were started to take a run back, and are not taken back themselves, the oldest first."""
        found = self._runs(runs.c.undoes == run.id, runs.c.started_at.is_not(None))
        return [one for one in found if not self._runs(runs.c.undoes == one.id, runs.c.state == RunState.FINISHED)]

    def taken_back(self, target: str) -> set[str]:
        """Return the ids of the runs of a target that do not count any more: taken back, or taking such a one back."""
        every = self._runs(runs.c.target == target)
        gone = {run.undoes for run in every if run.undoes is not None and run.state is RunState.FINISHED}
        return {run.id for run in every if run.id in gone or run.undoes in gone}

    def takes_back(self, run: RunRecord) -> list[RunRecord]:
        """Return the run that a run takes back, the one that this one took back, and so on: the newest first."""
        found: list[RunRecord] = []
        while run.undoes is not None:
            run = self.run(run.undoes)
            found.append(run)
        return found

    def _runs(self, *conditions: Any) -> list[RunRecord]:
        query = select(runs).where(*conditions).order_by(runs.c.seq)
        with in_words(self.path), self._writer.begin():
            return [as_record(dict(found)) for found in self._writer.execute(query).mappings()]
