"""What people are told of how a run ended: counts only, never a value of a row and never a word of a server. Pure."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from bulkcase.causes import known
from bulkcase.cells import escaped
from bulkcase.clock import iso_utc, moment
from bulkcase.errors import EXIT_CODES
from bulkcase.model import NEEDS_A_PERSON, Outcome, RunState
from bulkcase.reporting.summary import Summary
from bulkcase.said import number, seconds_text

_WIDTH: Final = 72
_PAUSED: Final = 5
"""The exit code of a pause."""
MOST_CAUSES: Final = 10
"""So many are told, the most frequent ones."""
_LONGEST: Final = {"job": 100, "target": 200, "host": 100, "folder": 500, "next_command": 500}

_KINDS: Final = {
    "UsageError": "The command line cannot be used as it stands: see the log.",
    "JobError": "The job file cannot be used as it stands: see the log.",
    "InputError": "The file with the rows cannot be used as it stands: see the log.",
    "CredentialsError": "A secret that the job refers to cannot be had on this machine: see the log.",
    "Declined": "A person was asked and said no; nothing was sent.",
    "TooManyChanges": "The plan would change more than safety.max_changes allows: nothing was sent, the plan is kept.",
    "CasesRefused": "The server does not show its cases, and they are needed: nothing was sent.",
    "Locked": "Another command makes calls to the same target: nothing was sent.",
    "OutsideHours": "It is outside of the hours of safety.send_between: nothing was done.",
    "NotPlanned": "It was stopped while live cases were read: nothing was sent.",
    "EnvironmentFailed": "Disk, network or machine failed: see the log.",
    "LedgerError": "The ledger cannot be opened, read or written: see the log.",
    "IllegalTransition": "bulkcase has a fault, and stopped before it did harm: see the log.",
}
_SHORT: Final = {
    0: "all is well",
    1: "finished with problems",
    2: "could not start",
    3: "stopped by a safety rule",
    4: "another command is at work",
    5: "paused until its hours",
    6: "failed",
    130: "interrupted",
}


class NotTold(Exception):  # noqa: N818 - named after what did not happen
    """Somebody could not be told; one line for the log, without secrets. It never leaves bulkcase."""


@dataclass(frozen=True, slots=True)
class ToldCause:
    """Rows that did not end well for one reason."""

    code: str
    count: int
    tip: str


@dataclass(frozen=True, slots=True)
class Notice:
    """How a run ended, or a command before there was one."""

    job: str
    target: str
    host: str
    """The machine that it ran on."""
    exit_code: int
    meaning: str
    """The exit code in a sentence."""
    run_id: str | None = None
    """None where no run was started."""
    state: str | None = None
    is_pause: bool = False
    """Whether it only ended because its time was over."""
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    """Empty where nothing was counted."""
    verified: Mapping[str, int] = field(default_factory=dict)
    canary: str = ""
    causes: Sequence[ToldCause] = ()
    """The most frequent ones first."""
    rows: int = 0
    cases: int = 0
    calls: Mapping[str, int] = field(default_factory=dict)
    """By endpoint."""
    retries: int = 0
    throttled: int = 0
    started_at: float | None = None
    """Seconds since the epoch, as `finished_at`."""
    finished_at: float | None = None
    duration_s: float = 0.0
    folder: str = ""
    """Where the report is."""
    next_command: str = ""
    """What goes on from here; empty where that is nothing."""

    def __post_init__(self) -> None:
        # One line each, fit for any header, terminal and chat, and never so long that a chat refuses the message.
        for name, most in _LONGEST.items():
            text = escaped(getattr(self, name))
            object.__setattr__(self, name, text if len(text) <= most else f"{text[: most - 1]}…")

    @property
    def is_problem(self) -> bool:
        """Whether somebody has to look: at a pause until the next night only where some row needs a person already."""
        needs = any(self.outcomes.get(outcome) for outcome in NEEDS_A_PERSON)
        return bool(self.exit_code) and (needs or not self.is_pause)

    @property
    def facts(self) -> Iterator[tuple[str, str]]:
        """What a person asks first, each with its name."""
        known_facts = {
            "Run": self.run_id or "",
            "Target": self.target,
            "Machine": self.host,
            "State": self.state or "",
            "Ended": f"{moment(self.finished_at):%Y-%m-%d %H:%M} UTC" if self.finished_at is not None else "",
            "Took": seconds_text(self.duration_s) if self.outcomes else "",
            "Calls": f"{sum(self.calls.values()):,}" if self.outcomes else "",
        }
        return ((name, fact) for name, fact in known_facts.items() if fact)

    def as_json(self) -> dict[str, Any]:
        """Return the notice for programs, with the names of summary.json where it has them."""
        return {
            "run_id": self.run_id,
            "job": self.job,
            "target": self.target,
            "host": self.host,
            "state": self.state,
            "exit_code": self.exit_code,
            "meaning": self.meaning,
            "rows": self.rows,
            "cases": self.cases,
            "outcomes": {outcome.value: self.outcomes.get(outcome, 0) for outcome in Outcome},
            "verified": dict(self.verified),
            "canary": self.canary,
            "calls": dict(self.calls),
            "retries": self.retries,
            "throttled": self.throttled,
            "started_at": iso_utc(self.started_at) or None,
            "finished_at": iso_utc(self.finished_at) or None,
            "duration_s": round(self.duration_s, 3),
            "errors": [asdict(cause) for cause in self.causes[:MOST_CAUSES]],
            "folder": self.folder,
            "next_command": self.next_command,
        }


def notice_of(summary: Summary, *, host: str, folder: str, next_command: str) -> Notice:
    """Return what is told of a run: of its summary the counts, never an example or a reason."""
    exit_code = summary.exit_code or 0
    return Notice(
        job=summary.job,
        target=summary.target,
        host=host,
        exit_code=exit_code,
        meaning=_meaning(exit_code),
        run_id=summary.run_id,
        state=str(summary.state),
        is_pause=summary.state == RunState.PAUSED,
        outcomes=dict(summary.outcomes),
        verified=dict(summary.verified),
        canary=summary.canary,
        causes=[ToldCause(cause.code, cause.count, cause.tip) for cause in summary.errors if known(cause.code)],
        rows=summary.rows,
        cases=summary.cases,
        calls=dict(summary.calls),
        retries=summary.retries,
        throttled=summary.throttled,
        started_at=summary.started_at,
        finished_at=summary.finished_at,
        duration_s=summary.duration_s,
        folder=folder,
        next_command=next_command,
    )


def notice_of_failure(
    job: str,
    target: str,
    host: str,
    exit_code: int,
    kind: str,
    *,
    run_id: str | None = None,
    state: str | None = None,
    folder: str = "",
    next_command: str = "",
) -> Notice:
    """Return what is told of a command that ended before there was a run, or before that run had its report.

    `kind` is the class of its error.
    """
    meaning = _KINDS.get(kind) or _meaning(exit_code)
    # A pause while live cases were read: the same command goes on from there.
    is_pause = kind == "NotPlanned" and exit_code == _PAUSED
    return Notice(
        *(job, target, host, exit_code, meaning, run_id, state, is_pause), folder=folder, next_command=next_command
    )


def _meaning(exit_code: int) -> str:
    meaning = EXIT_CODES.get(exit_code, f"ended with exit code {exit_code}: see the log")
    return f"{meaning[:1].upper()}{meaning[1:]}."


def headline(notice: Notice) -> str:
    """Return how it ended in a few words, such as "3 of 1,000 rows need a person"."""
    people = sum(notice.outcomes.get(outcome, 0) for outcome in NEEDS_A_PERSON)
    left = notice.outcomes.get(Outcome.PENDING, 0)
    some_of = f"of {number(notice.rows, 'row')}"
    needs = "needs" if people == 1 else "need"
    if notice.exit_code == 0:
        return f"all is well, {number(notice.rows, 'row')}" if notice.run_id else _SHORT[0]
    if notice.exit_code == 1 and people:
        return f"{people:,} {some_of} {needs} a person"
    short = _SHORT.get(notice.exit_code, "ended early")
    counts = [f"{left:,} {some_of} left"] if left else []
    counts += [f"{people:,} {'' if left else f'{some_of} '}{needs} a person"] if people else []
    return ", ".join([short, *counts])


def subject(notice: Notice) -> str:
    """Return the notice in one line, such as "nightly: 3 of 1,000 rows need a person (exit code 1)"."""
    return f"{notice.job}: {headline(notice)} (exit code {notice.exit_code})"


def text(notice: Notice) -> str:
    """Return the notice for people: plain text, wrapped at 72 columns but for what has to stay whole to be copied."""
    return "\n".join([*textwrap.wrap(subject(notice), _WIDTH), "", *body_lines(notice), ""])


def body_lines(notice: Notice, most_causes: int = MOST_CAUSES) -> Iterator[str]:
    """Yield the lines of the text below its subject, with so many causes at most."""
    yield from textwrap.wrap(notice.meaning, _WIDTH)
    yield ""
    for name, fact in notice.facts:
        yield from _wrapped(fact, f"{name:<9}")
    if notice.outcomes:
        yield from ("", f"{notice.rows:>11,}  {'row' if notice.rows == 1 else 'rows'}, of these")
        yield from (f"{count:>11,}  {outcome}" for outcome, count in notice.outcomes.items() if count)
    yield from _why(notice.causes, most_causes)
    for name, line in (("To go on:", notice.next_command), ("The report:", notice.folder)):
        yield from ("", name, f"  {line}") if line else ()


def _why(causes: Sequence[ToldCause], most: int) -> Iterator[str]:
    if causes:
        yield from ("", "Why, and what to do:")
    for cause in causes[:most]:
        yield f"{cause.count:>11,}  {cause.code}"
        yield from _wrapped(cause.tip, " " * 13)
    if len(causes) > most:
        yield f"{'':>13}and {len(causes) - most} more"


def _wrapped(line: str, lead: str) -> list[str]:
    return textwrap.wrap(
        line,
        _WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )
