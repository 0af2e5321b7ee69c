"""Writing files whole or not at all, for their owner's eyes only, and without harm to what a person did with them.

A file that another program holds open stays, and the new one lands beside it: `results (2).csv`. What bulkcase wrote
itself it knows by a hash, so that it takes away its own files only, and moves aside what somebody has changed.
"""

import hashlib
import logging
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

import orjson

from bulkcase.errors import EnvironmentFailed
from bulkcase.job.owners import planted

WRITTEN: Final = ".written.json"
"""The hashes of what bulkcase wrote into a folder, by the names of the files."""
_NUMBERS: Final = range(2, 100)
"""What a file can have behind its name: more than 98 that are held open mean that something else is wrong."""
_LEFT: Final = re.compile(r"\.[a-z0-9_-]+\.(csv|html|json|jsonl|xlsx)\.\d+\.unfinished|\.results\.xlsx\.[a-z0-9_]{8}")
"""What stands in a report's folder only while it is written."""
_ABANDONED_S: Final = 86_400.0
"""How old that is when nobody can be writing it any more."""

_log = logging.getLogger(__name__)


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner can read, and those above it that are missing.

    Raises EnvironmentFailed where that cannot be done, or where another user has put something in its place.
    """
    try:
        # Not by mkdir's `parents`, which leaves the modes of those above to the umask.
        for above in [each for each in reversed(folder.absolute().parents) if not each.exists()]:
            above.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        whose = planted(folder)
    except OSError as error:
        raise _failed(folder, error) from None
    if whose:
        raise EnvironmentFailed(f"{folder}: {whose}: nothing is written there: name another folder with --reports")


class WholeFile:
    """A file that takes its place once it is written to the end."""

    write: Callable[[Any], int]

    def __init__(self, path: Path, part: Path, stream: IO[Any], *, keep_edits: bool) -> None:
        self.path = path
        """Where it stands, once it does: beside its place where another program holds that open."""
        self.part = part
        self.stream = stream
        self.keep_edits = keep_edits
        self.write = stream.write


class WholeFiles:
    """Files of one folder that take their places together, see `whole_files`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: list[WholeFile] = []
        self._dropped: dict[Path, bool] = {}
        self.parts = ExitStack()
        self.streams = ExitStack()

    @property
    def names(self) -> list[str]:
        """The files as they are called, relative to the folder."""
        return [file.path.relative_to(self._folder).as_posix() for file in self._files]

    def open(self, name: str, encoding: str | None = "utf-8", *, keep_edits: bool = False) -> WholeFile:
        """Open a file of the folder, or of a folder in it, for text, or for bytes without an encoding.

        Half a character, which UTF-8 cannot carry, becomes `?`. With `keep_edits`, an earlier file of this name that
        somebody has changed is moved aside.
        """
        # Two commands may write the same report: each writes files of its own, and the last one's stand.
        part = self._folder / f".{name.replace('/', '-')}.{os.getpid()}.unfinished"
        self.parts.callback(part.unlink, missing_ok=True)
        stream = self.streams.enter_context(_open(part, encoding))
        self._files.append(WholeFile(self._folder / name, part, stream, keep_edits=keep_edits))
        return self._files[-1]

    def drop(self, name: str, *, keep_edits: bool) -> None:
        """Take a file of an earlier report away when the new ones take their places.

        With `keep_edits`, one that somebody has changed is moved aside.
        """
        self._dropped[self._folder / name] = keep_edits

    def sync(self) -> None:
        """Bring all that was written to the disk."""
        for file in self._files:
            file.stream.flush()
            os.fsync(file.stream.fileno())

    def land(self) -> None:
        """Let every file take its place."""
        for folder in {file.path.parent for file in self._files}:
            folder.mkdir(mode=0o700, exist_ok=True)
        written = Written(self._folder)
        for file in self._files:
            _land(file, written)
        for path, keep_edits in self._dropped.items():
            _drop(path, written, keep_edits=keep_edits)
        written.save()


@contextmanager
def whole_files(folder: Path) -> Iterator[WholeFiles]:
    """Open files of a folder that take their places once all of them are on the disk; else none of them does.

    Raises EnvironmentFailed where one cannot be written.
    """
    files = WholeFiles(folder)
    with files.parts:
        try:
            with files.streams:
                yield files
                files.sync()
            files.land()
        except OSError as error:
            raise _failed(folder, error) from None


@contextmanager
def whole_file(path: Path, encoding: str | None = "utf-8", *, keep_edits: bool = False) -> Iterator[WholeFile]:
    """Open a file that takes the place of `path` once it is written to the end, and leaves it alone otherwise.

    With `keep_edits`, an earlier one that somebody has changed is moved aside. Raises EnvironmentFailed where it
    cannot be written.
    """
    with whole_files(path.parent) as files:
        yield files.open(path.name, encoding, keep_edits=keep_edits)


def drop_file(path: Path, *, keep_edits: bool = False) -> None:
    """Take a file of an earlier report away, as `WholeFiles.drop`; raises EnvironmentFailed where the disk fails."""
    with whole_files(path.parent) as files:
        files.drop(path.name, keep_edits=keep_edits)


def clear_leftovers(folder: Path, now: float) -> None:
    """Take away what writers left that were killed a day before `now`, in seconds since the epoch, or earlier."""
    for path in folder.glob(".*"):
        with suppress(OSError):
            if _LEFT.fullmatch(path.name) and path.lstat().st_mtime < now - _ABANDONED_S:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def last_written(path: Path) -> Path:
    """Return where the last file that was written as `path` stands: there, or beside it."""
    found = [each for each in (path, *Written(path.parent).beside(path)) if each.exists()]
    return max(found, key=lambda each: each.stat().st_mtime_ns, default=path)


class Written:
    """What bulkcase has written into a folder; whatever is not known to be its own, a person may miss."""

    def __init__(self, folder: Path) -> None:
        """Know what was written into this folder."""
        self._folder = folder
        self._before = _digests_of(folder / WRITTEN)
        self._digests = dict(self._before)

    def is_own(self, path: Path) -> bool:
        """Say whether a file is as bulkcase wrote it."""
        return self._digests.get(self._name(path)) == _digest(path)

    @property
    def names(self) -> Sequence[str]:
        """The files whose hashes are known, relative to the folder."""
        return list(self._digests)

    def note(self, path: Path) -> None:
        """Know a file as it is now for bulkcase's own."""
        self._digests[self._name(path)] = _digest(path)

    def forget(self, path: Path) -> None:
        """Know nothing of a file any more."""
        self._digests.pop(self._name(path), None)

    def beside(self, path: Path) -> Sequence[Path]:
        """Return the files that were written beside a path which was held open."""
        name = re.compile(rf"{re.escape(self._name(path.with_suffix('')))} \(\d+\){re.escape(path.suffix)}")
        return [self._folder / each for each in self._digests if name.fullmatch(each)]

    def save(self) -> None:
        """Keep what is known, where that has changed."""
        if self._digests == self._before:
            return
        path = self._folder / WRITTEN
        part = path.with_name(f"{WRITTEN}.{os.getpid()}.unfinished")
        # The report is there. Without this, the next one moves files aside that nobody has changed: no harm.
        with suppress(OSError):
            if not self._digests:
                path.unlink(missing_ok=True)
                return
            with _open(part, None) as stream:
                stream.write(orjson.dumps(self._digests, option=orjson.OPT_INDENT_2))
            part.replace(path)
        with suppress(OSError):
            part.unlink(missing_ok=True)

    def _name(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()


def _land(file: WholeFile, written: Written) -> None:
    wanted = file.path
    file.path = _placed(file, written)
    if file.path != wanted:
        _log.warning("%s is held open by another program: the new report is %s", wanted, file.path.name)
    if file.keep_edits or file.path != wanted:
        written.note(file.path)
    _clear(wanted, written, but=file.path)


def _placed(file: WholeFile, written: Written) -> Path:
    """Move a file to its place, or beside it; return where it is."""
    path = file.path
    try:
        if file.keep_edits and path.exists() and not (written.is_own(path) or _goes_on(path, file.part)):
            _move_aside(path)
        file.part.replace(path)
    # On Windows, a file that a spreadsheet shows can be neither replaced nor renamed.
    except PermissionError as error:
        refused = error
    else:
        return path
    for number in _NUMBERS:
        beside = path.with_stem(f"{path.stem} ({number})")
        with suppress(PermissionError):
            if not beside.exists() or written.is_own(beside):
                return file.part.replace(beside)
    raise refused


def _drop(path: Path, written: Written, *, keep_edits: bool) -> None:
    try:
        if keep_edits and path.exists() and not written.is_own(path):
            _move_aside(path)
        path.unlink(missing_ok=True)
        written.forget(path)
    except PermissionError:
        _log.warning("%s is held open by another program: it is of an earlier report", path)
    _clear(path, written)


def _clear(path: Path, written: Written, but: Path | None = None) -> None:
    """Take away what earlier reports left beside a path, but for what somebody has changed."""
    for beside in written.beside(path):
        if beside == but:
            continue
        with suppress(PermissionError):
            if beside.exists() and written.is_own(beside):
                beside.unlink()
            written.forget(beside)


def _move_aside(path: Path) -> None:
    names = (path.stem + ".edited", *(f"{path.stem}.edited ({number})" for number in _NUMBERS))
    aside = next((each for each in map(path.with_stem, names) if not each.exists()), None)
    if aside is None:
        raise FileExistsError(17, "there are 99 edited copies of it already", str(path))
    path.rename(aside)
    _log.warning("%s was changed since it was written: it is now %s", path, aside.name)


def _goes_on(old: Path, new: Path) -> bool:
    """Say whether a new file starts with all that the old one has, so that nothing of it can be missed."""
    size = old.stat().st_size
    if size > new.stat().st_size:
        return False
    with old.open("rb") as first, new.open("rb") as second:
        while chunk := first.read(1 << 16):
            if chunk != second.read(len(chunk)):
                return False
    return True


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _digests_of(path: Path) -> dict[str, str]:
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _open(path: Path, encoding: str | None) -> IO[Any]:
    path.unlink(missing_ok=True)  # left behind by a process that had this number before
    if encoding is None:
        return open(path, "wb", opener=_private)
    return open(path, "w", encoding=encoding, errors="replace", newline="", opener=_private)


def _private(path: str, flags: int) -> int:
    """Open a new file for its owner only; what others may have put there meanwhile, a link above all, is not opened."""
    return os.open(path, flags | os.O_EXCL, 0o600)


def _failed(path: Path, error: OSError) -> EnvironmentFailed:
    return EnvironmentFailed(
        f"{path}: {error.strerror}: free the disk or name another folder with --reports; the ledger has every outcome"
    )
