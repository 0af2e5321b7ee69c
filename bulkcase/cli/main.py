"""The command line: parses, calls one verb, ends with its exit code."""

import logging
import os
import sys
from itertools import pairwise
from typing import Annotated

import typer

from bulkcase import __version__
from bulkcase.cli.assign import set_command
from bulkcase.cli.check import check_command
from bulkcase.cli.console import LOG, complain, err, tell_end
from bulkcase.cli.demo import demo_command
from bulkcase.cli.interrupts import interrupt_by_signals
from bulkcase.cli.logs import LogFormat, log_to_stderr
from bulkcase.cli.lookups import lookups_command
from bulkcase.cli.plan import plan_command
from bulkcase.cli.resume import resume_command, retry_command
from bulkcase.cli.run import run_command
from bulkcase.cli.runs import history_command, report_command, runs_command, show_command
from bulkcase.cli.sandbox import sandbox_command
from bulkcase.cli.verify import undo_command, verify_command
from bulkcase.errors import BulkcaseError

app = typer.Typer(
    name="bulkcase",
    help="Bulk updates for the Kore.ai Case Management API: a spreadsheet in, cases updated, a report out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line and exit."""
    interrupt_by_signals()
    sys.exit(exit_code_of(sys.argv[1:]))


def exit_code_of(arguments: list[str]) -> int:
    """Run the command line with these arguments and return its exit code; every error is one clear line."""
    # Arguments that are wrong end before any command is called, which sets up its log itself.
    if "--log-format=json" in arguments or ("--log-format", "json") in pairwise(arguments):
        log_to_stderr(verbose=False, form=LogFormat.JSON)
    try:
        result = app(arguments, standalone_mode=False)
    except BulkcaseError as error:
        complain(error)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        tell_end("interrupted: nothing more is sent", 130)
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; what is left in the buffer has no reader.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 6
    except Exception as error:
        shown = _shown_by_typer(error)
        if shown is not None:
            return shown
        logging.getLogger(LOG).debug("a fault of bulkcase", exc_info=True)
        what = f"{type(error).__name__}: {error}"
        tell_end(f"error: a fault of bulkcase ({what}): please report it; --verbose shows where", 6)
        return 6
    return result if isinstance(result, int) else 0


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


app.command("demo")(demo_command)
app.command("check")(check_command)
app.command("plan")(plan_command)
app.command("run")(run_command)
app.command("set")(set_command)
app.command("resume")(resume_command)
app.command("retry")(retry_command)
app.command("verify")(verify_command)
app.command("undo")(undo_command)
app.command("runs")(runs_command)
app.command("show")(show_command)
app.command("history")(history_command)
app.command("report")(report_command)
app.command("lookups")(lookups_command)
app.command("sandbox")(sandbox_command)


if __name__ == "__main__":
    main()
