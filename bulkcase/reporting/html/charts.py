"""Charts as geometry, for the template to draw as plain SVG. Pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from bulkcase.ledger.drift import Night
from bulkcase.model import Outcome
from bulkcase.reporting.html.scales import (
    Tick,
    buckets,
    count_ticks,
    day_text,
    latency_ticks,
    merged,
    percentile,
    shares,
    time_ticks,
)
from bulkcase.reporting.page import Flow

_LEAST: Final = 0.8
"""Percent of a stacked bar that its smallest part takes."""


class Part(NamedTuple):
    """A part of a stacked bar; in percent of its width."""

    name: str
    x: float
    width: float


class Bar(NamedTuple):
    """A rectangle of a chart, in its units; `y` is its upper edge."""

    x: float
    y: float
    width: float
    height: float


class Label(NamedTuple):
    """A text on an axis or a line."""

    at: float
    text: str
    anchor: str = "middle"
    row: int = 0
    """How many lines further down it stands, so that it does not run into its neighbour."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a chart is, and how much of that its axes take; one unit is about one pixel."""

    name: str
    width: int
    height: int
    left: int
    right: int = 8
    top: int = 14
    bottom: int = 24
    labels: int = 8
    """The most on the axis below."""
    bars: int = 120

    @property
    def x1(self) -> int:
        """The right edge of the plot."""
        return self.width - self.right

    @property
    def y1(self) -> int:
        """The lower edge of the plot."""
        return self.height - self.bottom


WIDE: Final = Size("wide", 840, 230, 44)
NARROW: Final = Size("narrow", 360, 220, 38, labels=4, bars=60)
SIZES: Final = (WIDE, NARROW)
"""For a desk and for a phone: text that shrinks with its chart could not be read."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars in a plot, with their axes."""

    size: Size
    layers: Sequence[tuple[str, Sequence[Bar]]]
    """What lies on each other, the lowest first, by name."""
    below: Sequence[Label]
    """Of the axis below."""
    beside: Sequence[Label]
    """Of the axis of counts, the lowest first."""
    line: float | None = None
    """Where the quota is, from above."""
    marks: Sequence[Label] = ()
    """Upright lines with a name."""

    def path(self, index: int) -> str:
        """Return the bars of a layer as the path of SVG."""
        return "".join(
            f"M{bar.x:.1f} {bar.y:.1f}h{bar.width:.1f}v{bar.height:.1f}h{-bar.width:.1f}z"
            for bar in self.layers[index][1]
            if bar.height > 0
        )


def stacked(counts: Mapping[str, float]) -> list[Part]:
    """Return the parts of one bar that is all of `counts`, without those that are nothing."""
    names = [name for name, count in counts.items() if count > 0]
    x = 0.0
    parts = []
    for name, width in zip(names, shares([counts[name] for name in names], _LEAST), strict=True):
        parts.append(Part(name, x, width))
        x += width
    return parts


def flow_chart(flow: Flow, size: Size) -> Chart:
    """Return calls over time: a stacked bar for each slice, and the quota as a line."""
    flow = merged(flow, size.bars)
    end = flow.began + flow.seconds * len(flow.slices)
    ticks = count_ticks(max([flow.quota or 0, *(each.calls for each in flow.slices)]))
    top = ticks[-1].value
    stacks = [(each.settled, each.again, each.throttled, each.reads) for each in flow.slices]
    labels = time_ticks(flow.began, end, size.labels)
    return Chart(
        size,
        _layers(("settled", "again", "throttled", "reads"), stacks, top, size),
        _below(labels, lambda value: (value - flow.began) / (end - flow.began), size),
        _beside(ticks, size),
        None if flow.quota is None else _y(flow.quota, top, size),
    )


def nights_chart(nights: Sequence[Night], outcomes: Sequence[Outcome], size: Size) -> Chart:
    """Return the rows of some outcomes, night by night."""
    nights = nights[-size.bars :]
    stacks = [tuple(night.outcomes.get(outcome, 0) for outcome in outcomes) for night in nights]
    ticks = count_ticks(max(sum(stack) for stack in stacks), 3)
    stride = math.ceil(len(nights) / size.labels)
    # The last night is what the report is about: it always has its label.
    days = [
        Tick((index + 0.5) / len(nights), day_text(night.started_at))
        for index, night in enumerate(nights)
        if (len(nights) - 1 - index) % stride == 0
    ]
    layers = _layers([outcome.value for outcome in outcomes], stacks, ticks[-1].value, size, widest=44)
    return Chart(size, layers, _below(days, lambda value: value, size), _beside(ticks, size))


def latency_chart(latencies: Mapping[int, int], size: Size) -> Chart:
    """Return how many updates took how long, on a logarithmic scale of time."""
    found = buckets(latencies)
    low, high = found[0].low, found[-1].high
    ticks = count_ticks(max(bucket.updates for bucket in found), 3)

    def share(value: float) -> float:
        return math.log(max(value, 1) / low) / math.log(high / low)

    bars = []
    for bucket in found:
        left, right = (_x(share(edge), size) for edge in (bucket.low, bucket.high))
        y = _y(bucket.updates, ticks[-1].value, size)
        bars.append(Bar(left, y, max(right - left - 1, 0.5), size.y1 - y))
    marks = [
        Label(_x(share(percentile(latencies, part)), size), name)
        for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    ]
    labels = _below(latency_ticks(low, high, size.labels), share, size)
    return Chart(size, [("latency", bars)], labels, _beside(ticks, size), marks=_spread(marks, size))


def _layers(
    names: Sequence[str], stacks: Sequence[Sequence[int]], top: float, size: Size, widest: float = 28
) -> list[tuple[str, list[Bar]]]:
    layers: list[tuple[str, list[Bar]]] = [(name, []) for name in names]
    room = (size.x1 - size.left) / len(stacks)
    gap = min(room * 0.2, 4)
    width = min(room - gap, widest) if len(stacks) > 1 else min(room - gap, widest * 4)
    for index, stack in enumerate(stacks):
        x = size.left + room * (index + 0.5) - width / 2
        seen = 0
        for (_, bars), count in zip(layers, stack, strict=True):
            low, high = (_y(value, top, size) for value in (seen, seen + count))
            bars.append(Bar(x, high, width, low - high))
            seen += count
    return layers


def _x(share: float, size: Size) -> float:
    return size.left + (size.x1 - size.left) * share


def _y(value: float, top: float, size: Size) -> float:
    return size.y1 - (size.y1 - size.top) * (value / top)


def _beside(ticks: Sequence[Tick], size: Size) -> list[Label]:
    return [Label(_y(tick.value, ticks[-1].value, size), tick.text, "end") for tick in ticks]


def _below(ticks: Sequence[Tick], share: Callable[[float], float], size: Size) -> list[Label]:
    """Return labels that stay inside the chart, without those that would run into the one before."""
    labels: list[Label] = []
    end = -math.inf
    for tick in ticks:
        at = _x(share(tick.value), size)
        half = len(tick.text) * 3.4
        anchor = "start" if at - half < 0 else "end" if at + half > size.width else "middle"
        left = at if anchor == "start" else at - 2 * half if anchor == "end" else at - half
        if left < end + 6:
            continue
        labels.append(Label(at, tick.text, anchor))
        end = left + 2 * half
    return labels


def _spread(marks: Sequence[Label], size: Size) -> list[Label]:
    """Put marks whose names would run into each other on rows of their own; those at the right edge read leftwards."""
    spread: list[Label] = []
    for mark in marks:
        anchor = "end" if mark.at > size.x1 - 30 else "start"
        near = [other.row for other in spread if abs(other.at - mark.at) < (34 if other.anchor == anchor else 64)]
        spread.append(mark._replace(anchor=anchor, row=max(near) + 1 if near else 0))
    return spread
