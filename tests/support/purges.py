"""Nights of a job on a server with cases, and purges of their runs."""

from support.jobs import write_cases
from support.live import Live

from bulkcase.operations.common.ended import Run
from bulkcase.operations.purge import purge
from bulkcase.operations.purging.purged import Purged
from bulkcase.operations.run import run
from bulkcase.operations.runs import runs

DAYS = 24.0
ALWAYS = 'read = "always"'


async def night(scene: Live, text: str = "note", *, count: int = 4, **parts: str) -> Run:
    """Give some cases a new note, and let a day go by."""
    keys = list(scene.server.cases)[:count]
    write_cases(scene.folder, [(key, f"{text} {number}") for number, key in enumerate(keys)])
    ended = await run(scene.job(snapshot=ALWAYS, **parts), runtime=scene.runtime)
    scene.pass_hours(DAYS)
    return ended


def listed(scene: Live) -> list[str]:
    """Return the ids of the runs in the ledger, the oldest first."""
    return [one.record.id for one in runs(state=scene.folder / "state")]


def purged(scene: Live, *of: str | Run, **more: object) -> Purged:
    """Purge runs of the ledger of a scene."""
    return purge(*of, state=scene.folder / "state", runtime=scene.runtime, **more)  # type: ignore[arg-type]  # by name


def everything_in(scene: Live) -> bytes:
    """Return all bytes of the files of the ledger."""
    return b"".join(each.read_bytes() for each in (scene.folder / "state").rglob("*") if each.is_file())
