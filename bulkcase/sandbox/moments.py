"""Moments as the API writes them: ISO 8601 in UTC with milliseconds, and milliseconds since the epoch."""

import datetime as dt


def iso(seconds: float) -> str:
    """Return seconds since the epoch as the API writes a moment."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def parse_iso(text: str) -> float:
    """Return an ISO moment as seconds since the epoch, UTC where it names no zone; raises ValueError."""
    moment = dt.datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()
