"""undo: put back what stood in the cases before a run, where nobody has changed it since."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Unpack

from bulkcase.cells import load_cells
from bulkcase.errors import UsageError
from bulkcase.fields.catalogue import READ_ONLY
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.ledger.found import UNFINISHED
from bulkcase.ledger.images import Images
from bulkcase.ledger.rows import PENDING
from bulkcase.ledger.stored import root_of
from bulkcase.model import CaseUpdate, Edit, Row, RunState
from bulkcase.operations.desk import Desk
from bulkcase.operations.draft import Draft
from bulkcase.operations.ended import Run
from bulkcase.operations.execute import at_work
from bulkcase.operations.find import elsewhere, found_run, job_of
from bulkcase.operations.options import Options
from bulkcase.operations.plan import plan_of_draft
from bulkcase.operations.planned import Plan
from bulkcase.operations.questions import Questions, agree
from bulkcase.operations.runtime import command_line, target_name
from bulkcase.stopping import StopSwitch

_SAID: Final = ("set.", "input.key")
"""How the keys start of what the definition of a run has to say again, so that its job can be found by it."""


async def undo(
    run: str | Run,
    *,
    state: Path | None = None,
    sandbox: bool = False,
    abandon: bool = False,
    ask: Questions | None = None,
    **options: Unpack[Options],
) -> Run:
    """Put the values back that cases had before a run, as a run of its own that can be undone again.

    What somebody has changed since ends as a conflict and stays. `run` is what a verb returned, an id, a part of one
    that no other has, or "last", in the ledger of the folder `state`; `sandbox` looks among the rehearsals; `ask` has
    questions for a person. With `abandon` a run that is not finished is given up: its pending rows stay pending.

    Raises as `bulkcase.run` does, and UsageError for a run that is not finished, or whose values before were not read.
    """
    options.setdefault("stop", StopSwitch())
    path, record = found_run(run, state=state, sandbox=sandbox)
    _refuse(record, path, abandon=abandon)
    job = job_of(record, path, reports=options.get("reports")).undoing(record.id, _roots(record))
    with at_work(job, f"undo {record.id}", options) as execution:
        desk = execution.desk
        record = desk.ledger.run(record.id)
        _refuse(record, path, abandon=abandon)
        _refuse_a_second_one(desk, record)
        planned = await _planned(desk, record, options)
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
        reports=None if reports is None else str(reports.absolute()),
    )
    try:
        yield _draft(ledger, run, record, runtime.clock.now())
    except BaseException:
        ledger.discard(run)
        raise


def _draft(ledger: Ledger, run: RunRecord, record: RunRecord, now: float) -> Draft:
    rows, count = ledger.rows(run), 0
    for page in ledger.sent(record, None).images():
        batch = [
            (Row(one.number, load_cells(one.cells)), CaseUpdate(one.case_id, {}, edits=_edits(one.images)))
            for one in page
        ]
        rows.add(batch, now)
        count += len(batch)
    if not count:
        raise UsageError(f"run {record.id} has changed nothing: there is nothing to undo")
    return Draft(run, count, clears=0, names={}, notes=(), fed_back=False)


def _edits(images: Images) -> dict[str, Edit]:
    return {
        field: Edit("leave", f"{field} is the server's own and is not put back")
        if field in READ_ONLY
        else Edit("restore", dict(image))
        for field, image in images.items()
    }
