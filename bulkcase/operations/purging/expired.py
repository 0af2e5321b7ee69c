"""state.keep: after a run, the runs of its job go that are older than the job keeps them."""

import logging
from functools import partial
from typing import Final

from bulkcase.errors import BulkcaseError
from bulkcase.ledger import RunRecord
from bulkcase.ledger.keeping import ended_at
from bulkcase.operations.common.desk import Desk
from bulkcase.operations.common.runtime import is_sandbox
from bulkcase.operations.purge import purge_runs
from bulkcase.operations.purging.kept import why_kept
from bulkcase.said import number, seconds_text

_log = logging.getLogger(__name__)

_MOST_SECONDS: Final = 20.0
"""After so long no further run is purged: the next night goes on with it."""
_MOST_SECONDS_TO_FIND_OUT: Final = 10.0
"""After so long nobody looks any further who needs which run: what may go has time left."""
_DAY: Final = 86_400.0


def purge_expired(desk: Desk, run: RunRecord) -> None:
    """Purge the runs of the job and target of a run that ended longer ago than state.keep says; reports stay.

    The run itself stays, with what belongs to it. Rehearsals purge nothing. What keeps it from purging is a warning:
    the run has ended as it has.
    """
    keep = desk.job.state.keep
    if keep is None or is_sandbox(desk.job):
        return
    try:
        _purge(desk, run, keep)
    except BulkcaseError as error:
        _log.warning("old runs were not purged (state.keep): %s", "; ".join(error.problems))
    except Exception as fault:  # noqa: BLE001 - it must not cost the run its end
        _log.debug("a fault of bulkcase", exc_info=True)
        # Its text may hold a cell.
        kind = type(fault).__name__
        _log.warning("old runs were not purged (state.keep): a fault of bulkcase (%s): please report it", kind)


def _purge(desk: Desk, run: RunRecord, keep: float) -> None:
    ledger, clock = desk.ledger, desk.runtime.clock
    oldest, began = clock.now() - keep, clock.monotonic()

    def lasts_longer(than: float) -> bool:
        return clock.monotonic() - began > than

    mine = [one for one in ledger.runs() if (one.job_file, one.target) == (run.job_file, run.target)]
    # Its report may take longer than its job keeps runs: a person has not seen it yet.
    chosen = [one for one in mine if ended_at(one) < oldest and one.seq != run.seq]
    if not chosen:
        return
    purging = ledger.purging()
    kept = why_kept(ledger, purging, chosen, is_late=partial(lasts_longer, _MOST_SECONDS_TO_FIND_OUT))
    going = [one for one in chosen if one.seq not in kept]
    done, is_settled = list[RunRecord](), True
    if going:
        targets, is_late = [run.target], partial(lasts_longer, _MOST_SECONDS)
        done = purge_runs(ledger, going, targets, desk.runtime, is_late=is_late)
        is_settled = purging.settle(smaller=False)
    whole = divmod(keep, _DAY)
    age = seconds_text(keep) if whole[1] or not whole[0] else number(int(whole[0]), "day")
    told = f"purged {number(len(done), 'run')} that ended more than {age} ago (state.keep)"
    if kept:
        first = next(one for one in chosen if one.seq in kept)
        told += f"; {number(len(kept), 'stays', 'stay')}, first run {first.id}: {kept[first.seq]}"
    if len(done) < len(going):
        told += f"; {number(len(going) - len(done), 'goes', 'go')} after the next run, as this has taken long"
    if not is_settled:
        told += "; another program reads the ledger, whose journal may show them until it is done"
    _log.info("%s", told)
