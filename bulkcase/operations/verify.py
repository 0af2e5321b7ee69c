"""verify: read the cases of a run back, and say of every row that was sent whether it stands there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Unpack

from bulkcase.errors import CasesRefused, UsageError
from bulkcase.ledger import Ledger, RunRecord, Snapshot
from bulkcase.ledger.storage.stored import root_of
from bulkcase.logged import RUN
from bulkcase.model import Outcome, RunState
from bulkcase.operations.closing.ending import ending
from bulkcase.operations.common.desk import Desk, at_desk
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.find import found_run, job_of
from bulkcase.operations.common.notebook import causes, counted, line, table
from bulkcase.operations.common.options import Options, refuse_unknown
from bulkcase.operations.common.runtime import Runtime
from bulkcase.operations.live.credentials import check_credentials
from bulkcase.operations.live.reader import opened_reader
from bulkcase.operations.report import write_report
from bulkcase.operations.running.prove import Prover, listed_anew
from bulkcase.operations.running.whereabouts import Whereabouts
from bulkcase.planning.landed import Landed
from bulkcase.reading.reader import Wanted
from bulkcase.stopping import StopSwitch

if TYPE_CHECKING:
    import pandas as pd

_CUT_SHORT: Final = (RunState.INTERRUPTED, RunState.PAUSED)
_NEVER: Final = float("inf")
"""Seconds after which a page that was read for this is too old."""


@dataclass(frozen=True, slots=True, repr=False)
class Verification:
    """What the cases of a run tell, and the run as it is by that."""

    run: Run
    counts: Mapping[Landed, int]
    """The rows that were sent, by what their cases tell."""
    gaps: str
    """Why some cases may not have been seen; empty where all were."""

    @property
    def exit_code(self) -> int:
        """Return 0 where all that was sent stands there, and nothing else was seen to change with it; else 1."""
        is_unlike = bool(self.run.outcomes[Outcome.MISMATCH])
        return int(is_unlike or any(count for landed, count in self.counts.items() if landed is not Landed.APPLIED))

    def frame(self) -> "pd.DataFrame":
        """Return every row that was sent, as `Run.frame` has it, as a pandas DataFrame.

        `bulkcase_verified` says how its case shows what was sent, `bulkcase_error` what else stands there.
        """
        frame = self.run.frame()
        # A file may have a column of that name: those of the result are the last.
        last = max(place for place, name in enumerate(frame.columns) if name == "bulkcase_attempts")
        return frame[frame.iloc[:, last] > 0]

    def __repr__(self) -> str:
        return line("Verification", self.run.id, (counted(self.counts.items()) or "nothing was sent",))

    def _repr_html_(self) -> str:
        """Return it as a notebook shows it."""
        told = [("cases", counted(self.counts.items())), ("some may be missing", self.gaps)]
        return table(f"Verification of run {self.run.id}", [*told, *causes(self.run.summary.errors)])


async def verify(
    run: str | Run, *, state: str | Path | None = None, sandbox: bool = False, **options: Unpack[Options]
) -> Verification:
    """Read the cases back that a run has sent updates for, in pages, and compare; the run and its report say so then.

    `run` is what a verb returned, an id, a part of one that no other has, or "last", in the ledger of the folder
    `state`; `sandbox` looks among the rehearsals. For the options see `Options`.

    Raises UsageError for a run that has sent nothing, CredentialsError, Locked, EnvironmentFailed or CasesRefused where
    the cases cannot be read, and NotPlanned where that is stopped.
    """
    refuse_unknown(options, verify)
    options.setdefault("stop", StopSwitch())
    runtime = options.get("runtime") or Runtime()
    path, record = found_run(run, state=state, sandbox=sandbox)
    RUN.set(record.id)
    job = job_of(record, path, reports=options.get("reports"))
    check_credentials(job, runtime)
    with at_desk(job, f"verify {record.id}", runtime) as desk:
        ledger, record = desk.ledger, desk.ledger.run(record.id)
        if not ledger.sent(record, None).count():
            raise UsageError(f"run {record.id} has sent nothing: there is nothing to verify")
        counts, gaps = await _counted(desk, record, options)
        return Verification(_reported(desk, ledger.run(record.id)), counts, gaps)


async def _counted(desk: Desk, record: RunRecord, options: Options) -> tuple[Mapping[Landed, int], str]:
    """Read the cases, by their places where these are known, and compare them with the rows."""
    ledger, fields = desk.ledger, tuple(dict.fromkeys(map(root_of, record.fields)))
    keys, stop = ledger.sent(record, None).keys(), options.get("stop")
    assert stop is not None, "verify sets it"
    async with opened_reader(desk, keys, options, run=record, wanted=Wanted({}, fields, ())) as at:
        clock = desk.runtime.clock
        began = clock.now()
        known = _known(ledger, record)
        try:
            snapshot = known or await listed_anew(ledger, record, at.reader, now=began, told=at.tally.read)
            whereabouts = None if known is None else Whereabouts(at.reader, known, clock.now, _NEVER)
            sent = ledger.sent(record, snapshot.id)
            prover = Prover(sent, whereabouts, clock=clock, stop=stop, newer=ledger.rows(record).newer)
            counts = await prover.all(since=began, is_new=False)
        except CasesRefused as error:
            raise CasesRefused(
                f"run {record.id} cannot be verified: {error}: see that the app may call getCases"
            ) from None
    return {landed: counts[landed] for landed in Landed}, "" if known else snapshot.record().gaps


def _known(ledger: Ledger, record: RunRecord) -> Snapshot | None:
    """Return the list that a run was planned by, where that tells on which pages its cases are.

    What a run sends may have taken cases out of a list that was filtered.
    """
    if record.snapshot is None:
        return None
    snapshot = ledger.snapshot(record.snapshot)
    found = snapshot.record()
    return snapshot if found.pages and found.is_over and not found.filter else None


def _reported(desk: Desk, record: RunRecord) -> Run:
    """Write the report as the rows are now; a run of which all was sent may have an end of another kind by that."""
    counts = desk.ledger.rows(record).counts()
    unread = desk.ledger.sent(record, None).count(is_new=True)
    # It was stopped while it read back, and that is done now.
    is_done = record.state in _CUT_SHORT and not (counts[Outcome.PENDING] or counts[Outcome.UNKNOWN] or unread)
    if record.state is RunState.FINISHED or is_done:
        state, exit_code, reason = ending(record, counts, None, 0)
        record = desk.ledger.update_run(record, state=state, exit_code=exit_code, reason=reason)
    return write_report(desk.ledger, record, desk.runtime.clock.now())
