"""What a page tells a person to do next. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from bulkcase.model import FINE, Outcome, RunState
from bulkcase.reporting.page import Page
from bulkcase.reporting.summary import Summary
from bulkcase.said import number

_CAUSES: Final = 3
"""That are told beside the steps; all of them stand further below."""
_AGAIN: Final = (Outcome.MISMATCH, Outcome.CONFLICT, Outcome.FAILED, Outcome.UNKNOWN)
"""The outcomes whose rows can be sent again."""
_LANDED: Final = (Outcome.UPDATED, Outcome.MISMATCH, Outcome.UNKNOWN)
"""The outcomes whose cases may have been changed."""
_CANARY: Final = "canary.json"
_FAILED: Final = "failed.csv"
_BY_SAFETY: Final = 3
"""The exit code of a run that a safety rule stopped."""


class Step(NamedTuple):
    """Something to do: words, in whose midst a file may be named, and the command for it."""

    text: str
    file: str = ""
    """Relative to the page; empty where none is named."""
    after: str = ""
    command: str = ""


def next_steps(page: Page) -> dict[str, Any]:
    """Return what to do, why, how many causes more there are, and, where none of these says it, what to know."""
    summary = page.summary
    if page.undone_by:
        runs = f"run{'' if len(page.undone_by) == 1 else 's'} {' and '.join(page.undone_by)}"
        return {"steps": [], "tips": [], "more_tips": 0, "advice": f"Nothing: it was taken back by {runs}."}
    steps = list(_steps(page))
    tips = [cause for cause in summary.errors if cause.tip][:_CAUSES]
    return {
        "steps": steps,
        "tips": tips,
        "more_tips": len(summary.errors) - len(tips) if tips else 0,
        "advice": "" if steps or tips else _advice(summary),
    }


def _steps(page: Page) -> Iterator[Step]:
    summary, command = page.summary, page.next_command
    counts = summary.outcomes
    is_stopped = summary.exit_code == _BY_SAFETY
    if is_stopped:
        yield _look(summary)
    if command.startswith("bulkcase retry "):
        again = sum(counts.get(outcome, 0) for outcome in _AGAIN)
        yield Step(f"{'Then ' if is_stopped else ''}{number(again, 'row')} can be sent again:", command=command)
    elif command:
        yield Step("Then go on from here with:" if is_stopped else "Go on from here with:", command=command)
    if page.correct_command:
        wrong = counts.get(Outcome.INVALID, 0)
        needs = "needs a cell corrected: correct it in " if wrong == 1 else "need a cell corrected: correct them in "
        yield Step(f"{number(wrong, 'row')} {needs}", _FAILED, ", then:", page.correct_command)
    if is_stopped and command.startswith("bulkcase resume ") and _may_be_undone(summary):
        undo = f"{command.replace(' resume ', ' undo ', 1)} --abandon"
        yield Step("Or give it up, and take back what it has changed:", command=undo)


def _look(summary: Summary) -> Step:
    bad = [outcome.value for outcome in _AGAIN if outcome is not Outcome.CONFLICT and summary.outcomes.get(outcome)]
    ended = " or ".join(part for part in (", ".join(bad[:-1]), *bad[-1:]) if part)
    said = f"Look at the rows below that ended {ended}" if bad else "Look at why it stopped, above"
    if _CANARY in summary.files:
        return Step(f"{said}, and at ", _CANARY, ", and mend the cause.")
    return Step(f"{said}, and mend the cause.")


def _may_be_undone(summary: Summary) -> bool:
    return summary.undoes is None and _any(summary.outcomes, _LANDED)


def _any(counts: Mapping[Outcome, int], outcomes: tuple[Outcome, ...]) -> bool:
    return any(counts.get(outcome) for outcome in outcomes)


def _advice(summary: Summary) -> str:
    if summary.state in {RunState.PLANNED, RunState.RUNNING}:
        return "Nothing yet: this page is made again when the run ends."
    fine = all(outcome in FINE for outcome, count in summary.outcomes.items() if count)
    return "Nothing: this run is done." if fine else "Look at the rows below that did not end well."
