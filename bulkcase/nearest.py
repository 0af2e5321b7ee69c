"""Which known name a person most likely meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(written: str, known: Iterable[str]) -> str | None:
    """Return the known name that is closest to a written one without regard to case and outer spaces, or None."""
    folded = {name.strip().casefold(): name for name in known}
    near = get_close_matches(written.strip().casefold(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None
