"""Scales of charts: where the ticks of an axis are, and what they say. Pure."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from bulkcase.clock import moment
from bulkcase.reporting.page import Flow, Slice

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_STEPS: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(_MINUTE * count for count in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * count for count in (1, 2, 3, 6, 12)),
    *(_DAY * count for count in (1, 2, 7, 14, 30, 90, 365)),
)
"""Seconds between two ticks of time."""

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Tick(NamedTuple):
    """A value of an axis and its label."""

    value: float
    text: str


def compact(count: float) -> str:
    """Return a count as an axis has room for it: 950, 1.2k, 3M."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            return f"{count / size:,.3g}{unit}" if count < size * 1000 else f"{count / size:,.0f}{unit}"
    return f"{count:g}"


def count_ticks(top: float, most: int = 4) -> list[Tick]:
    """Return ticks from 0 to `top` or the next round number above it, in steps of 1, 2 or 5 times a power of ten."""
    rough = max(top, 1) / most
    power = 10 ** max(math.floor(math.log10(rough)), 0)
    step = next(size * power for size in (1, 2, 5, 10, 20) if size * power >= rough)
    values = [step * index for index in range(math.ceil(max(top, 1) / step) + 1)]
    return [Tick(value, compact(value)) for value in values]


def time_ticks(begin: float, end: float, most: int) -> list[Tick]:
    """Return round moments between two, `most` of them or fewer, labelled in UTC; a day's first one with its date."""
    step = next((step for step in _STEPS if (end - begin) / step <= most), math.ceil((end - begin) / most))
    first = math.ceil(begin / step)
    values = [index * step for index in range(first, math.floor(end / step) + 1)][:most]
    return [Tick(value, _time_text(value, step)) for value in values]


def _time_text(value: float, step: int) -> str:
    at = moment(value)
    if step >= _DAY or value % _DAY == 0:
        return day_text(value)
    return f"{at:%H:%M}" if step >= _MINUTE else f"{at:%H:%M:%S}"


def day_text(value: float) -> str:
    """Return a day in UTC without its year: 24 Nov."""
    at = moment(value)
    return f"{at.day} {_MONTHS[at.month - 1]}"


def merged(flow: Flow, most: int) -> Flow:
    """Return the calls over time in `most` slices or fewer: neighbours are added up, the quota grows with them."""
    size = max(math.ceil(len(flow.slices) / most), 1)
    groups = [flow.slices[index : index + size] for index in range(0, len(flow.slices), size)]
    slices = [Slice(*(sum(column) for column in zip(*group, strict=True))) for group in groups]
    quota = None if flow.quota is None else flow.quota * size
    return Flow(flow.began, flow.seconds * size, slices, quota)


def shares(counts: Sequence[float], least: float) -> list[float]:
    """Return the widths of the parts of a whole, in percent.

    A part that is more than nothing is at least `least` wide, so that a few among many can still be seen.
    """
    total = sum(counts)
    if total <= 0:
        return [0.0] * len(counts)
    least = min(least, 100 / len(counts))
    spare = 100 - least * sum(count > 0 for count in counts)
    return [least + spare * (count / total) if count > 0 else 0.0 for count in counts]
