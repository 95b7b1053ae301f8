"""The recipes that fine-tune, whole, on real data: `python -m bench.recipes [NAME …]`; also a benchmark of `bench.measure`.

Each shipped recipe is pointed at the data by `--set` and runs as a process of its own. All of them stand in one folder, so the base
that they share is pretrained once, by us, on stories and novels. Kept are sizes, times, and base beside tuned.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from bench import page
from bench.results import Line, Result, write
from bench.timing import run

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
FOLDER = ROOT / ".bench" / "recipes"
"""The recipes, their store and their runs; what is there from before is gone on with."""

BUDGET = "tuned clearly better than base"

ARCHITECTURE = {"type": "gpt_neox", "layers": 3, "width": 128, "heads": 4, "context": 512}
BASE = {
    "data.plain.source.files.path": [str(DATA / "stories" / "tinystories.txt.gz"), str(DATA / "books" / "*.txt.gz")],
    "models.words.train.tokenizer.vocab_size": 2048,
    "models.base.train.pretrain.architecture": ARCHITECTURE,
    "models.base.train.pretrain.length": 256,
    "models.base.train.pretrain.batch": 16,
    "models.base.train.pretrain.steps": 200,
    "models.base.train.pretrain.learning_rate": 2e-3,
}
"""What makes the base of all recipes larger than for the samples."""


@dataclass(frozen=True)
class Work:
    """A recipe, what points it at real data, and what that data is."""

    recipe: str
    sets: Mapping[str, Any]
    documents: str
    tuned: tuple[str, ...]


WORKS = {
    "company-answers": Work(
        "company-answers",
        {
            "data.answers.source.files.path": str(DATA / "instructions" / "lamini_docs.jsonl.gz"),
            "data.answers.split.random.validation": 60,
            "data.answers.split.random.test": 140,
            "models.full.train.sft.epochs": 2,
            "models.full.train.sft.learning_rate": 1e-3,
            "models.lora.train.sft.epochs": 2,
            "models.lora.train.sft.learning_rate": 5e-3,
        },
        "1,400 questions and answers about a product's documents (lamini_docs)",
        ("full", "lora"),
    ),
    "instructions": Work(
        "instructions",
        {
            "data.tasks.source.files.path": str(DATA / "instructions" / "dolly_3k.jsonl.gz"),
            "data.tasks.filter.where": "instruction <> '' and length(output) between 1 and 900",
            "data.taught.balance.cap.at_most": 300,
            "models.tuned.train.sft.truncation": "drop",  # of two rows the answers alone are too long for this tokenizer
            "models.tuned.train.sft.epochs": 1,
            "models.tuned.train.sft.learning_rate": 1e-3,
        },
        "2,996 instructions of eight categories (a part of Dolly)",
        ("tuned",),
    ),
    "product-price": Work(
        "product-price",
        {
            "data.items.source.files.path": "real/{category}.jsonl.gz",
            "data.items.extract.fields.text": "text",
            "models.tuned.train.sft.epochs": 1,
            "models.tuned.train.sft.learning_rate": 1e-3,
        },
        "3,837 priced appliances (priced_text)",
        ("tuned",),
    ),
    "preferences": Work(
        "preferences",
        {
            "data.pairs.source.files.path": str(DATA / "preferences" / "hh_harmless_1000.jsonl.gz"),
            "models.answering.train.sft.epochs": 1,
            "models.answering.train.sft.learning_rate": 1e-3,
            "models.preferring.train.preference.epochs": 1,
            "models.preferring.train.preference.learning_rate": 5e-5,
        },
        "1,000 pairs of dialogues (hh_harmless)",
        ("answering", "preferring"),
    ),
}


def measure(name: str) -> Result:
    """Run a recipe on real data, and tell what came of it."""
    work = WORKS[name]
    shutil.copytree(ROOT / "recipes", FOLDER, dirs_exist_ok=True)
    (FOLDER / "real").mkdir(exist_ok=True)
    shutil.copy(DATA / "products" / "priced_text_3837.jsonl.gz", FOLDER / "real" / "Appliances.jsonl.gz")
    sets = [f"--set={address}={json.dumps(value)}" for address, value in {**BASE, **work.sets}.items()]
    ran = run([sys.executable, "-m", "tilth.cli.main", "run", f"{work.recipe}.yaml", "--json", "--quiet", *sets], FOLDER)
    told = ran.json()
    facts = json.loads((Path(told["run"]) / "facts.json").read_bytes())
    return Result(
        name=f"recipe-{name}",
        title=f"The recipe {name} on real data",
        lines=tuple(_line(name, model, facts["scores"]) for model in work.tuned),
        documents=f"{work.documents}; the base read {facts['models']['base']['facts']['tokens_seen']:,} tokens of simple stories and ten novels",
        how="The shipped recipe in a process of its own, pointed at the data by `--set` (bench/recipes.py). Base and tuned models answer the same "
        "held-out rows by the same template; perplexity is of the answers' tokens and what ends them, the interval that of a paired bootstrap.",
        measured={
            "models": {name: _model(one["facts"]) for name, one in facts["models"].items() if "training_seconds" in one["facts"]},
            "rows": {line["step"]: line["kept"] for line in facts["path"] if not line["step"].startswith("plain")},
            "truncations": facts["truncations"],
            "scores": facts["scores"],
            "process": {"cpu_seconds": ran.cpu, "peak_bytes": ran.peak},
            "from_store": [name for name, one in facts["models"].items() if one["from_store"]],
            "versions": {name: metadata.version(name) for name in ("torch", "transformers", "peft")},
        },
        notes=tuple(_notes(facts)),
    )


def _line(name: str, model: str, scores: Sequence[Mapping[str, Any]]) -> Line:
    """Base beside tuned, in nats a token and as perplexity."""
    held = {(one["model"], one["metric"]): one for one in scores if one["step"] == "evaluate.perplexity" and one["name"] != "rejected"}
    found = next(one for one in scores if one["model"] == f"{model} − base" and one["metric"] == "nats_per_token_difference")
    before, after = (held[which, "perplexity"]["value"] for which in ("base", model))
    measured = (
        f"perplexity of answers {before:,.1f} → {after:,.2f}; {found['value']:+.3f} nats a token ({found['low']:+.3f} to {found['high']:+.3f}, "
        f"{found['n']:,} rows)"
    )
    return Line(f"recipe {name}: {model} beside its base", BUDGET, measured, found["verdict"] == f"{model} is clearly better")


def _model(facts: Mapping[str, Any]) -> dict[str, Any]:
    names = (
        *("parameters", "trainable_parameters", "rows", "tokens", "learned_tokens", "steps", "epochs", "tokens_seen", "training_seconds"),
        *("tokens_per_second", "seconds", "peak_memory_bytes", "precision", "threads", "micro_batch", "best_step", "estimate"),
    )
    last = (facts.get("validation") or [{}])[-1]
    return {name: facts[name] for name in names if name in facts} | {"last_validation": last}


def _notes(facts: Mapping[str, Any]) -> list[str]:
    """A line for each training: sizes and times."""
    told = []
    for name, one in facts["models"].items():
        found = one["facts"]
        if "training_seconds" in found:
            held = (found.get("validation") or [{}])[-1]
            pairs = f"; held-out pairs: accuracy {held['accuracy']:.2f}, margin {held['margin']:.3f}" if "accuracy" in held else ""
            sizes = f"{found['parameters']:,} parameters, {found['trainable_parameters']:,} of them trained"
            course = f"{found['tokens_seen']:,} tokens in {found['steps']:,} steps, {found['training_seconds']:,.0f} s"
            told.append(f"`{name}`: {sizes}; {course}{' (kept from before)' if one['from_store'] else ''}{pairs}.")
    return told


def main() -> None:
    """Run the recipes that are named, or all, and keep the results."""
    unknown = [name for name in sys.argv[1:] if name not in WORKS]
    if unknown or not DATA.exists():
        sys.exit(f"There is no recipe {', '.join(unknown)}. There are: {', '.join(WORKS)}." if unknown else "../shared/data is not here.")
    for name in sys.argv[1:] or WORKS:
        result = measure(name)
        sys.stdout.write(f"{write(result).name}\n" + "".join(f"  {line.work}: {line.measured} ({line.met})\n" for line in result.lines))
        sys.stdout.flush()
        page.write()


if __name__ == "__main__":
    main()
