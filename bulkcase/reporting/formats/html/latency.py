"""Latencies of updates: bins, ticks and words, from tenths of a millisecond on. Pure."""

import itertools
import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bulkcase.reporting.formats.html.scales import Tick

_LINEAR_BINS: Final = 30
_BINS_OF_A_DECADE: Final = (16, 12, 8, 6, 4)
_DECADE: Final = 10
_LEAST: Final = 2
"""Tenths of a millisecond that a bin is wide: narrower ones would hold now one, now two of them."""


@dataclass(frozen=True, slots=True)
class Bins:
    """Updates by how long they took, in bins that are equally wide on their axis."""

    edges: tuple[float, ...]
    """Tenths of a millisecond; one more than there are bins."""
    updates: tuple[int, ...]
    """How many took from one edge up to, not including, the next one."""
    is_log: bool
    """Whether the axis is logarithmic."""

    def share(self, tenths: float) -> float:
        """Return where a latency is on the axis, from 0 to 1."""
        low, high = self.edges[0], self.edges[-1]
        value = min(max(tenths, low), high)
        return math.log(value / low) / math.log(high / low) if self.is_log else (value - low) / (high - low)


def bins(latencies: Mapping[int, int]) -> Bins:
    """Return latencies in bins, of which there is one at least; what took less than 0.1 ms counts as 0.1 ms."""
    counts: dict[int, int] = {}
    for tenths, count in latencies.items():
        counts[max(tenths, 1)] = counts.get(max(tenths, 1), 0) + count
    low, high = min(counts), max(counts)
    is_log = high >= low * _DECADE
    edges = _log_edges(low, high) if is_log else _linear_edges(low, high)
    found = [0] * (len(edges) - 1)
    for tenths, count in counts.items():
        found[bisect_right(edges, tenths) - 1] += count
    return Bins(edges, tuple(found), is_log)


def _linear_edges(low: int, high: int) -> tuple[float, ...]:
    # Where all took the same time, the bins are as wide as a hundredth of it: a single one would say nothing.
    step = round_step(max((high + 1 - low) / _LINEAR_BINS, low / 100, 1))
    first, last = low // step, high // step + 1
    return tuple(float(step * index) for index in range(first, last + 1))


def _log_edges(low: int, high: int) -> tuple[float, ...]:
    most = 12 if high < low * _DECADE**2 else 8
    many = next((n for n in _BINS_OF_A_DECADE if n <= most and low * (10 ** (1 / n) - 1) >= _LEAST), 3)
    ratio = 10 ** (1 / many)
    # A hair below: the logarithm may be off by its last digit, and the lowest latency belongs into the first bin.
    first = min(float(low), 10 ** (math.floor(math.log10(low) * many) / many))
    count = next(index for index in itertools.count(1) if first * ratio**index > high)
    return tuple(first * ratio**index for index in range(count + 1))


def round_step(least: float) -> int:
    """Return the first of 1, 2, 5, 10, 20, 50 and so on that is not less than `least`, which is 1 or more."""
    power = 10 ** math.floor(math.log10(max(least, 1)))
    return int(next(size * power for size in (1, 2, 5, 10, 20) if size * power >= least))


def latency_ticks(found: Bins, most: int) -> list[Tick]:
    """Return round latencies on the axis of some bins, `most` of them or fewer; the ends where there are no two."""
    low, high = found.edges[0], found.edges[-1]
    values = _log_values(low, high, most) if found.is_log else _linear_values(low, high, most)
    return [Tick(value, _tick_text(value)) for value in (values or [low, high])]


def _linear_values(low: float, high: float, most: int) -> list[float]:
    step = round_step(max((high - low) / (most - 1), 1))
    values = [float(step * index) for index in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return values if len(values) > 1 else []


def _log_values(low: float, high: float, most: int) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1)
    for digits, stride in (((1, 2, 5), 1), ((1, 3), 1), ((1,), 1), ((1,), 2), ((1,), 4)):
        values = [digit * 10.0**power for power in decades[::stride] for digit in digits]
        found = [value for value in values if low <= value <= high]
        if 1 < len(found) <= most:
            return found
    return []


def _tick_text(tenths: float) -> str:
    return f"{tenths / 10_000:,.6g} s" if tenths >= 10_000 else f"{tenths / 10:.4g} ms"


def latency_text(tenths: float) -> str:
    """Return a latency in tenths of a millisecond as people say it: 0.4 ms, 240 ms, 2.4 s, 75 s."""
    if tenths < 1:
        return "under 0.1 ms"
    if round(tenths / 10) < 1000:
        return f"{tenths / 10:.1f} ms" if tenths < 100 else f"{tenths / 10:.0f} ms"
    seconds = tenths / 10_000
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:,.0f} s"


def percentile(latencies: Mapping[int, int], share: float) -> int:
    """Return within how many tenths of a millisecond that share of the updates was answered; 0 where there are none."""
    left = math.ceil(sum(latencies.values()) * share)
    tenths = 0
    for tenths in sorted(latencies):
        left -= latencies[tenths]
        if left <= 0:
            break
    return tenths
