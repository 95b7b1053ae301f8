"""The page of a run: `facts.json` in, one self-contained HTML file out.

It can be read without scripts, and needs no network and no other file; the same facts give the same bytes.
How much of a list is shown is bounded here, so that a page stays below 5 MB whatever the rows hold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tilth.report import facts as written
from tilth.report import figures, first, flow, harmless, interactive, lengths, numbers, plots, ribbons, sankey, specs, telling, tuned
from tilth.report.facts import Examples, Facts, Measured, Stage, Training
from tilth.store.objects import disk_error, write_file

TEXT_BYTES = 1_000_000
"""What the texts of all examples may take together, as markup."""

MOST = {
    "dropped": 12,
    "border": 14,
    "edited": 6,
    "clusters": 4,
    "members": 4,
    "measures": 60,
    "passing": 60,
    "bad": 60,
    "reasons": 40,
    "samples": 40,
    "rows": 400,
    "tokens": 60,
    "models": 16,
    "related": 12,
    "scores": 40,
    "columns": 400,
    "datasets": 80,
}
"""How many entries of a list are shown; what is left out is counted on the page."""

IN_ALL = {"dropped": 600, "border": 600, "edited": 300, "clusters": 200, "measures": 400, "passing": 150, "reasons": 2000}
"""How many are shown on the whole page, of what every step has of its own."""

COLUMNS = 2000
"""Columns of all datasets together that are shown with their types."""

TABLES = 200
"""More measures than this are drawn without the table of their bins."""

MOST_BYTES = 5_000_000
"""What a page may take. Each step has a chapter, however short: so three thousand steps or more may take more."""

SHORTER = (1, 3, 10, 50)
"""By what lists are shortened, one after the other, until a page is small enough."""

MAY_GO = ("measures", "passing", "clusters")
"""Lists of which nothing is shown where there is no room; of others at least one entry is."""

_TOKENIZER = "train.tokenizer"


@dataclass(frozen=True)
class Chapter:
    """A step with everything that is known about it, under its address as its anchor. `failing`, `passing`: the measures that
    are drawn, by whether a row lies beyond a limit of theirs; `measured`: how many there are."""

    stage: Stage
    failing: Sequence[Measured]
    passing: Sequence[Measured]
    measured: int
    examples: Examples


@dataclass(frozen=True)
class Journey:
    """The chapters of one dataset, and the most rows that it ever had."""

    dataset: str
    chapters: Sequence[Chapter]
    most: int


@dataclass(frozen=True)
class Stream:
    """Datasets that flow into each other: their journeys, and the picture of all of them, if it can be read, for middling
    and for broad pages."""

    name: str
    journeys: Sequence[Journey]
    drawn: Markup
    broad: Markup


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
    """The page of these facts. Where it would be too large, its lists are shown shorter."""
    text = ""
    for shorter in SHORTER:
        text = _rendered(facts, shorter)
        if len(text.encode("utf-8", errors="backslashreplace")) <= MOST_BYTES:
            break
    return text


def _rendered(facts: Facts, shorter: int) -> str:
    """The page with lists that are so many times shorter."""
    most = _shares(facts, shorter)
    found = streams(facts, most)
    chapters = [chapter for stream in found for journey in stream.journeys for chapter in journey.chapters]
    block = interactive.block(msgspec.structs.replace(facts, measures=[one for chapter in chapters for one in (*chapter.failing, *chapter.passing)]))
    models = {name: model for name, model in facts.models.items() if model.step != _TOKENIZER}
    shown = {
        "facts": facts,
        "result": first.result(facts),
        "streams": found,
        "tokenizers": {**dict.fromkeys(facts.vocabularies), **{name: one for name, one in facts.models.items() if one.step == _TOKENIZER}},
        "models": models,
        "unplaced": [one for one in facts.sequences if one.model not in models],
        "many_measures": len(facts.measures) > TABLES,
        "interactive": block,
        "policy": interactive.policy(block),
    }
    return _environment(most, max(_limit(facts, most) // shorter, 200)).get_template("page.html.j2").render(shown)


def _environment(most: dict[str, int], limit: int) -> Environment:
    """Templates that escape everything; plain words pass through `harmless.visible` as well. `limit`: bytes of a text."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        finalize=_seen,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for function in (numbers.count, numbers.counted, numbers.number, numbers.size, numbers.short, numbers.duration, numbers.moment, numbers.quantity):
        environment.filters[function.__name__] = function
    environment.filters.update(shown=harmless.shown, told=telling.told, group=telling.group, anchor=anchor, words=telling.words)
    environment.globals.update(
        share=numbers.share,
        compared=harmless.compared,
        figures=figures,
        plots=plots,
        ribbon=ribbons.ribbon,
        curves=curves,
        training=written.training,
        telling=telling,
        lengths=lengths,
        tuned=tuned,
        most=most,
        limit=limit,
    )
    return environment


def _seen(value: object) -> object:
    return harmless.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _shares(facts: Facts, shorter: int) -> dict[str, int]:
    """How many entries of each list are shown, when many steps share the page."""
    steps = max(len(facts.path), 1)
    tables = max(min(len(facts.types), MOST["datasets"]) + min(len(facts.datasets), MOST["datasets"]), 1)
    few = {what: max(min(MOST[what], in_all // steps), int(what != "passing")) for what, in_all in IN_ALL.items()}
    most = {**MOST, **few, "columns": max(min(MOST["columns"], COLUMNS // tables), 3)}
    return {what: max(entries // shorter, int(what not in MAY_GO)) for what, entries in most.items()}


def _limit(facts: Facts, most: dict[str, int]) -> int:
    """Bytes of markup for each text, so that all of them fit."""
    texts = len(facts.samples[: most["samples"]]) + len(facts.bad[: most["bad"]])
    for examples in facts.examples.values():
        texts += 2 * len(examples.dropped[: most["dropped"]]) + len(examples.border[: most["border"]]) + 4 * len(examples.edited[: most["edited"]])
        texts += sum(4 * len(one.members[: most["members"]]) for one in examples.clusters[: most["clusters"]])
    return min(max(TEXT_BYTES // max(texts, 1), 200), 3000)


# ── what stands where ──────────────────────────────────────────────────────────────────────────


def streams(facts: Facts, most: dict[str, int]) -> list[Stream]:
    """The datasets of the path, those together that flow into each other."""
    every = {journey.dataset: journey for journey in journeys(facts, most)}
    found = []
    for names in flow.families(facts):
        lanes = flow.lanes(facts, names)
        middling, broad = [sankey.drawn(lanes, width) if lanes else Markup("") for width in (sankey.NARROWEST, sankey.BROAD)]
        found.append(Stream(names[-1], [every[name] for name in names], middling, broad))
    return found


def journeys(facts: Facts, most: dict[str, int]) -> list[Journey]:
    """The steps, by dataset, in their order; of each so many measures."""
    measures: dict[str, list[Measured]] = defaultdict(list)
    for measured in facts.measures:
        measures[measured.step].append(measured)
    chapters: dict[str, list[Chapter]] = defaultdict(list)
    for stage in facts.path:
        every = measures[stage.step]
        failing, passing = [one for one in every if one.failed][: most["measures"]], [one for one in every if not one.failed][: most["passing"]]
        chapters[stage.dataset].append(Chapter(stage, failing, passing, len(every), facts.examples.get(stage.step, Examples())))
    return [Journey(name, found, max(max(one.stage.rows_in, one.stage.kept) for one in found)) for name, found in chapters.items()]


def anchor(address: str) -> str:
    """The address as the name of a place on the page."""
    return "".join(letter if letter.isalnum() or letter in "._-[]:" else "-" for letter in harmless.visible(address))


# ── the curves of a training ───────────────────────────────────────────────────────────────────


def curves(name: str, trained: Training) -> list[tuple[str, Markup, list[figures.Series]]]:
    """The pictures of a training: its losses, its learning rate, the size of its gradients."""
    found = []
    for title, logged, best in specs.logged(trained):
        lines = [figures.Series(line, kind, points, line == "validation") for (line, points), kind in zip(logged, ("first", "second"), strict=False)]
        said = "; ".join(f"{line.name} from {numbers.number(line.points[0][1])} to {numbers.number(line.points[-1][1])}" for line in lines)
        drawn = figures.curve(f"{name}: {title} by step", f"{said}.", lines, 250 if title == "loss" else 120, best)
        found.append((title, drawn, lines))
    return found
