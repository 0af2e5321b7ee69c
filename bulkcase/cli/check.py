"""bulkcase check."""

from dataclasses import asdict

import orjson
import typer

from bulkcase.cli.common.console import write_out
from bulkcase.cli.common.logs import LogFormat, log_to_stderr
from bulkcase.cli.common.options import AsJson, InputFile, JobFile, Limit, LogAs, Verbose
from bulkcase.cli.common.show import show_problems
from bulkcase.job import load
from bulkcase.operations.check import examine


def check_command(
    job: JobFile,
    *,
    input_file: InputFile = None,
    limit: Limit = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    log_format: LogAs = LogFormat.TEXT,
) -> None:
    """Check everything that needs no network: the job, the file, every row. No secret is needed."""
    log_to_stderr(verbose, log_format)
    planned, problems = examine(load(job, input=input_file), limit=limit)
    if as_json:
        found = {"input": planned.input, "rows": planned.rows, "problems": [asdict(problem) for problem in problems]}
        write_out(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    else:
        show_problems(planned, problems)
    raise typer.Exit(1 if any(not problem.is_warning for problem in problems) else 0)
