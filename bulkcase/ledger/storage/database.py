"""Opening the database: files, modes, pragmas, version, and errors in words. What is SQLite's own is here alone."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, Insert, Table, create_engine, event, insert, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from bulkcase.errors import LedgerError
from bulkcase.job.owners import planted
from bulkcase.ledger.storage.drives import network_drive_of
from bulkcase.ledger.storage.inplace import InPlace
from bulkcase.ledger.storage.tables import SCHEMA_VERSION, metadata, schema

BUSY_SECONDS = 10
"""How long a writer waits for another one."""
_CACHE_KIB: Final = 8_192
"""So much of the ledger the writer keeps in memory: the index by case of 125,000 new rows, which every batch of them
touches all over."""
_READER_CACHE_KIB: Final = 1_024
"""So much a reader does, who goes over the rows once."""
_BEGIN: Final = "BEGIN IMMEDIATE"
"""The driver itself begins late, and never before a CREATE TABLE."""
_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # Else what is deleted or changed stays readable in the file until something is written in its place.
    "PRAGMA secure_delete = ON",
    f"PRAGMA cache_size = -{_CACHE_KIB}",
)
_SIZES: Final = {
    "rows": "1000000 100000 1",
    "rows_by_case": "1000000 100000 2 1",
    "rows_by_place": "1000000 100000 1 1",
}
"""For each index of the rows: how many it has, how many of them have the same first column, the same two, and so on."""
_ANOTHER_FOLDER: Final = "name another folder with --state"
_NO_WAL: Final = "SQLite's WAL does not work: name a local folder with --state"
_REMEDIES: Final = {
    "SQLITE_BUSY": "another program held it for {seconds} seconds, a bulkcase most likely; try again when it is done",
    "SQLITE_FULL": "free the disk; nothing done is lost",
    # A disk without room for the file of shared memory gives this one.
    "SQLITE_IOERR": f"free the disk if it is full, or {_ANOTHER_FOLDER}; nothing done is lost",
    "SQLITE_CORRUPT": f"restore it from a backup, or {_ANOTHER_FOLDER}",
    "SQLITE_NOTADB": f"move it out of the way, or {_ANOTHER_FOLDER}",
}
"""By the first words of SQLite's name of an error (https://sqlite.org/rescode.html)."""


def open_engine(path: Path) -> Engine:
    """Return an engine on the ledger in `path`, made with its folder where there is none.

    Folder and file are their owner's only. Raises LedgerError where the ledger cannot be used.
    """
    with in_words(path):
        # Not by mkdir's `parents`, which leaves the modes of those above to the umask.
        for above in [each for each in reversed(path.absolute().parent.parents) if not each.exists()]:
            above.mkdir(mode=0o700, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        _prove_local(path)
        if whose := planted(path.parent):
            raise LedgerError(f"{path}: its folder {whose}: {_ANOTHER_FOLDER}")
        _prove_file(path)
        # No cell of a row in an error of the database.
        url = URL.create("sqlite", database=str(path))
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
        event.listen(engine, "connect", _prepare)
        with engine.connect() as connection:
            _prove_own(connection, path)
            _use_wal(connection, path)
            # Who only looks does not wait for somebody who writes.
            if not _is_made(connection):
                with writing(connection, path):
                    _make(connection)
            _check_version(connection, path)
        return engine


@contextmanager
def writing(connection: Connection, path: Path) -> Iterator[None]:
    """Write in one transaction: all or nothing, and alone from its first read on."""
    with in_words(path), connection.begin():
        connection.exec_driver_sql(_BEGIN)
        yield
        _in_place(connection, path).prove()


@contextmanager
def writing_many(connection: Connection, path: Path) -> Iterator[Any]:
    """Write as `writing` does, with the driver's own cursor: for what each row of a file pays for."""
    driver = connection.connection
    # A cursor that an error keeps alive would keep the file open.
    with in_words(path), closing(driver.cursor()) as cursor:
        try:
            cursor.execute(_BEGIN)
            yield cursor
            _in_place(connection, path).prove()
            driver.commit()
        except BaseException:
            driver.rollback()
            raise


def _in_place(connection: Connection, path: Path) -> InPlace:
    """Return what a connection knows of its files."""
    known: InPlace = connection.info.setdefault("in_place", InPlace(path))
    return known


def replacing(connection: Connection, table: Table) -> Insert:
    """Return the statement that adds lines to a table, each in the place of one with its primary key."""
    # Only the dialect that is in use is imported.
    upsert: Any = import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(table)
    keys = [column.name for column in table.primary_key]
    others = {column.name: upsert.excluded[column.name] for column in table.columns if column.name not in keys}
    replaced: Insert = upsert.on_conflict_do_update(index_elements=keys, set_=others)
    return replaced


def read_once(connection: Connection) -> None:
    """Let a connection that goes over many rows once keep few of them in memory."""
    connection.exec_driver_sql(f"PRAGMA cache_size = -{_READER_CACHE_KIB}")


def unchecked(connection: Connection) -> None:
    """Let a connection delete without looking for what refers to it: that would be all calls for each session."""
    connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.rollback()


def empty_journal(connection: Connection, path: Path) -> bool:
    """Bring all that was written into the ledger's file, and empty the journal beside it; say whether that was done.

    It is not as long as somebody else reads: waiting for that has an end.
    """
    with in_words(path):
        is_busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        connection.rollback()
    return not is_busy


def unused_bytes(connection: Connection, path: Path) -> int:
    """Return how many bytes of the file nothing is kept in any more."""
    with in_words(path):
        pages = [connection.exec_driver_sql(f"PRAGMA {of}").scalar() for of in ("freelist_count", "page_size")]
        connection.rollback()
    return int(pages[0] or 0) * int(pages[1] or 0)


def shrink(connection: Connection, path: Path) -> None:
    """Write the file anew, without what is unused in it; nobody else can write meanwhile.

    It takes the disk up to twice the file for a while. Raises LedgerError where that is not there: nothing is lost.
    """
    with in_words(path):
        connection.exec_driver_sql("VACUUM")
        connection.rollback()


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turn what the database or the disk raises into a LedgerError that names the file."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        cause = getattr(error, "orig", None) or error
        raise LedgerError(f"{path}: {cause}: {_remedy(cause)}") from None
    except OSError as error:
        reason = "its folder is a file" if isinstance(error, FileExistsError) else error.strerror
        raise LedgerError(f"{path}: {reason}: {_ANOTHER_FOLDER}, one that can be written") from None


def _remedy(cause: BaseException) -> str:
    name = getattr(cause, "sqlite_errorname", "")
    known = (remedy for start, remedy in _REMEDIES.items() if name.startswith(start))
    remedy = next(known, f"see that its folder can be written, or {_ANOTHER_FOLDER}; nothing done is lost")
    return remedy.format(seconds=BUSY_SECONDS)


def _prepare(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}", *_PRAGMAS):
        cursor.execute(pragma)
    cursor.close()


def _prove_local(path: Path) -> None:
    """Raise LedgerError where the ledger's folder is on a network drive: there, the database breaks without a word."""
    drive = network_drive_of(path.parent)
    if drive:
        raise LedgerError(f"{path}: is on a network drive ({drive}), where {_NO_WAL}")


def _prove_file(path: Path) -> None:
    """Make the file where there is none; raise OSError where there is something else, or it cannot be used.

    One that is there is not opened: closing any descriptor of it would end all locks that this process has on it.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if path.is_dir() or not os.access(path, os.R_OK | os.W_OK):
            os.close(os.open(path, os.O_RDWR))  # which says why it cannot be


def _use_wal(connection: Connection, path: Path) -> None:
    """Let readers and one writer not wait for each other; raises LedgerError where the file system cannot do that."""
    mode = connection.exec_driver_sql("PRAGMA journal_mode = WAL").scalar()
    connection.rollback()
    if mode != "wal":
        raise LedgerError(f"{path}: is in a place (journal mode: {mode}) where {_NO_WAL}")


def _prove_own(connection: Connection, path: Path) -> None:
    """Raise LedgerError for another program's database, before anything is changed in it."""
    tables = inspect(connection).get_table_names()
    if tables and schema.name not in tables:
        raise LedgerError(f"{path}: is the database of another program: move it out of the way, or {_ANOTHER_FOLDER}")


def _is_made(connection: Connection) -> bool:
    with connection.begin():
        return inspect(connection).has_table(schema.name)


def _make(connection: Connection) -> None:
    """Make the tables, unless somebody else just has."""
    if not inspect(connection).has_table(schema.name):
        metadata.create_all(connection)
        connection.execute(insert(schema).values(version=SCHEMA_VERSION))
        _tell_sizes(connection)


def _check_version(connection: Connection, path: Path) -> None:
    with connection.begin():
        version = connection.scalar(select(schema.c.version)) or 0
    if version != SCHEMA_VERSION:
        advice = "update bulkcase" if version > SCHEMA_VERSION else "move it out of the way: it is of a trial version"
        raise LedgerError(
            f"{path}: is of version {version}, this program knows {SCHEMA_VERSION}: {advice}, or {_ANOTHER_FOLDER}"
        )


def _tell_sizes(connection: Connection) -> None:
    """Let SQLite know how many rows a run has and how few of them a case, which it would guess wrongly from nothing.

    Its own ANALYZE would have to read them, again and again; these are the numbers that it writes
    (https://sqlite.org/fileformat2.html#stat1tab).
    """
    connection.exec_driver_sql("ANALYZE sqlite_schema")
    for index, sizes in _SIZES.items():
        connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", ("rows", index, sizes))
