"""What a person is told, and where nobody has agreed to it yet is asked, before the first call."""

import logging
from collections.abc import Sequence

import typer

from bulkcase.cli.common.console import LOG, err, escape, someone_is_there
from bulkcase.errors import Declined
from bulkcase.job import Job
from bulkcase.job.destinations import Destination
from bulkcase.job.owners import changed_by_others
from bulkcase.logged import facts
from bulkcase.operations.live.agreed import Agreed

_log = logging.getLogger(f"{LOG}.cli")


class Disclosure:
    """Tells where a job sends, and with which secrets; asks a person at a terminal about what is new to them.

    With `yes`, which is the answer, it only tells, as it does where nobody is there: what runs by night must not wait.
    """

    def __init__(self, *, yes: bool, agreed: Agreed | None = None) -> None:
        self._yes = yes
        self._agreed = agreed or Agreed()
        self._told: set[str] = set()

    def __call__(self, job: Job, found: Sequence[Destination]) -> None:
        """Tell each of them once; raises Declined where a person does not agree."""
        fresh = [one for one in found if one.told not in self._told]
        if fresh and not self._told and (doubt := changed_by_others(job.file)):
            _log.warning("warning: %s: %s: the job decides where your secrets go", job.file, doubt)
        self._told.update(one.told for one in fresh)
        new = self._agreed.new(fresh) if self._yes or someone_is_there() else []
        asked = [] if self._yes else new
        for one in fresh:
            if one not in asked:
                # What is new is told with --quiet, too: --yes agrees to it.
                level, is_new = (logging.WARNING, "new: ") if one in new else (logging.INFO, "")
                _log.log(level, "%s%s %s", is_new, job.file.name, one.told, extra=facts(event="destination"))
        if asked:
            _ask(job, asked)
        if new:
            self._agreed.note(new)


def _ask(job: Job, new: Sequence[Destination]) -> None:
    """Ask a person whether a job may send there; raises Declined."""
    for one in new:
        err.print(f"[bold]{escape(job.file.name)}[/] {escape(one.told)}")
    question = f"You have not agreed to {'that' if len(new) == 1 else 'these'} before. Is the job to be trusted?"
    if not typer.confirm(question, err=True):
        raise Declined
