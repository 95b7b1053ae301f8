"""Pictures of shares, of pairs of measures, of lengths and of vocabularies: facts in, inline SVG out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from markupsafe import Markup

from tilth.report.canvas import Scale, beside, level, percent, picture, text, ticks, upright
from tilth.report.facts import Measured, Related, Score, Sequences, Vocabulary
from tilth.report.figures import Series, bars, line
from tilth.report.harmless import visible
from tilth.report.numbers import NARROW, count, number, share

SLICES = 7
"""Pieces that a ring is cut into at most; of more, the small ones are one piece."""

OTHERS = "others"

MOST_DOTS = 400
"""Points that are drawn of a scatter."""

LARGEST = 1e100
"""A larger value of a measure, or one that is no number, is not drawn: differences of such overflow."""


# ── shares of a whole ──────────────────────────────────────────────────────────────────────────


def slices(parts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The parts of a whole, at most seven: of more, the six largest and the others in one."""
    found = [(name, rows) for name, rows in parts.items() if rows > 0]
    if len(found) <= SLICES:
        return found
    largest = sorted(found, key=lambda part: (-part[1], part[0]))
    return [*largest[: SLICES - 1], (OTHERS, sum(rows for _, rows in largest[SLICES - 1 :]))]


def donut(title: str, parts: Mapping[str, int]) -> Markup:
    """The parts of a whole as a ring, clockwise from the top, each named beside it in the same order."""
    found = slices(parts)
    whole = sum(rows for _, rows in found)
    if not whole:
        return Markup("")
    radius, middle = 52, 76
    around, begun = 2 * math.pi * radius, 0.0
    body: list[Markup] = []
    for index, (_, rows) in enumerate(found):
        length = around * rows / whole
        drawn = max(length - (1.5 if len(found) > 1 else 0), 0.8)
        ring = Markup('<circle cx="{0}" cy="{0}" r="{1}" stroke-dasharray="{2:.2f} {3:.2f}" stroke-dashoffset="{4:.2f}" class="slice slice-{5}"/>')
        body.append(ring.format(middle, radius, drawn, around - drawn, around / 4 - begun, index))
        begun += length
    centre = Markup('<text x="{0}" y="{1}" text-anchor="middle" class="{2}">{3}</text>')
    body += [centre.format(middle, middle - 1, "strong", count(whole)), centre.format(middle, middle + 14, "", "rows")]
    body += [piece for index, (name, rows) in enumerate(found) for piece in _legend(index, name, f"{count(rows)}, {share(rows, whole)}", len(found))]
    said = "; ".join(f"{name} {share(rows, whole)}" for name, rows in found)
    return picture(title, f"{said}.", 2 * middle, body)


def _legend(index: int, name: str, told: str, of: int) -> Iterator[Markup]:
    y = 76 - 10 * of + 20 * index
    yield Markup('<rect x="164" y="{}" width="11" height="11" rx="2" class="slice-{}"/>').format(y, index)
    words = Markup('<text x="183" y="{}"><tspan class="strong">{}</tspan><tspan dx="7">{}</tspan></text>')
    yield words.format(y + 10, visible(name, 18), told)


# ── two measures ───────────────────────────────────────────────────────────────────────────────


class Reach:
    """The scale of one axis: by powers of ten where the values are all positive and reach over a hundredfold."""

    def __init__(self, values: Sequence[float]) -> None:
        low, high = min(values), max(values)
        self.by_powers = low > 1 / LARGEST and high / low >= 100
        ends = (math.log10(low), math.log10(high)) if self.by_powers else (low, high)
        room = (ends[1] - ends[0]) * 0.03 or 0.5
        self.scale = Scale(ends[0] - room, ends[1] + room)

    def __call__(self, value: float) -> float:
        """The place of a value, from 0 to 1."""
        return self.scale(math.log10(value) if self.by_powers else value)

    def ticks(self, about: int = 5) -> list[float]:
        """Round values along it."""
        if not self.by_powers:
            return ticks(self.scale.low, self.scale.high, about)
        powers = range(math.ceil(self.scale.low), math.floor(self.scale.high) + 1)
        return [10.0**power for power in powers[:: max(1, math.ceil(len(powers) / (about + 1)))]]


def scatter(related: Related) -> Markup:
    """Rows as points, one measure across and the other up."""
    points = [(a, b) for a, b in related.points if abs(a) <= LARGEST and abs(b) <= LARGEST][:MOST_DOTS]
    if not points:
        return Markup("")
    top, floor = 8, 236
    across, up = Reach([a for a, _ in points]), Reach([b for _, b in points])

    def y(value: float) -> float:
        return floor - (floor - top) * up(value)

    body = [*_ground(across, up, y, floor)]
    dot = Markup('<circle cx="{}" cy="{:.1f}" r="2.4" class="point"/>')
    body += [dot.format(percent(across(a)), y(b)) for a, b in points]
    return picture(f"{related.a} and {related.b}", f"{correlation(related)} Each of the {count(len(points))} points is a row.", floor + 22, body)


def _ground(across: Reach, up: Reach, y: Callable[[float], float], floor: float) -> Iterator[Markup]:
    for value in up.ticks():
        yield level(y(value))
        yield beside(y(value), number(value))
    yield level(floor, "axis")
    yield from (text(across(value), floor + 15, number(value)) for value in across.ticks())


def correlation(related: Related) -> str:
    """How two measures go together, in words."""
    if related.correlation is None:
        return f"No correlation is told over {count(related.rows)} rows."
    interval = (
        f" (95{NARROW}% interval {number(related.low)} to {number(related.high)})" if related.low is not None and related.high is not None else ""
    )
    return f"Rank correlation {number(related.correlation)}{interval} over {count(related.rows)} rows."


# ── a vocabulary ───────────────────────────────────────────────────────────────────────────────


def coverage(name: str, vocabulary: Vocabulary) -> Markup:
    """How often the entries of a vocabulary occur, by rank, on scales of powers of ten; lines where a share of all tokens is reached."""
    points = [(float(rank), float(tokens)) for rank, tokens in vocabulary.ranks if rank > 0 and tokens > 0]
    if not points:
        return Markup("")
    top, floor = 46, 216
    across, up = Reach([rank for rank, _ in points]), Reach([tokens for _, tokens in points])

    def y(value: float) -> float:
        return floor - (floor - top) * up(value)

    body = [*_ground(across, up, y, floor)]
    for place, (part, entries) in enumerate(vocabulary.coverage[:3]):
        height = 10 + 13 * place
        body += [upright(across(max(entries, 1)), height + 3, floor, "mark")]
        body += [text(across(max(entries, 1)), height, f"{number(100 * part)}{NARROW}%: {count(entries)}", "strong", _side(across(max(entries, 1))))]
    body += line(Series("tokens", "first", points), across, y)
    said = "; ".join(f"{count(entries)} entries make up {number(100 * part)}{NARROW}% of all tokens" for part, entries in vocabulary.coverage)
    return picture(f"{name}: tokens by rank", f"{said}.", floor + 22, body)


def _side(place: float) -> str:
    return "start" if place < 0.5 else "end"


# ── lengths ────────────────────────────────────────────────────────────────────────────────────


def lengths(sequences: Sequences) -> Markup:
    """How many tokens the rows have; where rows are cut, what lies beyond is shaded."""
    limit = None if sequences.packed else sequences.used
    edges: list[float | None] = [*sequences.edges]
    told = Measured(step="", measure="tokens", at_most=limit, edges=edges, counts=sequences.counts)
    return bars(
        told, f"{sequences.model}: tokens in a row", f"{count(sequences.rows)} rows of {count(sequences.tokens)} tokens in all.", ("", "cut at")
    )


def cutting(sequences: Sequences) -> Markup:
    """The share of tokens that cutting rows at each length would lose, and that of places which filling up would waste."""
    if not sequences.by_length:
        return Markup("")
    known = [length for length, *_ in sequences.by_length]
    lost = [(float(place), tokens / max(sequences.tokens, 1)) for place, (_, _, tokens, _) in enumerate(sequences.by_length)]
    padded = [(float(place), wasted) for place, (_, _, _, wasted) in enumerate(sequences.by_length)]
    top, floor = 24, 150
    most = max([value for _, value in (*lost, *padded)] + [0.01])

    def across(place: float) -> float:
        return (place + 0.5) / len(known)

    def y(value: float) -> float:
        return floor - (floor - top) * value / most

    body = [piece for value in ticks(0, most, 5) for piece in (level(y(value)), beside(y(value), f"{number(100 * value)}{NARROW}%"))]
    every = max(1, math.ceil(len(known) / 8))
    body += [level(floor, "axis"), *(text(across(place), floor + 16, count(known[place])) for place in range(0, len(known), every))]
    if sequences.used in known:
        body += [upright(across(known.index(sequences.used)), top, floor, "mark"), text(across(known.index(sequences.used)), top - 6, "used", "mark")]
    body += [
        *line(Series("tokens lost", "first", lost, dots=True), across, y),
        *line(Series("places filled up", "second", padded, dots=True), across, y),
    ]
    said = f"At {count(known[0])} tokens {share(lost[0][1], 1)} would be lost, at {count(known[-1])} {share(lost[-1][1], 1)}."
    return picture(f"{sequences.model}: what cutting at a length costs", said, floor + 24, body)


# ── how good a model is ────────────────────────────────────────────────────────────────────────


def gauge(scores: Sequence[Score], guessing: int) -> Markup:
    """Perplexities between 1, where every token is foreseen, and blind guessing, by powers."""
    known = [score for score in scores if score.value is not None and score.value > 0]
    if not known or guessing < 2:
        return Markup("")
    best = min(known, key=lambda score: score.value or 0.0)
    scale = Scale(0.0, math.log(guessing))
    body = [level(26, "axis"), upright(0, 21, 31, "axis"), upright(1, 21, 31, "axis")]
    body += [text(0, 46, "1: certain", "", "start"), text(1, 46, f"{count(guessing)}: guessing", "", "end")]
    for score in known:
        where = scale(math.log(score.value or 1.0))
        kind = "dot" if score is best else "dot other"
        body.append(Markup('<circle cx="{}" cy="26" r="5" class="{}"><title>{}</title></circle>').format(percent(where), kind, visible(score.model)))
    body.append(text(scale(math.log(best.value or 1.0)), 14, f"{visible(best.model, 24)} {number(best.value)}", "strong"))
    said = "; ".join(f"{score.model} {number(score.value)}" for score in known[:6])
    return picture("Perplexity between certainty and guessing", f"{said}; blind guessing gives {count(guessing)}.", 52, body)
