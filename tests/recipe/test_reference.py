"""The reference of steps, from the code."""

import pytest
from pydantic import BaseModel

from tilth.errors import RecipeError
from tilth.recipe.reference import explained, lines, reference
from tilth.recipe.resolve import find_step, step_names


def test_the_list_says_what_the_classes_say() -> None:
    for line in lines():
        step = find_step(line.name)
        assert line.shape == step.shape()
        assert " ".join((step.__doc__ or "").split()).startswith(line.does) and line.does.endswith(".")


def test_a_step_tells_every_setting_and_those_inside() -> None:
    told = reference("filter.length")
    settings = {one.name: one for one in told.settings}
    assert settings.keys() >= find_step("filter.length").model_fields.keys()
    assert settings["characters"].decides and settings["characters"].default == "{}"
    assert settings["characters.at_least"].takes == "a number" and settings["characters.at_least"].means


def test_a_setting_that_must_be_given_has_no_default() -> None:
    assert next(one for one in reference("source.files").settings if one.name == "path").default is None


@pytest.mark.parametrize("name", step_names())
def test_every_step_has_a_reference(name: str) -> None:
    told = reference(name)
    assert told.name == name and told.about
    assert all(one.takes for one in told.settings)


def test_a_step_that_is_not_there_is_refused() -> None:
    with pytest.raises(RecipeError, match="Did you mean"):
        reference("filter.lengths")


def test_what_stands_beneath_a_setting_explains_it_and_the_nearest_class_has_the_last_word() -> None:
    class Outer(BaseModel):
        one: int
        """The first,
        on two lines."""
        two: int

    class Inner(Outer):
        two: int
        """The second."""

    assert explained(Inner) == {"one": "The first, on two lines.", "two": "The second."}
