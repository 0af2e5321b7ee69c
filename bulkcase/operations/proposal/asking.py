"""From the sample of a file to a proposal: what is not sure is asked, where somebody is there."""

from dataclasses import replace

from bulkcase.cells import shown
from bulkcase.errors import InputError, UsageError
from bulkcase.job.zones import find_zone, nearest_zone
from bulkcase.mapping.faults import listed
from bulkcase.nearest import nearest
from bulkcase.operations.proposal.options import Ask, InitOptions
from bulkcase.operations.proposal.sample import Sample
from bulkcase.proposing import (
    LOOKS,
    Key,
    NoKey,
    Placing,
    Proposal,
    about_column,
    about_key,
    about_zone,
    find_key,
    placings,
    told_key,
)


def checked_zone(written: str | None) -> str | None:
    """Return a time zone as it was told; raises UsageError for one that does not exist."""
    if written is None or find_zone(written) is not None:
        return written
    near = nearest_zone(written)
    hint = f"did you mean {near}?" if near else 'name one such as "Europe/Berlin" or "UTC"'
    raise UsageError(f"--timezone: {shown(written)} is no time zone of the IANA database: {hint}")


def proposed(sample: Sample, options: InitOptions, zone: str | None) -> Proposal:
    """Return what a job could be made of a file, with the answers of a person in it; `zone` is told already.

    Raises InputError where no column has the keys, and UsageError where a key is told that the file does not have.
    """
    ask = options.get("ask")
    key = _key(sample, options)
    proposal = Proposal(key, placings(sample.columns, key, fed_back=sample.fed_back), zone_here=_zone_here())
    for column in [each.column for each in proposal.open] if ask else ():
        # An answer may have taken the field of others.
        placing = next((each for each in proposal.open if each.column == column), None)
        if placing is not None and ask is not None:
            proposal = _asked(proposal, placing, ask)
    if zone is None and proposal.needs_zone and ask is not None:
        zone = _asked_zone(proposal, ask)
    return proposal.with_zone(zone) if zone or any(each.zoneless for each in proposal.placings) else proposal


def _asked(proposal: Proposal, placing: Placing, ask: Ask) -> Proposal:
    question = about_column(placing)
    answer = ask(question)
    if answer is None:
        return proposal
    return proposal.answered(placing.column, placing.hows[question.answers.index(answer)])


def _asked_zone(proposal: Proposal, ask: Ask) -> str | None:
    question = about_zone([each.column for each in proposal.mapped if each.zoneless], proposal.zone_here)
    while (answer := ask(question)) is not None:
        if find_zone(answer) is not None:
            return answer
        near = nearest_zone(answer)
        hint = f"did you mean {near}?" if near else "name one such as Europe/Berlin"
        question = replace(question, text=f"{shown(answer)} is no time zone of the IANA database: {hint}")
    return None


def _key(sample: Sample, options: InitOptions) -> Key:
    name, match, ask = options.get("key"), options.get("match"), options.get("ask")
    file = sample.source.path
    if name is not None:
        column = next((each for each in sample.columns if each.name == name), None)
        if column is None:
            near = nearest(name, sample.header)
            hint = f"did you mean {shown(near)}? " if near else ""
            raise UsageError(f"--key: {file} has no column {shown(name)}: {hint}it has {listed(sample.header)}")
        if (told := told_key(column, match)) is None:
            raise UsageError(
                f"--key: the values of {shown(name)} do not look like {LOOKS}: say what they are with --match"
            )
        return told
    found = find_key(sample.columns, match)
    if isinstance(found, NoKey) and found.among and ask is not None:
        question = about_key(found)
        if (answer := ask(question)) is not None:
            return found.among[question.answers.index(answer)]
    if isinstance(found, NoKey):
        what = LOOKS if match is None else "ids such as ci-1a2b…" if match == "_id" else "references such as CS000100"
        why = found.why if found.among else f"no column has the keys of cases, which are {what}"
        raise InputError(f"{file}: {why}: name the column with --key")
    return found


def _zone_here() -> str | None:
    """Return the IANA zone of this machine; None where it does not say."""
    from tzlocal import get_localzone_name  # noqa: PLC0415 - only this command asks

    try:
        name = get_localzone_name()
    except (LookupError, OSError, ValueError):
        return None
    # A machine without a zone says it in more than one way.
    name = "UTC" if name in {"Etc/UTC", "Etc/UCT", "UCT", "Zulu"} else name
    return name if name and find_zone(name) is not None else None
