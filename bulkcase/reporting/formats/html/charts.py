"""Charts as geometry, for the template to draw as plain SVG. Pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from bulkcase.ledger.queries.drift import Night
from bulkcase.model import Outcome
from bulkcase.reporting.formats.html.latency import bins, latency_ticks, percentile
from bulkcase.reporting.formats.html.scales import Tick, count_ticks, day_text, merged, shares, time_ticks
from bulkcase.reporting.page import Flow

_LEAST: Final = 0.8
"""Percent of a stacked bar that its smallest part takes."""
_GAP: Final = 6
"""Units between two names."""
_FAR: Final = 3
"""So many times the busiest slice, a quota is far above: drawn, it would leave no height to the calls."""


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


@dataclass(frozen=True, slots=True)
class Size:
    """How large a chart is, and how much of that its axes take; one unit is about one pixel."""

    name: str
    width: int
    height: int
    left: int
    right: int = 8
    top: int = 20
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
    """Upright lines with a name, which is empty where the name of a near one says it too."""

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


def is_far(flow: Flow) -> bool:
    """Say whether the quota is so far above the calls that it is told and not drawn."""
    return flow.quota is not None and flow.quota > _FAR * max(each.calls for each in flow.slices)


def flow_chart(flow: Flow, size: Size) -> Chart:
    """Return calls over time: a stacked bar for each slice, and the quota as a line unless it is far above."""
    is_drawn = not is_far(flow)
    flow = merged(flow, size.bars)
    quota = flow.quota if is_drawn else None
    end = flow.began + flow.seconds * len(flow.slices)
    ticks = count_ticks(max([quota or 0, *(each.calls for each in flow.slices)]))
    top = ticks[-1].value
    stacks = [(each.settled, each.again, each.throttled, each.reads) for each in flow.slices]
    labels = time_ticks(flow.began, end, size.labels)
    return Chart(
        size,
        _layers(("settled", "again", "throttled", "reads"), stacks, top, size),
        _below(labels, lambda value: (value - flow.began) / (end - flow.began), size),
        _beside(ticks, size),
        None if quota is None else _y(quota, top, size),
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
    """Return how many updates took how long, in bins that are equally wide."""
    found = bins(latencies)
    ticks = count_ticks(max(found.updates), 3)
    bars = []
    for (low, high), updates in zip(pairwise(found.edges), found.updates, strict=True):
        left, right = (_x(found.share(edge), size) for edge in (low, high))
        y = _y(updates, ticks[-1].value, size)
        bars.append(Bar(left, y, max(right - left - 1, 0.5), size.y1 - y))
    marks = [
        Label(_x(found.share(percentile(latencies, part)), size), name)
        for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    ]
    labels = _below(latency_ticks(found, size.labels), found.share, size)
    return Chart(size, [("latency", bars)], labels, _beside(ticks, size), marks=_named_once(marks, size))


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


def _named_once(marks: Sequence[Label], size: Size) -> list[Label]:
    """Give marks whose names would run into each other one name; what would leave the chart reads leftwards."""
    groups: list[list[Label]] = []
    for mark in marks:
        groups.append([mark])
        while len(groups) > 1 and _room(groups[-1], size)[0] < _room(groups[-2], size)[1] + _GAP:
            last = groups.pop()
            groups[-1] += last
    named = []
    for group in groups:
        _, _, anchor = _room(group, size)
        bearer = 0 if anchor == "start" else len(group) - 1
        name = _name(group)
        named += [Label(mark.at, name if index == bearer else "", anchor) for index, mark in enumerate(group)]
    return named


def _room(group: Sequence[Label], size: Size) -> tuple[float, float, str]:
    """Return from where to where the lines and the name of some marks reach, and from where the name is read."""
    first, last = group[0].at, group[-1].at
    wide = len(_name(group)) * 6.8 + 4
    if first + wide <= size.width:
        return first, max(first + wide, last), "start"
    return min(last - wide, first), last, "end"


def _name(group: Sequence[Label]) -> str:
    return ", ".join(mark.text for mark in group)
