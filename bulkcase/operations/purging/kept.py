"""Which runs are not purged, why, and how they would be."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from bulkcase.ledger import Ledger, RunRecord
from bulkcase.ledger.keeping import Together, belonging, never, staying
from bulkcase.ledger.purging import Purging
from bulkcase.ledger.queries.found import UNFINISHED
from bulkcase.model import RunState
from bulkcase.operations.common.runtime import command_line, place_options

_MOST: Final = 20
"""So many runs are named in one command; more are purged by their age."""


def nobody(_: str) -> bool:
    """Say that nobody is at work on a target."""
    return False


def why_kept(
    ledger: Ledger,
    purging: Purging,
    chosen: Sequence[RunRecord],
    *,
    is_named: bool = False,
    is_held: Callable[[str], bool] = nobody,
    is_late: Callable[[], bool] = never,
) -> dict[int, str]:
    """Return which of some runs are not to be purged, by their `seq`, and why.

    Rows in doubt keep a run, unless it `is_named`: nobody could say any more what became of them. `is_held` says
    whether somebody is at work on a target. Once it `is_late`, all those stay that may be needed. Raises LedgerError.
    """
    alone: dict[int, str] = {}
    for run in chosen:
        if run.state in UNFINISHED:
            alone[run.seq] = _unfinished(run, ledger, is_held)
        elif not is_named and run.started_at is not None and run.exit_code != 0 and (rows := purging.in_doubt(run)):
            verify, named = (command_line(verb, run.id, ledger.path) for verb in ("verify", "purge"))
            alone[run.seq] = (
                f"{rows:,} of its rows are in doubt: {verify} looks at their cases; {named} deletes it as it is"
            )
    seqs, cases = {run.seq for run in chosen}, purging.shared_cases()
    return staying(seqs, ledger.runs(), alone=alone, cases=cases, is_late=is_late)


def _unfinished(run: RunRecord, ledger: Ledger, is_held: Callable[[str], bool]) -> str:
    state = run.state
    if state is RunState.RUNNING:
        if is_held(run.target):
            return f"it goes on at this moment: wait until it is done: {command_line('show', run.id, ledger.path)}"
        state = RunState.INTERRUPTED  # whoever worked on it could not write that down any more
    resume = command_line("resume", run.id, ledger.path)
    return (
        f"it is not finished ({state}): go on with it: {resume}; or start a new run of its job with --new, "
        "which gives it up"
    )


def why_not_purged(
    ledger: Ledger,
    chosen: Sequence[RunRecord],
    kept: Mapping[int, str],
    is_held: Callable[[str], bool],
    *,
    reports: bool = False,
) -> Iterator[str]:
    """Yield why runs that were named are not purged, and with which others they would be, or what keeps those.

    `reports` says whether their reports were to go as well.
    """
    every, share = ledger.runs(), ledger.purging().shared_cases().share
    seqs = belonging({run.seq for run in chosen}, every, share, _MOST)
    runs, why = {run.id: run for run in every if run.seq in seqs}, dict(kept)
    if len(runs) <= _MOST:
        why = why_kept(ledger, ledger.purging(), list(runs.values()), is_named=True, is_held=is_held)
    names = sorted(runs, key=lambda name: runs[name].seq)
    more = ["--reports"] if reports else []
    together = f": {shlex.join(['bulkcase', 'purge', *names, *more, *place_options(ledger.path)])}" if not why else ""
    if len(runs) > _MOST:
        together = f", more than {_MOST} of them: purge them by their age: --older-than 90d, say"
    for run in chosen:
        if run.seq in kept:
            is_one = isinstance(kept[run.seq], Together)
            yield f"run {run.id} was not purged: {kept[run.seq]}{together if is_one else ''}"
    for run in runs.values():
        if run.seq in why and run.seq not in kept and not isinstance(why[run.seq], Together):
            yield f"run {run.id} stays: {why[run.seq]}"
