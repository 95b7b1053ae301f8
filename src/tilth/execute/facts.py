"""The facts of a run: all that the report shows, gathered from the store once, at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import pyarrow.compute as pc

from tilth.execute.datasets import Walked
from tilth.execute.examples import examples
from tilth.execute.histograms import measures
from tilth.execute.labels import by_label
from tilth.execute.models import Judged, Stands
from tilth.execute.relations import bounded, related
from tilth.execute.representation import Asked, representation
from tilth.execute.settled import settled
from tilth.execute.veils import Veil, veil_of
from tilth.recipe.resolve import Placed, Recipe
from tilth.store.objects import Store
from tilth.store.tables import read_table

JUDGING = ("filter", "dedup")
"""The rooms whose steps are held to whom they keep."""

BAD_SHOWN = 50
RAW = 400
SAMPLES_SHOWN = 24
"""So many texts of a score are told, shared by its models."""
LIFTED = ("vocabulary", "sequences", "truncation")
"""What stands among the facts of a model and is told beside those of all others."""


def gather(store: Store, recipe: Recipe, walked: Mapping[str, Walked], models: Mapping[str, Stands], scores: Sequence[Judged]) -> dict[str, Any]:
    """The part of the facts that comes from the store."""
    steps, veil = placed_by_address(recipe), veil_of(recipe)
    for one in walked.values():
        veil = veil.knowing(one.knowing)
    stages = [stage for one in walked.values() for stage in one.stages]
    labels = {address: counts for stage in stages for address, counts in by_label(store, stage, steps).items()}
    for line in (line for one in walked.values() for line in one.path if line["step"] in labels):
        line["facts"] = labels[line["step"]]  # so that they stand in the record as well
    for line in (line for one in walked.values() for line in one.path):
        line.update({name: veil.told(line[name]) for name in ("facts", "studied") if name in line})
    judging = frozenset(address for address, placed in steps.items() if placed.step.name().partition(".")[0] in JUDGING)
    asked = [Asked(name, judging, recipe.audit, veil) for name in walked]
    measured = [veil.told(line) for stage in stages for line in measures(store, stage, steps, labels)]
    told: dict[str, Any] = {
        "format": 1,
        "path": [line for one in walked.values() for line in one.path],
        "datasets": {name: _dataset(one) for name, one in walked.items() if one.files},
        "inputs": {data.name: list(data.starts) for data in recipe.data if data.starts},
        **_bad(store, walked, veil),
        "measures": measured,
        "examples": examples(store, stages, steps, veil),
        **_models(models),
        "scores": [line for one in scores for line in one.made.manifest["scores"]],
        "samples": [line for one in scores for line in _samples(store, one, veil)],
        "types": settled(store, recipe, walked),
        "related": bounded([pair for one in walked.values() for pair in related(store, one.name, one.stages, steps)]),
        "representation": [line for one in asked for line in representation(store, one, walked[one.dataset].stages)],
        "findings": [*store.findings(), *_unjudged(measured)],
    }
    return told


def _unjudged(measured: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rules that judged no row of those that came: most often a column or a setting is not what it was taken for."""
    idle = (line for line in measured if not line["judged"] and (line["at_least"] is not None or line["at_most"] is not None))
    return [
        f"{line['step']}: the rule `{line['rule']}` judged no row, so it dropped none: nothing could be measured in any of them." for line in idle
    ]


def _models(models: Mapping[str, Stands]) -> dict[str, Any]:
    """The models; what is known of their vocabularies, and of the lengths of what they learned from."""
    facts = {one.name: {name: value for name, value in one.facts.items() if name not in LIFTED} for one in models.values()}
    return {
        "models": {
            one.name: {"key": one.key, "step": one.step or "given", "from_store": one.stored, "facts": facts[one.name]} for one in models.values()
        },
        "vocabularies": {one.name: one.facts["vocabulary"] for one in models.values() if "vocabulary" in one.facts},
        "sequences": [{"model": one.name, **one.facts["sequences"]} for one in models.values() if "sequences" in one.facts],
        "truncations": [{"model": one.name, **one.facts["truncation"]} for one in models.values() if "truncation" in one.facts],
    }


def placed_by_address(recipe: Recipe) -> dict[str, Placed]:
    """Every step of the recipe by its address."""
    found = [placed for data in recipe.data for placed in (*data.sources, *data.steps)]
    found += [model.made for model in recipe.models if model.made is not None] + [score.made for score in recipe.scores]
    return {placed.address: placed for placed in found}


def _dataset(walked: Walked) -> dict[str, Any]:
    parts = {
        name: {"rows": made.manifest["rows"], "bytes": made.manifest["bytes"], "files": files_of(walked, name)} for name, made in walked.files.items()
    }
    columns = next(iter(walked.files.values())).manifest["columns"]
    rows, size = sum(int(part["rows"]) for part in parts.values()), sum(int(part["bytes"]) for part in parts.values())
    return {"content": content_of(walked), "rows": rows, "bytes": size, "parts": parts, "columns": columns}


def content_of(walked: Walked) -> str:
    """The content of a dataset: that of its only part, or of all of them by name."""
    contents = [f"{name}:{made.manifest['content']}" for name, made in walked.files.items()]
    return contents[0].partition(":")[2] if len(contents) == 1 else " ".join(contents)


def files_of(walked: Walked, part: str) -> list[str]:
    """The places of a part's files in the run folder."""
    count = int(walked.files[part].manifest["files"])
    return [f"data/{walked.name}/{part}-{number:05}-of-{count:05}.parquet" for number in range(count)]


def _bad(store: Store, walked: Mapping[str, Walked], veil: Veil) -> dict[str, Any]:
    """Records that could not be read, told with the dataset that reads them, not again with those that begin with it."""
    lines: list[dict[str, Any]] = []
    total, told = 0, set[str]()
    for one in walked.values():
        for rows in dict.fromkeys(rows for stage in one.stages if stage["kind"] == "segment" for rows in stage["rows"] if rows not in told):
            told.add(rows)
            table = read_table(store.path(rows) / "quarantine.parquet")
            total += table.num_rows
            for line in table.slice(0, max(0, BAD_SHOWN - len(lines))).to_pylist():
                origin, raw = line["origin"], veil.text(line["raw"].decode("utf-8", "backslashreplace"))[:RAW]
                lines.append({"dataset": one.name, **origin, "reason": line["reason"], "raw": raw})
    return {"bad": lines, "bad_total": total}


def _samples(store: Store, judged: Judged, veil: Veil) -> list[dict[str, Any]]:
    """The first texts of each model, as many of each, those of one prompt beside each other; with what was to be said, where that is known."""
    table = read_table(store.path(judged.made.content) / "items.parquet")
    if not {"model", "prompt", "mode", "text"} <= set(table.column_names):
        return []
    wanted = ["model", "prompt", "mode", "text", *(name for name in ("reference",) if name in table.column_names)]
    models = pc.unique(table["model"]).to_pylist()
    each = max(1, SAMPLES_SHOWN // max(1, len(models)))
    lines = [table.select(wanted).filter(pc.equal(table["model"], name)).slice(0, each).to_pylist() for name in models]
    beside = [line for lines_of_one in zip_longest(*lines) for line in lines_of_one if line is not None]
    told = ({name: value for name, value in line.items() if value is not None} for line in beside)
    return [{"score": judged.name, **veil.row(line)} for line in told]
