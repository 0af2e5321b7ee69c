"""The tables of the ledger, in SQLAlchemy Core so that another database can take SQLite's place."""

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
    or_,
)
from sqlalchemy.sql.expression import FromClause

from bulkcase.ledger.transitions import SENDING
from bulkcase.model import Outcome

SCHEMA_VERSION = 2

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
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", Integer, ForeignKey("runs.seq"), nullable=False, index=True),
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
)

rows = Table(
    "rows",
    metadata,
    Column("run", Integer, ForeignKey("runs.seq"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("cells", LargeBinary, nullable=False),
    Column("case_key", String),
    Column("body", LargeBinary),
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
    sqlite_with_rowid=False,
)

_MAY_HAVE_LANDED = (Outcome.UPDATED, Outcome.MISMATCH, Outcome.UNKNOWN, SENDING)


def may_have_landed(of: FromClause) -> ColumnElement[bool]:
    """Say whether a row's update may have reached its case: one in doubt too, though another row took its place."""
    replaced = and_(of.c.state == Outcome.SUPERSEDED, of.c.attempts > 0)
    return or_(of.c.state.in_(_MAY_HAVE_LANDED), replaced)


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
