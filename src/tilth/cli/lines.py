"""Words on a terminal: other people's texts made harmless, columns that line up, a little colour.

Colour is for a terminal only, and not where NO_COLOR is set. What rows hold never reaches the
terminal raw: control characters, escapes and direction marks are written out.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size

from tilth.report.harmless import visible

BARS = "▁▂▃▄▅▆▇█"
STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32"}


def coloured() -> bool:
    """Whether stdout is a terminal that wants colour."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(words: str, style: str) -> str:
    """The words in a style, where there is colour."""
    return f"\x1b[{STYLES[style]}m{words}\x1b[0m" if coloured() else words


def width() -> int:
    """Columns of the terminal; 100 where there is none."""
    return max(40, shutil.get_terminal_size((100, 24)).columns)


def one_line(value: Any, longest: int = 60) -> str:
    """A value on one line: nothing in it can move the cursor, and it is cut."""
    text = value if isinstance(value, str) else "–" if value is None else _plain(value)
    text = text[: longest + 1].replace("\n", "⏎").replace("\t", "⇥")
    return visible(text, longest)


def _plain(value: Any) -> str:
    return number(value) if isinstance(value, float) else str(value)


def block(text: str, longest: int = 1200, indent: str = "    ") -> str:
    """A text of several lines, wrapped to the terminal and cut."""
    lines = [line.replace("\t", "⇥") for line in visible(text, longest).split("\n")]
    room = max(20, width() - len(indent))
    return "\n".join(indent + piece for line in lines for piece in (textwrap.wrap(line, room, break_on_hyphens=False) or [""]))


def number(value: float | None) -> str:
    """A number as people read it: whole ones and those from 1,000 on with commas, others with four digits."""
    if value is None:
        return "–"
    whole = 1000 <= abs(value) < 1e15 or (value == value and abs(value) < 1e15 and value == int(value))
    return f"{value:,.0f}" if whole else f"{value:.4g}"


def size(count: float) -> str:
    """Bytes as people read them: `12.3 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 99.5 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def aligned(rows: Sequence[Sequence[str]], right: Sequence[int] = (), gap: str = "  ", indent: str = "") -> str:
    """Rows of cells as columns that line up; those in `right` are set to the right, the last is not padded."""
    widths = [max(cell_len(row[place]) for row in rows) for place in range(len(rows[0]))] if rows else []
    return "\n".join((indent + gap.join(_cell(row, place, widths, right) for place in range(len(row)))).rstrip() for row in rows)


def _cell(row: Sequence[str], place: int, widths: Sequence[int], right: Sequence[int]) -> str:
    cell = row[place]
    if place in right:
        return " " * (widths[place] - cell_len(cell)) + cell
    return cell if place == len(row) - 1 else cell + " " * (widths[place] - cell_len(cell))


def bars(counts: Sequence[int]) -> str:
    """Counts as a line of small bars; what is not nothing has at least the smallest."""
    most = max([*counts, 1])
    return "".join(" " if not count else BARS[min(len(BARS) - 1, count * len(BARS) // (most + 1))] for count in counts)


def beside(left: tuple[str, str], right: tuple[str, str], longest: int = 600, indent: str = "    ") -> str:
    """Two texts side by side, each under its title."""
    room = (width() - len(indent) - 3) // 2
    columns = [[title, *_wrapped(text, longest, room)] for title, text in (left, right)]
    lines = max(len(column) for column in columns)
    filled = [[*column, *([""] * (lines - len(column)))] for column in columns]
    return "\n".join(f"{indent}{set_cell_size(one, room)} │ {other}".rstrip() for one, other in zip(*filled, strict=True))


def _wrapped(text: str, longest: int, room: int) -> list[str]:
    lines = visible(text, longest).replace("\t", "⇥").split("\n")
    return [piece for line in lines for piece in (textwrap.wrap(line, room, drop_whitespace=False) or [""])]
