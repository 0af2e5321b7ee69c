"""A proposal: the key, what becomes of each column, and what a person answered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from bulkcase.job.needs import LEARNABLE
from bulkcase.proposing.key import Key
from bulkcase.proposing.placing import Placing, State
from bulkcase.proposing.ways import How


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a job could be made of a file."""

    key: Key
    placings: Sequence[Placing]
    timezone: str | None = None
    """Of dates that name none; None where no mapped date needs it, or nobody has said."""
    zone_here: str | None = None
    """The zone of this machine, to be written as a comment where nobody has said."""

    @property
    def mapped(self) -> Sequence[Placing]:
        """The columns that the job maps."""
        return [each for each in self.placings if each.state is State.MAPPED]

    @property
    def open(self) -> Sequence[Placing]:
        """The columns that an answer of a person would map."""
        taken = {each.field for each in self.mapped}
        return [each for each in self.placings if each.may_be_asked and each.field not in taken]

    @property
    def lookups(self) -> Sequence[str]:
        """The fields whose objects are found by name, mapped ones or such as may become it."""
        wanted = {each.field for each in self.placings if each.state in {State.MAPPED, State.SUGGESTED}}
        return [field for field in LEARNABLE if field in wanted]

    @property
    def needs_zone(self) -> bool:
        """Whether a date that is mapped names no time zone."""
        return any(each.zoneless for each in self.mapped)

    @property
    def waits_for_zone(self) -> bool:
        """Whether a documented date is left out as long as nobody has said its time zone."""
        open_ones = (each for each in self.placings if each.state is State.SUGGESTED)
        return self.timezone is None and any(each.zoneless for each in open_ones)

    def answered(self, column: str, how: How) -> Self:
        """Return the proposal with a column mapped as a person said; the others that could have the field are left."""
        field = next(each.field for each in self.placings if each.column == column)
        return replace(self, placings=[_answered(each, column, field, how) for each in self.placings])

    def with_zone(self, zone: str | None) -> Self:
        """Return the proposal with the time zone that a person said; without one, no date that needs it is mapped."""
        if zone is not None:
            return replace(self, timezone=zone)
        return replace(self, placings=[_waiting(each) for each in self.placings])


def _waiting(each: Placing) -> Placing:
    if not each.zoneless or each.state is State.LEFT:
        return each
    state = State.SUGGESTED if each.state is State.MAPPED else each.state
    return replace(each, state=state, why=f"{each.why}; it needs input.timezone")


def _answered(each: Placing, column: str, field: str, how: How) -> Placing:
    if each.column == column:
        return replace(each, state=State.MAPPED, hows=(how,), why="as you said")
    if each.field == field and each.may_be_asked:
        return replace(each, state=State.LEFT, why=f"you chose another column for {field}", instead_of=column)
    return each
