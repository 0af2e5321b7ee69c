"""Writing a file whole or not at all, for its owner's eyes only."""

import os
from collections.abc import Iterator
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
    unfinished = path.with_name(f".{path.name}.unfinished")
    with ExitStack() as on_failure:
        on_failure.callback(unfinished.unlink, missing_ok=True)
        try:
            with open(unfinished, "w", encoding=encoding, newline="", opener=_private) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError as error:
            raise _failed(path, error) from None
        on_failure.pop_all()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _failed(path: Path, error: OSError) -> EnvironmentFailed:
    return EnvironmentFailed(
        f"{path}: {error.strerror}: free the disk or name another folder with --reports; the ledger has every outcome"
    )
