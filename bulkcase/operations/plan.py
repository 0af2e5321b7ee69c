"""plan: the decision for every row, in the ledger, before any update is sent."""

from typing import Unpack

from bulkcase.job import Job
from bulkcase.ledger import RunRecord
from bulkcase.operations.common.desk import Desk, at_desk
from bulkcase.operations.common.options import Options, refuse_limit, refuse_text, refuse_unknown
from bulkcase.operations.common.planned import Plan
from bulkcase.operations.common.runtime import Runtime
from bulkcase.operations.deciding.decided import decided
from bulkcase.operations.deciding.draft import Draft, drafted
from bulkcase.operations.deciding.look import look
from bulkcase.operations.live.credentials import check_ids


async def plan(job: Job, *, limit: int | None = None, **options: Unpack[Options]) -> Plan:
    """Read the input and, where it pays, the live cases, and decide about every row; nothing is sent.

    `limit` takes only the first rows. Of the options `reports`, `on_progress` and `stop` are of use here; see
    `Options`. The plan is kept in the ledger, and `run` takes it as it is.

    Raises InputError, JobError, LedgerError, Locked where another command uses the target, CredentialsError,
    CasesRefused or EnvironmentFailed where live cases are to be read and cannot be, and NotPlanned where that is
    stopped; no run is left behind half-read.
    """
    refuse_unknown(options, plan)
    refuse_text(job)
    refuse_limit(limit)
    check_ids(job)
    runtime = options.get("runtime") or Runtime()
    with at_desk(job, f"plan {job.file.name}", runtime) as desk:
        return await plan_at(desk, limit=limit, options=options)


async def plan_at(
    desk: Desk,
    *,
    limit: int | None,
    options: Options,
    continues: RunRecord | None = None,
    keeps_hours: bool = False,
) -> Plan:
    """Plan at a desk; see `plan`. A run that continues another one must be of the same key, mapping and lookups."""
    ledger, job, runtime = desk.ledger, desk.job, desk.runtime
    with drafted(
        ledger,
        job,
        limit=limit,
        runtime=runtime,
        continues=continues,
        reports=options.get("reports"),
        on_progress=options.get("on_progress"),
        ahead=options.get("ahead"),
    ) as draft:
        return await plan_of_draft(desk, draft, options, keeps_hours=keeps_hours)


async def plan_of_draft(desk: Desk, draft: Draft, options: Options, *, keeps_hours: bool) -> Plan:
    """Read the live cases, where that is needed or pays, and decide about every row of a draft; see `plan`."""
    glance = await look(desk, draft.run, draft.names, options, keeps_hours=keeps_hours)
    return decided(desk.ledger, draft, glance, desk.job, desk.runtime)
