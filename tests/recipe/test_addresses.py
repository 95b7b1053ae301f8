"""Addresses, and what `--set` does with them."""

import pytest

from tests.recipe.toys.house import OUTSIDE, RECIPE
from tilth.errors import RecipeError, UsageError
from tilth.recipe.addresses import below, numbered, with_set
from tilth.recipe.environment import Variables
from tilth.recipe.nodes import parse, plain
from tilth.recipe.read import Document
from tilth.recipe.resolve import resolve


def after(assignment, tmp_path, text=RECIPE):
    return with_set(parse(text, "recipe.yaml"), assignment, Variables(tmp_path, {"FOLDER": "/data"}))


def refusal(assignment, tmp_path):
    with pytest.raises(UsageError) as refused:
        after(assignment, tmp_path)
    return str(refused.value)


def test_how_addresses_are_written():
    assert numbered(["a", "b", "a", "a"]) == ["a", "b", "a[2]", "a[3]"]
    assert below("docs.filter.marks", ("bounds", "words", 1)) == "docs.filter.marks.bounds.words[2]"
    assert below("", ("seed",)) == "seed"


@pytest.mark.parametrize(
    ("assignment", "place", "value"),
    [
        ("seed=8", ("seed",), 8),
        ("name=other", ("name",), "other"),
        ("machine.workers=7", ("machine", "workers"), 7),
        ("docs.filter.marks.characters.at_least=90", ("data", "docs", 3, "filter.marks", "characters", "at_least"), 90),
        ("data.docs.filter.marks.characters.at_least=90", ("data", "docs", 3, "filter.marks", "characters", "at_least"), 90),
        ("docs.filter.marks.bounds.lines.at_most=1e3", ("data", "docs", 3, "filter.marks", "bounds", "lines", "at_most"), 1000.0),
        ("docs.filter.marks.rules[2]=fineweb", ("data", "docs", 3, "filter.marks", "rules", 1), "fineweb"),
        ("docs.filter.marks.rules=[c4]", ("data", "docs", 3, "filter.marks", "rules"), ["c4"]),
        ("docs.clean.trim=y", ("data", "docs", 1, "clean.trim"), "y"),
        ("docs.clean.trim.with=y", ("data", "docs", 1, "clean.trim", "with"), "y"),
        ("docs.clean.trim[2]=y", ("data", "docs", 2, "clean.trim"), "y"),
        ("docs.split.halves.seed=1", ("data", "docs", 4, "split.halves", "seed"), 1),
        ("raw.source.rows[2].path=${FOLDER}/b", ("data", "raw", 1, "source.rows", "path"), "/data/b"),
        ("docs.from=[raw]", ("data", "docs", 0, "from"), ["raw"]),
        ("mind.train.mind.architecture.layers=8", ("models", "mind", "train.mind", "architecture", "layers"), 8),
        ("models.mind.train.mind.architecture.layers=8", ("models", "mind", "train.mind", "architecture", "layers"), 8),
        ("llama.revision=abc", ("models", "llama", "revision"), "abc"),
        ("scores.held_out.evaluate.marks.models=[llama]", ("scores", "held_out", "evaluate.marks", "models"), ["llama"]),
        ("docs.filter.marks.pattern=a=b", ("data", "docs", 3, "filter.marks", "pattern"), "a=b"),
        ("docs.filter.marks.pattern=", ("data", "docs", 3, "filter.marks", "pattern"), None),
    ],
)
def test_a_value_is_put_at_its_address(assignment, place, value, tmp_path):
    before = parse(RECIPE, "recipe.yaml")
    changed = after(assignment, tmp_path)
    assert plain(changed.at(place)) == value
    assert plain(before) == plain(parse(RECIPE, "recipe.yaml")), "nothing is changed in place"
    if value is not None:
        resolve(Document(tmp_path, changed), OUTSIDE)


def test_the_machine_may_be_set_where_the_recipe_has_none(tmp_path):
    assert plain(after("machine.workers=3", tmp_path, "name: x\n")) == {"name": "x", "machine": {"workers": 3}}


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ("docs.filter.mraks.words=3", "Nothing in the recipe has this address. Did you mean `docs.filter.marks"),
        ("dosc=3", "Nothing in the recipe has this address. Did you mean `docs`?"),
        ("sed=3", "Nothing in the recipe has this address. Did you mean `seed`?"),
        ("docs.clean.trim[3]=y", "Nothing in the recipe has this address. Did you mean `docs.clean.trim"),
        ("zzzzzzzzz.zz=3", "Nothing in the recipe has this address. Names: name, seed, machine, raw, docs, words, mind, llama, held_out, verdict."),
        ("docs.filter.marks..words=3", "Nothing in the recipe has this address."),
        ("data.seed.x=3", "Nothing in the recipe has this address."),
        ("seed", "There is no `=` in it. It takes `ADDRESS=VALUE`, such as"),
    ],
)
def test_an_address_that_is_not_there(assignment, told, tmp_path):
    address = assignment.partition("=")[0]
    assert refusal(assignment, tmp_path).startswith(f"--set {address}\n  {told}")


def test_what_stands_under_a_value_cannot_be_set(tmp_path):
    with pytest.raises(RecipeError, match="has no settings to set"):
        after("docs.filter.marks.characters.at_least.more=3", tmp_path)
    with pytest.raises(RecipeError, match="has no settings to set"):
        after("docs.clean.trim[2].with=3", tmp_path)


def test_a_value_that_is_no_yaml(tmp_path):
    with pytest.raises(RecipeError, match="--set seed\n  A bracket is never closed"):
        after("seed=[1", tmp_path)


def test_a_mistake_in_what_was_set_is_told_without_a_line(tmp_path):
    with pytest.raises(RecipeError) as refused:
        resolve(Document(tmp_path, after("mind.train.mind.architecture.layrs=8", tmp_path)), OUTSIDE)
    assert str(refused.value) == (
        "--set  mind.train.mind.architecture.layrs\n  There is no such setting. Did you mean `layers`? It takes a whole number."
    )
