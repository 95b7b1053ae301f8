"""What every picture is made of: scales, round values for axes, and pieces of SVG.

Places across are percentages, so a picture takes the width it is given while its letters keep their
size; places down are pixels. Colours come from the page by class. What lies on the vertical axis is
written left of the picture, into the margin that the page leaves for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tilth.report.harmless import visible


@dataclass(frozen=True)
class Scale:
    """Where a value lies between two ends, from 0 to 1."""

    low: float
    high: float

    def __call__(self, value: float) -> float:
        """The place of a value; what lies outside stays at the nearest end."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0) if self.high > self.low else 0.5


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


def picture(title: str, description: str, height: int, body: Sequence[Markup]) -> Markup:
    """A picture with its title and what it says to those who do not see it, so many pixels tall."""
    head = Markup('<svg role="img" width="100%" height="{}"><title>{}</title><desc>{}</desc>').format(height, visible(title), visible(description))
    return head + Markup("").join(body) + Markup("</svg>")


def percent(place: float) -> str:
    """A share of the width, from 0 to 1, as SVG writes it."""
    return f"{100 * place:.2f}%"


def text(place: float, y: float, words: str, kind: str = "", anchor: str = "") -> Markup:
    """Words at a place across. At either edge they grow inwards."""
    side = anchor or ("start" if place < 0.06 else "end" if place > 0.94 else "middle")
    return Markup('<text x="{}" y="{:g}" text-anchor="{}" class="{}">{}</text>').format(percent(place), y, side, kind, visible(words))


def box(left: float, right: float, top: float, bottom: float, kind: str) -> Markup:
    """A rectangle between two places across and two heights."""
    across = Markup('<rect x="{}" width="{}" ').format(percent(left), percent(max(right - left, 0)))
    return across + Markup('y="{:.1f}" height="{:.1f}" class="{}"/>').format(top, bottom - top, kind)


def level(y: float, kind: str = "grid") -> Markup:
    """A line across the whole picture."""
    return Markup('<line x1="0" x2="100%" y1="{0:.1f}" y2="{0:.1f}" class="{1}"/>').format(y, kind)


def upright(place: float, top: float, bottom: float, kind: str) -> Markup:
    """A line down, at a place across."""
    return Markup('<line x1="{0}" x2="{0}" y1="{1:.1f}" y2="{2:.1f}" class="{3}"/>').format(percent(place), top, bottom, kind)


def beside(y: float, words: str) -> Markup:
    """Words in the left margin, at a height."""
    return Markup('<text x="-8" y="{:.1f}" text-anchor="end">{}</text>').format(y + 4, words)


def stretched(height: float, inside: Markup) -> Markup:
    """An inner picture of 1000 by `height`, pulled to the width of the outer one: for paths, which know no percentages."""
    return Markup('<svg width="100%" height="{0:g}" viewBox="0 0 1000 {0:g}" preserveAspectRatio="none">{1}</svg>').format(height, inside)
