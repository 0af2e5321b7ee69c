"""What doctor looks at, in which order, and what it says of each: values alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bulkcase.errors import BulkcaseError

if TYPE_CHECKING:
    import pandas as pd


class State(StrEnum):
    """What a step came to."""

    OK = "ok"
    WARNING = "warning"
    CROSS = "cross"
    NOT_TRIED = "not_tried"


STEPS: Final = {
    "job": "the job file can be used",
    "input": "its rows can be read and mapped",
    "ids": "stream, account and client are filled in",
    "secret": "every secret is found",
    "state": "the ledger can be written",
    "lock": "no other command makes calls to this target",
    "host": "the host, or the proxy before it, has an address",
    "connection": "a connection can be made, and its certificate is trusted",
    "api": "it is the API that answers",
    "clock": "this machine and the server have the same time",
    "token": "the token is accepted",
    "scope": "the app has the scope of the API, published",
    "target": "stream and account are right",
    "cases": "getCases shows cases, page by page",
    "search": "searchText finds a single case",
    "quota": "what the answers hint at fits [quota]",
    "lookups": "names that are learnt from the live cases are there",
}
"""The steps in their order, and what each is about."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at."""

    name: str
    """One of `STEPS`."""
    state: State
    found: str
    remedy: str = ""
    """What to do about it; empty where there is nothing to do."""
    seconds: float = 0.0
    """How long it took."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What doctor found, step by step: of those with a cross the first one names the cause."""

    steps: Sequence[Step]
    calls: int
    """Calls that were made; each has a slot of the quota, and none of them changes a case."""
    stopped_by: int | None = field(default=None)
    """The exit code of what was in the way of any call; None where nothing was."""

    @property
    def first_cross(self) -> Step | None:
        """The step that names the cause; None where all is well, warnings aside."""
        return next((step for step in self.steps if step.state is State.CROSS), None)

    @property
    def exit_code(self) -> int:
        """Return 0 where no step has a cross.

        Else 1; but where no call was made, what was in the way says: 2 for job, input and secrets, 4 for the lock, 6
        for the ledger, 130 where it was interrupted.
        """
        if self.stopped_by is not None:
            return self.stopped_by
        return 0 if self.first_cross is None else 1

    def frame(self) -> "pd.DataFrame":
        """Return the steps as a pandas DataFrame, a line each."""
        import pandas as pd  # noqa: PLC0415 - half a second that only this function needs

        lines = [(step.name, step.state.value, step.found, step.remedy, step.seconds) for step in self.steps]
        return pd.DataFrame(lines, columns=["name", "state", "found", "remedy", "seconds"])


def ok(name: str, found: str) -> Step:
    """Return a step with a tick."""
    return Step(name, State.OK, found)


def warning(name: str, found: str, remedy: str) -> Step:
    """Return a step that stands in nobody's way."""
    return Step(name, State.WARNING, found, remedy)


def cross(name: str, found: str, remedy: str) -> Step:
    """Return a step that is not well."""
    return Step(name, State.CROSS, found, remedy)


def untried(name: str, why: str) -> Step:
    """Return a step that could not be looked at."""
    return Step(name, State.NOT_TRIED, why)


def complaint(name: str, error: BulkcaseError, remedy: str) -> Step:
    """Return a cross for an error: one line says what is wrong and, behind its last colon, what to do.

    Several say that each for itself, and `remedy` is said for all of them.
    """
    if len(error.problems) != 1:
        return cross(name, "\n".join(error.problems), remedy)
    found, colon, advice = error.problems[0].rpartition(": ")
    return cross(name, found, advice) if colon else cross(name, advice, remedy)
