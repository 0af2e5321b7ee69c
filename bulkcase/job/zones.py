"""Time zones as a person names them."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bulkcase.nearest import nearest


def find_zone(name: str) -> ZoneInfo | None:
    """Return the IANA zone of that name, or None."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def nearest_zone(name: str) -> str | None:
    """Return the name of a zone that a person most likely meant, or None; never an abbreviation that is like it."""
    return nearest(name.replace(" ", "_"), (known for known in sorted(available_timezones()) if "/" in known))
