"""What a person is asked before something is sent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bulkcase.errors import Declined, TooManyChanges
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.model import Outcome, RunState
from bulkcase.operations.planned import Plan, command_for

Choice = Literal["continue", "new"]
"""What to do about an unfinished run of the same job: resume it, or leave its pending rows and start a new one."""


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions; each answer may end the command."""

    send: Callable[[Plan], bool]
    """Whether to send what a plan says."""
    unfinished: Callable[[RunRecord, int], Choice | None] | None
    """What to do about an unfinished run with so many pending rows (None: nothing at all), where that may be asked."""


def agree(ledger: Ledger, planned: Plan, ask: Questions | None) -> None:
    """Raise TooManyChanges where the job does not allow a plan, Declined where a person does not want it."""
    refuse_too_many_changes(planned)
    if ask is not None and not ask.send(planned):
        ledger.update_run(ledger.run(planned.run_id), state=RunState.ABANDONED)
        raise Declined


def refuse_too_many_changes(planned: Plan) -> None:
    """Raise TooManyChanges where a plan would change more than safety.max_changes."""
    limit, sent = planned.job.safety.max_changes, planned.counts[Outcome.PENDING]
    if limit is None or limit.allows(sent, planned.rows):
        return
    raise TooManyChanges(
        f"{planned.job.file}: the plan would change {sent:,} of {planned.rows:,} rows, and safety.max_changes is "
        f"{limit.text}: check the file; to send it all the same, raise the limit, then: {command_for(planned)}"
    )
