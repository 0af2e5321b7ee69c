"""The rows of an input on their way into the ledger: a batch is written while the next one is read and mapped."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import chain
from pathlib import Path
from queue import Empty, Full, Queue
from sqlite3 import SQLITE_LIMIT_VARIABLE_NUMBER
from typing import Any, Final

from sqlalchemy import Connection, Engine

from bulkcase.ledger.storage.database import in_words, writing_many
from bulkcase.ledger.storage.statements import ADDED, Prepared
from bulkcase.ledger.storage.stored import row_values
from bulkcase.model import CaseUpdate, Rejection, Row

Batch = Iterable[tuple[Row, CaseUpdate | Rejection]]

_Values = list[tuple[Any, ...]]

_CELLS: Final = ADDED.index("cells")
_BODY: Final = ADDED.index("body")
_MOST_ROWS: Final = 5000
_MOST_BYTES: Final = 4_000_000
"""Rows of a batch, and bytes of its cells and bodies: three batches are in memory at a time."""
_TOGETHER: Final = 4
"""Batches of one transaction."""
_A_LOOK: Final = 0.1
"""Seconds after which whoever waits looks whether there is anything to wait for."""
_OWN: Final = slice(ADDED.index("number"), ADDED.index("fingerprint") + 1)
"""The values that each row has for itself; whatever stands behind them is the same for all that could be mapped."""
_OWN_COUNT: Final = _OWN.stop - _OWN.start
_SHARED_COUNT: Final = len(ADDED) - _OWN_COUNT
_ROWS_AT_ONCE: Final = 2500
"""Of one statement."""
_FEWEST: Final = 50
"""Rows for which one is worth its making."""


@contextmanager
def adding(engine: Engine, run: int, path: Path, add_row: Prepared) -> Iterator[Callable[[Batch, float], None]]:
    """Yield what adds rows to a run, however many: they are written in batches, each all or none.

    A batch is handed over when the one before it is being written, and what kept an earlier one out is raised then;
    what keeps the last ones out is raised when the body is done. It has a connection and a thread of its own.
    """
    with in_words(path):
        connection = engine.connect()
    waiting: Queue[_Values | None] = Queue(1)
    try:
        with ThreadPoolExecutor(1, "rows") as thread:
            written = thread.submit(_write_all, waiting, connection, path, add_row)

            def add(batch: Batch, now: float) -> None:
                lines = (_compact(row_values(run, row, mapped, now)) for row, mapped in batch)
                for values in _batches(lines):
                    _hand_over(waiting, written, values)

            try:
                yield add
            finally:
                _hand_over(waiting, written, None)
            written.result()
    finally:
        connection.close()


def _batches(lines: Iterable[tuple[Any, ...]]) -> Iterator[_Values]:
    """Yield lines in lists that take little memory, also where their cells are long."""
    values: _Values = []
    size = 0
    for line in lines:
        values.append(line)
        size += len(line[_CELLS]) + len(line[_BODY] or b"")
        if size >= _MOST_BYTES or len(values) >= _MOST_ROWS:
            yield values
            values, size = [], 0
    if values:
        yield values


def _hand_over(waiting: "Queue[_Values | None]", written: "Future[None]", values: _Values | None) -> None:
    """Let values be written next, None for the end; raises what has ended the writing."""
    while True:
        if written.done():
            # At the end whoever reads has an error of their own, or asks for this one.
            return None if values is None else written.result()
        with suppress(Full):
            return waiting.put(values, timeout=_A_LOOK)


def _write_all(waiting: "Queue[_Values | None]", connection: Connection, path: Path, add_row: Prepared) -> None:
    """Write batches until the end, some of them in one transaction where they come one upon the other.

    The keys of a batch lie all over the index, whose pages each transaction writes once.
    """
    values = waiting.get()
    while values is not None:
        with writing_many(connection, path) as cursor:
            values = _write_some(cursor, values, waiting, add_row)
        values = waiting.get() if values == [] else values


def _write_some(
    cursor: Any, values: _Values | None, waiting: "Queue[_Values | None]", add_row: Prepared
) -> _Values | None:
    """Write a few batches; return the one that comes next, an empty one where nobody knows yet."""
    for _ in range(_TOGETHER):
        if values is None:
            break
        _write(cursor, values, add_row)
        try:
            # Others have to write, too: nobody waits with an open transaction for an input that takes its time.
            values = waiting.get(timeout=_A_LOOK)
        except Empty:
            return []
    return values


def _write(cursor: Any, values: Sequence[tuple[Any, ...]], add_row: Prepared) -> None:
    """Add rows; those that differ in their own values alone by one statement for many of them.

    From its first row to its last it runs without Python's lock: reading and mapping go on meanwhile.
    """
    alike: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for line in values:
        alike.setdefault(line[_OWN.stop :], []).append(line)
    others: list[tuple[Any, ...]] = []
    most = min(_ROWS_AT_ONCE, (cursor.connection.getlimit(SQLITE_LIMIT_VARIABLE_NUMBER) - _SHARED_COUNT) // _OWN_COUNT)
    for rest, lines in alike.items():
        if len(lines) < _FEWEST:
            others += lines
            continue
        shared = (*lines[0][: _OWN.start], *rest)
        for start in range(0, len(lines), most):
            part = lines[start : start + most]
            own = chain.from_iterable(line[_OWN] for line in part)
            cursor.execute(_statement(add_row.sql, len(part)), (*shared, *own))
    add_row.run(cursor, others)


@lru_cache(4)
def _statement(one: str, count: int) -> str:
    """Return the statement for one row as one for many, whose shared values are given once, and first."""
    own = [f"column{place}" for place in range(1, _OWN_COUNT + 1)]
    columns = ", ".join([*"?" * _OWN.start, *own, *"?" * (len(ADDED) - _OWN.stop)])
    line = f"({', '.join('?' * _OWN_COUNT)})"
    start = one.index("VALUES")
    return f"{one[:start]}SELECT {columns} FROM (VALUES {', '.join([line] * count)})"  # noqa: S608 - names and marks


def _compact(line: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the values of a row with copies of those that are bytes.

    What makes JSON leaves each of its results at the head of a block of some kilobytes, and three batches are kept.
    """
    return tuple([bytes(memoryview(value)) if value.__class__ is bytes else value for value in line])
