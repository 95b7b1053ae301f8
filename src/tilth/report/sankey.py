"""The flow of rows as a picture: streams as wide as their rows are many, and what peels off them.

`plan` says where everything lies, `drawn` draws it. Across, places are shares of the width, so that the picture takes the
width it is given; down, they are pixels, so that a width of 12 pixels means the same everywhere.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from tilth.report.canvas import percent, picture, stretched
from tilth.report.flow import FAN, Lane, Stop
from tilth.report.harmless import visible
from tilth.report.numbers import MINUS, count, counted, share

NARROWEST, BROAD = 700, 940
"""Pixels across for which the words are set: the picture may be wider, not narrower. Below both, the page shows its list."""

LETTER, LINE = 6.4, 14
"""Pixels that a letter of the words takes at most on the average, and those from line to line."""

HEAD, FALL, BETWEEN = 66, 15, 26
"""Pixels for the names above a lane, by which a loss falls, and between lanes."""

TALLEST, TALL = 190, 400
"""Pixels of the widest stream, and of all lanes' together."""

THINNEST = 1.5
"""Pixels of a stream too thin to be seen."""

GLUE = "\u00a0"
"""The space between a reason and its rows: where there is room, no line ends there."""

LEADING = 30
"""Pixels from the name of a part to the next."""

END_LETTERS = 1.0
"""Columns behind the last stop into which the name of a dataset may reach."""

JOINING = 0.275
"""Half the columns in which a stream changes its lane."""

SEAM = 0.4
"""Thousandths of the width by which a stream reaches into the next, so that no hair of paper shows between them."""


@dataclass(frozen=True)
class Band:
    """A stream from one place to another: `thick` at its beginning, `thin` at its end. `y` is its upper edge."""

    x: tuple[float, float]
    y: tuple[float, float]
    thick: float
    thin: float
    kind: str
    told: str = ""


@dataclass(frozen=True)
class Words:
    """A line of words at a place, growing to the right."""

    x: float
    y: float
    text: str
    kind: str = ""


@dataclass
class Plan:
    """Where everything lies; `x` from 0 to 1."""

    height: float = 0.0
    bands: list[Band] = field(default_factory=list)
    bars: list[tuple[float, float, float, str]] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)


@dataclass(frozen=True)
class _Ground:
    """What a plan is measured with: columns across, pixels a row, and the upper edge of each lane's stream."""

    width: int
    columns: float
    unit: float
    tops: Mapping[int, float]

    def across(self, column: float) -> float:
        """The place of a column."""
        return column / self.columns

    def letters(self, columns: float = 1.0) -> int:
        """How many letters have room, a little less than the columns hold."""
        return max(int((columns * self.width / self.columns - 8) / LETTER), 4)


def plan(lanes: Sequence[Lane], width: int = NARROWEST) -> Plan:
    """Where the streams of some lanes lie, with words for a picture of at least so many pixels across."""
    rows = [max(lane.most for lane in lanes if lane.row == row) for row in range(max(lane.row for lane in lanes) + 1)]
    unit = min(TALLEST / max(*rows, 1), TALL / max(sum(rows), 1))
    columns = max(lane.stop for lane in lanes)
    loose = _Ground(width, columns, unit, {})
    tops: dict[int, float] = {}
    height = 0.0
    for row in range(len(rows)):
        tops[row] = height + HEAD
        height += HEAD + max(_depth(lane, loose) for lane in lanes if lane.row == row) + BETWEEN
    ground = _Ground(width, columns, unit, tops)
    made = Plan(height - BETWEEN + 6)
    for lane in lanes:
        _entering(made, lane, {one.dataset: one for one in lanes}, ground)
        _lane(made, lane, ground)
    return made


def _depth(lane: Lane, ground: _Ground) -> float:
    """Pixels from the upper edge of a lane's stream to the lowest word or stream of it."""
    deep = [max(stop.rows_in, stop.kept) * ground.unit for stop in lane.stops]
    deep += [_fallen(stop, ground.unit) + LINE * len(_lines(stop, ground)) for stop in lane.stops if stop.losses]
    ends = _ends(lane, ground.unit)
    return max([*deep, *(y + max(thick, 2 * LINE) for y, thick in ends)])


def _fallen(stop: Stop, unit: float) -> float:
    """How far below the stream's upper edge the losses of a stop come to rest, with the bands that they are."""
    thick = sum(max(loss.rows * unit, THINNEST) + 2 for loss in stop.losses)
    return max(stop.stays, stop.kept) * unit + FALL + thick


def _lines(stop: Stop, ground: _Ground) -> list[tuple[str, str]]:
    """What is lost at a stop, in words, each line with its kind."""
    room = ground.letters()
    many = len(stop.losses) > 1
    found = [(f"{MINUS}{count(stop.lost)}", "strong lost" if any(loss.kind == "lost" for loss in stop.losses) else "strong unread")]
    for loss in stop.losses:
        found += [(line, loss.kind) for line in wrapped(_spaced(loss.name), room, count(loss.rows) if many else "")]
    return found


def _spaced(name: str) -> str:
    return visible(name, 80).replace("_", " ")


def wrapped(words: str, room: int, number: str = "", most: int = 2) -> list[str]:
    """Words, and a number behind them, in at most so many lines of so many letters; words that have no room end in an ellipsis."""
    for end in range(len(words), 0, -1):
        shorter = words if end == len(words) else words[:end].rstrip() + "…"
        for space in (GLUE, " ") if number else ("",):
            lines = textwrap.wrap(f"{shorter}{space}{number}", room, break_on_hyphens=False, break_long_words=False)
            if len(lines) <= most and all(len(line) <= room for line in lines):
                return lines
    return [number]


def cut(words: str, room: int) -> str:
    """Words in one line."""
    return words if len(words) <= room else words[: room - 1] + "…"


def _ends(lane: Lane, unit: float) -> list[tuple[float, float]]:
    """The upper edge and the width of what a lane ends in: its parts, or all of it; none where it flows on as a whole."""
    if not lane.parts and not lane.ends:
        return []
    found: list[tuple[float, float]] = []
    below = 0.0
    for rows in lane.parts.values() or [lane.stops[-1].kept]:
        thick = max(rows * unit, THINNEST)
        found.append((below, thick))
        below += max(thick + 8, LEADING)
    return found


# ── a lane ─────────────────────────────────────────────────────────────────────────────────────


def _lane(made: Plan, lane: Lane, ground: _Ground) -> None:
    top = ground.tops[lane.row]
    width = len(lane.stops) + (END_LETTERS if lane.ends else 0)
    made.words.append(Words(ground.across(lane.start), top - HEAD + 12, cut(visible(lane.dataset), ground.letters(width)), "title"))
    for index, stop in enumerate(lane.stops):
        column = lane.start + index
        last = index == len(lane.stops) - 1
        _stop(made, stop, column, top, ground)
        if last and _ends(lane, ground.unit):
            _fan(made, lane, column, top, ground)
        else:
            _onward(made, stop, column, top, ground)


def _stop(made: Plan, stop: Stop, column: float, top: float, ground: _Ground) -> None:
    """A stop's names above, its bar, and what peels off below, with words under it."""
    x, unit, room = ground.across(column), ground.unit, ground.letters()
    for line, (words, kind) in enumerate(((stop.room, ""), (stop.word, "strong"), (count(stop.kept), ""))):
        made.words.append(Words(x, top - 36 + line * LINE, cut(visible(words), room), kind))
    made.bars.append((x, top, max(stop.rows_in, stop.kept, 1) * unit, "stop"))
    edge, below = top + stop.stays * unit, top + max(stop.stays, stop.kept) * unit + FALL
    for loss in stop.losses:
        thick, thin = loss.rows * unit, max(loss.rows * unit, THINNEST)
        told = f"{loss.name}: {counted(loss.rows, 'row')}, {share(loss.rows, stop.rows_in)}"
        made.bands.append(Band((x, ground.across(column + 0.5)), (edge, below), thick, thin, loss.kind, told))
        edge, below = edge + thick, below + thin + 2
    for line, (words, kind) in enumerate(_lines(stop, ground) if stop.losses else []):
        made.words.append(Words(x, below + 11 + line * LINE, words, kind))


def _onward(made: Plan, stop: Stop, column: float, top: float, ground: _Ground) -> None:
    """What stays, to the next column; wider or narrower at its end where rows are made."""
    places = (ground.across(column), ground.across(column + 1))
    thin = stop.kept * ground.unit
    made.bands.append(Band(places, (top, top), stop.stays * ground.unit, max(thin, THINNEST), "stays", f"kept: {counted(stop.kept, 'row')}"))


def _fan(made: Plan, lane: Lane, column: float, top: float, ground: _Ground) -> None:
    """The end of a lane: a stream to each part, with its name and its rows."""
    stop, unit = lane.stops[-1], ground.unit
    parts = dict(lane.parts) or {"": stop.kept}
    if lane.last > column + 1:
        _onward(made, stop, column, top, ground)
    scale = (stop.kept if lane.last > column + 1 else stop.stays) / max(sum(parts.values()), 1)
    edge, room = top, ground.letters(1.15)
    across = (ground.across(lane.last - FAN if lane.last > column + 1 else column), ground.across(lane.last))
    for index, ((part, rows), (below, thick)) in enumerate(zip(parts.items(), _ends(lane, unit), strict=True)):
        begins = rows * unit * scale
        told = f"{part or lane.dataset}: {counted(rows, 'row')}"
        made.bands.append(Band(across, (edge, top + below), begins, thick, f"stays part-{index % 4}", told))
        made.bars.append((across[1], top + below, thick, "stop"))
        middle = top + below + (thick / 2 if thick > 2 * LINE else LINE / 2)
        made.words.append(Words(across[1], middle, cut(visible(part or lane.dataset), room), "strong after"))
        made.words.append(Words(across[1], middle + LINE, cut(counted(rows, "row"), room), "after"))
        edge += begins


def _entering(made: Plan, lane: Lane, lanes: Mapping[str, Lane], ground: _Ground) -> None:
    """The streams from other lanes that a lane begins with, one under the other."""
    entry = ground.tops[lane.row]
    for start, rows in lane.inputs.items():
        name, _, part = start.partition(".")
        source = lanes[name]
        ends = _ends(source, ground.unit)
        number = list(source.parts).index(part) if part in source.parts else 0
        begins = ground.tops[source.row] + (ends[number][0] if ends else 0.0)
        column = source.stop if part in source.parts or source.row == lane.row else max(source.stop, lane.start - 2 * JOINING)
        thick = max(rows * ground.unit, THINNEST)
        if column > source.last:
            straight = (ground.across(source.last), ground.across(column))
            made.bands.append(Band(straight, (begins, begins), thick, thick, "stays", f"{start}: {counted(rows, 'row')}"))
        places = (ground.across(column), ground.across(lane.start))
        made.bands.append(Band(places, (begins, entry), thick, thick, "stays", f"{start}: {counted(rows, 'row')} into {lane.dataset}"))
        entry += rows * ground.unit


# ── drawing ────────────────────────────────────────────────────────────────────────────────────


def drawn(lanes: Sequence[Lane], width: int = NARROWEST) -> Markup:
    """The picture of some lanes, with words for at least so many pixels across."""
    made = plan(lanes, width)
    height = round(made.height)
    bands = Markup("").join(_band(band) for band in made.bands)
    bars = [
        Markup('<rect x="{}" y="{:.1f}" width="3" height="{:.1f}" class="{}"/>').format(percent(x), y, max(tall, THINNEST), kind)
        for x, y, tall, kind in made.bars
    ]
    return picture(
        f"The flow of rows: {', '.join(lane.dataset for lane in lanes)}", _in_words(lanes), height, [stretched(height, bands), *bars, *_texts(made)]
    )


def _texts(made: Plan) -> Iterator[Markup]:
    for words in made.words:
        shift = 8 if "after" in words.kind else 0
        yield Markup('<text x="{}" dx="{}" y="{:.1f}" class="{}">{}</text>').format(percent(words.x), shift, words.y, words.kind, words.text)


def _band(band: Band) -> Markup:
    """A stream as a path: both its edges are curves that begin and end level."""
    (x, end), (y, last) = [1000 * place for place in band.x], band.y
    end += SEAM
    middle, far, low = (x + end) / 2, y + band.thick, last + band.thin
    path = f"M{x:.1f} {y:.1f}C{middle:.1f} {y:.1f} {middle:.1f} {last:.1f} {end:.1f} {last:.1f}"
    path += f"V{low:.1f}C{middle:.1f} {low:.1f} {middle:.1f} {far:.1f} {x:.1f} {far:.1f}Z"
    return Markup('<path d="{}" class="{}"><title>{}</title></path>').format(path, band.kind, visible(band.told))


def _in_words(lanes: Sequence[Lane]) -> str:
    """The picture for those who do not see it; the table has the rest."""
    return " ".join(
        f"{lane.dataset}: {counted(lane.stops[0].rows_in, 'row')} in, {count(lane.stops[-1].kept)} out, "
        f"{count(sum(stop.lost for stop in lane.stops))} lost."
        for lane in lanes
    )
