"""Where text goes: results to standard output, everything else to standard error."""

import codecs
import errno
import json
import logging
import os
import re
import sys
from contextlib import suppress
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final

from rich import markup as rich_markup
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bulkcase.cells import escaped
from bulkcase.errors import BulkcaseError
from bulkcase.hidden import without_secrets
from bulkcase.logged import facts
from bulkcase.said import number

_COMMAND: Final = re.compile(r"(.*:) (bulkcase [^;:]+)")
_ENDLESS: Final = 10_000
"""Columns of what is no terminal."""
LOG = "bulkcase"
"""The logger of everything that bulkcase logs."""
_log = logging.getLogger(f"{LOG}.cli")

_PLAINLY: Final = "bulkcase.plainly"
"""How a stream writes what its encoding does not have."""
_INSTEAD: Final = {
    "→": "->",
    "…": "...",
    "▁": "_",
    "▂": "1",
    "▃": "2",
    "▄": "3",
    "▅": "4",
    "▆": "5",
    "▇": "6",
    "█": "7",
}


def _plainly(error: UnicodeError) -> tuple[str | bytes, int]:
    """Return what stands for a character that a stream cannot show: a sign like it, or its number."""
    assert isinstance(error, UnicodeEncodeError), "it is used for nothing else"
    sign = error.object[error.start]
    plain = _INSTEAD.get(sign)
    return (plain, error.start + 1) if plain else codecs.backslashreplace_errors(error)


codecs.register_error(_PLAINLY, _plainly)

for name in ("stdout", "stderr"):
    if getattr(sys, name) is None:  # closed by whoever started the program
        setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - as long as the program lives
    if isinstance(getattr(sys, name), TextIOWrapper):
        # A character that the terminal cannot show is no reason to end a run.
        getattr(sys, name).reconfigure(errors=_PLAINLY)


def escape(text: str) -> str:
    """Return a text that comes from outside as it can stand in markup: one line, no tag, nothing that does not print.

    What a terminal would obey (colours, links, a cursor that moves, text that runs backwards) shows as an escape.
    """
    return rich_markup.escape(escaped(text))


def escape_lines(text: str) -> str:
    """Return a text of several lines, which are kept, as `escape` returns one."""
    return "\n".join(map(escape, text.splitlines()))


def tame(markup: str) -> str:
    """Return markup in which nothing stands but what prints, and line breaks, and no secret."""
    return without_secrets(markup if markup.isprintable() else "\n".join(map(escaped, markup.split("\n"))))


class PatientConsole(Console):
    """A console whose reader may go away: nobody is told any more, and what is being done goes on."""

    lost: OSError | None = None
    """Why what was printed is lost; None where all was written, or its reader wanted no more."""
    instead: str = ""
    """What was done all the same, and the command that shows it again."""

    def print(self, *args: Any, **kwargs: Any) -> None:
        """Print, as long as somebody reads it; whatever a text holds, a terminal obeys none of it."""
        try:
            super().print(*(tame(each) if isinstance(each, str) else each for each in args), **kwargs)
        except OSError as error:
            self.lose_reader(error)

    def on_broken_pipe(self) -> None:
        """Go on without a reader; rich itself would end the program."""
        self.lose_reader()

    def lose_reader(self, why: OSError | None = None) -> None:
        """Print nothing any more, from now on and of what is not written yet."""
        self.quiet = True
        if why is not None and why.errno != errno.EPIPE:
            self.lost = why
        # What is left in the buffer is written at the end, and has no reader either.
        with suppress(OSError):  # what is no file of the system has no such buffer
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


class ErrorConsole(PatientConsole):
    """Standard error, which is a log for programs where that was asked for."""

    is_log = False
    """Whether each text becomes a line of the log."""

    def print(self, *args: Any, **kwargs: Any) -> None:
        """Print markup, or log its text: red is an error, yellow a warning."""
        if not self.is_log:
            super().print(*args, **kwargs)
            return
        markup = tame(" ".join(map(str, args)))
        level = logging.ERROR if "[bold red]" in markup else logging.WARNING if "[yellow]" in markup else logging.INFO
        _log.log(level, "%s", Text.from_markup(markup, emoji=False).plain)

    def write_line(self, line: str) -> None:
        """Write a line of the log, which is JSON, as long as somebody reads it."""
        if self.quiet:
            return
        # JSON is UTF-8: in any other encoding of the stream only ASCII is the same.
        if "utf" not in (getattr(self.file, "encoding", None) or "utf-8").lower():
            line = json.dumps(json.loads(line))
        try:
            self.file.write(f"{line}\n")
            self.file.flush()
        except OSError:
            self.lose_reader()


def plain_json(text: str) -> str:
    """Return the same JSON with an escape for each character that does not print: its reader may be a terminal."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign == "\n" else json.dumps(sign)[1:-1] for sign in text)


def write_out(text: str) -> None:
    """Write JSON for a program; that it may not be read to its end changes nothing of what was done."""
    try:
        # JSON is UTF-8, whatever people read here.
        sys.stdout.flush()
        sys.stdout.buffer.write(plain_json(text).encode())
        sys.stdout.flush()
    except OSError as error:
        out.lose_reader(error)


def unwritten() -> str:
    """Write what is left of standard output; return why its reader has not got all of it, or an empty text."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        out.lose_reader(error)
    lost, out.lost, out.quiet = out.lost, None, False
    return "" if lost is None else lost.strerror or type(lost).__name__


# Who wants no colour wants no bold either: a terminal is told by signs that others may not know.
_COLOURS: Final = None if os.environ.get("NO_COLOR") else "auto"


def _told_to(stream: Any) -> dict[str, Any]:
    """Return how a stream is told: on a terminal long lines break between words, in a pipe a line stays a line."""
    more = {} if stream.isatty() else {"soft_wrap": True, "width": _ENDLESS}
    return {"highlight": False, "emoji": False, "color_system": _COLOURS, **more}


out = PatientConsole(**_told_to(sys.stdout))
err = ErrorConsole(stderr=True, **_told_to(sys.stderr))

__all__ = [
    "LOG",
    "complain",
    "err",
    "escape",
    "escape_lines",
    "indented",
    "local_time",
    "number",
    "out",
    "plain_json",
    "say",
    "show_table",
    "someone_is_there",
    "tame",
    "tell_end",
    "unwritten",
    "write_out",
]


def say(markup: str) -> None:
    """Print a message to standard error, above the bar of progress where there is one, its lines unbroken."""
    bars = sys.modules.get("tqdm")
    if bars is None or err.is_log:
        err.print(markup, soft_wrap=True)
        return
    with bars.tqdm.external_write_mode(file=sys.stderr):
        err.print(markup, soft_wrap=True)


def someone_is_there() -> bool:
    """Say whether a person can be asked: both ends are a terminal, and what is told is not for a program."""
    return not err.is_log and sys.stdin.isatty() and sys.stderr.isatty()


def complain(error: BulkcaseError) -> None:
    """Print an error as one clear line a problem; what is none (exit code 0) as it is."""
    mark = "[bold red]error:[/] " if error.exit_code else ""
    for problem in error.problems:
        if err.is_log:
            level = logging.ERROR if error.exit_code else logging.INFO
            _log.log(level, "%s", problem, extra=facts(exit_code=error.exit_code))
            continue
        said, command = _parted(problem)
        err.print(f"{mark}{escape(said)}")
        if command:
            err.print(f"  {escape(command)}", soft_wrap=True)


def _parted(problem: str) -> tuple[str, str]:
    """Return a problem and the command at its end, which is copied: a terminal must not break it."""
    found = None if err.soft_wrap else _COMMAND.fullmatch(problem)
    return (found[1], found[2]) if found else (problem, "")


def tell_end(text: str, exit_code: int) -> None:
    """Say why the program ends without a result, whatever state it is in."""
    if err.is_log:
        _log.error("%s", text, extra=facts(exit_code=exit_code))
    else:
        sys.stderr.write(f"{tame(text)}\n")


def indented(console: Console, markup: str, columns: int) -> None:
    """Print a text some columns to the right, all its lines where a terminal breaks it."""
    if console.soft_wrap or (isinstance(console, ErrorConsole) and console.is_log):
        console.print(" " * columns + markup)
    else:
        console.print(Padding(Text.from_markup(tame(markup), emoji=False), (0, 0, 0, columns), expand=False))


def show_table(console: Console, table: Table, columns: int = 0) -> None:
    """Print a table some columns to the right; in a pipe no line ends in blanks."""
    padded = Padding(table, (0, 0, 0, columns), expand=False)
    if not console.soft_wrap or (isinstance(console, ErrorConsole) and console.is_log):
        console.print(padded)
        return
    with console.capture() as captured:
        console.print(padded)
    for line in captured.get().splitlines():
        text = Text.from_ansi(line)
        text.rstrip()
        console.print(text)


def local_time(seconds: float) -> str:
    """Return seconds since the epoch as date and time here, with the zone."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M %Z")
