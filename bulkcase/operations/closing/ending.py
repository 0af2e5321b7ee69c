"""How a session on a run ends: state, exit code, reason. Pure."""

from collections.abc import Mapping
from typing import Final

from bulkcase.ledger import RunRecord
from bulkcase.model import FINE, Outcome, RunState, Stop, StopReason

_STATES: Final = {
    StopReason.INTERRUPTED: RunState.INTERRUPTED,
    StopReason.SAFETY: RunState.STOPPED,
    StopReason.HOURS: RunState.PAUSED,
    StopReason.FAULT: RunState.STOPPED,
}


def ending(before: RunRecord, counts: Mapping[Outcome, int], stop: Stop | None, left: int) -> tuple[RunState, int, str]:
    """Return state, exit code and reason of a run, of which `left` rows were to be sent or read back, and were not.

    A stop that came when nothing was left to do did not stop anything, unless it says that it counts all the same.
    """
    undone = left + counts[Outcome.PENDING] + counts[Outcome.UNKNOWN]
    if stop is not None and (undone or stop.holds or stop.reason is StopReason.FAULT):
        return _STATES[stop.reason], stop.exit_code, stop.message
    fine = all(outcome in FINE for outcome, count in counts.items() if count)
    if counts[Outcome.PENDING]:
        # Only an abandoned run can be retried while it has pending rows, and it stays one.
        return before.state, 1, ""
    return RunState.FINISHED, 0 if fine else 1, ""
