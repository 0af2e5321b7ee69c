"""The commands: what each is called and does in a line, and where it is; its module is imported when it is called."""

import logging
import os
import sys
from importlib import import_module
from itertools import pairwise
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from bulkcase import __version__
from bulkcase.cli.common.console import LOG, complain, err, out, tell_end, unwritten
from bulkcase.cli.common.logs import LogFormat, log_to_stderr
from bulkcase.cli.common.signals import interrupt_from_now_on
from bulkcase.cli.completion import is_asked
from bulkcase.cli.main import broken
from bulkcase.errors import BulkcaseError, UsageError

COMMANDS: Final = {
    "demo": ("demo", "Tell the whole story on the sandbox; no account needed."),
    "init": (
        "init",
        "Propose a job file for a spreadsheet, by its header and its first rows; ask where it is not sure.",
    ),
    "doctor": ("doctor", "Say what is wrong with a job's set-up and how to mend it, step by step; no case is changed."),
    "check": ("check", "Check everything that needs no network: the job, the file, every row. No secret is needed."),
    "plan": ("plan", "Say what a run would do, and save it as a plan that can be run as it is."),
    "run": ("run", "Plan, ask, send, report: every row's fate in a report."),
    "set": ("assign", "Make the same change to a list of cases: of the job, input and mapping are not needed."),
    "resume": ("resume", "Go on with what is pending or unknown in a run, or with a corrected file in its place."),
    "retry": ("resume", "Send again the rows of a run that ended mismatch, conflict, failed or unknown."),
    "verify": ("verify", "Read the cases of a run back, and say of every row that was sent whether it stands there."),
    "undo": (
        "verify",
        "Put the values back that stood in the cases before a run, where nobody has changed them since.",
    ),
    "runs": (
        "runs",
        "List the runs of the ledger, job by job: what ended how, what is unfinished, what drifts from night to night.",
    ),
    "show": (
        "runs",
        "Show one run, also while it goes on: outcomes, causes, who worked on it, what goes on from here.",
    ),
    "history": ("runs", "Show what changed a case: run, file, row and value, when, by which user of which host."),
    "report": ("runs", "Write the report of a run anew, also of one that was killed."),
    "purge": ("purge", "Delete runs for good, with all that the ledger keeps of them; says first what goes, and asks."),
    "lookups": (
        "lookups",
        "Learn statuses, priorities, queues and agents from the live cases, and write them to files to check and keep.",
    ),
    "sandbox": ("sandbox", "Serve the embedded API on a port of this machine until Ctrl-C."),
}
"""Where a command is, by its name: the module here that has its function; and what the list says of it, which is what
that function says of itself."""


_PRINTED_BY_TYPER: Final = {"--help", "-h", "--version"}


class LaterCommand(TyperCommand):
    """A command whose options are known, and whose libraries are imported, when it is called by its name."""

    def make_context(self, *args: Any, **more: Any) -> Any:
        """Return the context of the command itself, which goes on from there."""
        assert self.name is not None, "each has one"
        command = command_of(self.name)
        interrupt_from_now_on()
        return command.make_context(*args, **more)


class Commands(TyperGroup):
    """All commands, each of which can be interrupted; typer itself would end it without a word."""

    def invoke(self, ctx: Any) -> Any:
        """Call the command that was named."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Abort from None


def command_of(name: str) -> Any:
    """Return a command as typer makes it from its function."""
    module = import_module(f"bulkcase.cli.{COMMANDS[name][0]}")
    alone = typer.Typer(add_completion=False)
    alone.command(name)(getattr(module, f"{name}_command"))
    return typer.main.get_command(alone)


app = typer.Typer(
    name="bulkcase",
    cls=Commands,
    help="Bulk updates for the Kore.ai Case Management API: a spreadsheet in, cases updated, a report out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def answer(arguments: list[str]) -> int:
    """Run the command line with these arguments and return its exit code; every error is one clear line."""
    # Arguments that are wrong end before any command is called, which sets up its log itself.
    if "--log-format=json" in arguments or ("--log-format", "json") in pairwise(arguments):
        log_to_stderr(verbose=False, form=LogFormat.JSON)
    try:
        _refuse_odd_bytes(arguments)
        result = app(arguments, prog_name="bulkcase", standalone_mode=False)
    except BulkcaseError as error:
        complain(error)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        if sys.stderr.isatty() and not err.is_log:
            err.line()  # behind a question, or what the terminal shows of Ctrl-C
        tell_end("interrupted: nothing more is done", 130)
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; what is left in the buffer has no reader.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 6
    except Exception as error:  # noqa: BLE001 - the last place where anything can be told of it
        return _failed(error, arguments)
    return _ended(result if isinstance(result, int) else 0)


def _refuse_odd_bytes(arguments: list[str]) -> None:
    """Raise UsageError for an argument that the ledger and reports could not name."""
    for written in arguments:
        try:
            written.encode()
        except UnicodeEncodeError:
            raise UsageError(f"{written}: is not UTF-8: rename the file or folder, or write it as UTF-8") from None


def _failed(error: Exception, arguments: list[str]) -> int:
    """Tell of an error that is none of bulkcase's own, and return its exit code."""
    if is_asked():
        return 0  # a shell that completes a word shows what it is told in the middle of a line
    shown = _shown_by_typer(error)
    if shown is not None:
        return shown
    if isinstance(error, OSError) and (not arguments or _PRINTED_BY_TYPER & set(arguments)):
        out.lose_reader(error)
        return _ended(0)
    logging.getLogger(LOG).debug("a fault of bulkcase", exc_info=error)
    what = f"error: a fault of bulkcase ({type(error).__name__}: {error}): please report it; --verbose shows where"
    tell_end(broken(error) if isinstance(error, ImportError) else what, 6)
    return 6


def _ended(exit_code: int) -> int:
    """Return the exit code of a command that is done, which is another one where its result could not be written."""
    why, done, out.instead = unwritten(), out.instead, ""
    if not why or exit_code not in {0, 1}:
        return exit_code
    what = f"error: standard output could not be written ({why}): free the disk, or send it elsewhere"
    tell_end(f"{what}; {done}" if done else what, 6)
    return 6


def _shown_by_typer(error: Exception) -> int | None:
    """Tell of a usage error and return its exit code; None for any other error.

    Which class these have depends on the version of typer (its own click, or the one of PyPI), so they are known by
    what they can do.
    """
    show, exit_code = getattr(error, "show", None), getattr(error, "exit_code", None)
    if not callable(show) or not isinstance(exit_code, int):
        return None
    if err.is_log:
        tell_end(error.format_message() if hasattr(error, "format_message") else str(error), exit_code)
    else:
        show()
    return exit_code


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"bulkcase {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def _later() -> None:
    """Stand for a command that is not imported yet."""


for _name, (_, _told) in COMMANDS.items():
    app.command(_name, cls=LaterCommand, help=_told)(_later)
