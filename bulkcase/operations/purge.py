"""purge: delete runs for good, with all that the ledger keeps for them alone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bulkcase.errors import UsageError
from bulkcase.job.quantities import duration
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.ledger.keeping import ended_at, families, never
from bulkcase.ledger.locks import TargetLock, holder_of
from bulkcase.ledger.purging import Purging
from bulkcase.operations.common.desk import here, lock_name
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.find import existing_ledger
from bulkcase.operations.common.runtime import Runtime
from bulkcase.operations.purging.kept import nobody, why_kept, why_not_purged
from bulkcase.operations.purging.purged import Purged, PurgedRun
from bulkcase.operations.running.touched import FILE as TOUCHED
from bulkcase.reporting.formats.html import FILE as PAGE
from bulkcase.reporting.formats.jsonl import FILE as LINES
from bulkcase.reporting.summary import FILE as SUMMARY
from bulkcase.reporting.taken import take_away

_UNEDITED: Final = (SUMMARY, PAGE, LINES, TOUCHED)
"""The files of a report that no person works in."""
_SHORTEST: Final = 4
"""Characters of an id: "90" may be an age whose option was forgotten."""
_DAY: Final = 86_400.0
_WEEK: Final = 7 * _DAY
"""Calls stay for so long at least, in seconds: a job may have a longer quota tomorrow than any has today."""


Ask = Callable[[Purged], bool]
"""Shows a person what is to be purged; whether they want it."""


def purge(
    *runs: str | Run,
    older_than: str | float | None = None,
    reports: bool = False,
    dry_run: bool = False,
    state: str | Path | None = None,
    sandbox: bool = False,
    ask: Ask | None = None,
    runtime: Runtime | None = None,
) -> Purged:
    """Delete runs of the ledger for good: these, or all that ended longer ago than `older_than`, such as "90d".

    A number is one of seconds. With `reports` the files go too that bulkcase wrote into their report folders;
    `dry_run` deletes nothing; `ask` shows a person what is to go. `state` and `sandbox` say which ledger it is.

    It makes no call, and returns when they are gone: where an event loop runs, `asyncio.to_thread` keeps that going.

    A run that is not finished is never purged, nor one that a kept run needs: such a one is in `kept`. Raises
    UsageError where a run that was named is one of these, Locked where a command is at work on its target, and
    EnvironmentFailed where files or ledger cannot be changed: what is not deleted yet is all there then.
    """
    runtime = runtime or Runtime()
    path = next((run.ledger for run in runs if isinstance(run, Run)), None)
    path = path or existing_ledger(state=state, sandbox=sandbox)
    names = tuple(run.id if isinstance(run, Run) else run for run in runs)
    wanted = _Wanted(names, _age(older_than), path, reports)
    if wanted.is_named == (older_than is not None):
        raise UsageError(
            "name the runs to purge, or say how old they are with --older-than, such as 90d: one of the two"
        )
    with Ledger(path) as ledger:
        chosen = wanted.find(ledger, runtime.clock.now())
        if dry_run:
            return wanted.look(ledger, chosen, lambda target: _is_held(ledger, target, runtime))[1]
        with _locked(ledger, {run.target for run in chosen}, runtime) as targets:
            finish_half_purged(ledger, targets, runtime)
            still = {run.seq for run in ledger.runs()}
            going, found = wanted.look(ledger, [ledger.run(run.id) for run in chosen if run.seq in still])
            if ask is not None and going and not ask(found):
                return found
            left = list(_take_reports(going, runtime.clock.now(), all_of_it=reports))
            purge_runs(ledger, going, targets, runtime)
            return replace(found, is_done=True, left=left, notes=_settled(ledger, targets, runtime))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The runs that somebody wants to be purged."""

    names: tuple[str, ...]
    age: float
    """In seconds, for those that are not named."""
    path: Path
    reports: bool
    """Whether their reports go as well."""

    @property
    def is_named(self) -> bool:
        """Whether they are known by their names."""
        return bool(self.names)

    def find(self, ledger: Ledger, now: float) -> list[RunRecord]:
        """Return them; raises UsageError where there is none of a name, or more than one."""
        if not self.is_named:
            return [run for run in ledger.runs() if ended_at(run) < now - self.age]
        half = [run_id for _, run_id, _ in ledger.purging().left()]
        found: dict[int, RunRecord] = {}
        for name in self.names:
            if len(name) < _SHORTEST:
                raise UsageError(
                    f'"{name}" is too short to delete a run by: give {_SHORTEST} characters of its id at least, or an '
                    "age with --older-than, such as 90d"
                )
            try:
                run = ledger.find(name)
            except UsageError:
                # What was cut off while it purged such a run goes on, and is done with it.
                if not any(name and name in run_id for run_id in half):
                    raise
            else:
                found[run.seq] = run
        return list(found.values())

    def look(
        self, ledger: Ledger, chosen: Sequence[RunRecord], is_held: Callable[[str], bool] = nobody
    ) -> tuple[list[RunRecord], Purged]:
        """Return those that can be purged, and what a person is told; raises UsageError for a named one that stays.

        `is_held` says whether somebody is at work on a target.
        """
        purging = ledger.purging()
        kept = why_kept(ledger, purging, chosen, is_named=self.is_named, is_held=is_held)
        if kept and self.is_named:
            raise UsageError(*why_not_purged(ledger, chosen, kept, is_held, reports=self.reports))
        going = [run for run in chosen if run.seq not in kept]
        told = {run.id: kept[run.seq] for run in chosen if run.seq in kept}
        return going, Purged(self.path, [_told(purging, run) for run in going], told)


def finish_half_purged(ledger: Ledger, targets: Sequence[str], runtime: Runtime) -> None:
    """Take out what a purge has left that was cut off, and settle what other dead commands left at some targets."""
    purging = ledger.purging()
    for seq, _, target in purging.left():
        if target in targets:
            purging.purge([seq])
    for target in targets:
        ledger.recover(target, runtime.instant())


def purge_runs(
    ledger: Ledger,
    going: Sequence[RunRecord],
    targets: Sequence[str],
    runtime: Runtime,
    *,
    is_late: Callable[[], bool] = never,
) -> list[RunRecord]:
    """Take runs out of the ledger, with what nobody needs any more; return them.

    Once it `is_late` no further one is begun. Raises LedgerError.
    """
    purging, done = ledger.purging(), list[RunRecord]()
    windows = [span for run in ledger.runs() for _, span in run.report.windows]
    for family in families(going):
        if is_late():
            break
        purging.purge([run.seq for run in family])
        done += family
    for target in targets:
        purging.purge_cases(target)
    # A call without an answer counts for the timeout of its job on top.
    purging.purge_calls(runtime.instant(), max(*windows, purging.longest_window(), _WEEK) + _DAY)
    return done


def _age(written: str | float | None) -> float:
    if written is None:
        return 0.0
    if not isinstance(written, str):
        if not written > 0:
            raise UsageError(f'older_than: {written} is no age: give seconds above 0, or a text such as "90d"')
        return written
    try:
        return duration(written)
    except ValueError as error:
        raise UsageError(f'--older-than: "{written}" {error}') from None


@contextmanager
def _locked(ledger: Ledger, wanted: set[str], runtime: Runtime) -> Iterator[list[str]]:
    """Hold the locks of targets while their runs are purged, and of those where a purge was cut off; yield them."""
    half = {target for _, _, target in ledger.purging().left()}
    free = {target for target in half - wanted if not _is_held(ledger, target, runtime)}
    targets = sorted(wanted | free)
    with TargetLock(runtime.locks(), [lock_name(each, ledger.path) for each in targets], here("purge", runtime)):
        yield targets


def _is_held(ledger: Ledger, target: str, runtime: Runtime) -> bool:
    return holder_of(runtime.locks(), lock_name(target, ledger.path)) is not None


def _settled(ledger: Ledger, targets: Sequence[str], runtime: Runtime) -> list[str]:
    """Let the files show nothing of what was purged; return what a person should know of that."""
    others = {run.target for run in ledger.runs()} - set(targets)
    # They write with every row, and wait for nobody for as long as a large file takes.
    is_alone = not any(_is_held(ledger, target, runtime) for target in others)
    notes = []
    if not is_alone:
        notes.append(
            "the ledger's file is as large as before, as a run of another target goes on: new rows use the room"
        )
    if not ledger.purging().settle(smaller=is_alone):
        notes.append(
            f"another program reads the ledger: until it is done, the journal beside {ledger.path} may still show what "
            "was purged: purge again then"
        )
    return notes


def _told(purging: Purging, run: RunRecord) -> PurgedRun:
    return PurgedRun(
        id=run.id,
        job=run.job,
        target=run.target,
        state=run.state,
        rows=run.rows or 0,
        bytes=purging.size(run),
        in_doubt=purging.in_doubt(run),
        ended_at=ended_at(run),
        folder=Path(run.folder) if run.folder is not None and Path(run.folder).is_dir() else None,
    )


def _take_reports(going: Sequence[RunRecord], now: float, *, all_of_it: bool) -> Iterator[Path]:
    """Delete the reports of runs, if that is wanted; yield what stays."""
    for run in going:
        folder = None if run.folder is None else Path(run.folder)
        if folder is None or not folder.is_dir():
            continue
        if all_of_it:
            yield from take_away(folder, _UNEDITED, now)
        else:
            yield folder
