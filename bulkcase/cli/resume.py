"""bulkcase resume and bulkcase retry."""

from bulkcase.cli.common.logs import LogFormat, log_to_stderr
from bulkcase.cli.common.options import (
    AsJson,
    AsksWithInput,
    Corrected,
    InSandbox,
    LogAs,
    NeverAsks,
    Quiet,
    ReportFolder,
    RunName,
    StateFolder,
    Verbose,
    Wait,
)
from bulkcase.cli.common.sending import end, questions, with_display
from bulkcase.operations.common.options import Options
from bulkcase.operations.resume import resume, retry


def resume_command(
    run: RunName,
    *,
    input_file: Corrected = None,
    yes: AsksWithInput = False,
    wait: Wait = False,
    sandbox: InSandbox = False,
    as_json: AsJson = False,
    state: StateFolder = None,
    reports: ReportFolder = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log_format: LogAs = LogFormat.TEXT,
) -> None:
    """Go on with what is pending or unknown in a run, or with a corrected file in its place."""
    log_to_stderr(verbose, log_format, quiet=quiet)
    ask = None
    if input_file is not None:
        ask = questions("resume --input", yes=yes, quiet=quiet, piped=input_file == "-")
    ended = with_display(
        lambda options: resume(run, input=input_file, state=state, sandbox=sandbox, ask=ask, **options),
        Options(wait=wait, reports=reports),
        quiet=quiet,
        yes=yes,
    )
    end(ended, as_json=as_json, quiet=quiet)


def retry_command(
    run: RunName,
    *,
    yes: NeverAsks = False,
    wait: Wait = False,
    sandbox: InSandbox = False,
    as_json: AsJson = False,
    state: StateFolder = None,
    reports: ReportFolder = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log_format: LogAs = LogFormat.TEXT,
) -> None:
    """Send again the rows of a run that ended mismatch, conflict, failed or unknown."""
    log_to_stderr(verbose, log_format, quiet=quiet)
    ended = with_display(
        lambda options: retry(run, state=state, sandbox=sandbox, **options),
        Options(wait=wait, reports=reports),
        quiet=quiet,
        yes=yes,
    )
    end(ended, as_json=as_json, quiet=quiet)
