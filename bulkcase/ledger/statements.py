"""Statements that run for every row of a file: built once, with their values in the order that the driver takes.

SQLAlchemy's own way from a value to the driver costs more per row than the database does.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Update, bindparam, insert, update
from sqlalchemy.sql.compiler import SQLCompiler

from bulkcase.ledger.tables import calls, rows


class Prepared:
    """A statement for many rows. Its values are plain numbers, texts and bytes: nothing converts them."""

    def __init__(self, statement: Insert | Update, dialect: Dialect) -> None:
        names = [column.name for column in statement.table.columns] if isinstance(statement, Insert) else None
        compiled = statement.compile(dialect=dialect, column_keys=names)
        assert isinstance(compiled, SQLCompiler)
        self._sql = str(compiled)
        order = compiled.positiontup
        self._in_order: Callable[[Mapping[str, Any]], Any] = itemgetter(*order) if order else dict

    def run(self, connection: Connection, values: Sequence[Mapping[str, Any]]) -> int:
        """Execute the statement for each of the values; return how many rows of the table it met."""
        return connection.exec_driver_sql(self._sql, [self._in_order(one) for one in values]).rowcount


_CHANGED = update(rows).where(
    rows.c.run == bindparam("of_run"), rows.c.number == bindparam("of_number"), rows.c.state == bindparam("before")
)
ADD_ROW = insert(rows)
ADD_CALL = insert(calls)
MOVE = _CHANGED.values(state=bindparam("after"))
"""A row's step that brings no result."""
SETTLE = _CHANGED.values(
    state=bindparam("after"),
    attempts=rows.c.attempts + bindparam("more_attempts"),
    http_status=bindparam("new_status"),
    code=bindparam("new_code"),
    message=bindparam("new_message"),
    finished_at=bindparam("at"),
)
"""A row's step with what is then known of it."""


class Statements:
    """The statements of a ledger, prepared for its database."""

    def __init__(self, dialect: Dialect) -> None:
        self.add_row = Prepared(ADD_ROW, dialect)
        self.add_call = Prepared(ADD_CALL, dialect)
        self.move = Prepared(MOVE, dialect)
        self.settle = Prepared(SETTLE, dialect)
