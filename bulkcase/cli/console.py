"""Where text goes: results to standard output, everything else to standard error."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from bulkcase.errors import BulkcaseError

for name in ("stdout", "stderr"):
    if getattr(sys, name) is None:  # closed by whoever started the program
        setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - as long as the program lives


class PatientConsole(Console):
    """A console whose reader may go away: nobody is told any more, and what is being done goes on."""

    def print(self, *args: Any, **kwargs: Any) -> None:
        """Print, as long as somebody reads it."""
        try:
            super().print(*args, **kwargs)
        except OSError:
            self._lose_reader()

    def on_broken_pipe(self) -> None:
        """Go on without a reader; rich itself would end the program."""
        self._lose_reader()

    def _lose_reader(self) -> None:
        self.quiet = True
        # What is left in the buffer is written at the end, and has no reader either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def write_out(text: str) -> None:
    """Write a result for a program; that it may not be read to its end changes nothing of what was done."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# On a terminal long lines break between words; in a pipe a line stays a line.
out = PatientConsole(highlight=False, soft_wrap=not sys.stdout.isatty())
err = PatientConsole(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())

__all__ = [
    "complain",
    "err",
    "escape",
    "indented",
    "local_time",
    "number",
    "out",
    "say",
    "someone_is_there",
    "write_out",
]


def say(markup: str) -> None:
    """Print a message to standard error, above the bar of progress where there is one, its lines unbroken."""
    bars = sys.modules.get("tqdm")
    if bars is None:
        err.print(markup, soft_wrap=True)
        return
    with bars.tqdm.external_write_mode(file=sys.stderr):
        err.print(markup, soft_wrap=True)


def someone_is_there() -> bool:
    """Say whether a person can be asked: both ends are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def complain(error: BulkcaseError) -> None:
    """Print an error as one clear line a problem; what is none (exit code 0) as it is."""
    mark = "[bold red]error:[/] " if error.exit_code else ""
    for problem in error.problems:
        err.print(f"{mark}{escape(problem)}")


def indented(console: Console, markup: str, columns: int) -> None:
    """Print a text some columns to the right, all its lines where a terminal breaks it."""
    if console.soft_wrap:
        console.print(" " * columns + markup)
    else:
        console.print(Padding(Text.from_markup(markup), (0, 0, 0, columns)))


def number(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: "1 row", "4,000 rows"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def local_time(seconds: float) -> str:
    """Return seconds since the epoch as date and time here, with the zone."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M %Z")
