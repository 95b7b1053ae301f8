"""What was asked does not change while it is done."""

from dataclasses import FrozenInstanceError, fields, is_dataclass

import pytest

from tests.recipe.toys.house import understood


def test_everything_in_a_recipe_is_frozen():
    recipe = understood()
    for thing in (recipe, recipe.data[1], recipe.data[1].steps[0], recipe.models[2], recipe.models[2].given, recipe.scores[0]):
        assert is_dataclass(thing)
        with pytest.raises(FrozenInstanceError):
            setattr(thing, fields(thing)[0].name, "other")
