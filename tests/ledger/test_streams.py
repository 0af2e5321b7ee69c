import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pytest
from sqlalchemy import event
from support.ledgers import NOW, good_row, new_run

from bulkcase.ledger import Ledger, RunRows
from bulkcase.ledger.changes import decision
from bulkcase.model import Outcome, Result

COUNT = 20_000
PEAK = 2_000_000
"""Bytes; the rows themselves take some twenty times as much."""

STREAMS: dict[str, Callable[[RunRows], Iterator[Any]]] = {
    "all": RunRows.all,
    "pages": lambda rows: (number for page in rows.pages() for number in page.numbers),
    "differences": RunRows.differences,
    "sendable": RunRows.sendable,
    "case_keys": RunRows.case_keys,
    "repeated": RunRows.repeated,
}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger with one run of many rows, two for each case, filled in batches."""
    with Ledger(tmp_path_factory.mktemp("streams") / "ledger.sqlite3") as ledger:
        rows = ledger.rows(new_run(ledger))
        for start in range(0, COUNT, 1000):
            batch = (good_row(n, f"ci-{n // 2}", cells=(f"ci-{n}", "x" * 900)) for n in range(start, start + 1000))
            rows.add(batch, NOW)
        yield ledger


@dataclass
class Traffic:
    """Connections of a ledger that were opened and closed since the test began."""

    opened: int = 0
    closed: int = 0

    def open(self, *_: object) -> None:
        self.opened += 1

    def close(self, *_: object) -> None:
        self.closed += 1


@pytest.fixture
def traffic(full: Ledger) -> Iterator[Traffic]:
    seen = Traffic()
    listeners = (("connect", seen.open), ("close", seen.close))
    for name, listener in listeners:
        event.listen(full._engine, name, listener)
    yield seen
    for name, listener in listeners:
        event.remove(full._engine, name, listener)


def rows_of(ledger: Ledger) -> RunRows:
    return RunRows(ledger._engine, ledger._writer, 1, ledger.path)


@pytest.mark.parametrize("name", STREAMS)
def test_memory_does_not_grow_with_the_rows(full: Ledger, name: str) -> None:
    """However many rows there are, reading them one by one keeps a page of them at most."""
    next(STREAMS[name](rows_of(full)))  # what is loaded once is not counted
    tracemalloc.start()
    try:
        count = sum(1 for _ in STREAMS[name](rows_of(full)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == (COUNT // 2 if name == "repeated" else COUNT)
    assert peak < PEAK


@pytest.mark.parametrize("name", [name for name in STREAMS if name != "sendable"])
@pytest.mark.parametrize("how", ["closed", "dropped", "read to the end"])
def test_a_stream_gives_its_connection_back(full: Ledger, traffic: Traffic, name: str, how: str) -> None:
    """Whether it is read to its end, closed half-way or forgotten, a stream leaves no connection open."""
    stream = STREAMS[name](rows_of(full))
    list(islice(stream, 3))
    assert traffic == Traffic(opened=1)
    if how == "closed":
        stream.close()  # type: ignore[attr-defined]  # an iterator that is a generator
    elif how == "read to the end":
        list(stream)
    del stream
    assert traffic == Traffic(opened=1, closed=1)


def test_sendable_keeps_no_connection_between_pages(full: Ledger, traffic: Traffic) -> None:
    """Rows to send are read page by page by the one that writes, so that a long run holds no old view of the ledger."""
    stream = rows_of(full).sendable()
    list(islice(stream, 600))
    assert traffic == Traffic()
    assert not full._writer.in_transaction()


def test_rows_are_decided_while_they_are_read(ledger: Ledger, rows: RunRows) -> None:
    """A stream shows the rows as they were when it began, whatever is written meanwhile."""
    rows.add([good_row(number, f"ci-{number // 2}") for number in range(2, 2002)], NOW)
    groups = 0
    for group in rows.repeated():
        groups += 1
        if groups % 20 == 0:
            rows.apply([decision(group[0][0], Result(Outcome.SUPERSEDED, code="same_row"), NOW)])
    assert groups == 1000
    assert rows.counts()[Outcome.SUPERSEDED] == 50
