"""The page of a run: `facts.json` in, one self-contained HTML file out.

It needs no network, no script and no other file; the same facts give the same bytes. How much of a
list is shown is bounded here, so that a page stays below 5 MB whatever the rows hold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tilth.report import facts as written
from tilth.report import figures, harmless, numbers
from tilth.report.facts import Examples, Facts, Measured, Model, Point, Sample, Score, Stage, Training
from tilth.store.objects import disk_error, write_file

TEXT_BYTES = 2_000_000
"""What the texts of all examples may take together, as markup."""

MOST = {"dropped": 12, "border": 14, "edited": 6, "measures": 60, "bad": 60, "reasons": 40, "samples": 40, "rows": 400}
"""How many entries of a list are shown; what is left out is counted on the page."""

IN_ALL = {"dropped": 600, "border": 600, "edited": 300, "measures": 500}
"""How many are shown on the whole page, of what every step has of its own."""

TABLES = 200
"""More measures than this are drawn without the table of their bins."""

_TOKENIZER = "train.tokenizer"
_CURVES = ("curve", "validation", "terms")


@dataclass(frozen=True)
class Chapter:
    """A step with everything that is known about it, under its address as its anchor."""

    stage: Stage
    measures: Sequence[Measured]
    examples: Examples


@dataclass(frozen=True)
class Journey:
    """The chapters of one dataset, and the most rows that it ever had."""

    dataset: str
    chapters: Sequence[Chapter]
    most: int


@dataclass(frozen=True)
class Loss:
    """Rows that one rule of one step took away."""

    stage: Stage
    rule: str
    rows: int


@dataclass(frozen=True)
class Result:
    """The first screen: what went in, what came out, what was lost and why, how good the models are."""

    read: int
    kept: dict[str, int]
    dropped: int
    unread: int
    losses: Sequence[Loss]
    verdicts: Sequence[Score]
    sample: Sample | None


def draw(run: Path) -> Path:
    """Draw `report.html` of a run's folder from its `facts.json`, and return its path.

    Raises: NotThere, StoreDamaged or AskedWrong for facts that cannot be read; DiskFull or UsageError
    for a folder that cannot be written.
    """
    page = run / "report.html"
    text = html(written.read(run / "facts.json"))
    try:
        write_file(page, text.encode("utf-8", errors="backslashreplace"))
    except OSError as error:
        raise disk_error(error, page) from error
    return page


def html(facts: Facts) -> str:
    """The page of these facts."""
    return (
        _environment(facts)
        .get_template("page.html.j2")
        .render(
            facts=facts,
            result=result(facts),
            journeys=journeys(facts),
            tokenizers={name: model for name, model in facts.models.items() if model.step == _TOKENIZER},
            models={name: model for name, model in facts.models.items() if model.step != _TOKENIZER},
            many_measures=len(facts.measures) > TABLES,
        )
    )


def _environment(facts: Facts) -> Environment:
    """Templates that escape everything; plain words pass through `harmless.visible` as well."""
    most = _shares(facts)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        finalize=_seen,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for function in (numbers.count, numbers.number, numbers.size, numbers.short, numbers.duration, numbers.moment, numbers.quantity):
        environment.filters[function.__name__] = function
    environment.filters.update(shown=harmless.shown, told=told, group=group, anchor=anchor, words=words)
    environment.globals.update(
        share=numbers.share,
        compared=harmless.compared,
        histogram=figures.histogram,
        thresholds=figures.thresholds,
        ribbon=figures.ribbon,
        whisker=figures.whisker,
        reach=figures.reach,
        curves=curves,
        training=written.training,
        thinned_rows=thinned_rows,
        pieces=pieces,
        range_of=range_of,
        most=most,
        limit=_limit(facts, most),
    )
    return environment


def _seen(value: object) -> object:
    return harmless.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _shares(facts: Facts) -> dict[str, int]:
    """How many entries of each list are shown, when many steps share the page."""
    steps = max(len(facts.path), 1)
    return {**MOST, **{what: max(min(MOST[what], in_all // steps), 1) for what, in_all in IN_ALL.items()}}


def _limit(facts: Facts, most: dict[str, int]) -> int:
    """Bytes of markup for each text, so that all of them fit."""
    texts = len(facts.samples[: most["samples"]]) + len(facts.bad[: most["bad"]])
    for examples in facts.examples.values():
        texts += 2 * len(examples.dropped[: most["dropped"]]) + len(examples.border[: most["border"]]) + 4 * len(examples.edited[: most["edited"]])
    return min(max(TEXT_BYTES // max(texts, 1), 200), 3000)


# ── what stands where ──────────────────────────────────────────────────────────────────────────


def journeys(facts: Facts) -> list[Journey]:
    """The steps, by dataset, in their order."""
    measures: dict[str, list[Measured]] = defaultdict(list)
    for measured in facts.measures:
        measures[measured.step].append(measured)
    chapters: dict[str, list[Chapter]] = defaultdict(list)
    for stage in facts.path:
        chapters[stage.dataset].append(Chapter(stage, measures[stage.step], facts.examples.get(stage.step, Examples())))
    return [Journey(name, found, max(max(one.stage.rows_in, one.stage.kept) for one in found)) for name, found in chapters.items()]


def result(facts: Facts) -> Result:
    """The first screen's figures: sums over the steps, and the scores that say most."""
    last = {stage.dataset: stage.kept for stage in facts.path}
    return Result(
        read=sum(stage.rows_in for stage in facts.path if stage.reads),
        kept={name: dataset.rows for name, dataset in facts.datasets.items()} or last,
        dropped=sum(stage.dropped for stage in facts.path),
        unread=sum(stage.quarantined for stage in facts.path),
        losses=sorted(_losses(facts.path), key=lambda loss: -loss.rows),
        verdicts=_verdicts(facts.scores),
        sample=facts.samples[0] if facts.samples else None,
    )


def _losses(path: Sequence[Stage]) -> Iterator[Loss]:
    for stage in path:
        if stage.dropped:
            yield from (Loss(stage, rule, rows) for rule, rows in (stage.reasons or {stage.name: stage.dropped}).items())


def _verdicts(scores: Sequence[Score]) -> list[Score]:
    """For each model the perplexity if there is one, otherwise its first score."""
    chosen: dict[str, Score] = {}
    for score in scores:
        if score.model not in chosen or (score.metric == "perplexity" != chosen[score.model].metric):
            chosen[score.model] = score
    return list(chosen.values())


def anchor(address: str) -> str:
    """The address as the name of a place on the page."""
    return "".join(letter if letter.isalnum() or letter in "._-[]" else "-" for letter in harmless.visible(address))


def words(name: str) -> str:
    """A name of ours as people write it: `bits per byte`."""
    return name.replace("_", " ")


def group(scores: Sequence[Score]) -> list[tuple[str, list[Score]]]:
    """The scores by metric, for only those share a scale."""
    metrics: dict[str, list[Score]] = defaultdict(list)
    for score in scores:
        metrics[score.metric].append(score)
    return list(metrics.items())


# ── models ─────────────────────────────────────────────────────────────────────────────────────


def told(model: Model) -> list[tuple[str, str]]:
    """The facts of a model that are no curve, as words."""
    return [(words(name), _worded(name, value)) for name, value in model.facts.items() if name not in _CURVES and value is not None]


def _worded(name: str, value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float() if name.endswith(("_bytes", "seconds")) or name == "bytes":
            return numbers.quantity(value, name)
        case int() | float():
            return numbers.number(value, 4) if abs(value) < 1e9 else numbers.short(value)
        case str():
            return value
        case [*items] if items and all(isinstance(item, str) for item in items):
            return "  ".join(pieces(items))
        case _:
            return msgspec.json.encode(value).decode()


def pieces(value: object) -> list[str]:
    """How a term is split: its pieces, spaces made visible; empty where the facts hold something else."""
    return [piece.replace(" ", "·") for piece in value] if isinstance(value, list) and all(isinstance(piece, str) for piece in value) else []


def range_of(value: object) -> str:
    """How a range of numbers is split, in words: `212 of 999 are one token; 787 take 2`."""
    match value:
        case {"numbers": int(numbers_in_all), "one_token": int(whole), "tokens": dict(by_length)}:
            rest = [f"{numbers.count(rows)} take {length}" for length, rows in by_length.items() if length != "1"]
            return "; ".join([f"{numbers.count(whole)} of {numbers.count(numbers_in_all)} are one token", *rest])
        case _:
            return msgspec.json.encode(value).decode()


def curves(name: str, trained: Training) -> list[tuple[str, Markup, list[figures.Series]]]:
    """The pictures of a training: its losses, its learning rate, the size of its gradients."""
    found = []
    for title, height, series in _plots(trained):
        lines = [line for line in series if line.points]
        if lines:
            said = "; ".join(f"{line.name} from {numbers.number(line.points[0][1])} to {numbers.number(line.points[-1][1])}" for line in lines)
            mark = trained.best_step if height > 200 and trained.validation else None
            found.append((title, figures.curve(f"{name}: {title} by step", f"{said}.", lines, height, mark), lines))
    return found


def _plots(trained: Training) -> list[tuple[str, int, list[figures.Series]]]:
    losses = [_series("training", "first", trained.curve, "loss"), _series("validation", "second", trained.validation, "loss", dots=True)]
    return [
        ("loss", 250, losses),
        ("learning rate", 120, [_series("learning rate", "first", trained.curve, "learning_rate")]),
        ("gradient norm", 120, [_series("gradient norm", "first", trained.curve, "grad_norm")]),
    ]


def _series(name: str, kind: str, points: Sequence[Point], member: str, *, dots: bool = False) -> figures.Series:
    values = ((point.step, getattr(point, member)) for point in points)
    return figures.Series(name, kind, [(step, value) for step, value in values if value is not None], dots)


def thinned_rows(rows: Sequence[Any], at_most: int = 25) -> list[Any]:
    """So many rows of a long table, evenly, the first and the last among them."""
    if len(rows) <= at_most:
        return list(rows)
    return [rows[round(index * (len(rows) - 1) / (at_most - 1))] for index in range(at_most)]
