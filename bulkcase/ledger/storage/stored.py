"""Rows as the ledger stores them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from bulkcase.cells import dump_cells
from bulkcase.ledger.images import Attempt, dump_attempts
from bulkcase.model import CaseUpdate, Edit, Outcome, Rejection, Row, fingerprint_of

_PENDING, _INVALID = Outcome.PENDING.value, Outcome.INVALID.value


class Difference(NamedTuple):
    """What is to be sent for a row, by a look at its case."""

    number: int
    state: Outcome
    sent: Mapping[str, Any]
    before: Mapping[str, Any] | None
    place: int | None
    looked_at: float | None
    kept: str = ""
    """What of the row is left alone, and why."""
    earlier: Sequence[Attempt] = ()
    """What was sent before by other comparisons, and may have landed."""


class Keyed(NamedTuple):
    """A row, and the key that it has."""

    number: int
    key: str
    state: Outcome
    body: bytes
    edits: bytes | None

    def fingerprint_as(self, key: str) -> bytes:
        """Return the fingerprint that it has with another key."""
        return fingerprint_of(key, load_values(self.body), load_edits(self.edits))


def row_values(run: int, row: Row, mapped: CaseUpdate | Rejection, now: float) -> tuple[Any, ...]:
    """Return a row in the order of `Statements.add_row`: what a comparison brings is not there yet."""
    number, cells = row.number, dump_cells(row.cells)
    if isinstance(mapped, Rejection):
        key = None if mapped.key is None else storable(mapped.key)
        said = (mapped.code, storable(mapped.message))
        return run, number, cells, key, None, None, "", None, _INVALID, 0, None, *said, now, None
    key, body, _, edits = mapped
    fingerprint, stored = fingerprint_of(key, body, edits), orjson.dumps(body)
    if not edits:
        return run, number, cells, key, stored, None, " ".join(body), fingerprint, _PENDING, 0, None, "", "", None, None
    fields = " ".join(dict.fromkeys((*body, *map(root_of, edits))))
    told = (stored, dump_edits(edits), fields, fingerprint)
    return run, number, cells, key, *told, _PENDING, 0, None, "", "", None, None


def difference_values(run: int, difference: Difference) -> tuple[Any, ...]:
    """Return what differs in the order of `Statements.compare`."""
    sent, before, state = difference.sent, difference.before, difference.state
    said = (orjson.dumps(sent), None if before is None else orjson.dumps(before))
    kept, earlier = storable(difference.kept) or None, dump_attempts(difference.earlier)
    found = (difference.place, difference.looked_at, kept, earlier, " ".join(sent))
    return *said, *found, run, difference.number, state.value


def load_values(stored: bytes) -> dict[str, Any]:
    """Return the fields of a case and their values, as they are stored."""
    values: dict[str, Any] = orjson.loads(stored)
    return values


def loaded(stored: bytes | None) -> Any:
    """Return what is stored as JSON; None where nothing is."""
    return None if stored is None else orjson.loads(stored)


def dump_edits(edits: Mapping[str, Edit]) -> bytes:
    """Return edits as JSON that `load_edits` turns back."""
    return orjson.dumps({key: list(edit) for key, edit in edits.items()})


def load_edits(stored: bytes | None) -> dict[str, Edit]:
    """Return the edits that `dump_edits` stored."""
    return {} if stored is None else {key: Edit(*edit) for key, edit in orjson.loads(stored).items()}


def root_of(key: str) -> str:
    """Return the field of a case that an edit with this key is about."""
    root = key.partition(".")[0]
    return "fields" if root == "custom" else root


def storable(text: str) -> str:
    """Return a text without halves of characters, which no database takes: one odd message must not stop a run."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
