"""Time zones as a person names them."""

from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones


def find_zone(name: str) -> ZoneInfo | None:
    """Return the IANA zone of that name, or None."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def nearest_zone(name: str) -> str | None:
    """Return the name of a zone that a person most likely meant, or None; never an abbreviation that is like it."""
    folded = {known.casefold(): known for known in sorted(available_timezones()) if "/" in known}
    near = get_close_matches(name.casefold().replace(" ", "_"), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None
