"""What can be looked at without the network: the job, its input, its ids and secrets, the ledger."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from bulkcase.errors import BulkcaseError
from bulkcase.job import Job
from bulkcase.job.load import content_of, load, load_without_rows, text_of
from bulkcase.job.paths import near
from bulkcase.job.secrets import is_reference
from bulkcase.ledger import Ledger
from bulkcase.model import Outcome
from bulkcase.operations.closing.herald import ways_of
from bulkcase.operations.common.planned import STREAM
from bulkcase.operations.common.runtime import LEDGER, Runtime, is_sandbox, ledger_path
from bulkcase.operations.deciding.decided import decided
from bulkcase.operations.deciding.draft import drafted
from bulkcase.operations.diagnosis.steps import Step, complaint, cross, ok, untried, warning
from bulkcase.operations.live.credentials import WHERE_IDS_ARE, ZEROS, check_secrets, made_up_ids
from bulkcase.said import number

_MOST_ROWS: Final = 10_000
"""Rows of the input that are looked at; `check` looks at all of them."""

Names = Mapping[str, Mapping[str, None]]
"""Names that rows use, by the field that they stand for."""


class Loaded(NamedTuple):
    """A job file, as far as it can be used."""

    job: Job
    has_rows: bool
    """Whether it has an input and a mapping: `set` needs neither."""


def load_any(file: Path) -> Loaded:
    """Return the job in a file, which may lack both input and mapping; raises JobError."""
    content = content_of(text_of(file), file)
    if "input" in content or "mapping" in content:
        return Loaded(load(file), has_rows=True)
    return Loaded(load_without_rows(file), has_rows=False)


def of_job(loaded: Loaded) -> Step:
    """Say what the job is about."""
    job = loaded.job
    what = f"maps {number(len(job.mapping), 'field')}" if loaded.has_rows else "has no rows: good for bulkcase set"
    return ok("job", f"{near(job.file.absolute())}: {what}")


def of_input(loaded: Loaded, runtime: Runtime) -> tuple[Step, Names]:
    """Read and map the first rows of the input, as `check` does; return the names in them, too."""
    job = loaded.job
    if not loaded.has_rows:
        return untried("input", "the job has none"), {}
    if job.input.path == STREAM:
        return untried("input", "it is standard input"), {}
    try:
        with (
            TemporaryDirectory(prefix="bulkcase-doctor-") as folder,
            Ledger(Path(folder) / LEDGER) as ledger,
            drafted(ledger, job, limit=_MOST_ROWS, runtime=runtime) as draft,
        ):
            planned = decided(ledger, draft, None, job, runtime)
            bad, names = planned.counts[Outcome.INVALID], draft.names
    except BulkcaseError as error:
        return complaint("input", error, "mend the file, or input and mapping of the job"), {}
    first = "the first " if planned.rows == _MOST_ROWS else ""
    found = f"{planned.input}: {first}{number(planned.rows, 'row')}, {planned.rows - bad:,} usable"
    if not bad and not planned.notes:
        return ok("input", found), names
    each = shlex.join(["bulkcase", "check", str(near(job.file.absolute()))])
    notes = f"; {number(len(planned.notes), 'thing')} to look at" if planned.notes else ""
    return warning("input", found + notes, f"see which, and why: {each}"), names


def of_ids(job: Job) -> Step:
    """Say whether all ids were filled in."""
    if is_sandbox(job):
        return ok("ids", "the embedded server needs none")
    if empty := made_up_ids(job):
        return cross("ids", f"{', '.join(empty)}: {ZEROS}", f"in {near(job.file.absolute())}, {WHERE_IDS_ARE}")
    client = None if job.auth is None else job.auth.client_id
    is_written = client is not None and not is_reference(client)
    return ok("ids", "stream_id, account_id, client_id" if is_written else "stream_id, account_id")


def of_secrets(job: Job, runtime: Runtime) -> Step:
    """Say whether each secret can be had here, and is what it is used for."""
    try:
        check_secrets(job, runtime)
    except BulkcaseError as error:
        return complaint("secret", error, "set each of them")
    lost = ways_of(job)[1]
    if lost:
        return warning("secret", f"of those that tell how a run ended: {'; '.join(lost)}", "set what is missing there")
    if is_sandbox(job) or job.auth is None:
        return ok("secret", "the embedded server needs none")
    return ok("secret", f"{job.auth.token or job.auth.client_secret} is there")


def of_state(job: Job) -> tuple[Step, int]:
    """Open the ledger, and make it where there is none; return the exit code of what is in the way of that, too."""
    path = ledger_path(job)
    try:
        with Ledger(path):
            pass
    except BulkcaseError as error:
        return complaint("state", error, "name another folder with --state"), error.exit_code
    return ok("state", f"{near(path)} can be written"), 0
