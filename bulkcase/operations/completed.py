"""What a shell is told that completes a word: names that are known here; nothing is written, and no error is told."""

import re
import sqlite3
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Final

from bulkcase.ledger.glimpse import Glimpse, newest
from bulkcase.ledger.queries.found import LAST
from bulkcase.model import RunState
from bulkcase.operations.common.runtime import ledger_in, state_folder

_MOST_FILES: Final = 1000
_PLAIN: Final = re.compile(r"[A-Za-z0-9_./~+=@:,-]+")
"""Names that no shell reads as anything but a word: of what is answered, some take the rest for code of their own."""
_UNDO: Final = "undo "
"""How the job of a run begins that takes another one back: no file and no person calls it so."""


def run_names(begun: str, *, state: Path | None, sandbox: bool) -> list[tuple[str, str]]:
    """Return `last` and the ids of runs that begin as a word does, each with its job."""
    runs = [run for run in _runs(state, sandbox=sandbox) if run.state != RunState.PLANNED]
    return _begun(begun, [*([(LAST, "the newest run")] if runs else []), *map(_told, runs)])


def plan_names(begun: str, *, state: Path | None, sandbox: bool) -> list[tuple[str, str]]:
    """Return the same of plans that were not started."""
    plans = [run for run in _runs(state, sandbox=sandbox) if run.state == RunState.PLANNED]
    return _begun(begun, [*([(LAST, "the newest plan")] if plans else []), *map(_told, plans)])


def job_names(begun: str, *, state: Path | None, sandbox: bool) -> list[tuple[str, str]]:
    """Return the names of the jobs that have runs."""
    jobs = dict.fromkeys(run.job for run in _runs(state, sandbox=sandbox))
    return _begun(begun, [(job, "") for job in jobs if not job.startswith(_UNDO)])


def job_files(begun: str) -> list[str]:
    """Return the job files whose path begins as a word does; none where all else is the shell's business.

    None, too, where one of them has a name that is to be quoted: the shell itself can do that.
    """
    folder, _, name = begun.rpartition("/")
    try:
        found = Path(folder or ("/" if begun.startswith("/") else ".")).glob("*.toml")
        files = sorted(path.name for path in islice(found, _MOST_FILES) if path.name.startswith(name))
    except OSError:
        return []
    paths = [f"{folder}/{file}" if "/" in begun else file for file in files]
    return paths if all(map(_PLAIN.fullmatch, paths)) else []


def _runs(state: Path | None, *, sandbox: bool) -> list[Glimpse]:
    try:
        return newest(ledger_in(state_folder(state), sandbox=sandbox))
    except (sqlite3.Error, OSError, ValueError):
        return []


def _told(run: Glimpse) -> tuple[str, str]:
    return run.id, f"{run.job}, {run.state}" if _PLAIN.fullmatch(run.job) else run.state


def _begun(begun: str, names: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [one for one in names if one[0].startswith(begun) and _PLAIN.fullmatch(one[0])]
