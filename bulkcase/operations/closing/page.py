"""What report.html shows of a run, gathered from the ledger."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from bulkcase.cells import text_of
from bulkcase.fields.changes import ChangeCounter
from bulkcase.fields.private import Private
from bulkcase.kore.verdict import Kind
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.ledger.queries.figures import Totals
from bulkcase.ledger.queries.shown import RowRecord
from bulkcase.ledger.queries.times import Made, Worked
from bulkcase.model import Outcome
from bulkcase.operations.drift import drift_of
from bulkcase.reporting.masked import changes_told, masked_row
from bulkcase.reporting.page import Flow, Page, PageRow, Slice, Spent
from bulkcase.reporting.summary import Summary

_MOST_ROWS: Final = 2_000
"""Rows that the page has: so many open in a blink."""
_CHARACTERS: Final = 2_400
"""Of the cells of a row that the page has at the most, and of each of its changes' values a tenth."""
_SLICES: Final = 60
_LENGTHS: Final = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800),
    *(3600.0 * hours for hours in (1, 2, 3, 6, 12, 24, 48, 168)),
)
"""Lengths of slices, in seconds, that people can read off an axis."""
_SETTLED: Final = frozenset({Kind.ACCEPTED, Kind.REFUSED})
_WAITS: Final = {
    "quota": "waiting for the quota",
    "throttled": "throttled",
    "server_gone": "server gone",
    "hours": "outside of hours",
}


def page_of(
    ledger: Ledger,
    run: RunRecord,
    summary: Summary,
    now: float,
    *,
    totals: Totals,
    next_command: str = "",
    correct_command: str = "",
) -> Page:
    """Return the page of a run as the ledger has it now; nothing private is in it."""
    private, times = run.report.private, ledger.times(run)
    axis = _axis(times.span())
    made = [] if axis is None else times.made(axis.began, axis.seconds)
    rows = ledger.rows(run)
    counter = ChangeCounter(private)
    counter.see_all(rows.differences([Outcome.UPDATED]))
    return Page(
        summary=summary,
        job_file=run.job_file,
        job_sha256=run.report.job_sha256,
        input=run.input,
        input_sha256=run.input_sha256,
        fields=run.fields,
        private=private.fields,
        # Whoever writes this report has not ended yet.
        workers=[(str(who), began, now if ended is None else ended) for who, began, ended in ledger.workers(run)],
        next_command=next_command,
        correct_command=correct_command,
        undone_by=[one.id for one in ledger.undone_by(run)],
        windows=run.report.windows,
        flow=None if axis is None else _flow(axis, made, run.report.windows),
        latencies=times.latencies("updateCase"),
        spent=_spent(times.worked(), made),
        changes=counter.groups(),
        header=private.header(run.header),
        rows=[_row(row, run, private, sent, before) for row, sent, before in rows.sampled(_MOST_ROWS, totals)],
        drift=drift_of(ledger, run),
        made_at=now,
    )


def _row(row: RowRecord, run: RunRecord, private: Private, sent: bytes | None, before: bytes | None) -> PageRow:
    row, result = masked_row(row, run.header, private), row.result
    longest = max(_CHARACTERS // max(len(run.header), 1), 16)
    was_sent = result.attempts > 0
    return PageRow(
        number=row.number,
        case=row.case_key,
        outcome=result.outcome.value,
        verified=result.verified,
        code=result.code,
        message=row.result.message,
        attempts=result.attempts,
        status=result.http_status,
        finished_at=row.finished_at,
        changes=[
            (name, None if before is None else _cut(old, _CHARACTERS // 10), _cut(new, _CHARACTERS // 10))
            for name, old, new in changes_told(sent, before, private)
            if was_sent
        ],
        cells=[_cut(text_of(cell), longest) for cell in (*row.cells, *[""] * len(run.header))[: len(run.header)]],
    )


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


class _Axis(NamedTuple):
    """Slices of time: when the first one begins, how long each is, and how many there are."""

    began: float
    seconds: float
    slices: int


def _axis(span: tuple[float, float] | None) -> _Axis | None:
    if span is None:
        return None
    first, last = span
    seconds = next((length for length in _LENGTHS if last - first < _SLICES * length), (last - first) / _SLICES or 1.0)
    began = first // seconds * seconds
    return _Axis(began, seconds, int((last - began) // seconds) + 1)


def _flow(axis: _Axis, made: Iterable[Made], windows: Sequence[tuple[int, float]]) -> Flow:
    slices = [dict.fromkeys(Slice._fields, 0) for _ in range(axis.slices)]
    for each in made:
        slices[min(each.nth, axis.slices - 1)][_kind_of(each)] += each.calls
    # -(-a // b) is a division that rounds up: so many windows touch a slice.
    allowed = min((limit * -(-axis.seconds // length) for limit, length in windows), default=None)
    return Flow(axis.began, axis.seconds, [Slice(**one) for one in slices], allowed)


def _kind_of(made: Made) -> str:
    if made.verdict == Kind.THROTTLED:
        return "throttled"
    if made.endpoint != "updateCase":
        return "reads"
    return "settled" if made.verdict in _SETTLED else "again"


def _spent(worked: Sequence[Worked], made: Iterable[Made]) -> list[Spent]:
    """Return what the time of the sessions on a run went on.

    What is neither waiting nor reading is sending; of that, calls that had to be made again have the share that they
    have of the time under way.
    """
    parts = dict.fromkeys(_WAITS.values(), 0.0)
    for session in worked:
        for name, seconds in session.waited.items():
            parts[_WAITS[name]] += seconds
    total = sum(session.seconds for session in worked)
    rest = max(total - sum(parts.values()), 0.0)
    reading = sends = again = 0.0
    for each in made:
        if each.endpoint != "updateCase":
            reading += each.seconds
        else:
            sends += each.seconds
            again += each.seconds if each.verdict not in _SETTLED else 0.0
    reading = min(reading, rest)
    rest -= reading
    share = again / sends if sends else 0.0
    parts |= {"reading live cases": reading, "sending": rest * (1 - share), "sending again": rest * share}
    found = [Spent(name, seconds) for name, seconds in parts.items() if seconds > 0]
    return sorted(found, key=lambda part: -part.seconds)
