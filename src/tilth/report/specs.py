"""The pictures of a report as Vega-Lite specifications, which a reader explores and which are written as files.

Each bears the name of its figure on the page. The flow of rows has none: its bands and words are drawn to
be read at once, and nothing of it could be zoomed or left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from tilth.report import facts as written
from tilth.report import figures, plots, telling
from tilth.report import vegalite as vl
from tilth.report.facts import Facts, Measured, Related, Score, Sequences, Vocabulary
from tilth.report.harmless import visible
from tilth.report.numbers import count, number, share
from tilth.report.tuned import unit
from tilth.report.vegalite import Spec

MOST_POINTS, IN_ALL = 2000, 12_000
"""Points of a curve that can be explored, and of all curves together; of more, each stretch's lowest and highest stay."""

MOST_DOTS, DOTS_IN_ALL = 1000, 6000
"""Rows of a sample that are dots, and of all scatters together."""


def pictures(facts: Facts) -> Iterator[tuple[str, Spec]]:
    """Every picture that can be explored, under the name that its figure has on the page: those of models first, those of
    measures, which may be many, last."""
    for metric in dict.fromkeys(score.metric for score in facts.scores):
        if known := [score for score in facts.scores if score.metric == metric and score.value is not None]:
            yield f"scores:{metric}", whiskers(metric, known)
    drawn = [(name, plot, unit(model.step)) for name, model in facts.models.items() for plot in logged(written.training(name, model))]
    most = min(MOST_POINTS, IN_ALL // max(sum(len(lines) for _, (_, lines, _), _ in drawn), 1))
    yield from ((f"curve:{name}.{plot[0]}", curve(name, plot, most, of_loss)) for name, plot, of_loss in drawn)
    for sequences in facts.sequences:
        yield from _of_sequences(sequences)
    yield from ((f"coverage:{name}", coverage(name, one)) for name, one in facts.vocabularies.items() if one.ranks)
    for name, dataset in facts.datasets.items():
        if len(dataset.parts) > 1:
            yield f"donut:{name}", donut(f"{name}: rows by part", telling.rows_of(dataset.parts))
    dots = min(MOST_DOTS, DOTS_IN_ALL // max(len(facts.related), 1))
    yield from ((f"scatter:{one.dataset}.{one.a}.{one.b}", scatter(one, dots)) for one in facts.related if one.points)
    for measured in facts.measures:
        yield from _of_measure(measured)


def _of_measure(measured: Measured) -> Iterator[tuple[str, Spec]]:
    name = f"{measured.step}.{measured.rule}"
    if measured.counts and len(measured.edges) == len(measured.counts) + 1:
        yield f"histogram:{name}", histogram(measured)
        if measured.kept_at:
            yield f"kept:{name}", kept(measured)
    if len(measured.labels) > 1:
        yield f"donut:{name}", donut(f"{measured.step}: rows by {measured.rule or 'label'}", telling.entered(measured))


def _of_sequences(sequences: Sequences) -> Iterator[tuple[str, Spec]]:
    if sequences.counts and len(sequences.edges) == len(sequences.counts) + 1:
        yield f"lengths:{sequences.model}", lengths(sequences)
    if sequences.by_length:
        yield f"cutting:{sequences.model}", cutting(sequences)


# ── measures ───────────────────────────────────────────────────────────────────────────────────


class _Across:
    """The horizontal axis of a measure: its values where all bins are equally wide, otherwise the bins' own numbers."""

    def __init__(self, measured: Measured) -> None:
        self.axis = figures.axis(measured)
        self.edges = self.axis.edges
        self.bins = len(self.edges) - 1
        self.even = self.axis.even

    def __call__(self, value: float) -> float:
        """The place of a value; what lies outside stays at the nearest end."""
        place = self.axis(value)
        return self.edges[0] + place * (self.edges[-1] - self.edges[0]) if self.even else place * self.bins

    def encoding(self, title: str) -> Spec:
        ends = [self.edges[0], self.edges[-1]] if self.even else [0, self.bins]
        axis: Spec = {"grid": False, "tickCount": 6}
        if not self.even:
            marks = {index * self.bins // 4: number(self.edges[index * self.bins // 4]) for index in range(5)}
            axis = {
                "grid": False,
                "values": list(marks),
                "labelExpr": f"{vl.literal(list(marks.values()))}[indexof({vl.literal(list(marks))}, datum.value)]",
            }
        return {"scale": {"domain": ends, "nice": False, "zero": False}, "axis": axis, "title": visible(title)}


def _pieces(measured: Measured, across: _Across) -> Iterator[Spec]:
    """The bars: a bin's rows, the bin cut at a limit where one runs through it."""
    limits = [across(limit) for limit in (measured.at_least, measured.at_most) if limit is not None]
    low = across(measured.at_least) if measured.at_least is not None else -math.inf
    high = across(measured.at_most) if measured.at_most is not None else math.inf
    for index, rows in enumerate(measured.counts):
        if not rows:
            continue
        left, right = (across.edges[index], across.edges[index + 1]) if across.even else (index, index + 1)
        words = f"{number(across.edges[index])} to {number(across.edges[index + 1])}"
        told = {"bin": index, "rows": rows, "range": words, "count": count(rows), "share": share(rows, sum(measured.counts))}
        marks = sorted({left, right, *(limit for limit in limits if left < limit < right)})
        for start, end in pairwise(marks):
            yield {"from": start, "to": end, "beyond": not low <= (start + end) / 2 <= high, **told}


def histogram(measured: Measured) -> Spec:
    """How the values of a measure lie, the limits as lines, and what lies beyond them in another colour."""
    across = _Across(measured)
    bars: Spec = {
        "mark": {"type": "rect", "stroke": "var(--paper)", "strokeWidth": 0.6},
        "encoding": {
            "x": {**vl.field("from"), **across.encoding(measured.measure)},
            "x2": {"field": "to"},
            "y": {**vl.field("rows", "rows"), "axis": vl.COUNTS},
            "y2": {"datum": 0},
            "color": {"condition": {"test": "datum.beyond", "value": "var(--lost)"}, "value": "var(--stays)"},
            "tooltip": vl.told(("range", "values"), ("count", "rows"), ("share", "of all")),
        },
    }
    rules: list[Spec] = []
    for limit, words in ((measured.at_least, "at least"), (measured.at_most, "at most")):
        if limit is not None:
            rules += vl.upright(across(limit), f"{words} {number(limit, 6)}", row=bool(rules), left=across.axis(limit) > 0.5)
    beyond = f"{count(measured.failed)} of {count(measured.judged)} judged rows are beyond ({share(measured.failed, measured.judged)})"
    title = f"{measured.step}: {measured.rule or measured.measure}"
    return vl.logarithmic(vl.titled(title, beyond, 240, list(_pieces(measured, across)), [bars, *rules]))


def kept(measured: Measured) -> Spec:
    """The rows that a step would keep at other values of a measure's limits."""
    across = _Across(measured)
    rows = [
        {"x": across(value), "rows": kept, "limit": side.replace("_", " "), "value": number(value, 6), "count": count(kept)}
        for side, points in measured.kept_at.items()
        for value, kept in points
    ]
    place = {**vl.field("x"), **across.encoding(f"limit of {measured.measure}")}
    told = vl.told(("limit", "limit"), ("value", "value"), ("count", "rows kept"))
    names = [side.replace("_", " ") for side in measured.kept_at]
    layers = vl.lines(place, {**vl.field("rows", "rows kept"), "axis": vl.COUNTS}, vl.named("limit", names), told)
    for limit in (measured.at_least, measured.at_most):
        if limit is not None:
            layers += vl.upright(across(limit), f"now {number(limit, 6)}", left=across.axis(limit) > 0.5)
    title = f"{measured.step}: rows kept at other limits of {measured.rule or measured.measure}"
    return vl.titled(title, "With everything else as it is.", 220, rows, layers)


# ── lines ──────────────────────────────────────────────────────────────────────────────────────


Plot = tuple[str, list[tuple[str, list[tuple[float, float]]]], float | None]


def logged(trained: written.Training) -> Iterator[Plot]:
    """The curves of a training: title, named lines, the step of the best model where it is marked."""
    wanted = {
        "loss": [("training", trained.curve, "loss"), ("validation", trained.validation, "loss")],
        "learning rate": [("learning rate", trained.curve, "learning_rate")],
        **{told: [("training", trained.curve, told), ("validation", trained.validation, told)] for told in ("accuracy", "margin")},
        "gradient norm": [("gradient norm", trained.curve, "grad_norm")],
    }
    for title, lines in wanted.items():
        found = [(name, [(point.step, value) for point in points if (value := getattr(point, member)) is not None]) for name, points, member in lines]
        if filled := [(name, points) for name, points in found if points]:
            yield title, filled, trained.best_step if title == "loss" and trained.validation else None


def curve(model: str, plot: Plot, most: int = MOST_POINTS, of_loss: str = "nats a token") -> Spec:
    """What a training logged, by step: of each line so many points. `of_loss`: what the loss is counted in."""
    title, lines, best = plot
    rows = [
        {"step": vl.short(step), "value": vl.short(value), "line": name} for name, points in lines for step, value in figures.thinned(points, most)
    ]
    counted_in = (of_loss if title == "loss" else "") or title
    x = {**vl.field("step", "step"), "scale": {"nice": False, "zero": False}, "axis": {**vl.WHOLE, "grid": False}}
    y = {**vl.field("value", counted_in), **vl.FREE}
    told = vl.told(("line", "line"), numbers=[("step", "step"), ("value", counted_in)])
    layers = vl.zoomed(vl.lines(x, y, vl.named("line", [name for name, _ in lines]), told))
    if best is not None:
        layers += vl.upright(
            best, f"best: step {count(best)}", "var(--soft)", left=best > 0.5 * max(step for _, points in lines for step, _ in points)
        )
    positive = all(value > 0 for _, points in lines for _, value in points)
    spec = vl.titled(f"{model}: {title} by step", "", 280 if title == "loss" else 180, rows, layers)
    return vl.logarithmic(spec, "log") if positive else spec


# ── shares, rows, tokens, scores ───────────────────────────────────────────────────────────────────────


def donut(title: str, parts: Mapping[str, int]) -> Spec:
    """The parts of a whole as a ring; of many, the small ones as one."""
    found = plots.slices(parts)
    whole = sum(rows for _, rows in found)
    rows = [
        {"order": order, "part": visible(name, 40), "rows": rows, "count": count(rows), "share": share(rows, whole)}
        for order, (name, rows) in enumerate(found)
    ]
    colour = {**vl.named("part", [visible(name, 40) for name, _ in found]), "legend": {"orient": "right", "symbolType": "square"}}
    chosen = {"name": "chosen", "select": {"type": "point", "fields": ["part"]}, "bind": "legend"}
    ring: Spec = {
        "params": [chosen],
        "mark": {"type": "arc", "innerRadius": {"expr": "0.28 * height"}, "outerRadius": {"expr": "0.48 * height"}, "stroke": "var(--paper)"},
        "encoding": {
            "theta": {"field": "rows", "type": "quantitative", "stack": True},
            "order": {"field": "order", "type": "quantitative"},
            "color": colour,
            "opacity": {"condition": {"param": "chosen", "value": 1}, "value": 0.15},
            "tooltip": vl.told(("part", "part"), ("count", "rows"), ("share", "of all")),
        },
    }
    return vl.titled(title, f"{count(whole)} rows.", 200, rows, [ring])


def scatter(related: Related, most: int = MOST_DOTS) -> Spec:
    """Two measures of the same rows, a dot for each of so many rows of the sample."""
    rows = [{"a": vl.short(a), "b": vl.short(b)} for a, b in related.points[:most]]
    dots: Spec = {
        "mark": {"type": "point", "filled": True, "size": 26, "opacity": 0.45, "color": "var(--accent)", "clip": True},
        "encoding": {
            "x": {**vl.field("a", visible(related.a)), **vl.FREE},
            "y": {**vl.field("b", visible(related.b)), **vl.FREE},
            "tooltip": vl.told(numbers=[("a", related.a), ("b", related.b)]),
        },
    }
    told = f"{count(len(rows))} of {count(related.rows)} rows are drawn."
    if related.correlation is not None:
        interval = f" ({number(related.low)} to {number(related.high)})" if related.low is not None and related.high is not None else ""
        told = f"Rank correlation {number(related.correlation)}{interval} over {count(related.rows)} rows. {told}"
    spec = vl.titled(f"{related.dataset}: {related.a} and {related.b}", told, 320, rows, vl.zoomed([dots]))
    return vl.logarithmic(spec, axes=("x", "y"))


def lengths(sequences: Sequences) -> Spec:
    """How many tokens the rows have that a model learns from, and the length at which they were cut."""
    bins = [
        {
            "from": low,
            "to": high,
            "rows": rows,
            "range": f"{number(low)} to {number(high)}",
            "count": count(rows),
            "share": share(rows, sequences.rows),
        }
        for (low, high), rows in zip(pairwise(sequences.edges), sequences.counts, strict=True)
    ]
    bars: Spec = {
        "mark": {"type": "rect", "color": "var(--accent)", "stroke": "var(--paper)", "strokeWidth": 0.6},
        "encoding": {
            "x": {**vl.field("from", "tokens of a row"), "axis": {**vl.WHOLE, "grid": False}, "scale": {"nice": False}},
            "x2": {"field": "to"},
            "y": {**vl.field("rows", "rows"), "axis": vl.COUNTS},
            "y2": {"datum": 0},
            "tooltip": vl.told(("range", "tokens"), ("count", "rows"), ("share", "of all")),
        },
    }
    rules = vl.upright(sequences.used, f"cut at {count(sequences.used)}") if sequences.used is not None and not sequences.packed else []
    told = f"{count(sequences.rows)} rows, {count(sequences.tokens)} tokens."
    return vl.logarithmic(vl.titled(f"{sequences.model}: lengths of rows", told, 240, bins, [bars, *rules]))


def cutting(sequences: Sequences) -> Spec:
    """What each length at which rows could be cut would lose and waste, as shares from 0 to 1."""
    lost = [(length, cut / sequences.tokens if sequences.tokens else 0.0) for length, _, cut, _ in sequences.by_length]
    waste = [(length, padded) for length, _, _, padded in sequences.by_length]
    rows = [
        {"length": length, "part": part, "line": name, "at": count(length), "told": share(part, 1)}
        for name, points in (("tokens lost", lost), ("places filled up", waste))
        for length, part in points
    ]
    x = {**vl.field("length", "length in tokens"), "axis": {**vl.WHOLE, "grid": False}, "scale": {"nice": False, "type": "log", "base": 2}}
    y = {**vl.field("part", "share"), "axis": {"grid": True, "domain": False, "ticks": False, "format": ".0%", "tickCount": 5}}
    told = vl.told(("line", "line"), ("at", "length"), ("told", "share"))
    layers = vl.lines(x, y, vl.named("line", ["tokens lost", "places filled up"]), told)
    if sequences.used is not None:
        layers += vl.upright(sequences.used, f"used: {count(sequences.used)}", left=True)
    return vl.titled(f"{sequences.model}: what a length costs", "Rows cut and filled up to one length, without packing.", 240, rows, layers)


def coverage(tokenizer: str, vocabulary: Vocabulary) -> Spec:
    """How often the entries of a vocabulary occur, the most frequent first, and how many make up most of all tokens."""
    rows = [
        {"line": "occurrences", "rank": rank, "tokens": tokens, "at": count(rank), "told": count(tokens)}
        for rank, tokens in vocabulary.ranks
        if rank > 0 and tokens > 0
    ]
    x = {**vl.field("rank", "rank of the entry"), "scale": {"type": "log", "nice": False}, "axis": {"grid": False, "format": ",d", "tickCount": 6}}
    y = {**vl.field("tokens", "occurrences"), "scale": {"type": "log"}, "axis": {**vl.FREE["axis"], "format": "~s"}}
    line = {"field": "line", "type": "nominal", "scale": {"domain": ["occurrences"], "range": [vl.COLOURS[0]]}, "legend": None}
    layers = vl.zoomed(vl.lines(x, y, line, vl.told(("at", "rank"), ("told", "occurrences"))))
    for index, (part, entries) in enumerate(vocabulary.coverage):
        if entries > 0:
            layers += vl.upright(entries, f"{share(part, 1)}: {count(entries)}", "var(--soft)", row=index, left=True)
    told = f"{count(vocabulary.tokens)} tokens; {count(vocabulary.unused)} entries never occur."
    return vl.titled(f"{tokenizer}: how often entries occur", told, 280, rows, layers)


def whiskers(metric: str, scores: Sequence[Score]) -> Spec:
    """A dot for each score, its 95 % interval as a line through it."""
    rows = [
        {
            "name": visible(f"{score.model} · {score.name}"),
            "value": score.value,
            "low": score.low,
            "high": score.high,
            "told": number(score.value),
            "interval": "–" if score.low is None or score.high is None else f"{number(score.low)} to {number(score.high)}",
            "items": count(score.n),
        }
        for score in scores
    ]
    words = metric.replace("_", " ")
    x = {**vl.field("value", visible(words)), **vl.FREE, "scale": {"zero": False, "nice": False, "padding": 24}}
    y: Spec = {"field": "name", "type": "nominal", "title": None, "sort": None, "axis": {"grid": True, "ticks": False, "domain": False}}
    told = vl.told(("name", "model · score"), ("told", words), ("interval", "95 % interval"), ("items", "items"))
    known = [row for row in rows if row["low"] is not None and row["high"] is not None]
    line: Spec = {
        "data": {"values": known},
        "mark": {"type": "rule", "size": 2, "color": "var(--accent)"},
        "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y},
    }
    dots: Spec = {
        "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1, "color": "var(--accent)"},
        "encoding": {"x": x, "y": y, "tooltip": told},
    }
    return vl.titled(words, "The line is the 95 % interval.", max(28 * len({row["name"] for row in rows}), 56), rows, [line, dots])
