"""demo: the whole story on the sandbox, with a spreadsheet, its dirt and a server's bad moments."""

from collections.abc import Sequence
from pathlib import Path

import orjson

from bulkcase.errors import EnvironmentFailed
from bulkcase.job import Job, parse
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.progress import OnProgress
from bulkcase.operations.common.runtime import Runtime
from bulkcase.operations.demo_data import MADE_AT, edited_list, write_csv
from bulkcase.operations.run import run
from bulkcase.sandbox import PRIORITIES, STATUSES, Fault, SandboxSettings

FOLDER = Path("bulkcase-demo")
_CASES = 240
_SEED = 2026
_JOB = """\
# The job of `bulkcase demo`. Run it yourself: bulkcase run demo.toml --yes

[connection]
host = "sandbox"                  # the embedded server; a real one: "https://platform.kore.ai",
                                  # with stream_id, account_id and an [auth] table
[input]
path = "cases.csv"
key = "Case ID"                   # the column with the case's _id
timezone = "Europe/Berlin"        # of dates that name no zone

[mapping]                         # field of the case = column of the file
status = "Status"                 # found by name in lookups.status
priority = "Priority"
dueDate = { column = "ETA", format = "%d/%m/%Y %H:%M" }
desc = "Notes"                    # a blank cell leaves the field alone

[lookups]
status = "file:statuses.json"
priority = "file:priorities.json"

[quota]
windows = ["30/2s", "1200/1m"]    # all hold at once

[report]
directory = "reports"
formats = ["csv", "html", "xlsx"]

[state]
directory = "state"
"""


def prepare(folder: Path = FOLDER) -> tuple[Job, Runtime]:
    """Write the demo's spreadsheet, lookups and job into a folder; return the job, and a server with bad moments.

    Raises EnvironmentFailed where the folder cannot be written.
    """
    lines = edited_list(_CASES, _SEED)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_csv(folder / "cases.csv", lines)
        for name, catalogue in (("statuses.json", STATUSES), ("priorities.json", PRIORITIES)):
            (folder / name).write_bytes(orjson.dumps(catalogue, option=orjson.OPT_INDENT_2))
        (folder / "demo.toml").write_text(_JOB, encoding="utf-8")
    except OSError as error:
        raise EnvironmentFailed(f"{folder}: {error.strerror}: run the demo in a folder that can be written") from None
    settings = SandboxSettings(
        seed=_SEED, made_at=MADE_AT, latency=(0.02, 0.08), case_scripts=_bad_moments([str(line[0]) for line in lines])
    )
    return parse(_JOB, folder / "demo.toml"), Runtime(sandbox=settings)


async def demo(folder: Path = FOLDER, *, on_progress: OnProgress | None = None) -> Run:
    """Run the demo's job against the sandbox; return the run, whose spreadsheet, job and report are in the folder.

    `on_progress` is called with a `Progress` every half second. No account is needed.

    Raises EnvironmentFailed where the folder cannot be written, and as `run` does.
    """
    job, runtime = prepare(folder)
    return await run(job, on_progress=on_progress, runtime=runtime)


def _bad_moments(keys: Sequence[str]) -> dict[str, list[Fault]]:
    """Return what goes wrong for some of the cases: most of it mends itself."""
    return {
        keys[31]: [Fault.UNAVAILABLE, Fault.UNAVAILABLE],
        keys[45]: [Fault.DROP_AFTER],
        keys[61]: [Fault.THROTTLE],
        keys[75]: [Fault.REFUSE],
        keys[91]: [Fault.SERVER_ERROR],
        keys[121]: [Fault.HTML],
        keys[151]: [Fault.GARBAGE],
        keys[181]: [Fault.DROP_BEFORE],
    }
