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
    ticketid ticketnumber ticketno fallnummer vorgang vorgangsnummer fallid referenz
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
    """Return the column with the keys; ids before references, unless a match is asked for."""
    found = [key for column in columns if (key := key_in(column)) is not None and match in {None, key.match}]
    for kind in ("_id", "refId"):
        keys = [key for key in found if key.match == kind]
        best = [key for key in keys if is_called_a_key(key.column)]
        if len(keys) == 1 or len(best) == 1:
            return (best or keys)[0]
        if keys:
            what = "ids" if kind == "_id" else "references"
            listed = " and ".join(shown(key.column) for key in keys[:5])
            return NoKey(f"more than one column has {what} of cases: {listed}", keys)
    return NoKey(f"no column has the keys of cases, which are {LOOKS}")


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


def told_key(column: Column, match: Match | None) -> Key:
    """Return a column that a person named as the one with the keys."""
    found = key_in(column)
    told = match or (found.match if found else "_id")
    return Key(column.name, told, "as you said", column.look.repeats)


def _of(count: int, look: Look, what: str) -> str:
    return f"{'all' if count == look.filled else f'{count:,} of {look.filled:,}'} values look like {what}"
