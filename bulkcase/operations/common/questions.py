"""What a person is asked before something is sent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bulkcase.errors import Declined, TooManyChanges
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.model import Outcome, RunState
from bulkcase.operations.common.planned import Plan, command_for

Choice = Literal["continue", "new"]
"""What to do about an unfinished run of the same job: resume it, or leave its pending rows and start a new one."""


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions; each answer may end the command."""

    send: Callable[[Plan], bool]
    """Whether to send what a plan says."""
    unfinished: Callable[[RunRecord, int], Choice | None] | None
    """What to do about an unfinished run with so many pending rows (None: nothing at all), where that may be asked."""


def agree(ledger: Ledger, planned: Plan, ask: Questions | None, *, keep: bool = False, new: bool = False) -> None:
    """Raise TooManyChanges where the job does not allow a plan, Declined where a person does not want it.

    A plan that was there before is to be kept; where an unfinished run is in its way, it has to be run as a `new` one.
    """
    if is_too_much(planned):
        command = f"{command_for(planned)}{' --new' if new else ''}"
        raise TooManyChanges(f"{too_many(planned)}; to send it all the same, raise the limit, then: {command}")
    if ask is not None and not ask.send(planned):
        if not keep:
            ledger.update_run(ledger.run(planned.run_id), state=RunState.ABANDONED)
        raise Declined


def is_too_much(planned: Plan) -> bool:
    """Say whether a plan would change more than safety.max_changes."""
    limit = planned.job.safety.max_changes
    return limit is not None and not limit.allows(planned.counts[Outcome.PENDING], planned.rows)


def too_many(planned: Plan) -> str:
    """Return what is wrong with a plan that would change more than safety.max_changes."""
    limit = planned.job.safety.max_changes
    return (
        f"{planned.job.file}: the plan would change {planned.counts[Outcome.PENDING]:,} of {planned.rows:,} rows, and "
        f"safety.max_changes is {limit.text if limit else 'off'}: check the file"
    )
