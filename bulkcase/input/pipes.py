"""Named pipes: opened without waiting for ever for somebody who writes into them."""

import os
import select
import sys
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Any, BinaryIO

from bulkcase.errors import InputError

PATIENCE = 60.0
"""Seconds that a pipe is waited for until somebody opens it for writing."""


class _Pipe(FileIO):
    """A pipe that remembers how its last reading ended."""

    got: int | None = None
    """Bytes; 0 where nobody has it open for writing, None where somebody has, and has written nothing yet."""

    def readinto(self, buffer: Any, /) -> int | None:
        """Read into a buffer, as FileIO does."""
        self.got = super().readinto(buffer)
        return self.got


def open_pipe(path: Path) -> BinaryIO:
    """Open a pipe for reading once somebody writes into it; how long a writer takes then is the writer's business.

    Raises InputError where nobody does so in time, and OSError where it cannot be opened.
    """
    if sys.platform == "win32":  # a system without pipes of this kind
        return path.open("rb")
    # A pipe that is opened the plain way is waited for without an end.
    pipe = _Pipe(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")
    stream = BufferedReader(pipe)
    waiting = select.poll()
    waiting.register(pipe, select.POLLIN | select.POLLHUP)
    if not waiting.poll(PATIENCE * 1000):
        stream.peek(1)
        if pipe.got == 0:
            stream.close()
            raise InputError(f"{path}: nobody wrote into this pipe within {PATIENCE:.0f} seconds: name a file")
    os.set_blocking(pipe.fileno(), True)
    return stream
