"""Writing a file whole or not at all, for its owner's eyes only."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from bulkcase.errors import EnvironmentFailed


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner can read; raises EnvironmentFailed where that cannot be done."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _failed(folder, error) from None


@contextmanager
def whole_file(path: Path, encoding: str = "utf-8") -> Iterator[IO[str]]:
    """Open a text file that takes the place of `path` once it is written to the end, and leaves it alone otherwise.

    Raises EnvironmentFailed where it cannot be written.
    """
    with whole_files([path], encoding) as (file,):
        yield file


@contextmanager
def whole_files(paths: Sequence[Path], encoding: str = "utf-8") -> Iterator[Sequence[IO[str]]]:
    """Open text files that take the places of `paths` once all of them are on the disk; else none of them does.

    Half a character, which UTF-8 cannot carry, becomes `?`. Raises EnvironmentFailed where one cannot be written.
    """
    # Two commands may write the same report: each writes files of its own, and the last one's stand.
    unfinished = [path.with_name(f".{path.name}.{os.getpid()}.unfinished") for path in paths]
    with ExitStack() as cleaning:
        for part in unfinished:
            cleaning.callback(part.unlink, missing_ok=True)
        try:
            with ExitStack() as opened:
                files = [opened.enter_context(_open(part, encoding)) for part in unfinished]
                yield files
                for file in files:
                    file.flush()
                    os.fsync(file.fileno())
            for part, path in zip(unfinished, paths, strict=True):
                part.replace(path)
        except OSError as error:
            raise _failed(paths[0].parent, error) from None


def _open(path: Path, encoding: str) -> IO[str]:
    return open(path, "w", encoding=encoding, errors="replace", newline="", opener=_private)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _failed(path: Path, error: OSError) -> EnvironmentFailed:
    return EnvironmentFailed(
        f"{path}: {error.strerror}: free the disk or name another folder with --reports; the ledger has every outcome"
    )
