"""Scales of charts: where the ticks of an axis are, and what they say. Pure."""

import itertools
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
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
_BUCKETS: Final = 8
"""Of a decade of latencies, where there are at least two decades."""


class Tick(NamedTuple):
    """A value of an axis and its label."""

    value: float
    text: str


class Bucket(NamedTuple):
    """How many updates took from `low` up to, not including, `high` milliseconds."""

    low: int
    high: int
    updates: int


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


def buckets(latencies: Mapping[int, int]) -> list[Bucket]:
    """Return latencies in buckets of equal width on a logarithmic scale; what took less than 1 ms counts as 1 ms."""
    counts: dict[int, int] = {}
    for milliseconds, count in latencies.items():
        counts[max(milliseconds, 1)] = counts.get(max(milliseconds, 1), 0) + count
    if not counts:
        return []
    edges = _edges(min(counts), max(counts))
    found = dict.fromkeys(edges[:-1], 0)
    low = 0
    for milliseconds in sorted(counts):
        while edges[low + 1] <= milliseconds:
            low += 1
        found[edges[low]] += counts[milliseconds]
    return [Bucket(low, high, found[low]) for low, high in itertools.pairwise(edges)]


def _edges(first: int, last: int) -> list[int]:
    """Return whole milliseconds, each more than the one before; the last one is more than `last`."""
    decades = math.log10(last / first)
    many = _BUCKETS if decades >= 2 else _BUCKETS * 2 if decades >= 1 else _BUCKETS * 4
    # One before and one after what the logarithm says: its last digit, and rounding, may be off.
    powers = range(math.floor(math.log10(first) * many) - 1, math.ceil(math.log10(last) * many) + many)
    edges = sorted({max(round(10 ** (power / many)), 1) for power in powers})
    return edges[bisect_right(edges, first) - 1 : bisect_right(edges, last) + 1]


def latency_ticks(low: int, high: int, most: int) -> list[Tick]:
    """Return round latencies between two, `most` of them or fewer; the two themselves where there are none."""
    decades = range(int(math.log10(low)), int(math.log10(high)) + 1)
    for digits, stride in (((1, 2, 5), 1), ((1,), 1), ((1,), 2), ((1,), 4), (range(1, 10), 1)):
        values = [digit * 10**power for power in decades[::stride] for digit in digits]
        found = [value for value in values if low <= value <= high]
        if 2 <= len(found) <= most:
            return [Tick(value, latency_text(value)) for value in found]
    return [Tick(low, latency_text(low)), Tick(high, latency_text(high))]


def latency_text(milliseconds: float) -> str:
    """Return a latency as people say it: 240 ms, 2.4 s, 75 s."""
    if milliseconds < 1000:
        return f"{milliseconds:g} ms"
    seconds = milliseconds / 1000
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:,.0f} s"


def percentile(latencies: Mapping[int, int], share: float) -> int:
    """Return within how many milliseconds that share of the updates was answered; 0 where there are none."""
    left = math.ceil(sum(latencies.values()) * share)
    milliseconds = 0
    for milliseconds in sorted(latencies):
        left -= latencies[milliseconds]
        if left <= 0:
            break
    return milliseconds


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
