"""The JSON Schema by which an editor helps."""

import json

import pytest
from jsonschema import Draft202012Validator

from tests.recipe.toys.house import OUTSIDE, RECIPE, changed
from tilth.recipe.nodes import parse, plain
from tilth.recipe.resolve import find_step, step_names
from tilth.recipe.schema import json_schema

SCHEMA = json_schema(OUTSIDE)


def errors(text):
    return list(Draft202012Validator(SCHEMA).iter_errors(plain(parse(text, "recipe.yaml"))))


def test_it_is_a_schema():
    Draft202012Validator.check_schema(json_schema())
    Draft202012Validator.check_schema(SCHEMA)


def test_a_recipe_is_accepted():
    assert errors(RECIPE) == []
    assert errors(changed("seed: 7", "include: [a.yaml]")) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("seed: 7", "sed: 7"),
        ("seed: 7", "seed: x"),
        ("name: marks", "name: my marks"),
        ("name: marks\n", ""),
        ("- clean.trim: x", "- clean.tirm: x"),
        ("- clean.trim: x", "- train.words: {data: docs}"),
        ("rules: [gopher, c4]", "ruels: [gopher]"),
        ("rules: [gopher, c4]", "rules: [gophr]"),
        ("layers: 4", "layrs: 4"),
        ("revision: 0e9e39f", "revison: 0e9e39f"),
        ("{score: held_out}", "{scroe: held_out}"),
        ("{workers: 2}", "{worker: 2}"),
    ],
)
def test_a_typo_is_marked(old, new):
    assert errors(changed(old, new))


def test_every_step_is_in_it_with_every_setting_explained():
    whole = json_schema()
    groups, text = whole["$defs"], json.dumps(whole)
    assert all(f'"{name}"' in text for name in step_names())
    for step in map(find_step, step_names()):
        whole_name = f"{step.__module__}.{step.__name__}".replace(".", "__")  # where steps of two rooms share their name
        for setting, said in groups[step.__name__ if step.__name__ in groups else whole_name]["properties"].items():
            group = groups.get(said.get("$ref", "").rpartition("/")[2], {})
            assert said.get("description") or group.get("description"), f"{step.name()}.{setting} is not explained"
