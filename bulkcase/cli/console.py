"""Where text goes: results to standard output, everything else to standard error."""

import sys
from datetime import datetime

from rich.console import Console
from rich.markup import escape

from bulkcase.errors import BulkcaseError

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

__all__ = ["complain", "err", "escape", "local_time", "number", "out", "someone_is_there"]


def someone_is_there() -> bool:
    """Say whether a person can be asked: both ends are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def complain(error: BulkcaseError) -> None:
    """Print an error as one clear line a problem."""
    for problem in error.problems:
        err.print(f"[bold red]error:[/] {escape(problem)}")


def number(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: "1 row", "4,000 rows"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def local_time(seconds: float) -> str:
    """Return seconds since the epoch as date and time here, with the zone."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M %Z")
