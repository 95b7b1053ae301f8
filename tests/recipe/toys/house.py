"""A small recipe of small steps, and what Tilth says when it is changed."""

from pathlib import Path

import pytest

from tilth.errors import RecipeError
from tilth.recipe.nodes import parse
from tilth.recipe.read import Document
from tilth.recipe.resolve import resolve

STEPS = (
    "source.rows",
    "clean.trim",
    "filter.marks",
    "split.halves",
    "split.mute",
    "train.words",
    "train.mind",
    "evaluate.marks",
    "compare.marks",
)
OUTSIDE = {name: f"tests.recipe.toys.{name}" for name in STEPS}

RECIPE = """\
name: marks
seed: 7
data:
  raw:
    - source.rows: {path: a}
    - source.rows: {path: b}
  docs:
    - from: raw
    - clean.trim
    - clean.trim: x
    - filter.marks:
        rules: [gopher, c4]
        characters: {at_least: 80}
        bounds:
          words: {at_least: 30}
    - split.halves
models:
  words: {train.words: {data: docs.train}}
  mind:
    train.mind:
      data: docs.train
      tokenizer: words
      architecture: {type: llama, layers: 4}
      learning_rate: 1e-4
  llama: {from: meta-llama/Llama-3.1-8B, revision: 0e9e39f}
scores:
  held_out: {evaluate.marks: {models: [mind, llama], data: docs.test}}
  verdict: {compare.marks: {score: held_out}}
machine: {workers: 2}
"""


def understood(text=RECIPE):
    """The recipe that a text is."""
    return resolve(document(text), OUTSIDE)


def document(text):
    """A text as if it had been read from recipe.yaml."""
    return Document(Path("recipe.yaml"), parse(text, "recipe.yaml"))


def changed(old, new):
    """The small recipe with one thing changed."""
    assert RECIPE.count(old) == 1, f"{old!r} is not one place"
    return RECIPE.replace(old, new)


def complaint(text):
    """What is said about a recipe that is refused."""
    with pytest.raises(RecipeError) as refused:
        understood(text)
    return str(refused.value)
