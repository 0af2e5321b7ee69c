"""A compiled mapping: row in, case update or rejection out."""

from collections.abc import Callable, Sequence
from typing import Any

from bulkcase.cells import Cell
from bulkcase.mapping.faults import Fault, joined, located
from bulkcase.mapping.places import Place
from bulkcase.mapping.readers import Column, Read
from bulkcase.mapping.signals import LEAVE, Clear, Sought
from bulkcase.model import CaseUpdate, Edit, Rejection, Row


class Mapper:
    """Turns rows into case updates; made by `compile_mapping`."""

    def __init__(
        self,
        key: Column,
        read_key: Callable[[Cell], str | Fault],
        columns: Sequence[str],
        readers: Sequence[tuple[str, Read]],
        editors: Sequence[tuple[Place, Read]],
        fields: Sequence[str],
    ) -> None:
        """Take the key's column, every column that is read, and what reads each field, in the job's order.

        `editors` read what has to be compared with the live case before anybody knows what is sent.
        """
        self.fields = tuple(fields)
        """What the job sets, in the job's order and by its keys."""
        self.columns = tuple(dict.fromkeys((key[0], *columns)))
        """The columns of the input that are read, the key's first."""
        self._key_name, self._key_index = key
        self._read_key = read_key
        self._readers = tuple(readers)
        self._editors = tuple(editors)

    def map(self, row: Row) -> CaseUpdate | Rejection:
        """Return the case update of a row, or everything that is wrong with its cells in one message.

        A row that says nothing gives an update with an empty body.
        """
        if row.rejection is not None:
            return row.rejection
        cells = row.cells
        key = self._read_key(cells[self._key_index])
        faults = [located((self._key_name,), key)] if isinstance(key, Fault) else []
        body: dict[str, Any] = {}
        clears: tuple[str, ...] = ()
        for field, read in self._readers:
            value = read(cells)
            if value is LEAVE:
                continue
            kind = type(value)
            if kind is Fault:
                faults.append(value)
            elif kind is Clear:
                body[field] = value.value
                clears += (field,)
            else:
                body[field] = value
        edits, cleared = self._edits(cells, faults) if self._editors else (None, ())
        if isinstance(key, Fault) or faults:
            fault = joined(faults)
            return Rejection(fault.code, fault.reason, None if isinstance(key, Fault) else key)
        return CaseUpdate(key, body, clears + cleared, edits) if edits else CaseUpdate(key, body, clears)

    def _edits(self, cells: Sequence[Cell], faults: list[Fault]) -> tuple[dict[str, Edit], tuple[str, ...]]:
        """Return the edits of a row, and what they empty; add what is wrong with its cells to `faults`."""
        edits: dict[str, Edit] = {}
        cleared: tuple[str, ...] = ()
        for place, read in self._editors:
            value = read(cells)
            if value is LEAVE:
                continue
            if type(value) is Fault:
                faults.append(value)
                continue
            if type(value) is Clear:
                cleared += (place.key,)
                value = value.value
            edits[place.key] = _edit(place, value)
        return edits, cleared


def _edit(place: Place, value: Any) -> Edit:
    items = value if isinstance(value, list) else [value]
    return Edit(place.do, value, named=any(isinstance(item, Sought) for item in items))
