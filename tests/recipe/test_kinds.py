"""What a setting takes, in plain words; what was found in its place; which names it holds."""

from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, StrictInt

from tilth.recipe.kinds import Kind, fitting, found, kind_at, references, takes
from tilth.recipe.nodes import from_plain
from tilth.step import DataName, Limit, ModelName, Range, ScoreName, Settings, TokenizerName


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Inner(Settings):
    type: Literal["inner"] = "inner"
    data: DataName | None = None
    with_: int = Field(default=1, alias="with")


class Other(Settings):
    type: Literal["other"] = "other"
    name: str = ""


class Whole(Settings):
    model: ModelName
    models: tuple[ModelName, ...] = ()
    score: ScoreName | Literal["none"] = "none"
    inner: Inner | Other | None = None
    many: dict[str, Inner] = {}
    count: Annotated[int, Field(ge=0), Limit] = 0


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (bool, "true or false"),
        (int, "a whole number"),
        (float | None, "a number"),
        (Annotated[int, Field(ge=0)], "a whole number of at least 0"),
        (Annotated[float, Field(gt=0, lt=1)], "a number above 0 and below 1"),
        (Annotated[int, Field(ge=1, le=9)] | None, "a whole number from 1 to 9"),
        (Annotated[StrictInt, Field(ge=0)] | Annotated[float, Field(gt=0)], "a whole number of at least 0 or a number above 0"),
        (Literal["a", "b"], "one of: a, b"),
        (Literal["all"] | tuple[str, ...], "`all` or a list of texts"),
        (Literal["stdlib", "all"] | list[str], "one of: stdlib, all; or a list of texts"),
        (tuple[Literal["gopher", "c4"], ...], "a list of: gopher, c4"),
        (tuple[float, float], "a list of 2: a number, a number"),
        (list[Annotated[int, Field(ge=1)]], "a list of whole numbers of at least 1"),
        (list[Range], "a list whose items are each a mapping with: at_least, at_most"),
        (list[str | int], "a list whose items are each a text or a whole number"),
        (list, "a list"),
        (tuple[ModelName, ...], "a list of names of models"),
        (DataName | None, "the name of a dataset"),
        (TokenizerName, "the name of a tokenizer"),
        (Range, "a mapping with: at_least, at_most"),
        (dict[str, Range], "a mapping whose values are each a mapping with: at_least, at_most"),
        (dict[str, Any], "a mapping"),
        (Colour, "one of: red, blue"),
        (Path, "a path"),
        (date | None, "a date such as 2024-06-30"),
        (Any, "any value"),
        (Literal[True, 3], "one of: true, 3"),
        (Inner, "a mapping with: type, data, with"),
    ],
)
def test_what_a_setting_takes(kind, words):
    assert takes(Kind(kind)) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("five", "`five`, a text"),
        (5, "`5`, a number"),
        (True, "`True`, true or false"),
        (None, "nothing"),
        ([], "an empty list"),
        ([1], "a list"),
        ({}, "an empty mapping"),
        ({"a": 1, "b": 2}, "a mapping with a, b"),
        ("x" * 100, "`" + "x" * 57 + "…`, a text"),
    ],
)
def test_what_was_found(value, words):
    assert found(from_plain(value)) == words


def test_the_kind_at_a_place():
    node = from_plain({"inner": {"type": "other", "name": "x"}, "many": {"a": {"with": 2}}, "models": ["m"], "count": 3})
    whole = Kind(Whole)
    assert takes(kind_at(whole, node, ("inner", "name"))) == "a text"
    assert takes(kind_at(whole, node, ("many", "a", "with"))) == "a whole number"
    assert takes(kind_at(whole, node, ("models", 0))) == "the name of a model"
    assert takes(kind_at(whole, node, ("count",))) == "a whole number of at least 0"
    assert kind_at(whole, node, ("count", "more")) is None


def test_of_several_groups_the_one_that_was_meant():
    kind = Kind(Inner | Other)
    assert fitting(kind, from_plain({"type": "other"}))[0].type is Other
    assert fitting(kind, from_plain({"name": "x"}))[0].type is Other
    assert fitting(kind, from_plain({"data": "x"}))[0].type is Inner
    assert fitting(kind, from_plain("x")) == ()


def test_names_are_found_wherever_they_stand():
    node = from_plain(
        {
            "model": "a",
            "models": ["b", "c", 5],
            "score": "s",
            "inner": {"type": "inner", "data": "d.train"},
            "many": {"x": {"data": "e"}},
            "unknown": "z",
        }
    )
    assert [(what, place, one.value) for what, place, one in references(Kind(Whole), node)] == [
        ("model", ("model",), "a"),
        ("model", ("models", 0), "b"),
        ("model", ("models", 1), "c"),
        ("score", ("score",), "s"),
        ("dataset", ("inner", "data"), "d.train"),
        ("dataset", ("many", "x", "data"), "e"),
    ]


def test_another_group_holds_no_names():
    assert list(references(Kind(Inner | Other), from_plain({"type": "other", "data": "d"}))) == []


def test_a_word_that_is_a_choice_of_its_own_is_no_name():
    assert list(references(Kind(Whole), from_plain({"score": "none"}))) == []
