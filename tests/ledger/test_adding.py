"""Rows that are added while the next ones are read are the rows that `add` writes."""

import sqlite3
from collections.abc import Iterable
from threading import active_count
from time import monotonic
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from support.cells import cells
from support.ledgers import NOW, bad_row, empty_row, good_row, new_run, stored

from bulkcase.errors import LedgerError
from bulkcase.ledger import Ledger, RunRecord, adding
from bulkcase.model import CaseUpdate, Edit, Rejection, Row

EDITS = {"tags": Edit("add", ["x"]), "custom.Tier": Edit("custom", None)}
Mapped = tuple[Row, CaseUpdate | Rejection]

values = (
    st.text(st.characters(exclude_categories=["Cs"])) | st.integers(-(2**63), 2**64 - 1) | st.booleans() | st.none()
)
updates = st.builds(
    CaseUpdate,
    st.text("abc-_\0ß", min_size=1, max_size=9),
    st.dictionaries(st.sampled_from(["desc", "tags", "name"]), values | st.floats(allow_nan=False)),
    st.just(()),
    st.sampled_from([{}, {}, {}, EDITS]),
)
rejections = st.builds(Rejection, st.sampled_from(["bad_date", "bad_key"]), st.text(), st.none() | st.text())
mapped = st.lists(st.tuples(st.lists(cells, max_size=3).map(tuple), updates | updates | rejections), max_size=30)


def numbered(found: Iterable[tuple[Any, Any]], start: int = 2) -> list[Mapped]:
    return [(Row(number, content), update) for number, (content, update) in enumerate(found, start)]


def all_of(ledger: Ledger, run: RunRecord) -> list[tuple[Any, ...]]:
    """Return the rows of a run as the file has them, each value with its type, but for the run itself."""
    types = ", ".join(
        f"typeof({name})" for (name,) in stored(ledger.path, "SELECT name FROM pragma_table_info('rows')")
    )
    query = f"SELECT *, {types} FROM rows WHERE run = ? ORDER BY number"
    return [line[1:] for line in stored(ledger.path, query, run.seq)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(found=mapped, size=st.integers(1, 12), most=st.integers(1, 7), fewest=st.integers(1, 4))
def test_rows_that_are_added_beside_are_stored_as_all_others(
    ledger: Ledger, found: list[tuple[Any, Any]], size: int, most: int, fewest: int
) -> None:
    """Whatever the cells, values and messages are, however many rows go into a batch or a statement: it is the same."""
    given_rows = numbered(found)
    plain, beside = new_run(ledger), new_run(ledger)
    ledger.rows(plain).add(given_rows, NOW)
    with (
        patch.multiple(adding, _ROWS_AT_ONCE=most, _FEWEST=fewest),
        ledger.rows(beside).adding() as add,
    ):
        for start in range(0, len(given_rows), size):
            add(given_rows[start : start + size], NOW)
    assert all_of(ledger, beside) == all_of(ledger, plain)


def test_many_rows_and_few_values_are_taken_alike(ledger: Ledger) -> None:
    """A batch of a thousand rows and more is written, by a database that takes few values of one statement too."""
    event.listen(
        ledger._engine, "connect", lambda driver, _: driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 400)
    )
    some: list[Mapped] = [*(good_row(number) for number in range(2, 1300)), bad_row(1300), empty_row(1301, "ci-1")]
    plain, beside = new_run(ledger), new_run(ledger)
    ledger.rows(plain).add(some, NOW)
    with ledger.rows(beside).adding() as add:
        add(some, NOW)
    assert len(all_of(ledger, beside)) == 1300
    assert all_of(ledger, beside) == all_of(ledger, plain)


@pytest.mark.parametrize("is_last", [True, False])
def test_a_batch_that_cannot_be_added_is_said(ledger: Ledger, is_last: bool) -> None:
    """One of the next batches says it, or the end does, and nothing of that batch is there then."""
    run = new_run(ledger)
    twice = [good_row(number) for number in range(60, 120)] + [good_row(60)]
    given_after: list[int] = []
    with pytest.raises(LedgerError) as raised, ledger.rows(run).adding() as add:  # noqa: PT012 - the end may raise
        add([good_row(2)], NOW)
        add(twice, NOW)
        for number in () if is_last else (500, 501, 502):
            add([good_row(number)], NOW)
            given_after.append(number)
    assert str(raised.value).startswith(f"{ledger.path}: UNIQUE")
    assert len(given_after) < 3
    assert set(stored(ledger.path, "SELECT number FROM rows")) <= {(2,)}


def test_nobody_waits_with_an_open_transaction_for_a_slow_input(ledger: Ledger) -> None:
    """Where the next batch does not come, what was given is in the ledger, and others can write."""
    run, other = new_run(ledger), new_run(ledger)
    with ledger.rows(run).adding() as add:
        add([good_row(number) for number in range(2, 200)], NOW)
        latest = monotonic() + 10
        while len(all_of(ledger, run)) < 198 and monotonic() < latest:
            pass
        assert len(all_of(ledger, run)) == 198
        ledger.rows(other).add([good_row(2)], NOW)


@pytest.mark.parametrize("error", [ValueError("the file is damaged"), OSError("it is gone"), KeyboardInterrupt()])
def test_what_ends_the_reading_ends_the_adding(ledger: Ledger, error: BaseException) -> None:
    """A fault of whoever reads is raised as it is, what was given before it is there, and nothing goes on alone."""
    run, threads = new_run(ledger), active_count()
    with pytest.raises(type(error)) as raised, ledger.rows(run).adding() as add:  # noqa: PT012 - so it is used
        add([good_row(number) for number in range(2, 200)], NOW)
        raise error
    assert raised.value is error
    assert active_count() == threads
    assert len(all_of(ledger, run)) == 198
    ledger.discard(run)
    assert all_of(ledger, run) == []


def test_rows_with_long_cells_go_in_small_batches() -> None:
    """How much is in memory at a time goes by the bytes of the rows, and not by their number alone."""
    short = [(1, number, b"[]", None, None) for number in range(2, 12_002)]
    long = [(1, number, b"x" * 1_000_000, None, b"y" * 500_000) for number in range(2, 12)]
    assert [len(batch) for batch in adding._batches(iter(short))] == [5000, 5000, 2000]
    assert [len(batch) for batch in adding._batches(iter(long))] == [3, 3, 3, 1]


def test_an_input_without_rows_adds_none(ledger: Ledger) -> None:
    """Where nothing is given nothing is written, and that is no fault."""
    run = new_run(ledger)
    with ledger.rows(run).adding():
        pass
    assert all_of(ledger, run) == []
    with ledger.rows(run).adding() as add:
        add([], NOW)
    assert all_of(ledger, run) == []
