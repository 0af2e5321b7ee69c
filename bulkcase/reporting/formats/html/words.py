"""Numbers, moments and endings as the page words them. Pure."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from bulkcase.clock import moment
from bulkcase.errors import EXIT_CODES
from bulkcase.model import NEEDS_A_PERSON, Outcome, RunState
from bulkcase.reporting.page import Spent
from bulkcase.reporting.summary import Summary
from bulkcase.said import number, seconds_text

GRAVEST_FIRST: Final = (
    Outcome.FAILED,
    Outcome.MISMATCH,
    Outcome.UNKNOWN,
    Outcome.CONFLICT,
    Outcome.INVALID,
    Outcome.PENDING,
    Outcome.UPDATED,
    Outcome.UNCHANGED,
    Outcome.SUPERSEDED,
)

MEANINGS: Final = {
    Outcome.FAILED: "refused for good, or retries used up",
    Outcome.MISMATCH: "taken, but the case shows another value",
    Outcome.UNKNOWN: "sent, and no answer was ever seen",
    Outcome.CONFLICT: "changed by somebody since it was read; left alone",
    Outcome.INVALID: "could not become an update; never sent",
    Outcome.PENDING: "not yet its turn when the run stopped",
    Outcome.UPDATED: "accepted, and nothing contradicts it",
    Outcome.UNCHANGED: "had these values already; no call was spent",
    Outcome.SUPERSEDED: "another row took its place",
}

VERIFIED: Final = {
    "different": "show another value",
    "not_shown": "not shown, so not proven",
    "normalised": "show it in the server's own form",
    "equal": "show it as sent",
}

_PARTS_OF_A_LIST: Final = 3
"""A reason of so many parts is a list."""
_MOST_PARTS: Final = 5
_NOT_SHOWN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


class Ending(NamedTuple):
    """How a run ended."""

    tone: str
    """good, bad, or open where it goes on or may be gone on with"""
    sentence: str


def clean(text: str, most: int | None = None) -> str:
    """Return a text with its invisible characters as escapes, so that none can turn or hide what stands beside it.

    Line breaks and tabs stay; what is longer than `most` is cut.
    """
    if most is not None and len(text) > most:
        text = text[: most - 1] + "…"
    plain = text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _NOT_SHOWN.sub(lambda found: found[0].encode("unicode_escape").decode(), plain)


def percent(count: float, total: float) -> str:
    """Return a share that is 0 % or 100 % only where it is exactly that."""
    share = count / total * 100 if total else 0.0
    if 0 < share < 0.1:
        return "< 0.1 %"
    if 99.9 < share < 100:
        return "> 99.9 %"
    return f"{share:.0f} %" if share in {0, 100} else f"{share:.1f} %"


def moment_text(seconds: float | None) -> str:
    """Return a moment as date and time in UTC; empty for None."""
    return "" if seconds is None else f"{moment(seconds):%Y-%m-%d %H:%M:%S} UTC"


def span_text(began: float | None, ended: float | None) -> str:
    """Return from when until when something was done, a day that is both but once."""
    if began is None:
        return "not started"
    if ended is None:
        return f"since {moment_text(began)}"
    first, last = moment(began), moment(ended)
    until = f"{last:%H:%M:%S}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M:%S}"
    return f"{first:%Y-%m-%d %H:%M:%S} to {until} UTC"


def exit_text(code: int | None) -> str:
    """Return an exit code with its meaning."""
    if code is None:
        return "none yet"
    return f"{code}: {EXIT_CODES.get(code, 'not one of this program')}"


def ending(summary: Summary) -> Ending:
    """Return in one sentence how a run ended."""
    counts = summary.outcomes
    bad = sum(counts.get(outcome, 0) for outcome in NEEDS_A_PERSON)
    left = counts.get(Outcome.PENDING, 0)
    of_all = "" if left and summary.state != RunState.FINISHED else f" of {summary.rows:,}"
    needs = f"{number(bad, 'row')}{of_all} {'needs' if bad == 1 else 'need'} a person"
    still = f"{number(left, 'row')} of {summary.rows:,} {'is' if left == 1 else 'are'} still pending"
    if summary.state == RunState.FINISHED:
        return Ending("bad", f"Finished, and {needs}.") if bad or summary.exit_code else _well(summary)
    opening = {
        RunState.PLANNED: "Planned, and not started yet",
        RunState.RUNNING: "Still running when this page was made",
        RunState.STOPPED: "Stopped before its last row",
        RunState.INTERRUPTED: "Interrupted before its last row",
        RunState.PAUSED: "Paused before its last row",
        RunState.ABANDONED: "Abandoned for a newer run",
    }.get(RunState(summary.state), summary.state)
    rest = " and ".join(text for text, count in ((still, left), (needs, bad)) if count)
    tone = "bad" if bad or summary.state == RunState.STOPPED else "open"
    return Ending(tone, f"{opening}: {rest}." if rest else f"{opening}.")


def _well(summary: Summary) -> Ending:
    updated = summary.outcomes.get(Outcome.UPDATED, 0)
    done, to_do = ("updated", "change") if summary.undoes is None else ("put back", "put back")
    if not summary.rows:
        return Ending("good", "Finished: the input had no rows.")
    if not updated:
        return Ending("good", f"Finished: there was nothing to {to_do}.")
    rest = summary.rows - updated
    others = f", and {number(rest, 'other row')} needed nothing" if rest else ""
    return Ending("good", f"Finished well: {number(updated, 'row')} {done}{others}.")


def reason_parts(reason: str) -> tuple[str, list[str], int]:
    """Return why a run ended: a sentence; of a long one its beginning, the first of its parts, and how many more."""
    parts = reason.split("; ")
    if len(parts) < _PARTS_OF_A_LIST:
        return reason, [], 0
    lead, colon, first = parts[0].partition(": ")
    if not colon:
        return parts[0], parts[1 : _MOST_PARTS + 1], len(parts[_MOST_PARTS + 1 :])
    parts[0] = first
    return lead + ":", parts[:_MOST_PARTS], len(parts[_MOST_PARTS:])


def unchanged_text(outcomes: Mapping[Outcome, int]) -> str:
    """Return what to say where no row is known to have changed a case."""
    mismatch = outcomes.get(Outcome.MISMATCH, 0)
    if not mismatch or outcomes.get(Outcome.UPDATED):
        return "No field of a case was changed."
    rows, cases = number(mismatch, "row"), "its case" if mismatch == 1 else "their cases"
    return f"No row ended updated; {rows} ended mismatch: {cases} may have changed otherwise, see below."


def verified_text(verified: Mapping[str, int]) -> list[tuple[str, int, str]]:
    """Return what cases show of what was sent: name, rows and meaning, the gravest first."""
    known = [(name, verified[name], text) for name, text in VERIFIED.items() if verified.get(name)]
    return known + [(name, count, "") for name, count in verified.items() if name not in VERIFIED and count]


def spent_class(spent: Spent) -> str:
    """Return the class of a part of the time, by which it is coloured."""
    return "spent-" + "".join(char if char.isalpha() else "-" for char in spent.name.lower())


def duration_text(seconds: float) -> str:
    """Return seconds as a person says them."""
    return "under 0.1 s" if 0 < seconds < 0.05 else seconds_text(seconds)
