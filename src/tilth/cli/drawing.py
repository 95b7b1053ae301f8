"""Pictures on a terminal: meters, histograms, and words that are cut to the width there is."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from tilth.cli.lines import BARS, bars, number, width
from tilth.survey.facts import Distribution

EIGHTHS = " ▏▎▍▌▋▊▉█"


def meter(share: float, cells: int = 6) -> str:
    """A share as a bar of so many cells; what is more than nothing has at least a line."""
    eighths = max(1, round(share * cells * 8)) if share > 0 else 0
    full, rest = divmod(min(eighths, cells * 8), 8)
    return ("█" * full + (EIGHTHS[rest] if rest else "")).ljust(cells)


def percent(share: float) -> str:
    """A share in words: `0.04%`, `3.2%`, `100%`."""
    if share in (0, 1):
        return f"{share:.0%}"
    if share < 0.0005:
        return "<0.1%"
    return f"{min(share, 0.999):.1%}"


def cut(words: str, room: int) -> str:
    """Words in at most so many cells."""
    return words if cell_len(words) <= room else set_cell_size(words, max(1, room - 1)).rstrip() + "…"


def wrapped(words: str, first: str = "  ", then: str = "  ") -> str:
    """Words wrapped to the terminal."""
    return "\n".join(
        textwrap.wrap(words, max(24, width()), initial_indent=first, subsequent_indent=then, break_long_words=True, break_on_hyphens=False)
    )


def short(value: float) -> str:
    """A number in few letters: `950`, `4.2k`, `13M`."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            scaled = value / size
            return f"{scaled:.0f}{letter}" if abs(scaled) >= 10 or scaled == int(scaled) else f"{scaled:.1f}{letter}"
    return number(value)


def spark(counts: Sequence[int], cells: int = 12) -> str:
    """Counts as a line of at most so many small bars."""
    step = -(-len(counts) // cells)
    return bars([sum(counts[place : place + step]) for place in range(0, len(counts), step)]).rstrip()


def histogram(one: Distribution, height: int = 3, cells: int = 2, indent: str = "  ") -> list[str]:
    """How numbers lie, as columns of blocks over a scale."""
    most = max([*one.counts, 1])
    levels = [max(1, round(count / most * height * 8)) if count else 0 for count in one.counts]
    lines = []
    for row in range(height, 0, -1):
        parts = [min(8, max(0, level - 8 * (row - 1))) for level in levels]
        lines.append((indent + "".join((BARS[part - 1] if part else " ") * cells for part in parts)).rstrip())
    return [line for line in lines if line] + [indent + _scale(one.edges, cells)]


def _scale(edges: Sequence[float], cells: int) -> str:
    """The least, some between, and the greatest, each below its bin."""
    room = (len(edges) - 1) * cells
    line = [" "] * (room + 8)
    shown = list(range(0, len(edges) - 1, max(1, (len(edges) - 1) // 4)))
    taken = -2
    for place in shown:
        words, at = short(edges[place]), place * cells
        if at > taken + 1 and at + len(words) <= room + 8:
            line[at : at + len(words)] = words
            taken = at + len(words)
    last = short(edges[-1])
    if room - len(last) > taken + 1:
        line[room - len(last) : room] = last
    return "".join(line).rstrip()
