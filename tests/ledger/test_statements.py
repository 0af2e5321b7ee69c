import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import bindparam, insert, update
from sqlalchemy.dialects import sqlite
from support.ledgers import NOW, everything, good_row, stored

from bulkcase.errors import LedgerError
from bulkcase.ledger import Ledger, RunRows
from bulkcase.ledger.changes import intent
from bulkcase.ledger.storage.database import writing_many
from bulkcase.ledger.storage.statements import Prepared
from bulkcase.ledger.storage.tables import calls, rows, schema


def write(ledger: Ledger, *queries: str, error: BaseException | None = None) -> None:
    """Execute queries in one transaction, and let it end early where there is an error for it."""
    with writing_many(ledger._writer, ledger.path) as cursor:
        for query in queries:
            cursor.execute(query)
        if error is not None:
            raise error


def test_values_go_to_the_columns_that_were_named() -> None:
    """A prepared insert takes its values in the order of the names, and tells how many rows it met."""
    statement = Prepared(insert(schema), ["version"], sqlite.dialect())
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
        assert statement.run(connection.cursor(), ((number,) for number in (7, 8))) == 2
        assert connection.execute("SELECT version FROM schema_version").fetchall() == [(7,), (8,)]


def test_values_in_another_order_are_refused() -> None:
    """Names in an order that the statement does not have are found when it is prepared, before any value is written."""
    changed = update(rows).where(rows.c.number == bindparam("of_number")).values(state=bindparam("after"))
    Prepared(changed, ["after", "of_number"], sqlite.dialect())
    with pytest.raises(AssertionError, match="takes"):
        Prepared(changed, ["of_number", "after"], sqlite.dialect())
    with pytest.raises(AssertionError, match="takes"):
        Prepared(insert(calls), ["session", "id"], sqlite.dialect())


@pytest.mark.parametrize("error", [ValueError("no value"), KeyboardInterrupt()])
def test_whatever_ends_a_write_early_takes_it_back(ledger: Ledger, error: BaseException) -> None:
    """An error of the program, a signal too, leaves nothing of the transaction and no transaction open."""
    before = everything(ledger.path)
    with pytest.raises(type(error)):
        write(ledger, "UPDATE schema_version SET version = 99", error=error)
    assert everything(ledger.path) == before
    write(ledger, "UPDATE schema_version SET version = 98")
    assert stored(ledger.path, "SELECT version FROM schema_version") == [(98,)]


@pytest.mark.parametrize("query", ["INSERT INTO nowhere VALUES (1)", "UPDATE schema_version SET version = NULL"])
def test_an_error_of_the_driver_is_said_in_words(ledger: Ledger, query: str) -> None:
    """What the driver itself raises is a LedgerError of one line that names the file, and nothing of it is kept."""
    with pytest.raises(LedgerError) as raised:
        write(ledger, "INSERT INTO schema_version VALUES (99)", query)
    (line,) = raised.value.problems
    assert line.startswith(f"{ledger.path}: ")
    assert "\n" not in line
    assert stored(ledger.path, "SELECT count(*) FROM schema_version") == [(1,)]


def test_a_commit_that_fails_is_taken_back(ledger: Ledger, rows: RunRows) -> None:
    """Where the commit itself fails, the rows are as before, and the next group is written."""
    rows.add([good_row(2)], NOW)
    before = everything(ledger.path)
    with pytest.raises(LedgerError):
        write(ledger, "PRAGMA defer_foreign_keys = ON", "UPDATE rows SET run = 99")
    assert everything(ledger.path) == before
    rows.apply([intent(2)])
    assert rows.in_flight() == 1
