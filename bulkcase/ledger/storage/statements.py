"""Statements that run for every row of a file: built once, with their values in the order that the driver takes.

SQLAlchemy's own way from a value to the driver costs more per row than the database does.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Dialect, Insert, Update, bindparam, func, insert, literal_column, null, update
from sqlalchemy.sql.compiler import SQLCompiler

from bulkcase.ledger.storage.tables import calls, rows


class Prepared:
    """A statement for many rows. Its values are plain numbers, texts and bytes: nothing converts them."""

    def __init__(self, statement: Insert | Update, takes: Sequence[str], dialect: Dialect) -> None:
        """Prepare a statement; `takes` names the values in the order in which the driver takes them."""
        columns = list(takes) if isinstance(statement, Insert) else None
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        assert isinstance(compiled, SQLCompiler)
        assert compiled.positiontup == list(takes), f"{compiled} takes {compiled.positiontup}"
        self.sql = str(compiled)
        """As the driver takes it."""

    def run(self, cursor: Any, values: Iterable[tuple[Any, ...]]) -> int:
        """Execute the statement for each of the values; return how many rows of the table it met.

        Values that are made one by one are cheaper than a list of them, which the garbage collector walks through.
        """
        cursor.executemany(self.sql, values)
        return int(cursor.rowcount)


_CHANGED = update(rows).where(
    rows.c.run == bindparam("of_run"), rows.c.number == bindparam("of_number"), rows.c.state == bindparam("of_state")
)
_WHICH: Final = ("of_run", "of_number", "of_state")
_MOVE = _CHANGED.values(state=bindparam("after"))
_DECIDE = _CHANGED.values(
    state=bindparam("after"),
    attempts=rows.c.attempts + bindparam("more_attempts"),
    http_status=bindparam("new_status"),
    code=bindparam("new_code"),
    message=bindparam("new_message"),
    finished_at=bindparam("at"),
    session=bindparam("by"),
)
_CALLS = func.coalesce(rows.c.calls, literal_column("0"))
_SETTLE = _DECIDE.values(
    verified=bindparam("new_verified"), left=bindparam("new_left"), calls=_CALLS + bindparam("more_calls")
)
_COMPARED = _CHANGED.values(
    sent=bindparam("new_sent"),
    before=bindparam("new_before"),
    fields=bindparam("new_fields"),
    place=bindparam("at_place"),
    looked_at=bindparam("seen_at"),
    kept=bindparam("new_kept"),
    earlier=bindparam("new_earlier"),
    # Of an attempt that is past: it is in `earlier`.
    verified=null(),
    left=null(),
    calls=null(),
)
_PROVEN = _CHANGED.values(
    state=bindparam("after"),
    proved_at=bindparam("seen_at"),
    code=bindparam("new_code"),
    message=bindparam("new_message"),
    verified=bindparam("new_verified"),
    left=bindparam("new_left"),
)
_LATER: Final = frozenset(
    {"sent", "before", "place", "looked_at", "kept", "left", "verified", "earlier", "proved_at", "calls"}
)
"""What nobody knows of a row when it is read; leaving these out spares a fifth of its values."""
ADDED: Final = tuple(column.name for column in rows.columns if column.name not in _LATER)
"""What is known of a row when it is read, in the order in which it is given."""
_DIFFERENCE: Final = ("new_sent", "new_before", "at_place", "seen_at", "new_kept", "new_earlier", "new_fields")
_REKEY = _CHANGED.values(case_key=bindparam("new_key"), fingerprint=bindparam("new_fingerprint"))
_RESULT: Final = ("more_attempts", "new_status", "new_code", "new_message", "at", "by")
_SHOWN: Final = ("new_left", "new_verified")
_PROOF: Final = (*_SHOWN, "seen_at", "after", "new_code", "new_message")


@lru_cache(8)
def statements_for(dialect: Dialect) -> "Statements":
    """Return the statements of a ledger, which take longer to prepare than a page of cases to write."""
    return Statements(dialect)


class Statements:
    """The statements of a ledger, prepared for its database."""

    def __init__(self, dialect: Dialect) -> None:
        self.add_row = Prepared(insert(rows), ADDED, dialect)
        self.add_call = Prepared(insert(calls), [column.name for column in calls.columns], dialect)
        self.move = Prepared(_MOVE, ("after", *_WHICH), dialect)
        """A row's step that brings no result."""
        self.decide = Prepared(_DECIDE, ("after", *_RESULT, *_WHICH), dialect)
        """A row's step without a call, with what is then known of it."""
        self.settle = Prepared(_SETTLE, (*_SHOWN, "more_calls", "after", *_RESULT, *_WHICH), dialect)
        """A row's step with what is then known of it, and what its case shows."""
        self.prove = Prepared(_PROVEN, (*_PROOF, *_WHICH), dialect)
        """What a look at the case says of a row that was sent before."""
        self.compare = Prepared(_COMPARED, (*_DIFFERENCE, *_WHICH), dialect)
        """What a look at the live case says of a row that is to be sent."""
        self.rekey = Prepared(_REKEY, ("new_key", "new_fingerprint", *_WHICH), dialect)
        """The id of the case that a reference stands for."""
