"""What `init` can be told beside the file."""

from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from bulkcase.operations.common.options import Options
from bulkcase.operations.proposal.tables import Target
from bulkcase.proposing import Match, Question

Ask = Callable[[Question], str | None]
"""Asks a person; returns one of the answers, or another where that may be, or None for none."""


class Told(TypedDict, total=False):
    """What `init` can be told of the file and of the job; all of it may be left out."""

    output: str | Path | None
    """The job file to write; default: named as the file, in the folder one is in."""
    key: str | None
    """The column with the keys."""
    match: Match | None
    """What they are."""
    timezone: str | None
    """Of dates that name none."""
    sheet: str | None
    encoding: str | None
    delimiter: str | None
    target: Target
    """Where the calls go."""
    ask: Ask | None
    """Asks a person where the file does not tell; without it, what is not sure is not mapped."""
    learn: bool
    """Learn the names that are looked up from the live cases, which reads all of them, and ask nobody about that."""


class InitOptions(Told, Options, total=False):
    """What `init` can be told, and what it has in common with the verbs that make calls."""
