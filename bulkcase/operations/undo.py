"""undo: put back what stood in the cases before a run, where nobody has changed it since."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Unpack

from bulkcase.cells import load_cells
from bulkcase.errors import UsageError
from bulkcase.fields.catalogue import READ_ONLY
from bulkcase.job.paths import near
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.ledger.queries.found import LAST, UNFINISHED
from bulkcase.ledger.rows import PENDING
from bulkcase.ledger.sent import Imaged
from bulkcase.ledger.storage.stored import root_of
from bulkcase.model import CaseUpdate, Edit, Outcome, Row, RunState
from bulkcase.operations.common.desk import Desk, recovered
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.find import elsewhere, found_run, job_of
from bulkcase.operations.common.options import Options, refuse_unknown
from bulkcase.operations.common.planned import Plan
from bulkcase.operations.common.questions import Questions, agree
from bulkcase.operations.common.runtime import Runtime, command_line, target_name
from bulkcase.operations.deciding.draft import Draft
from bulkcase.operations.deciding.reported import report_of
from bulkcase.operations.live.credentials import disclose
from bulkcase.operations.plan import plan_of_draft
from bulkcase.operations.running.execute import at_work
from bulkcase.operations.running.touched import FILE
from bulkcase.planning.landed import ASIDE
from bulkcase.stopping import StopSwitch

_SAID: Final = ("set.", "input.key")
"""How the keys start of what the definition of a run has to say again, so that its job can be found by it."""


async def undo(
    run: str | Run,
    *,
    state: str | Path | None = None,
    sandbox: bool = False,
    abandon: bool = False,
    ask: Questions | None = None,
    **options: Unpack[Options],
) -> Run:
    """Put the values back that cases had before a run, as a run of its own that can be undone again.

    What somebody has changed since ends as a conflict and stays. `run` is what a verb returned, an id, a part of one
    that no other has, or "last", in the ledger of the folder `state`; `sandbox` looks among the rehearsals; `ask` has
    questions for a person. With `abandon` a run that is not finished is given up: its pending rows stay pending.

    For the options see `Options`. Raises as `run` does, and UsageError for a run that is not finished, or whose values
    before were not read.
    """
    refuse_unknown(options, undo)
    options.setdefault("stop", StopSwitch())
    path, record = found_run(run, state=state, sandbox=sandbox)
    if record.state is RunState.RUNNING:
        # Most likely it was killed: then it is interrupted.
        recovered(path, record, options.get("runtime") or Runtime())
        path, record = found_run(record.id, state=state, sandbox=sandbox)
    _refuse(record, path, abandon=abandon)
    if run == LAST and record.undoes is not None:
        raise UsageError(
            f"the last run, {record.id}, takes run {record.undoes} back: to do again what that one did, give its id"
        )
    job = job_of(record, path, reports=options.get("reports")).undoing(record.id, _roots(record))
    async with at_work(job, f"undo {record.id}", options) as execution:
        desk = execution.desk
        record = desk.ledger.run(record.id)
        _refuse(record, path, abandon=abandon)
        _refuse_a_second_one(desk, record)
        planned = await _planned(desk, record, options)
        disclose(desk.job, options)
        agree(desk.ledger, planned, ask)
        if record.state in UNFINISHED:
            desk.ledger.update_run(record, state=RunState.ABANDONED)
        return await execution.run(desk.ledger.run(planned.run_id), PENDING)


def _roots(record: RunRecord) -> list[str]:
    return list(dict.fromkeys(map(root_of, record.fields)))


def _refuse(record: RunRecord, path: Path, *, abandon: bool) -> None:
    """Raise UsageError for a run that cannot be taken back."""
    if record.state in UNFINISHED and not abandon:
        resume, undo = command_line("resume", record.id, path), command_line("undo", record.id, path, "--abandon")
        raise UsageError(
            f"run {record.id} is not finished ({record.state}): go on with it first: {resume}; "
            f"or leave its pending rows, and take back what it has sent: {undo}"
        )
    if record.started_at is None:
        raise UsageError(f"run {record.id} was never started: there is nothing to undo")
    if record.snapshot is None:
        why = record.reading.get("why") or "live cases were not read"
        raise UsageError(
            f"run {record.id} cannot be undone: the values before were not read ({why}); "
            'snapshot.read = "always" keeps them for the next one'
        )


def _refuse_a_second_one(desk: Desk, record: RunRecord) -> None:
    left = [one for one in desk.ledger.undone_by(record) if one.state in UNFINISHED]
    if left:
        command = command_line("resume", left[-1].id, desk.ledger.path)
        raise UsageError(f"run {left[-1].id}, which takes this one back, is not finished: go on with it: {command}")
    if target_name(desk.job) != record.target:
        raise UsageError(elsewhere(desk.job, record))


async def _planned(desk: Desk, record: RunRecord, options: Options) -> Plan:
    with _drafted(desk, record, options) as draft:
        return await plan_of_draft(desk, draft, options, keeps_hours=True)


@contextmanager
def _drafted(desk: Desk, record: RunRecord, options: Options) -> Iterator[Draft]:
    """Make the rows of the undo; where the body raises, nothing of it is left behind."""
    ledger, runtime, reports = desk.ledger, desk.runtime, options.get("reports")
    said = {key: text for key, text in record.definition.items() if key.startswith(_SAID)}
    run = ledger.create_run(
        now=runtime.clock.now(),
        suffix=runtime.new_id()[:4],
        job=f"undo {desk.job.name}",
        job_file=record.job_file,
        target=record.target,
        input_name=f"run {record.id}",
        input_sha256=record.input_sha256,
        header=record.header,
        fields=_roots(record),
        definition=said,
        undoes=record.id,
        reports=None if reports is None else str(Path(reports).absolute()),
        report=report_of(desk.job),
    )
    try:
        yield _draft(ledger, run, record, runtime.clock.now())
    except BaseException:
        ledger.discard(run)
        raise


def _draft(ledger: Ledger, run: RunRecord, record: RunRecord, now: float) -> Draft:
    rows, count, newer = ledger.rows(run), 0, _Newer(ledger, record)
    for page in ledger.sent(record, None).images():
        batch = [
            (Row(one.number, load_cells(one.cells)), CaseUpdate(one.case_id, {}, edits=_edits(one, newer)))
            for one in page
        ]
        rows.add(batch, now)
        count += len(batch)
    if not count:
        raise UsageError(f"run {record.id} has changed nothing: there is nothing to undo")
    return Draft(run, count, clears=0, names={}, notes=list(_notes(ledger, record)), fed_back=False)


class _Newer:
    """The runs that have written after one, and that nobody has taken back."""

    def __init__(self, ledger: Ledger, record: RunRecord) -> None:
        self._rows = ledger.rows(record)
        self._gone = ledger.taken_back(record.target)
        self._numbers = {number for number, _, _ in self._rows.overtaken(frozenset(Outcome))}

    def of(self, number: int) -> dict[str, str]:
        """Return the newest run for each field that it has sent of the case of a row."""
        if number not in self._numbers:
            return {}
        found = [(run, fields) for run, fields in self._rows.newer(number) if run not in self._gone]
        return {field: run for run, fields in reversed(found) for field in fields.split()}


def _edits(one: Imaged, newer: _Newer) -> dict[str, Edit]:
    later = newer.of(one.number)
    edits: dict[str, Edit] = {}
    for field, image in one.images.items():
        if field in READ_ONLY:
            edits[field] = Edit("leave", ["read_only", f"{field} is the server's own and is not put back"])
        else:
            edits[field] = Edit("restore", {**image, "later": later[field]} if field in later else dict(image))
    return edits


def _notes(ledger: Ledger, record: RunRecord) -> Iterator[str]:
    """Yield what a person should know before a run is taken back."""
    if record.undoes is not None:
        yield f"this does again what run {record.undoes} did, which run {record.id} has taken back"
    gone = ledger.taken_back(record.target)
    for other in ledger.related(record):
        sent = ledger.sent(other, None).count() if other.id != record.id and other.id not in gone else 0
        if sent:
            command = command_line("undo", other.id, ledger.path)
            yield f"run {other.id}, which belongs to it, has sent {sent:,} rows that stay as they are: {command}"
    touched = sum(count for code, count, _ in ledger.rows(record).totals().causes if code == ASIDE)
    if touched:
        where = Path(record.folder or "") / FILE
        yield f"{touched:,} cases also changed in fields that were not sent, which stay as they are: see {near(where)}"
