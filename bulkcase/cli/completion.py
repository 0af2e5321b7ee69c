"""What a shell completes: the arguments and options that have values known here."""

import os
from collections.abc import Callable, Sequence
from typing import Any, Final

import typer

VARIABLE: Final = "_BULKCASE_COMPLETE"
"""What a shell sets that wants to know how a word may end."""


def is_asked() -> bool:
    """Say whether a shell wants to complete a word, and no command is called."""
    return VARIABLE in os.environ


def job_file(incomplete: str) -> list[str]:
    """Complete the path of a job file."""
    from bulkcase.operations.completed import job_files  # noqa: PLC0415 - only a shell asks for it

    return job_files(incomplete)


def a_run(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Complete the id of a run of the ledger that the other options name."""
    from bulkcase.operations.completed import run_names  # noqa: PLC0415 - as above

    return run_names(incomplete, **_ledger(ctx))


def a_plan(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Complete the id of a plan."""
    from bulkcase.operations.completed import plan_names  # noqa: PLC0415 - as above

    return plan_names(incomplete, **_ledger(ctx))


def a_job(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Complete the name of a job that has runs."""
    from bulkcase.operations.completed import job_names  # noqa: PLC0415 - as above

    return job_names(incomplete, **_ledger(ctx))


def one_of(words: Sequence[str]) -> Callable[[str], list[str]]:
    """Return what completes one of these words."""

    def completed(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return completed


def _ledger(ctx: typer.Context) -> dict[str, Any]:
    return {"state": ctx.params.get("state"), "sandbox": bool(ctx.params.get("sandbox"))}
