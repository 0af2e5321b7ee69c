"""One command at a time makes calls to a target, whichever process it is and whichever ledger it writes to.

A lock is two files: `.lock`, which the operating system keeps locked as long as its process lives, and beside it
`.json`, which tells people who that is. Only the first one counts: what a dead process left behind is no obstacle.
"""

import errno
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final, Self

import orjson
from filelock import FileLock, Timeout
from pydantic import Field, TypeAdapter

from bulkcase.clock import moment
from bulkcase.errors import EnvironmentFailed, Locked

PATIENCE: Final = 1.0
"""Seconds until a lock counts as held: one that is looked at by `holder_of` is locked for an instant."""
_GLANCE: Final = 0.1
"""The same for `holder_of`, which two people may call at once."""
_POLL: Final = 0.01
_NO_LOCKS: Final = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}
_END_OF_TIME: Final = 253_402_214_399.0
"""The last second that a date can be written for in every zone."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who makes calls to a target."""

    pid: int
    user: str
    host: str
    command: str
    """What was typed after `bulkcase`, such as `run close.toml`; no secrets, others may read it."""
    since: Annotated[float, Field(ge=0, le=_END_OF_TIME)]
    run: str = ""
    """The run's id, once there is one."""

    def __post_init__(self) -> None:
        for name in ("user", "host", "command", "run"):
            # One line, and fit for any file and terminal: names of files may have anything in them.
            plain = "".join(sign if sign.isprintable() else "?" for sign in getattr(self, name))
            object.__setattr__(self, name, plain)

    def __str__(self) -> str:
        if self == UNTOLD:
            return "a command that did not say who it is"
        since = f"since {moment(self.since).astimezone():%Y-%m-%d %H:%M %Z}"
        run = f", run {self.run}" if self.run else ""
        return f"bulkcase {self.command} (process {self.pid} of {self.user}@{self.host}, {since}{run})"


UNTOLD: Final = Holder(0, "", "", "", 0.0)
"""Somebody holds the lock, and what they told about themselves is missing or cannot be read."""
_HOLDERS: Final = TypeAdapter(Holder)


class TargetLock:
    """Holds all names while it is entered; a context manager.

    Entering raises Locked where another command, be it in this very process, holds one of the names: then none is held.
    That takes up to `patience` seconds. It may be left in another thread than it was entered in.
    """

    def __init__(self, folder: Path, names: Sequence[str], holder: Holder, *, patience: float = PATIENCE) -> None:
        self._folder = folder
        # In one order everywhere: of two commands that want the same names, one gets them all.
        self._names = sorted(set(names))
        self._holder = holder
        self._patience = patience
        self._held = ExitStack()

    def __enter__(self) -> Self:
        with _in_words(self._folder), ExitStack() as taken:
            _make(self._folder)
            for name in self._names:
                taken.enter_context(_locked(self._folder, name, self._patience))
            for name in self._names:
                # Taken away before the lock is released, so that it is never the next one's.
                taken.callback(_remove, _holder_file(self._folder, name))
                self._write(name)
            self._held = taken.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def tells(self, run_id: str) -> None:
        """Let others know the id of the run, as soon as there is one."""
        self._holder = replace(self._holder, run=run_id)
        for name in self._names:
            # The lock is held whatever its file tells: a full disk is for the ledger to report.
            with suppress(OSError):
                self._write(name)

    def _write(self, name: str) -> None:
        whole = _holder_file(self._folder, name)
        # Only the one that holds the lock writes here, so the name needs no chance in it.
        part = whole.with_suffix(".tmp")
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(orjson.dumps(self._holder))
            part.replace(whole)
        except BaseException:
            _remove(part)
            raise


def holder_of(folder: Path, name: str) -> Holder | None:
    """Return who holds a lock, UNTOLD where that cannot be read, None where nobody does; leaves no file behind."""
    if not _lock_file(folder, name).exists():
        return None
    with _in_words(folder):
        try:
            with _locked(folder, name, _GLANCE):
                return None
        except Locked:
            return _read(_holder_file(folder, name))


@contextmanager
def _locked(folder: Path, name: str, patience: float) -> Iterator[None]:
    """Hold one lock, or raise Locked."""
    # Each its own object: filelock lets the same one in twice. Never a soft lock: that one outlives its process.
    lock = FileLock(_lock_file(folder, name), mode=0o600, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire(timeout=patience, poll_interval=_POLL)
    except Timeout:
        raise Locked(_refusal(folder, name)) from None
    try:
        yield
    finally:
        lock.release()


def _refusal(folder: Path, name: str) -> str:
    file = _holder_file(folder, name)
    holder = _read(file)
    who = f"who that is cannot be read from {file}" if holder is UNTOLD else str(holder)
    return f"another command makes calls to {name}: {who}: wait until it is done, or stop it there"


def _read(file: Path) -> Holder:
    try:
        return _HOLDERS.validate_json(file.read_bytes())
    except (OSError, ValueError):
        return UNTOLD


def _remove(file: Path) -> None:
    # What stays behind says nothing: the lock is free.
    with suppress(OSError):
        file.unlink(missing_ok=True)


def _lock_file(folder: Path, name: str) -> Path:
    return folder / f"{_stem(name)}.lock"


def _holder_file(folder: Path, name: str) -> Path:
    return folder / f"{_stem(name)}.json"


def _stem(name: str) -> str:
    """Return a file name for a lock's name: so much as can be read, and what tells it from all others."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60]
    return f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:12]}".lstrip("-")


def _make(folder: Path) -> None:
    """Make a folder, and those above it that are missing, its owner's only."""
    for part in [*reversed(folder.parents), folder]:
        part.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def _in_words(folder: Path) -> Iterator[None]:
    """Turn what the disk raises into an EnvironmentFailed that says what to do."""
    try:
        yield
    except OSError as error:
        keeps = "where locks keep two commands from one target"
        if error.errno in _NO_LOCKS:
            reason, remedy = f"its file system has no locks ({error.strerror})", "a folder on a disk of this machine"
        else:
            reason = (
                f"{error.filename} is a file"
                if isinstance(error, FileExistsError)
                else error.strerror or "cannot be used"
            )
            remedy = "a folder that can be written"
        raise EnvironmentFailed(f"{folder}, {keeps}: {reason}: set XDG_STATE_HOME or HOME to {remedy}") from None
