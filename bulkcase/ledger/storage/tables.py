"""The tables of the ledger, in SQLAlchemy Core so that another database can take SQLite's place."""

from typing import Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    and_,
    func,
    not_,
    or_,
    text,
)
from sqlalchemy.sql.expression import FromClause

from bulkcase.ledger.transitions import SENDING
from bulkcase.model import Outcome

SCHEMA_VERSION = 6

metadata = MetaData()

schema = Table("schema_version", metadata, Column("version", Integer, nullable=False))

runs = Table(
    "runs",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("job", String, nullable=False),
    Column("job_file", String, nullable=False),
    Column("target", String, nullable=False),
    Column("input", String, nullable=False),
    Column("input_sha256", String, nullable=False),
    Column("header", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("rows", Integer),
    Column("state", String, nullable=False),
    Column("exit_code", Integer),
    Column("reason", Text, nullable=False, default=""),
    Column("planned_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("duration", Float, nullable=False, default=0.0),
    Column("definition", Text, nullable=False, default="{}"),
    Column("continues", String, ForeignKey("runs.id")),
    Column("reports", Text),
    Column("folder", Text),
    Column("clears", Integer, nullable=False, default=0),
    Column("notes", Text, nullable=False, default="[]"),
    Column("snapshot", Integer, ForeignKey("snapshots.id")),
    # Whether live cases were read for it, and why: JSON.
    Column("reading", Text, nullable=False, default="{}"),
    # The run that it takes back.
    Column("undoes", String, ForeignKey("runs.id")),
    # How its canary was checked: by its cases or its answers; empty until it has passed.
    Column("canary", String, nullable=False, default=""),
    # Whether it has only some of the rows of its job: by a limit, or as a file that a run has written.
    Column("is_part", Integer, nullable=False, default=0),
    # What its report goes by, as `bulkcase.ledger.records.ReportRecord` has it: JSON.
    Column("report", Text, nullable=False, default="{}"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("target", String, nullable=False, index=True),
    Column("filter", Text, nullable=False),
    Column("kept", Text, nullable=False),
    # Where the reading stands: JSON.
    Column("paging", Text, nullable=False, default="{}"),
    Column("pages", Integer, nullable=False, default=0),
    Column("started_at", Float, nullable=False),
    Column("read_at", Float, nullable=False),
    Column("is_over", Integer, nullable=False, default=0),
    # Why it may have missed cases; empty where it has all of them.
    Column("gaps", Text, nullable=False, default=""),
)

cases = Table(
    "cases",
    metadata,
    Column("snapshot", Integer, ForeignKey("snapshots.id"), primary_key=True),
    Column("id", String, primary_key=True),
    Column("ref", String),
    # The same in small letters: people write references either way.
    Column("ref_key", String),
    Column("name", String),
    Column("updated_at", String),
    Column("position", Integer, nullable=False),
    Column("read_at", Float, nullable=False),
    Column("kept", LargeBinary, nullable=False),
    Column("rest", LargeBinary, nullable=False),
    Index("cases_by_ref", "snapshot", "ref_key"),
    sqlite_with_rowid=False,
)

learnt = Table(
    "learnt",
    metadata,
    Column("snapshot", Integer, ForeignKey("snapshots.id"), primary_key=True),
    Column("field", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("object", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    # None where what it worked on was taken out again: its calls still count.
    Column("run", Integer, ForeignKey("runs.seq"), index=True),
    Column("target", String, nullable=False),
    Column("account", String, nullable=False),
    Column("user", String, nullable=False),
    Column("host", String, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("boot", String, nullable=False),
    Column("steady", Float, nullable=False),
    Column("started_at", Float, nullable=False),
    Column("ended_at", Float),
    # The last call before it: what spares the calls an index on their session.
    Column("calls_after", Integer, nullable=False),
    # The longest window of a quota, in seconds, of which one is known whose run was taken out: so long its calls stay.
    Column("counted_for", Float, nullable=False, default=0.0),
    # Whether it reads live cases: one call at a time that no row stands for.
    Column("reads", Integer, nullable=False, default=0),
    # Seconds in which no call could leave, by what it waited for, and all its seconds (`worked`): JSON; null where it
    # was killed.
    Column("waited", Text),
)

rows = Table(
    "rows",
    metadata,
    Column("run", Integer, ForeignKey("runs.seq"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("cells", LargeBinary, nullable=False),
    Column("case_key", String),
    Column("body", LargeBinary),
    # What has to be compared with the live case before anybody knows what is sent.
    Column("edits", LargeBinary),
    # Once compared: what is sent, and what stood there before.
    Column("sent", LargeBinary),
    Column("before", LargeBinary),
    Column("place", Integer),
    # When the case was read that it was compared with last.
    Column("looked_at", Float),
    # What of it is left alone whatever is sent, and why.
    Column("kept", Text),
    # What the case showed right afterwards, where that is not to the letter what was sent; null where nobody knows.
    Column("left", LargeBinary),
    Column("verified", String),
    # When its case was read back.
    Column("proved_at", Float),
    # Calls since the last comparison, among all attempts: none, where what it says was never sent.
    Column("calls", Integer),
    # What was sent before that comparison and may have landed: a list of attempts.
    Column("earlier", LargeBinary),
    Column("fields", String, nullable=False, default=""),
    Column("fingerprint", LargeBinary),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("http_status", Integer),
    Column("code", String, nullable=False, default=""),
    Column("message", Text, nullable=False, default=""),
    Column("finished_at", Float),
    # The session that brought it into its state; unchecked, as each step of each row would pay for the check.
    Column("session", Integer),
    # By run first: the keys of a new run go side by side into the index, whatever the ledger has of other runs.
    Index("rows_by_case", "run", "case_key", "number"),
    # Partial: rows that are not compared with live cases do not pay for it.
    Index(
        "rows_by_place",
        "run",
        "place",
        "number",
        # To name another database here would import all that SQLAlchemy knows of it; there, the index is of all rows.
        sqlite_where=text("place IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)


SENT: Final = func.coalesce(rows.c.sent, rows.c.body)
"""What is sent for a row: all that was mapped, or what of it differs from the live case."""


def may_have_landed(of: FromClause) -> ColumnElement[bool]:
    """Say whether an update of a row may have reached its case, whatever became of the row in the end.

    What was refused has not, unless something else was sent for the row before.
    """
    answered = and_(of.c.http_status.is_not(None), of.c.http_status < 500)
    refused = and_(of.c.state == Outcome.FAILED, answered, of.c.earlier.is_(None))
    return or_(of.c.state == SENDING, and_(of.c.attempts > 0, not_(refused)))


calls = Table(
    "calls",
    metadata,
    # The id orders by time of answer; an index on time would cost each call more than the rest of its row.
    Column("id", Integer, primary_key=True),
    Column("session", Integer, ForeignKey("sessions.id"), nullable=False),
    Column("row", Integer),
    Column("endpoint", String, nullable=False),
    # Both on the monotonic scale of the session.
    Column("left_at", Float, nullable=False),
    Column("ended_at", Float, nullable=False),
    Column("status", Integer),
    Column("verdict", String, nullable=False),
)
