"""Paths as a job file writes them."""

import os
from pathlib import Path


def expanded(written: str) -> Path:
    """Return a written path with `~` put out; a user that does not exist stays as written.

    Staying as written makes the later "no such file" name what the person wrote.
    """
    return Path(os.path.expanduser(written))  # noqa: PTH111 - Path.expanduser raises for an unknown user


def near(path: Path) -> Path:
    """Return a path as a person here would write it: relative where it lies below the folder one is in."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
