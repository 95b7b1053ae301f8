"""The flow of rows step by step: a piece of stream for each, for narrow pages and for many steps."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from tilth.report.canvas import picture
from tilth.report.facts import Stage
from tilth.report.numbers import count, counted

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
    words = f"{count(stage.kept)} of {counted(stage.rows_in, 'row')} kept" + (f", {count(lost)} lost." if lost else ".")
    return picture(f"{stage.name}: the flow of rows", words, height, [inner])


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
