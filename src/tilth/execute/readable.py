"""Rows that models and scores will read are laid out as these can read them: asked as soon as the rows stand, before anything is trained.

A score that cannot read its rows would else be found out when the models stand, hours later.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol, runtime_checkable

from tilth.errors import AskedWrong, RecipeError
from tilth.execute.datasets import Walked, dataset
from tilth.execute.local import at_step
from tilth.recipe.resolve import Recipe, steps_read_by
from tilth.store.objects import Store
from tilth.work import Dataset


@runtime_checkable
class Reading(Protocol):
    """A step of a model or a score that reads rows of a format."""

    def check_rows(self, data: Mapping[str, Dataset]) -> None:
        """Of the datasets that it names, these can be read. Raises AskedWrong."""


def check_rows(store: Store, recipe: Recipe, made: Walked, wanted: Collection[str]) -> None:
    """A dataset that was made can be read by all that is wanted and names it.

    Raises: AskedWrong of the one step that cannot read it, RecipeError with all of them where they are several."""
    wrong: list[AskedWrong] = []
    makers = [model.made for model in recipe.models if model.made and model.name in wanted]
    for placed in [*makers, *(score.made for score in recipe.scores if score.name in wanted)]:
        if not isinstance(placed.step, Reading):
            continue
        named = [name for name in steps_read_by(placed.step) if name.partition(".")[0] == made.name]
        try:
            at_step(placed.step.check_rows, placed.where, ({name: dataset(store, made, name) for name in named},))
        except AskedWrong as error:
            wrong.append(error)
    if wrong:
        raise wrong[0] if len(wrong) == 1 else RecipeError("\n".join(str(one) for one in wrong))
