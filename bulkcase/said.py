"""What is said to people: a count with its noun, a span of time in minutes or hours."""


def number(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: "1 row", "4,000 rows"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def seconds_text(seconds: float) -> str:
    """Return seconds as a person says them: "33.3 ms", "45 s", "12 min", "3 h 20 min", "2 d 4 h"."""
    if 0 < seconds < 0.1:
        return f"{seconds * 1000:.3g} ms"
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{round(seconds, 1):g} s"
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"
