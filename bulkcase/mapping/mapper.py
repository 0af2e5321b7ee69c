"""A compiled mapping: row in, case update or rejection out."""

from collections.abc import Sequence
from typing import Any

from bulkcase.mapping.faults import Fault, joined, located
from bulkcase.mapping.keys import read_key
from bulkcase.mapping.readers import Column, Read
from bulkcase.mapping.signals import LEAVE, Clear
from bulkcase.model import CaseUpdate, Rejection, Row


class Mapper:
    """Turns rows into case updates; made by `compile_mapping`."""

    def __init__(self, key: Column, columns: Sequence[str], readers: Sequence[tuple[str, Read]]) -> None:
        """Take the key's column, every column that is read, and what reads each field, in the job's order."""
        self.fields = tuple(field for field, _ in readers)
        """The case fields that the job sets, in the job's order."""
        self.columns = tuple(dict.fromkeys((key[0], *columns)))
        """The columns of the input that are read, the key's first."""
        self._key_name, self._key_index = key
        self._readers = tuple(readers)

    def map(self, row: Row) -> CaseUpdate | Rejection:
        """Return the case update of a row, or everything that is wrong with its cells in one message.

        A row that says nothing gives an update with an empty body.
        """
        if row.rejection is not None:
            return row.rejection
        cells = row.cells
        key = read_key(cells[self._key_index])
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
        if isinstance(key, Fault) or faults:
            fault = joined(faults)
            return Rejection(fault.code, fault.reason, None if isinstance(key, Fault) else key)
        return CaseUpdate(key, body, clears)
