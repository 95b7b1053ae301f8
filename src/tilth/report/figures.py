"""The pictures of a report: facts in, inline SVG out. No scripts, nothing fetched, no numbers of their own.

Places across are percentages, so a picture takes the width it is given while its letters keep their
size; places down are pixels. Lines that need a path stand in an inner `svg` which is stretched.
Colours come from the page by class. What lies on the vertical axis is written left of the picture,
into the margin that the page leaves for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from tilth.report.facts import Measured, Score, Stage
from tilth.report.harmless import visible
from tilth.report.numbers import count, number, share, short

MOST_POINTS = 400
"""Points of a curve that are drawn; more would not be told apart."""


@dataclass(frozen=True)
class Scale:
    """Where a value lies between two ends, from 0 to 1."""

    low: float
    high: float

    def __call__(self, value: float) -> float:
        """The place of a value; what lies outside stays at the nearest end."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0) if self.high > self.low else 0.5


@dataclass(frozen=True)
class Series:
    """A named line of a curve. `kind` is its class on the page."""

    name: str
    kind: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round values between two ends: steps of 1, 2 or 5 times a power of ten."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low]
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)] or [low]


def _picture(title: str, description: str, height: int, body: Sequence[Markup]) -> Markup:
    head = Markup('<svg role="img" width="100%" height="{}"><title>{}</title><desc>{}</desc>').format(height, visible(title), visible(description))
    return head + Markup("").join(body) + Markup("</svg>")


def _percent(place: float) -> str:
    return f"{100 * place:.2f}%"


def _text(place: float, y: float, words: str, kind: str = "", anchor: str = "") -> Markup:
    """Words at a place across. At either edge they grow inwards."""
    side = anchor or ("start" if place < 0.06 else "end" if place > 0.94 else "middle")
    return Markup('<text x="{}" y="{:g}" text-anchor="{}" class="{}">{}</text>').format(_percent(place), y, side, kind, visible(words))


def _box(left: float, right: float, top: float, bottom: float, kind: str) -> Markup:
    across = Markup('<rect x="{}" width="{}" ').format(_percent(left), _percent(max(right - left, 0)))
    return across + Markup('y="{:.1f}" height="{:.1f}" class="{}"/>').format(top, bottom - top, kind)


def _level(y: float, kind: str = "grid") -> Markup:
    return Markup('<line x1="0" x2="100%" y1="{0:.1f}" y2="{0:.1f}" class="{1}"/>').format(y, kind)


def _upright(place: float, top: float, bottom: float, kind: str) -> Markup:
    return Markup('<line x1="{0}" x2="{0}" y1="{1:.1f}" y2="{2:.1f}" class="{3}"/>').format(_percent(place), top, bottom, kind)


# ── how a measure's values lie, and where the limit cuts ──────────────────────────────────────────


@dataclass(frozen=True)
class _Axis:
    """Bins across a picture: to scale where all are equally wide, otherwise each as wide as the next."""

    edges: tuple[float, ...]

    @property
    def even(self) -> bool:
        widths = [right - left for left, right in pairwise(self.edges)]
        return math.isfinite(sum(widths)) and max(widths) - min(widths) <= 1e-3 * max(widths)

    def __call__(self, value: float) -> float:
        """The place of a value, from 0 to 1."""
        edges = self.edges
        if self.even:
            return Scale(edges[0], edges[-1])(value)
        index = sum(value >= edge for edge in edges) - 1
        if index < 0 or index >= len(edges) - 1:
            return 0.0 if index < 0 else 1.0
        left, right = edges[index], edges[index + 1]
        within = Scale(left, right)(value) if math.isfinite(right - left) else 0.5
        return (index + within) / (len(edges) - 1)

    def labels(self) -> Iterator[tuple[float, str]]:
        edges = self.edges
        values = ticks(edges[0], edges[-1], 5) if self.even else [edges[index * (len(edges) - 1) // 4] for index in range(5)]
        return ((self(value), number(value)) for value in dict.fromkeys(values))


def axis(measured: Measured) -> _Axis:
    """The axis of a measure; a null edge is infinite."""
    last = len(measured.edges) - 1
    infinite = {0: -math.inf, last: math.inf}
    return _Axis(tuple(infinite.get(index, math.nan) if edge is None else edge for index, edge in enumerate(measured.edges)))


def histogram(measured: Measured) -> Markup:
    """The values of a measure as bars, the limits as lines, and what lies beyond them shaded."""
    top, floor = 40, 132
    place, most = axis(measured), max([*measured.counts, 1])
    beyond = list(_beyond(measured, place))
    body = [_box(left, right, top - 6, floor, "beyond") for left, right in beyond]
    for (low, high), rows in zip(pairwise(measured.edges), measured.counts, strict=False):
        if rows:
            left, right = place(-math.inf if low is None else low), place(math.inf if high is None else high)
            y = min(floor - (floor - top) * rows / most, floor - 1.2)
            body += [_box(start, end, y, floor, kind) for start, end, kind in _cut(left, right, beyond)]
    body += [_level(floor, "axis"), *(_text(where, floor + 15, words) for where, words in place.labels()), *_peak(measured, place, top)]
    body += _limits(measured, place, top, floor)
    return _picture(f"{measured.measure}: how the values lie", _in_words(measured), floor + 22, body)


def _peak(measured: Measured, place: _Axis, top: int) -> list[Markup]:
    """The number of rows, over the tallest bar: the vertical axis in one word."""
    if not any(measured.counts):
        return []
    index = measured.counts.index(max(measured.counts))
    edges = place.edges
    return [_text((place(edges[index]) + place(edges[index + 1])) / 2, top - 4, count(measured.counts[index]), "strong")]


def _beyond(measured: Measured, place: _Axis) -> Iterator[tuple[float, float]]:
    """The stretches of the axis on which a row is dropped."""
    if measured.at_least is not None:
        yield 0.0, place(measured.at_least)
    if measured.at_most is not None:
        yield place(measured.at_most), 1.0


def _cut(left: float, right: float, beyond: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float, str]]:
    """A bar in pieces, each within the limits or beyond them, a hair apart from the next bar."""
    right -= min(0.0025, (right - left) / 4)
    marks = sorted({left, right, *(mark for stretch in beyond for mark in stretch if left < mark < right)})
    for start, end in pairwise(marks):
        middle = (start + end) / 2
        yield start, end, "lost" if any(low <= middle <= high for low, high in beyond) else "stays"


def _limits(measured: Measured, place: _Axis, top: int, floor: int) -> Iterator[Markup]:
    """Each limit as a line with its words: `at least` grows to the left, `at most` to the right, where there is room."""
    for limit, words, y in ((measured.at_least, "at least", 10), (measured.at_most, "at most", 22)):
        if limit is not None:
            where = place(limit)
            anchor = "start" if where < 0.5 else "end"
            yield _upright(where, y + 3, floor, "limit")
            yield _text(where, y, f"{words} {number(limit, 6)}", "limit", anchor)


def _in_words(measured: Measured) -> str:
    limits = [f"at least {number(measured.at_least, 6)}"] if measured.at_least is not None else []
    limits += [f"at most {number(measured.at_most, 6)}"] if measured.at_most is not None else []
    wanted = " and ".join(limits) or "nothing"
    return (
        f"Wanted: {wanted}. {count(measured.failed)} of {count(measured.judged)} judged rows ({share(measured.failed, measured.judged)}) are beyond."
    )


def thresholds(measured: Measured) -> Markup:
    """The rows that a step would keep at other values of a measure's limits, on the axis of its histogram."""
    place, top, floor = axis(measured), 24, 92
    most = max(rows for points in measured.kept_at.values() for _, rows in points)

    def y(rows: float) -> float:
        return floor - (floor - top) * rows / max(most, 1)

    body = [_level(floor, "axis"), *(_text(where, floor + 15, words) for where, words in place.labels())]
    for (side, points), kind in zip(measured.kept_at.items(), ("first", "second"), strict=False):
        body += _line(Series(side, kind, points), place, y)
        for value, rows in points:
            if value == _limit_of(measured, side):
                body += [_upright(place(value), y(rows), floor, "limit"), _text(place(value), y(rows) - 6, f"{count(rows)} kept", "strong")]
    return _picture(f"{measured.measure}: rows kept at other limits", _kept_in_words(measured), floor + 22, body)


def _limit_of(measured: Measured, side: str) -> float | None:
    return measured.at_least if side == "at_least" else measured.at_most


def _kept_in_words(measured: Measured) -> str:
    said = [
        f"{side.replace('_', ' ')} {number(value, 6)} keeps {count(rows)}"
        for side, points in measured.kept_at.items()
        for value, rows in (points[0], points[-1])
    ]
    return f"With everything else as it is, {', '.join(said)} rows."


# ── curves ─────────────────────────────────────────────────────────────────────────────────────


def thinned(points: Sequence[tuple[float, float]], most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """At most so many points, the first, the last, and the lowest and highest of each stretch."""
    if len(points) <= most:
        return list(points)
    stretch = math.ceil(len(points) / (most // 2 - 1))
    kept = {0, len(points) - 1}
    for start in range(0, len(points), stretch):
        indices = range(start, min(start + stretch, len(points)))
        kept |= {min(indices, key=lambda index: points[index][1]), max(indices, key=lambda index: points[index][1])}
    return [points[index] for index in sorted(kept)]


def curve(title: str, description: str, series: Sequence[Series], height: int = 240, mark: float | None = None) -> Markup:
    """Lines over the steps of a training; `mark` is a step that is pointed out."""
    points = [point for line in series for point in line.points]
    if not points:
        return Markup("")
    across = Scale(min(x for x, _ in points), max(x for x, _ in points))
    lowest, highest = min(y for _, y in points), max(y for _, y in points)
    room = (highest - lowest) * 0.04 or abs(highest) * 0.1 or 1.0
    down = Scale(lowest - room, highest + room)
    top, floor = 6 if mark is None else 18, height - 24

    def y(value: float) -> float:
        return floor - (floor - top) * down(value)

    body = [piece for value in ticks(lowest - room, highest + room) for piece in (_level(y(value)), _beside(y(value), number(value)))]
    body += [_level(floor, "axis"), *(_text(across(step), floor + 16, short(step)) for step in ticks(across.low, across.high, 5))]
    if mark is not None:
        body += [_upright(across(mark), top, floor, "mark"), _text(across(mark), top - 6, "best", "mark")]
    for line in series:
        body += _line(line, across, y)
    return _picture(title, description, height, body)


def _beside(y: float, words: str) -> Markup:
    """Words in the left margin, at a height."""
    return Markup('<text x="-8" y="{:.1f}" text-anchor="end">{}</text>').format(y + 4, words)


def _line(series: Series, across: Callable[[float], float], y: Callable[[float], float]) -> list[Markup]:
    """A line in a stretched inner picture, and its dots in the outer one, where they stay round."""
    few = thinned(series.points)
    path = " ".join(f"{1000 * across(step):.1f},{y(value):.1f}" for step, value in few)
    drawn = [
        Markup('<svg width="100%" height="1000" viewBox="0 0 1000 1000" preserveAspectRatio="none"><polyline points="{}" class="{}"/></svg>').format(
            path, series.kind
        )
    ]
    if series.dots and len(few) <= 60 or len(few) == 1:
        dot = Markup('<circle cx="{}" cy="{:.1f}" r="3" class="{}"/>')
        drawn += [dot.format(_percent(across(step)), y(value), series.kind) for step, value in few]
    return drawn


# ── scores ─────────────────────────────────────────────────────────────────────────────────────


def reach(scores: Sequence[Score]) -> Scale:
    """One scale for all scores of a metric, with a little room at both ends."""
    values = [value for score in scores for value in (score.value, score.low, score.high) if value is not None]
    if not values:
        return Scale(0, 1)
    room = (max(values) - min(values)) * (0.08 if len(scores) > 1 else 0.6) or abs(max(values)) * 0.05 or 1.0
    return Scale(min(values) - room, max(values) + room)


def whisker(score: Score, scale: Scale) -> Markup:
    """A score as a dot, its interval as a line through it."""
    if score.value is None:
        return Markup("")
    body = [_level(10, "grid")]
    interval = "no interval"
    if score.low is not None and score.high is not None:
        low, high = scale(score.low), scale(score.high)
        interval = f"from {number(score.low)} to {number(score.high)}"
        body += [Markup('<line x1="{}" x2="{}" y1="10" y2="10" class="interval"/>').format(_percent(low), _percent(high))]
        body += [_upright(end, 6, 14, "interval") for end in (low, high)]
    body.append(Markup('<circle cx="{}" cy="10" r="4.5" class="dot"/>').format(_percent(scale(score.value))))
    return _picture(f"{score.metric} of {score.model}", f"{number(score.value)}, {interval}.", 20, body)


# ── the flow of rows ───────────────────────────────────────────────────────────────────────────


RIBBON = 0.86
"""The width of the widest ribbon; the rest is for what peels off it."""

THINNEST = 0.004
"""The width of a loss too small to be seen."""


def ribbon(stage: Stage, most: int, height: int = 54) -> Markup:
    """A step's piece of the stream: what stays runs straight down, what is lost peels off to the right."""
    unit = RIBBON / max(most, 1)
    kept, before = stage.kept * unit, max(stage.rows_in - stage.dropped - stage.quarantined, 0) * unit
    shapes = [*_stream(stage, min(before, kept) if before else kept, kept, unit)]
    edge = kept
    for kind, rows in (("lost", stage.dropped), ("unread", stage.quarantined)):
        if rows:
            width = max(rows * unit, THINNEST)
            shapes.append(_peel(edge, width, kind))
            edge += width
    inner = Markup('<svg width="100%" height="100%" viewBox="0 0 1000 100" preserveAspectRatio="none">{}</svg>').format(Markup("").join(shapes))
    lost = stage.dropped + stage.quarantined
    words = f"{count(stage.kept)} of {count(stage.rows_in)} rows go on" + (f", {count(lost)} are lost." if lost else ".")
    return _picture(f"{stage.name}: the flow of rows", words, height, [inner])


def _stream(stage: Stage, top: float, bottom: float, unit: float) -> Iterator[Markup]:
    """What goes on: one band, wider at its end where rows were made, or a band for each part."""
    if len(stage.parts) < 2:
        yield Markup('<path d="M0 0H{0:.1f}C{0:.1f} 60 {1:.1f} 40 {1:.1f} 100H0Z" class="stays"/>').format(1000 * top, 1000 * bottom)
        return
    start, gap = 0.0, 0.012
    for index, rows in enumerate(stage.parts.values()):
        left, right = start + index * gap, start + index * gap + max(rows * unit, THINNEST)
        shape = "M{0:.1f} 0H{1:.1f}C{1:.1f} 60 {3:.1f} 40 {3:.1f} 100H{2:.1f}C{2:.1f} 40 {0:.1f} 60 {0:.1f} 0Z"
        points = (1000 * start, 1000 * (start + right - left), 1000 * left, 1000 * right)
        yield Markup('<path d="' + shape + '" class="stays part-{4}"/>').format(*points, index % 4)
        start += right - left


def _peel(edge: float, width: float, kind: str) -> Markup:
    """A strip that leaves the stream to the right and thins out."""
    left, right = 1000 * edge, 1000 * (edge + width)
    tip = right + min(20 + 0.6 * (right - left), 90, max(1000 - right, 0))
    return Markup('<path d="M{0:.1f} 0H{1:.1f}C{1:.1f} 45 {2:.1f} 40 {2:.1f} 92C{2:.1f} 60 {0:.1f} 70 {0:.1f} 0Z" class="{3}"/>').format(
        left, right, tip, kind
    )
