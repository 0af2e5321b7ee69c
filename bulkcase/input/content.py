"""The bytes of the input: a file where it lies, or a private copy of what can be read only once."""

import shutil
import sys
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from stat import S_ISBLK, S_ISCHR, S_ISDIR, S_ISREG
from typing import BinaryIO

from bulkcase.errors import EnvironmentFailed, InputError
from bulkcase.input.pipes import open_pipe
from bulkcase.job.paths import nearest_file

STANDARD_INPUT = "standard input"
CHUNK = 1 << 20
"""Bytes read at once."""


@dataclass(frozen=True, slots=True)
class Source:
    """What to read. `sheet` is a name, or a number (1 is the first); None leaves a choice to what the file says."""

    path: Path
    """`Path("-")` is CSV on standard input."""
    sheet: str | int | None = None
    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes on disk that must stay as they were when they were first seen."""

    name: str
    """What messages call it."""
    path: Path
    size: int
    """Bytes."""
    modified_ns: int
    """The file's time of change, in nanoseconds since the epoch."""
    is_copy: bool

    def open(self) -> BinaryIO:
        """Open the bytes for reading; raise InputError where they are gone or changed."""
        try:
            stream = self.path.open("rb")
        except OSError as error:
            raise InputError(_cannot_open(self.name, error)) from error
        try:
            self.check_unchanged()
        except InputError:
            stream.close()
            raise
        return stream

    def head(self, size: int) -> bytes:
        """Return the first `size` bytes."""
        with self.open() as stream:
            return stream.read(size)

    def check_unchanged(self) -> None:
        """Raise InputError where size or time of change are not what they were."""
        try:
            state = self.path.stat()
        except OSError as error:
            raise InputError(_cannot_open(self.name, error)) from error
        if (state.st_size, state.st_mtime_ns) != (self.size, self.modified_ns):
            raise InputError(
                f"{self.name}: the file changed while it was read: "
                "wait until it is written completely, then start again"
            )

    def sha256(self) -> str:
        """Return the SHA-256 of the bytes, in hexadecimal."""
        digest = sha256()
        with self.open() as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
        self.check_unchanged()
        return digest.hexdigest()

    def discard(self) -> None:
        """Delete the private copy; leave a file of the user's alone."""
        if self.is_copy:
            self.path.unlink(missing_ok=True)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal; raises InputError where it cannot be read."""
    content = hold(path)
    try:
        return content.sha256()
    finally:
        content.discard()


def hold(path: Path) -> Content:
    """Find the file, or copy a stream (standard input, a pipe) into a private temporary file."""
    if path == Path("-"):
        if sys.stdin.isatty():
            raise InputError(
                f"{STANDARD_INPUT}: it is a terminal and no file comes in: pipe a CSV into bulkcase, or name a file"
            )
        return _copied(STANDARD_INPUT, sys.stdin.buffer)
    name = str(path)
    try:
        state = path.stat()
        if S_ISDIR(state.st_mode):
            raise InputError(f"{name}: this is a folder: name a file in it")
        if S_ISCHR(state.st_mode) or S_ISBLK(state.st_mode):
            raise InputError(f"{name}: this is a device, which may have no end: name a file, or pipe a CSV in")
        if not S_ISREG(state.st_mode):
            with open_pipe(path) as stream:
                return _copied(name, stream)
    except OSError as error:
        raise InputError(_cannot_open(name, error)) from error
    return _content(name, path, is_copy=False)


def _copied(name: str, stream: BinaryIO) -> Content:
    try:
        path = _copy(stream)
    # On a full disk the closing of the file raises once more, with what it still had to write.
    except OSError as error:
        raise EnvironmentFailed(
            f"{name}: what comes in cannot be copied to {tempfile.gettempdir()} ({error.strerror}): "
            "make room there, or write it to a file first"
        ) from error
    try:
        return _content(name, path, is_copy=True)
    except InputError:
        path.unlink()
        raise


def _copy(stream: BinaryIO) -> Path:
    # mkstemp creates the file readable by its owner only.
    with tempfile.NamedTemporaryFile(prefix="bulkcase-", suffix=".csv", delete=False) as copy:
        path = Path(copy.name)
        try:
            shutil.copyfileobj(stream, copy, CHUNK)
            copy.flush()
        except BaseException:
            path.unlink()
            raise
    return path


def _content(name: str, path: Path, *, is_copy: bool) -> Content:
    state = path.stat()
    if not state.st_size:
        raise InputError(f"{name}: the file is empty: export it again")
    return Content(name, path, state.st_size, state.st_mtime_ns, is_copy)


def _cannot_open(name: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        found = nearest_file(Path(name))
        return f"{name}: there is no such file: {'check the path' if found is None else f'did you mean {found}?'}"
    if isinstance(error, PermissionError):
        return f"{name}: this user may not read the file: ask for permission to read it"
    return f"{name}: the file cannot be opened ({error.strerror}): check input.path"
