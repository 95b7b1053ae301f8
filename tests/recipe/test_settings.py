"""A step made from its settings, and how each kind of mistake in them is told."""

from typing import Annotated, Literal

import pytest
from pydantic import Field, model_validator

from tests.recipe.toys.clean.trim import Trim
from tests.recipe.toys.filter.marks import Marks
from tests.recipe.toys.house import document
from tests.recipe.toys.train.mind import Mind
from tilth.errors import RecipeError
from tilth.recipe.findings import Findings
from tilth.recipe.settings import make
from tilth.step import Range, Settings


def told(kind, text):
    """What is said about settings; the text stands from line 2 on."""
    read = document("a:\n" + "\n".join("  " + line for line in text.splitlines()) + "\n")
    findings = Findings(read)
    assert make(kind, read.root.at(("a",)), "docs.step", findings) is None
    with pytest.raises(RecipeError) as refused:
        findings.check()
    return str(refused.value)


def made(kind, text):
    read = document("a: " + text)
    return make(kind, read.root.at(("a",)), "docs.step", Findings(read))


def test_settings_become_a_step():
    marks = made(Marks, "{rules: [c4], share: 1, words: 1_000, characters: {at_most: 1e3}, like: {at_least: 1}, strict: false}")
    assert (marks.rules, marks.share, marks.words, marks.characters.at_most, marks.strict) == (("c4",), 1.0, 1000, 1000.0, False)
    assert marks.like == Range(at_least=1)
    assert made(Trim, "{with: x}").with_ == "x"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("words: '5'", "Found `5`, a text. It takes a whole number of at least 0. Write it without quotes: 5."),
        ("words: 5.0", "Found `5.0`, a number. It takes a whole number of at least 0."),
        ("words: true", "Found `true`, true or false. It takes a whole number of at least 0."),
        ("words: -1", "Found `-1`, a number. It takes a whole number of at least 0."),
        ("words:", "Found nothing. It takes a whole number of at least 0."),
        ("share: 0", "Found `0`, a number. It takes a number above 0 and of at most 1."),
        ("share: .nan", "Found `.nan`, a number. It takes a number above 0 and of at most 1."),
        ("strict: no", "Found `no`, a text. It takes true or false."),
        ("strict: 1", "Found `1`, a number. It takes true or false."),
        ("pattern: 2024", 'Found `2024`, a number. It takes a text. Write it in quotes: "2024".'),
        ("pattern: [a]", "Found a list. It takes a text."),
        ("pattern: (x", "The pattern (x is not closed."),
        ("rules: c4", "Found `c4`, a text. It takes a list of: gopher, gopher_repetition, c4, fineweb. Write `[c4]`."),
        ("characters: [1, 2]", "Found a list. It takes a mapping with: at_least, at_most."),
        ("like: al", "Found `al`, a text. Did you mean `all`? It takes `all`; or a list of texts; or a mapping with: at_least, at_most."),
        ("bounds: 3", "Found `3`, a number. It takes a mapping whose values are each a mapping with: at_least, at_most."),
        ("ruels: [c4]", "There is no such setting. Did you mean `rules`? It takes a list of: gopher, gopher_repetition, c4, fineweb."),
        (
            "zzzzzz: 1",
            "There is no such setting. Settings of docs.step: rules, characters, words, share, bounds, like, strict, pattern, against, judge.",
        ),
    ],
)
def test_a_mistake_is_told_at_its_key(text, message):
    assert told(Marks, text) == f"recipe.yaml:2  docs.step.{text.split(':')[0]}\n  {message}"


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("like:\n  at_leest: 1", "3  docs.step.like.at_leest", "There is no such setting. Did you mean `at_least`? It takes a number."),
        ("like:\n  - a\n  - 5", "4  docs.step.like[2]", 'Found `5`, a number. It takes a text. Write it in quotes: "5".'),
        ("bounds:\n  lines:\n    at_most: x", "4  docs.step.bounds.lines.at_most", "Found `x`, a text. It takes a number."),
        ("rules:\n  - gopher\n  - ghoper", "4  docs.step.rules[2]", "Found `ghoper`, a text. Did you mean `gopher`? It takes one of: gopher,"),
    ],
)
def test_a_mistake_inside_is_told_where_it_is(text, where, message):
    assert told(Marks, text).startswith(f"recipe.yaml:{where}\n  {message}")


def test_a_group_that_is_chosen_by_a_word():
    start = "data: d\ntokenizer: w\narchitecture:\n  "
    assert told(Mind, start + "type: gtp2\n  layers: 2") == (
        "recipe.yaml:5  docs.step.architecture.type\n  Found `gtp2`, a text. Did you mean `gpt2`? It takes one of: llama, gpt2."
    )
    assert told(Mind, start + "layers: 2") == "recipe.yaml:4  docs.step.architecture\n  The setting `type` is missing. It takes one of: llama, gpt2."
    assert told(Mind, start + "type: gpt2\n  layers: 2\n  dropuot: 1") == (
        "recipe.yaml:7  docs.step.architecture.dropuot\n  There is no such setting. Did you mean `dropout`? It takes a number."
    )


def test_what_is_missing_is_told_unless_it_was_misspelt():
    assert told(Mind, "data: d\ntokenizer: w") == (
        "recipe.yaml:1  docs.step\n  The setting `architecture` is missing. It takes a mapping with: type, layers;"
        " or a mapping with: type, layers, dropout."
    )
    assert "missing" not in told(Mind, "dta: d\ntokenizer: w\narchitecture: {type: llama, layers: 1}")


def test_what_a_step_itself_refuses():
    assert told(Marks, "words: 13") == "recipe.yaml:1  docs.step\n  Thirteen is refused. Any other number is not. Count again."


class Odd(Settings):
    few: Annotated[tuple[str, ...], Field(min_length=1)] = ("a",)
    name: Annotated[str, Field(pattern="^x")] = "x"
    either: int | list[Range] | dict[str, Literal["a"]] = 0

    @model_validator(mode="after")
    def _fits(self):
        if self.name == "xx":
            raise ValueError("two of them are too many")
        return self


def test_what_types_do_not_say_pydantic_says():
    assert "Found an empty list. It takes a list of texts. " in told(Odd, "few: []")
    assert "Found `y`, a text. It takes a text. " in told(Odd, "name: y") and "'^x'" in told(Odd, "name: y")
    assert told(Odd, "name: xx") == "recipe.yaml:1  docs.step\n  Two of them are too many."


def test_of_several_shapes_only_the_one_that_was_meant_is_told():
    assert told(Odd, "either: [{at_least: x}]") == "recipe.yaml:2  docs.step.either[1].at_least\n  Found `x`, a text. It takes a number."
    assert told(Odd, "either: {k: b}") == "recipe.yaml:2  docs.step.either.k\n  Found `b`, a text. It takes `a`."
    assert told(Odd, "either: x").startswith("recipe.yaml:2  docs.step.either\n  Found `x`, a text. It takes a whole number; or a list")
