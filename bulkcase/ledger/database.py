"""Opening the database: files, modes, pragmas, version, and errors in words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from bulkcase.errors import LedgerError
from bulkcase.ledger.tables import SCHEMA_VERSION, metadata, schema

_BUSY_MS = 10_000
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {_BUSY_MS}",
)


def open_engine(path: Path) -> Engine:
    """Return an engine on the ledger in `path`, made with its folder where there is none.

    Folder and file are their owner's only. Raises LedgerError where the ledger cannot be used.
    """
    with in_words(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
        event.listen(engine, "connect", _set_pragmas)
        with engine.begin() as connection:
            _check_version(connection, path)
        return engine


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turn what the database or the disk raises into a LedgerError that names the file."""
    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise LedgerError(
            f"{path}: {cause}: nothing done is lost; free the disk or the file, or name another folder with --state"
        ) from None
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror}: name a folder that can be written with --state") from None


def _set_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _check_version(connection: Connection, path: Path) -> None:
    if not inspect(connection).has_table(schema.name):
        metadata.create_all(connection)
        connection.execute(insert(schema).values(version=SCHEMA_VERSION))
        return
    version = connection.scalar(select(schema.c.version))
    if version != SCHEMA_VERSION:
        raise LedgerError(
            f"{path}: is of version {version}, this program knows {SCHEMA_VERSION}: "
            "update bulkcase, or name another folder with --state"
        )
