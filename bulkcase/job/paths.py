"""Paths as a job file writes them."""

import os
from itertools import islice
from pathlib import Path

from bulkcase.nearest import nearest

_MOST_FILES = 10_000
"""Files of a folder that are looked at for one that is called alike."""


def expanded(written: str) -> Path:
    """Return a written path with `~` put out; a user that does not exist stays as written.

    Staying as written makes the later "no such file" name what the person wrote.
    """
    return Path(os.path.expanduser(written))  # noqa: PTH111 - Path.expanduser raises for an unknown user


def near(path: Path) -> Path:
    """Return a path as a person here would write it: relative where it lies below the folder one is in."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def nearest_file(path: Path) -> Path | None:
    """Return the file that a person most likely meant by a path at which there is none; None where none is like it.

    It lies in the same folder; for a folder itself, it is the only one in it that ends in `.toml`.
    """
    try:
        if path.is_dir():
            jobs = list(path.glob("*.toml"))
            return jobs[0] if len(jobs) == 1 else None
        files = [each.name for each in islice(path.parent.iterdir(), _MOST_FILES) if each.is_file()]
    except OSError:
        return None
    alike = nearest(path.name, files) or next((name for name in files if Path(name).stem == path.name), None)
    return path.with_name(alike) if alike else None
