"""The pictures of a report: facts in, inline SVG out. No scripts, nothing fetched, no numbers of their own.

Lines that need a path stand in an inner `svg` which is stretched. How places are told: `canvas`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from markupsafe import Markup

from tilth.report.canvas import Scale, beside, box, level, percent, picture, stretched, text, ticks, upright
from tilth.report.facts import Measured, Score
from tilth.report.numbers import count, number, share, short

MOST_POINTS = 400
"""Points of a curve that are drawn; more would not be told apart."""


@dataclass(frozen=True)
class Series:
    """A named line of a curve. `kind` is its class on the page."""

    name: str
    kind: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


# ── how a measure's values lie, and where the limit cuts ──────────────────────────────────────────


@dataclass(frozen=True)
class _Axis:
    """Bins across a picture: to scale where all are equally wide, otherwise each as wide as the next."""

    edges: tuple[float, ...]

    @cached_property
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
    return bars(measured, f"{measured.measure}: how the values lie", _in_words(measured))


def bars(measured: Measured, title: str, description: str, said: tuple[str, str] = ("at least", "at most")) -> Markup:
    """Counts as bars over their bins. `said`: what the lower and the upper limit are called."""
    top, floor = 40, 132
    place, most = axis(measured), max([*measured.counts, 1])
    beyond = list(_beyond(measured, place))
    body = [box(left, right, top - 6, floor, "beyond") for left, right in beyond]
    for (low, high), rows in zip(pairwise(measured.edges), measured.counts, strict=False):
        if rows:
            left, right = place(-math.inf if low is None else low), place(math.inf if high is None else high)
            y = min(floor - (floor - top) * rows / most, floor - 1.2)
            body += [box(start, end, y, floor, kind) for start, end, kind in _cut(left, right, beyond)]
    body += [level(floor, "axis"), *(text(where, floor + 15, words) for where, words in place.labels()), *_peak(measured, place, top)]
    body += _limits(measured, place, (top, floor), said)
    return picture(title, description, floor + 22, body)


def _peak(measured: Measured, place: _Axis, top: int) -> list[Markup]:
    """The number of rows, over the tallest bar: the vertical axis in one word."""
    if not any(measured.counts):
        return []
    index = measured.counts.index(max(measured.counts))
    edges = place.edges
    return [text((place(edges[index]) + place(edges[index + 1])) / 2, top - 4, count(measured.counts[index]), "strong")]


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


def _limits(measured: Measured, place: _Axis, ends: tuple[int, int], said: tuple[str, str]) -> Iterator[Markup]:
    """Each limit as a line with its words: the lower one's grow to the left, the upper one's to the right, where there is room."""
    for limit, words, y in ((measured.at_least, said[0], 10), (measured.at_most, said[1], 22)):
        if limit is not None:
            where = place(limit)
            anchor = "start" if where < 0.5 else "end"
            yield upright(where, y + 3, ends[1], "limit")
            yield text(where, y, f"{words} {number(limit, 6)}", "limit", anchor)


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

    body = [level(floor, "axis"), *(text(where, floor + 15, words) for where, words in place.labels())]
    for (side, points), kind in zip(measured.kept_at.items(), ("first", "second"), strict=False):
        body += line(Series(side, kind, points), place, y)
        for value, rows in points:
            if value == _limit_of(measured, side):
                body += [upright(place(value), y(rows), floor, "limit"), text(place(value), y(rows) - 6, f"{count(rows)} kept", "strong")]
    return picture(f"{measured.measure}: rows kept at other limits", _kept_in_words(measured), floor + 22, body)


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
    points = [point for one in series for point in one.points]
    if not points:
        return Markup("")
    across = Scale(min(x for x, _ in points), max(x for x, _ in points))
    lowest, highest = min(y for _, y in points), max(y for _, y in points)
    room = (highest - lowest) * 0.04 or abs(highest) * 0.1 or 1.0
    down = Scale(lowest - room, highest + room)
    top, floor = 6 if mark is None else 18, height - 24

    def y(value: float) -> float:
        return floor - (floor - top) * down(value)

    body = [piece for value in ticks(lowest - room, highest + room) for piece in (level(y(value)), beside(y(value), number(value)))]
    body += [level(floor, "axis"), *(text(across(step), floor + 16, short(step)) for step in ticks(across.low, across.high, 5))]
    if mark is not None:
        body += [upright(across(mark), top, floor, "mark"), text(across(mark), top - 6, "best", "mark")]
    for one in series:
        body += line(one, across, y)
    return picture(title, description, height, body)


def line(series: Series, across: Callable[[float], float], y: Callable[[float], float]) -> list[Markup]:
    """A line in a stretched inner picture, and its dots in the outer one, where they stay round."""
    few = thinned(series.points)
    path = " ".join(f"{1000 * across(step):.1f},{y(value):.1f}" for step, value in few)
    drawn = [stretched(1000, Markup('<polyline points="{}" class="{}"/>').format(path, series.kind))]
    if series.dots and len(few) <= 60 or len(few) == 1:
        dot = Markup('<circle cx="{}" cy="{:.1f}" r="3" class="{}"/>')
        drawn += [dot.format(percent(across(step)), y(value), series.kind) for step, value in few]
    return drawn


# ── scores ─────────────────────────────────────────────────────────────────────────────────────


def reach(scores: Sequence[Score]) -> Scale:
    """One scale for all scores of a metric, with a little room at both ends."""
    values = [value for score in scores for value in (score.value, score.low, score.high) if value is not None]
    if not values:
        return Scale(0, 1)
    room = (max(values) - min(values)) * (0.08 if len(scores) > 1 else 0.6) or abs(max(values)) * 0.05 or 1.0
    return Scale(min(values) - room, max(values) + room)


def _interval(score: Score, scale: Scale, y: float) -> Iterator[Markup]:
    """The dot of a score and its interval, at a height."""
    if score.low is not None and score.high is not None:
        low, high = scale(score.low), scale(score.high)
        yield Markup('<line x1="{}" x2="{}" y1="{y:g}" y2="{y:g}" class="interval"/>').format(percent(low), percent(high), y=y)
        yield from (upright(end, y - 4, y + 4, "interval") for end in (low, high))
    if score.value is not None:
        yield Markup('<circle cx="{}" cy="{:g}" r="4.5" class="dot"/>').format(percent(scale(score.value)), y)


def _value(score: Score) -> str:
    """A score in words: `992, from 971 to 1 012`."""
    known = score.low is not None and score.high is not None
    return f"{number(score.value)}, from {number(score.low)} to {number(score.high)}" if known else f"{number(score.value)}, no interval"


def forest(metric: str, scores: Sequence[Score]) -> Markup:
    """The scores of a metric one below the other on one scale, each with its interval and in words."""
    scale, tall = reach(scores), 42
    marks = ticks(scale.low, scale.high)
    floor = tall * len(scores)
    body = [text(scale(value), floor + 14, number(value)) for value in marks]
    for place, score in enumerate(scores):
        y = tall * place
        body += [upright(scale(value), y + 20, y + 36, "grid") for value in marks]
        body += [text(0, y + 14, f"{score.model} · {score.verdict or score.name}", "strong", "start"), text(1, y + 14, _value(score), "", "end")]
        body += _interval(score, scale, y + 28)
    said = "; ".join(f"{score.model} {_value(score)}{f', {score.verdict}' if score.verdict else ''}" for score in scores[:6])
    return picture(f"{metric}: scores", f"{said}.", floor + 20, body)
