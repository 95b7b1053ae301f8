"""Every shipped recipe plans, and runs to its end: some here on little, and those that have a file of their own there, as they are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tilth.cli.planning import do as plan
from tilth.cli.running import Wish, do

RECIPES = Path(__file__).parents[2] / "recipes"
LITTLE = {
    "python-docs.yaml": [
        "data.docs.source.docstrings.packages=[json, csv, textwrap]",
        "data.docs.split.random.validation=5",
        "data.docs.split.random.test=5",
        "models.words.train.tokenizer.vocab_size=600",
        "models.base.train.pretrain.steps=3",
        "models.base.train.pretrain.architecture={type: llama, layers: 1, width: 32, heads: 2, context: 32}",
    ],
    "own-text.yaml": ["models.base.train.pretrain.steps=3"],
    "clean-jsonl.yaml": [],
}
"""What makes a recipe small enough for a test."""

WHOLE = {"web-text.yaml", "support-tickets.yaml", "product-price.yaml", "company-answers.yaml", "instructions.yaml", "preferences.yaml"}
"""The recipes that run as they are: in test_web_text.py, test_support_tickets.py and test_fine_tuning.py."""


def test_every_recipe_is_here() -> None:
    assert {path.name for path in RECIPES.glob("*.yaml")} == {*LITTLE, *WHOLE}


@pytest.mark.parametrize("name", LITTLE)
def test_a_shipped_recipe_plans_and_runs_to_its_end(name: str, tmp_path: Path) -> None:
    shutil.copytree(RECIPES, tmp_path / "recipes")
    recipe = tmp_path / "recipes" / name
    assert all(line["state"] == "to do" for line in plan(recipe, LITTLE[name], 1.0, False, True)["path"])
    run = do(recipe, LITTLE[name], {"workers": 1}, Wish(), quiet=True)
    assert (run.folder / "report.html").stat().st_size > 10_000
    facts = json.loads((run.folder / "facts.json").read_bytes())
    assert all(line["kept"] > 0 for line in facts["path"])
    assert {score["metric"] for score in facts["scores"]} >= ({"perplexity"} if facts["models"] else set())


def test_the_curation_recipe_does_what_its_comments_say(tmp_path: Path) -> None:
    shutil.copytree(RECIPES, tmp_path / "recipes")
    run = do(tmp_path / "recipes" / "clean-jsonl.yaml", [], {"workers": 1}, Wish(), quiet=True)
    lost = {line["name"]: line["dropped"] for line in run.facts()["path"]}
    assert lost["filter.length"] == 1, "the note of one word"
    assert lost["filter.quality"] == 1, "the list that repeats"
    assert lost["dedup.exact"] == 1, "the note that stands there twice"
