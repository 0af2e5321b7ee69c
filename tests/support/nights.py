"""Nights of a job to put into a ledger, and what they show together, reckoned in the plainest way."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from support.ledgers import NOW, WORKER, bad_row, good_row

from bulkcase.clock import Instant
from bulkcase.ledger import Ledger, Place, RunRecord
from bulkcase.ledger.changes import decision, intent, outcome
from bulkcase.ledger.storage.stored import Difference
from bulkcase.model import NEEDS_A_PERSON, Call, Outcome, Result, RunState

DAY = 86_400.0
JOB_FILE = "/jobs/sync.toml"
TARGET = "kore.example.com/account/st-1"
DONE = (Outcome.UPDATED, Outcome.UNCHANGED)
NOT_FOUND = "case_not_found"

_CALLED = (Outcome.UPDATED, Outcome.MISMATCH, Outcome.UNKNOWN)


class Told(NamedTuple):
    """What a night tells of a row: its case, what became of it and why, and what it changed from what."""

    case: str | None
    outcome: Outcome
    code: str = ""
    sent: str = "new"
    before: str | None = None


def failed(case: str, code: str = "refused") -> Told:
    """Return a row that failed."""
    return Told(case, Outcome.FAILED, code)


def changed(case: str, before: str | None, sent: str) -> Told:
    """Return a row that changed the description of its case."""
    return Told(case, Outcome.UPDATED, "", sent, before)


def same(case: str) -> Told:
    """Return a row with nothing to change."""
    return Told(case, Outcome.UNCHANGED)


def add_night(
    ledger: Ledger, rows: Sequence[Told], *, nth: int = 0, state: RunState = RunState.FINISHED, **more: Any
) -> RunRecord:
    """Add the run of a night, which is so many days after the first one; its rows start at row 2."""
    now = NOW + DAY * nth
    values: Mapping[str, Any] = {
        "suffix": f"{nth:04x}",
        "job": "sync",
        "job_file": JOB_FILE,
        "target": TARGET,
        "input_name": "/jobs/cases.csv",
        "input_sha256": "0" * 64,
        "header": ("Case ID", "Notes"),
        "fields": ("desc",),
        "definition": {"input.key": "Case ID"},
    }
    run = ledger.create_run(now=now, **{**values, **more})
    at = Instant("boot-1", 1000.0 + DAY * nth, now)
    _, its = ledger.start(run, WORKER, "kore.example.com/account", at, Place(ledger.path.parent / run.id))
    numbered = list(enumerate(rows, start=2))
    its.add([_as_added(number, row) for number, row in numbered], now)
    its.differ(
        [
            Difference(number, Outcome.PENDING, {"desc": row.sent}, {"desc": row.before}, None, now)
            for number, row in numbered
            if row.before is not None
        ]
    )
    called = [number for number, row in numbered if row.outcome in _CALLED]
    its.apply([intent(number) for number in called])
    its.apply(
        [
            (outcome if row.outcome in _CALLED else decision)(
                number, Result(row.outcome, int(row.outcome in _CALLED), code=row.code), now
            )
            for number, row in numbered
            if row.outcome is not Outcome.INVALID
        ],
        [Call("updateCase", at.steady, at.steady + 0.5, "accepted", 200, number) for number in called],
    )
    run = ledger.planned(ledger.run(run.id), rows=len(rows), clears=0, notes=())
    bad = any(row.outcome in NEEDS_A_PERSON for row in rows)
    ended = replace(run, state=state, exit_code=int(bad), finished_at=now + 60, duration=60.0)
    ledger.end(ended, at.later(at.steady + 60))
    return ledger.run(run.id)


def add_nights(ledger: Ledger, *nights: Sequence[Told], **more: Any) -> list[RunRecord]:
    """Add one night after the other."""
    return [add_night(ledger, rows, nth=nth, **more) for nth, rows in enumerate(nights)]


def _as_added(number: int, row: Told) -> Any:
    if row.outcome is Outcome.INVALID:
        return bad_row(number, row.code, row.case)
    assert row.case is not None, "only an unusable row has no key"
    return good_row(number, row.case, desc=row.sent)


def failing_in(nights: Sequence[Sequence[Told]]) -> dict[str, int]:
    """Return the cases that fail in the last nights, two at least, each with how many."""

    def fails(case: str, rows: Sequence[Told]) -> bool:
        ends = [row.outcome for row in rows if row.case == case]
        return any(end in NEEDS_A_PERSON for end in ends) and not any(end in DONE for end in ends)

    streaks = {}
    for case in {row.case for row in nights[-1] if row.case is not None}:
        count = 0
        while count < len(nights) and fails(case, nights[-1 - count]):
            count += 1
        if count >= 2:
            streaks[case] = count
    return streaks


def flipping_in(nights: Sequence[Sequence[Told]]) -> dict[str, tuple[list[str], int]]:
    """Return the cases whose description is set to and fro, each with its values and in how many nights it changed."""
    flipping = {}
    for case in {row.case for rows in nights for row in rows if row.case is not None}:
        seen: list[tuple[str, int]] = []
        when, flips = set(), False
        for night, rows in enumerate(nights):
            for row in rows:
                if row.case != case or row.outcome is not Outcome.UPDATED or row.before is None:
                    continue
                seen += [(row.before, night), (row.sent, night)]
                when.add(night)
                flips |= row.before != row.sent and any(
                    value == row.sent and then < night and any(other != row.sent for other, _ in seen[place:])
                    for place, (value, then) in enumerate(seen)
                )
        values = [value for place, (value, _) in enumerate(seen) if place == 0 or seen[place - 1][0] != value]
        if flips:
            flipping[case] = (values[-6:], len(when))
    return flipping


def gone_in(nights: Sequence[Sequence[Told]]) -> dict[str, int]:
    """Return the cases that the last night did not find and an earlier one did, each with the last that did."""
    lost = {row.case for row in nights[-1] if row.code == NOT_FOUND and row.outcome in NEEDS_A_PERSON}
    known = [(row.case, night) for night, rows in enumerate(nights[:-1]) for row in rows if row.outcome in DONE]
    return {case: night for case, night in known if case is not None and case in lost}


def left_out_of(nights: Sequence[Sequence[Told]]) -> set[str]:
    """Return the cases of the night before that the last one does not name."""
    if len(nights) < 2:
        return set()
    before, now = ({row.case for row in rows if row.case is not None} for rows in nights[-2:])
    return before - now
