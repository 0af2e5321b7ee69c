"""Where text goes: results to standard output, everything else to standard error."""

import sys
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from bulkcase.errors import BulkcaseError

# On a terminal long lines break between words; in a pipe a line stays a line.
out = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
err = Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())

__all__ = ["complain", "err", "escape", "indented", "local_time", "number", "out", "someone_is_there"]


def someone_is_there() -> bool:
    """Say whether a person can be asked: both ends are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def complain(error: BulkcaseError) -> None:
    """Print an error as one clear line a problem."""
    for problem in error.problems:
        err.print(f"[bold red]error:[/] {escape(problem)}")


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
