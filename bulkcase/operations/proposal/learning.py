"""The names that a new job looks up, learnt from the live cases where its credentials are at hand."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Unpack

from bulkcase.cells import text_of
from bulkcase.errors import UsageError
from bulkcase.job import Job
from bulkcase.job.needs import live_lookups
from bulkcase.mapping.faults import Fault
from bulkcase.mapping.types.lookups import LookupTable
from bulkcase.operations.common.options import Options
from bulkcase.operations.common.runtime import Runtime
from bulkcase.operations.live.credentials import check_credentials
from bulkcase.operations.lookups import LearntLookup, lookups
from bulkcase.operations.proposal.options import Ask
from bulkcase.proposing import Column, Proposal, about_learning

_SHOWN = 5
"""Names of a field that are told, at the most."""


def agreed(job: Job, ask: Ask | None, runtime: Runtime | None) -> bool:
    """Say whether the live cases are to be read, as a person says where one can be asked.

    Raises CredentialsError where a secret cannot be had here, and UsageError where a file is there already.
    """
    check_credentials(job, runtime)
    fields = [field for field in job.lookups if field in live_lookups(job)]
    for path in [job.file.parent / f"{field}.json" for field in fields]:
        if path.exists():
            raise UsageError(f"{path} is there already, and is left as it is: move it away first")
    return ask is None or ask(about_learning(fields, job.connection.host)) is not None


async def learnt(job: Job, **options: Unpack[Options]) -> list[LearntLookup]:
    """Write what the live cases show of the fields that a job maps and looks up, into files beside it.

    Raises what `lookups` does.
    """
    wanted = {name: lookup for name, lookup in job.lookups.items() if name in live_lookups(job)}
    return await lookups(job.model_copy(update={"lookups": wanted}), **options)


def unknown_names(
    proposal: Proposal, columns: Sequence[Column], tables: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """Yield what is said of each name in the sample that the live cases do not show."""
    looks = {column.name: column.look for column in columns}
    for each in proposal.mapped:
        if each.field not in tables:
            continue
        table, split = LookupTable(each.field, tables[each.field]), each.hows[0].split
        texts = (text_of(value).strip() for value in looks[each.column].values)
        names = dict.fromkeys(
            name.strip()
            for text in texts
            if text[:1] not in {"{", "["}
            for name in (text.split(split) if split else [text])
        )
        faults = [fault.reason for name in names if name and isinstance(fault := table.find(name), Fault)]
        yield from faults[:_SHOWN]
        if len(faults) > _SHOWN:
            yield f"{len(faults) - _SHOWN:,} more names are not in lookups.{each.field}"
