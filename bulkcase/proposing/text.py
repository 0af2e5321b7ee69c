"""The text of a job file: what was decided, each with its reason, and as comments what was not.

No value of a cell stands in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Final

from bulkcase.job.needs import CUSTOM
from bulkcase.proposing.placing import Placing, State
from bulkcase.proposing.proposal import Proposal
from bulkcase.proposing.toml import toml_key, toml_text, toml_value
from bulkcase.proposing.ways import How

_REMARK_AT: Final = 44
"""The column in which remarks start, where what is before them is not longer."""
_WIDTH: Final = 100
"""Characters of a line of reasons."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The value of a key, and what is said of it."""

    value: Any
    remark: str = ""


Tables = Mapping[str, Mapping[str, Setting]]
"""Tables of the job file, with their keys."""


def job_text(proposal: Proposal, head: Sequence[str], tables: Tables) -> str:
    """Return the job file of a proposal: `head` are lines for people, `tables` what does not come from the columns.

    Among the tables is `input`, without what the proposal says of it.
    """
    before = {name: table for name, table in tables.items() if name in {"connection", "auth"}}
    after = {name: table for name, table in tables.items() if name not in {"connection", "auth", "input"}}
    parts = [
        [f"# {line}".rstrip() for line in head],
        *(_table(name, table) for name, table in before.items()),
        [*_table("input", tables["input"]), *_input(proposal)],
        ["[mapping]".ljust(_REMARK_AT) + " # field of the case = where its value comes from", *_mapping(proposal)],
        list(_custom(proposal)),
        list(_lookups(proposal, tables.get("lookups", {}))),
        *(_table(name, table) for name, table in after.items() if name != "lookups"),
        [
            *([] if "report" in after else ["# [report]"]),
            '# private = ["desc", "userInfo"]'.ljust(_REMARK_AT)
            + " # values that nobody may read in reports: masked there",
        ],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _table(name: str, table: Mapping[str, Setting]) -> list[str]:
    return [
        f"[{name}]",
        *(_line(f"{toml_key(key)} = {toml_value(one.value)}", one.remark) for key, one in table.items()),
    ]


def _line(written: str, remark: str) -> str:
    return f"{written.ljust(_REMARK_AT)} # {remark}" if remark else written


def _input(proposal: Proposal) -> Iterator[str]:
    key = proposal.key
    value = key.column if key.match == "_id" else {"column": key.column, "match": key.match}
    yield _line(f"key = {toml_value(value)}", key.why)
    if key.repeats:
        rows = "1 row repeats" if key.repeats == 1 else f"{key.repeats:,} rows repeat"
        yield _line('# duplicates = "last"', f"{rows} a case: the last one wins; else all are invalid")
    if proposal.timezone is not None:
        yield _line(f"timezone = {toml_text(proposal.timezone)}", "of dates that name none")
    elif any(each.zoneless for each in proposal.placings):
        here = f"{proposal.zone_here} is that of this machine: " if proposal.zone_here else ""
        yield _line(
            f"# timezone = {toml_text(proposal.zone_here or 'UTC')}", f"{here}is it that of the dates in the file?"
        )


def _mapping(proposal: Proposal) -> Iterator[str]:
    for each in proposal.mapped:
        yield _line(_source(each, each.hows[0]), each.why)
    if any(each.state is State.SUGGESTED for each in proposal.placings):
        least = "Take" if proposal.mapped else "Nothing is sure, and a job needs a field: take"
        yield f"#\n# {least} the # away from what you mean:"
    for each in proposal.placings:
        if each.state is State.SUGGESTED:
            yield from _reason(each)
            yield from (f"# {_source(each, how)}" for how in each.hows)
    left = [each for each in proposal.placings if each.state is State.LEFT]
    if left:
        yield "#\n# Not mapped:"
    for each in left:
        yield from _reason(each)
        if each.instead_of:
            yield f"#     instead: {_source(each, each.hows[0])}"


def _custom(proposal: Proposal) -> Iterator[str]:
    found = [each for each in proposal.placings if each.state is State.CUSTOM]
    if not found:
        return
    yield "[mapping.custom]".ljust(_REMARK_AT) + " # custom fields, by display name or internal name"
    yield "# No documented field is called as these columns are. Where a custom field is, take the # away:"
    for each in found:
        yield _line(f"# {_source(each, each.hows[0])}", each.why)


def _lookups(proposal: Proposal, files: Mapping[str, Setting]) -> Iterator[str]:
    if not proposal.lookups:
        return
    yield "[lookups]".ljust(_REMARK_AT) + " # name → the whole object that the API wants"
    mapped = {each.field for each in proposal.mapped}
    for field in proposal.lookups:
        one = files.get(field, Setting("live", "learnt from the live cases"))
        yield _line(
            f"{field} = {toml_value(one.value)}", one.remark if field in mapped else f"for when {field} is mapped"
        )


def _reason(each: Placing) -> Iterator[str]:
    """Yield the lines that say why a column is not mapped; a further line can be taken for nothing else."""
    first, *others = wrap(
        f"{toml_text(each.column)}: {each.why}", _WIDTH, break_long_words=False, break_on_hyphens=False
    )
    yield f"# {first}"
    yield from (f"#     {line}" for line in others)


def _source(each: Placing, how: How) -> str:
    settings = how.settings()
    value = {"column": each.column, **settings} if settings else each.column
    return f"{toml_key(each.field.removeprefix(CUSTOM))} = {toml_value(value)}"
