"""Which runs may be purged, and why the others stay. Pure.

A run goes only where no run that is kept has any use for it:

- those that belong together (a corrected file and the run that it corrects, an undo and the run that it takes back) go
  together, or none of them does;
- a run that may have changed a case stays as long as an earlier one is kept that could still send an update of that
  case, or be taken back or corrected: whatever is asked about later changes of a case has the same answer afterwards.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from bulkcase.ledger.records import RunRecord

Needs = Callable[[RunRecord, RunRecord], bool]
"""Whether an earlier run has to know what became of the cases of a later one."""


def ended_at(run: RunRecord) -> float:
    """Return when a run ended, in seconds since the epoch; for a plan that was never started, when it was made."""
    return max(at for at in (run.finished_at, run.started_at, run.planned_at) if at is not None)


def staying(
    chosen: Collection[int], every: Sequence[RunRecord], *, alone: Mapping[int, str], needs: Needs
) -> dict[int, str]:
    """Return those of the chosen runs that stay, each with the reason; all are given by their `seq`.

    `every` has all runs of the ledger, and `alone` the chosen ones that stay whatever the others do, with the reason.
    """
    kept = dict(alone)
    going = {run.seq: run for run in every if run.seq in chosen and run.seq not in kept}
    # Each that stays may be why others do.
    ahead = [run for run in every if run.seq not in going]
    while ahead:
        one = ahead.pop()
        for run in list(going.values()):
            why = _why(run, one, needs)
            if why:
                kept[run.seq] = why
                ahead.append(going.pop(run.seq))
    return kept


def _why(run: RunRecord, kept: RunRecord, needs: Needs) -> str:
    """Return why a run stays as long as another one is kept; empty where it need not."""
    if kept.id in {run.continues, run.undoes} or run.id in {kept.continues, kept.undoes}:
        return f"run {kept.id}, which belongs to it, is kept: they go together"
    # What was planned before the other one ended may have been compared with what that one then changed.
    is_earlier = kept.seq < run.seq or kept.planned_at <= ended_at(run)
    if run.target == kept.target and is_earlier and needs(kept, run):
        return f"run {kept.id}, which is kept, has rows about cases that it changed later: they go together"
    return ""


def families(of: Sequence[RunRecord]) -> list[list[RunRecord]]:
    """Return runs in groups of those that belong together; each group is purged at once."""
    groups: list[list[RunRecord]] = []
    for run in of:
        ids = {run.id, run.continues, run.undoes} - {None}
        akin = [group for group in groups if any(ids & {one.id, one.continues, one.undoes} for one in group)]
        groups = [group for group in groups if group not in akin]
        groups.append([*(one for group in akin for one in group), run])
    return groups
