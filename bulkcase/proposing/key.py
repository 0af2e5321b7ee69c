"""Which column says which case a row is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from bulkcase.cells import shown
from bulkcase.mapping.key_looks import is_id, is_reference, is_usual_reference
from bulkcase.proposing.looks import Look
from bulkcase.proposing.names import words_of

Match = Literal["_id", "refId"]

LOOKS: Final = "ids such as ci-1a2b…, or references such as CS000100"
"""What keys look like, for people."""
_CALLED: Final = frozenset(
    """
    id caseid key casekey case ref caseref refid reference casereference number no nr casenumber caseno casenr ticket
    ticketid ticketnumber ticketno fallnummer fallnr vorgang vorgangsnummer vorgangsnr fallid referenz
    """.split()  # noqa: SIM905 - words to be read
)
"""What a column with keys is called, its words joined."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its name, and what its values look like."""

    name: str
    look: Look


@dataclass(frozen=True, slots=True)
class Key:
    """The column with the keys."""

    column: str
    match: Match
    why: str
    repeats: int
    """Values in the sample that stood there before."""


@dataclass(frozen=True, slots=True)
class NoKey:
    """Why no column can be taken for the one with the keys, and those among which a person may choose."""

    why: str
    among: Sequence[Key] = ()


def find_key(columns: Sequence[Column], match: Match | None = None) -> Key | NoKey:
    """Return the column with the keys; ids before references, unless a match is asked for.

    A column is taken only if it is called a key, or if nearly all rows have it and no other one is called a key: else
    it may well have the parents of cases, or their duplicates.
    """
    looks = {column.name: column.look for column in columns}
    every = [key for column in columns if (key := key_in(column)) is not None]
    found = [key for key in every if match in {None, key.match}]
    if not found:
        return NoKey(f"no column has the keys of cases, which are {LOOKS}")
    called = [key for key in found if is_called_a_key(key.column)]
    full = [key for key in called or found if looks[key.column].is_nearly_full]
    others = [] if called else _called_else(columns, every)
    if full and others:
        return NoKey(f"{_listed(full)} has keys of cases, but {shown(others[0])} is called as they are", found)
    for kind in ("_id", "refId"):
        keys = [key for key in full if key.match == kind]
        if len(keys) == 1:
            return keys[0]
        if keys:
            what = "ids" if kind == "_id" else "references"
            return NoKey(f"more than one column has {what} of cases: {_listed(keys)}", keys)
    if len(found) == 1:
        why = f"{_listed(found)} has keys of cases, but many rows leave it blank"
        return called[0] if called else NoKey(why, found)
    return NoKey(f"{_listed(found)} have keys of cases, and the file does not tell which of them is meant", found)


def _called_else(columns: Sequence[Column], keys: Sequence[Key]) -> list[str]:
    """Return the columns that are called a key, but whose values do not look like keys."""
    known = {key.column for key in keys}
    return [each.name for each in columns if each.look.values and is_called_a_key(each.name) and each.name not in known]


def _listed(keys: Sequence[Key]) -> str:
    return " and ".join(shown(key.column) for key in keys[:5])


def is_called_a_key(name: str) -> bool:
    """Say whether a column is called as one with keys is."""
    return "".join(words_of(name)) in _CALLED


def key_in(column: Column) -> Key | None:
    """Return a column as the one with the keys, where half of its values or more look like such; else None."""
    look, name = column.look, column.name
    ids = look.count(is_id)
    if ids and ids * 2 >= look.filled:
        return Key(name, "_id", _of(ids, look, "ids of cases"), look.repeats)
    references = look.count(is_reference if is_called_a_key(name) else is_usual_reference)
    if references and references * 2 >= look.filled:
        return Key(name, "refId", _of(references, look, "references of cases"), look.repeats)
    return None


def told_key(column: Column, match: Match | None) -> Key | None:
    """Return a column that a person named as the one with the keys; None where nothing tells what it has."""
    found = key_in(column)
    look = column.look
    seen = found.match if found else "refId" if look.count(is_reference) * 2 >= look.filled > 0 else None
    told = match or seen
    return Key(column.name, told, "as you said", look.repeats) if told else None


def _of(count: int, look: Look, what: str) -> str:
    return f"{'all' if count == look.filled else f'{count:,} of {look.filled:,}'} values look like {what}"
