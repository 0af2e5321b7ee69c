"""Where each column goes: a field, a question, a custom field perhaps, or nowhere, each with its reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bulkcase.cells import shown
from bulkcase.fields import READ_ONLY
from bulkcase.job.needs import CUSTOM
from bulkcase.mapping.key_looks import is_reference
from bulkcase.proposing.key import Column, Key, is_called_a_key
from bulkcase.proposing.looks import is_email
from bulkcase.proposing.names import Named, Rank, may_be, named
from bulkcase.proposing.toml import is_whole
from bulkcase.proposing.ways import How, needs_zone, ways_of


class State(StrEnum):
    """What becomes of a column in the job file."""

    KEY = "key"
    MAPPED = "mapped"
    SUGGESTED = "suggested"
    """It stands there as a comment, and a person may be asked about it."""
    CUSTOM = "custom"
    """It stands there as a comment, as a custom field."""
    LEFT = "left"
    """It stands there with the reason why it is not mapped."""


@dataclass(frozen=True, slots=True)
class Placing:
    """What becomes of one column."""

    column: str
    state: State
    why: str
    field: str = ""
    """The key behind `mapping.`: a documented field, a path, or `custom.NAME`; empty where none fits."""
    hows: Sequence[How] = ()
    """How it may be read; where it is mapped, the one way."""
    zoneless: bool = False
    """Its dates have no time zone, so the job has to name one."""
    rank: Rank = Rank.MAYBE
    example: str = ""
    """A value of the sample, as a person is shown it who is asked; it does not go into the job file."""
    instead_of: str = ""
    """The column that is mapped to the field instead."""

    @property
    def may_be_asked(self) -> bool:
        """Whether an answer of a person would map it."""
        return self.state is State.SUGGESTED


def placings(columns: Sequence[Column], key: Key, *, fed_back: bool = False) -> list[Placing]:
    """Return what becomes of each column, in their order."""
    found = [_placing(column, key, fed_back) for column in columns]
    new = {each.field for each in found if each.rank is Rank.NEW}
    mapped = [each for each in found if each.state is State.MAPPED and each.field not in new]
    found = [_rival(each, column, mapped, fed_back) for each, column in zip(found, columns, strict=True)]
    fields = {each.field for each in found if each.state in {State.MAPPED, State.SUGGESTED}}
    settled = {
        each.column: each
        for field in fields
        for each in _settled([one for one in found if one.field == field and one.state is not State.LEFT])
    }
    return _beside_new_ones([settled.get(each.column, each) for each in found])


def _placing(column: Column, key: Key, fed_back: bool) -> Placing:
    if column.name == key.column:
        return Placing(column.name, State.KEY, key.why)
    meant = _meant(column)
    if why := _why_left(column, meant, key):
        return Placing(column.name, State.LEFT, why)
    return _custom(column, fed_back) if meant is None else _documented(column, meant, fed_back)


def _rival(each: Placing, column: Column, mapped: Sequence[Placing], fed_back: bool) -> Placing:
    """Return a column of no field as one that may be a field, where its name is more than that of the column mapped."""
    if each.state is not State.CUSTOM:
        return each
    for one in mapped:
        if may_be(column.name, one.column, one.field):
            return _documented(column, Named(one.field, one.rank), fed_back)
    return each


def _beside_new_ones(found: Sequence[Placing]) -> list[Placing]:
    """Return the columns with a doubt where others say that they have the new values: these may have the old ones."""
    of_cases = (State.MAPPED, State.SUGGESTED)
    new = next((each for each in found if each.rank is Rank.NEW and each.state in of_cases), None)
    if new is None:
        return list(found)
    why = f"as {shown(new.column)} is there, it may have what cases had on the day of the export"
    return [
        replace(each, state=State.SUGGESTED, why=why)
        if each.state is State.MAPPED and each.rank is not Rank.NEW
        else each
        for each in found
    ]


def _meant(column: Column) -> Named | None:
    meant = named(column.name)
    if meant is None and column.look.mostly(is_email):
        return Named("userInfo.emailId", Rank.MAYBE, "it changes the customer of the cases")
    return meant


def _why_left(column: Column, meant: Named | None, key: Key) -> str:
    if not is_whole(column.name):
        return "its name holds half a character: give it another one in the file"
    if meant is None:
        is_key = is_called_a_key(column.name) and column.look.mostly(is_reference)
        return f"references of cases; the key is {shown(key.column)}" if is_key else ""
    if meant.field in READ_ONLY:
        return f"{meant.field}, which the server sets: never sent"
    return f"by its name the {meant.field} before: nothing to send" if meant.is_old else ""


def _documented(column: Column, meant: Named, fed_back: bool) -> Placing:
    ways = ways_of(meant.field, column.look, fed_back=fed_back)
    if not ways.fits:
        return Placing(column.name, State.LEFT, f"{meant.field} by its name, but {ways.doubt}", meant.field)
    doubts = "; ".join(filter(None, (meant.doubt, ways.doubt)))
    return Placing(
        column.name,
        State.SUGGESTED if doubts else State.MAPPED,
        doubts or ways.why,
        meant.field,
        tuple(ways.hows),
        any(needs_zone(meant.field, how, column.look, fed_back=fed_back) for how in ways.hows),
        meant.rank,
        shown(column.look.values[0]) if column.look.values else "",
    )


def _custom(column: Column, fed_back: bool) -> Placing:
    field = CUSTOM + column.name
    ways = ways_of(field, column.look, fed_back=fed_back)
    hows = tuple(ways.hows[:1])
    zoneless = any(needs_zone(field, how, column.look, fed_back=fed_back) for how in hows)
    return Placing(column.name, State.CUSTOM, ways.doubt or ways.why, field, hows, zoneless)


def _settled(rivals: Sequence[Placing]) -> Iterable[Placing]:
    """Yield the columns that want one field, of which one alone may have it."""
    best = min(each.rank for each in rivals)
    first, *same = [each for each in rivals if each.rank is best]
    if not same and first.state is State.MAPPED:
        yield first
        for each in rivals:
            if each is not first:
                why = f"{first.field} comes from {shown(first.column)}"
                yield replace(each, state=State.LEFT, why=why, instead_of=first.column)
        return
    for each in rivals:
        others = " and ".join(shown(other.column) for other in rivals if other is not each)
        why = f"{others} may be {each.field} as well"
        if not others:
            yield each
        elif each.state is State.MAPPED:
            yield replace(each, state=State.SUGGESTED, why=why)
        else:
            yield replace(each, why=f"{each.why}; {why}")
