"""Hostile files: each is built when it is asked for, and says how the program has to end over it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROWS = b"Case ID,Notes\nci-1,one\n"
"""A CSV that is as it should be."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file that means harm, or could do some."""

    name: str
    """The file's, with its ending."""
    build: Callable[[Path], object]
    """Writes the file to this path."""
    code: int = 2
    """How `bulkcase check` ends: 0 or 1 where there are rows, 2 where the file is refused."""
    says: str = ""
    """A part of what is said."""
    is_big: bool = False
    """Takes long or much of the disk: for the full form of the tests."""
    settings: str = ""
    """Lines for the job's [input]."""


def bytes_of(*parts: bytes) -> Callable[[Path], object]:
    """Return what writes these bytes."""
    return lambda path: path.write_bytes(b"".join(parts))


def refused(name: str, *parts: bytes, says: str, settings: str = "") -> Hostile:
    """Return a file of these bytes that is refused."""
    return Hostile(name, bytes_of(*parts), 2, says, settings=settings)


def read(name: str, *parts: bytes, code: int = 0, says: str = "", settings: str = "") -> Hostile:
    """Return a file of these bytes that has rows."""
    return Hostile(name, bytes_of(*parts), code, says, settings=settings)


def repeated(head: bytes, piece: bytes, size: int, tail: bytes = b"") -> Callable[[Path], object]:
    """Return what writes a file of about `size` bytes: the piece again and again between head and tail."""

    def write(path: Path) -> None:
        block = piece * max(1, (1 << 20) // len(piece))
        with path.open("wb") as stream:
            stream.write(head)
            for _ in range(size // len(block) + 1):
                stream.write(block)
            stream.write(tail)

    return write


def named(files: Sequence[Hostile]) -> dict[str, Hostile]:
    """Return the files by name; raises ValueError where two have the same."""
    found = {file.name: file for file in files}
    if len(found) != len(files):
        raise ValueError("two hostile files have the same name")
    return found
