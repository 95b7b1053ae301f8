"""The recipes that fine-tune, as the benchmark points them at real data."""

import json

import pytest

from bench.recipes import BASE, ROOT, WORKS, _line
from tilth.cli.running import opened


@pytest.mark.parametrize("name", WORKS)
def test_what_points_a_recipe_at_real_data_is_a_setting_of_the_recipe_that_ships(name):
    work = WORKS[name]
    sets = [f"{address}={json.dumps(value)}" for address, value in {**BASE, **work.sets}.items()]
    recipe = opened(ROOT / "recipes" / f"{work.recipe}.yaml", sets)
    models = {model.name for model in recipe.models}
    assert {"base", *work.tuned} <= models


def test_a_model_that_is_not_clearly_better_misses_its_budget():
    held_out = {"name": "held_out", "step": "evaluate.perplexity", "metric": "perplexity", "value": 9.0}
    perplexity = [{**held_out, "model": model} for model in ("base", "tuned")]
    told = {"name": "verdict", "step": "compare.paired", "model": "tuned − base", "metric": "nats_per_token_difference"}
    apart = {**told, "value": -0.001, "low": -0.01, "high": 0.008, "n": 140, "verdict": "not told apart"}
    better = {**told, "value": -1.0, "low": -1.1, "high": -0.9, "n": 140, "verdict": "tuned is clearly better"}
    assert _line("prices", "tuned", [*perplexity, apart]).met is False
    line = _line("prices", "tuned", [*perplexity, better])
    assert line.met is True and "-1.000 nats a token (-1.100 to -0.900, 140 rows)" in line.measured
