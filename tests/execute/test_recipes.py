"""The recipe of a run as it was run, whatever became of the file since."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import RECIPE, Project, some_rows
from tilth.errors import RecipeError
from tilth.execute.recipes import recipe_of, steps_of


def test_the_steps_are_those_of_the_run_and_not_of_todays_file(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.jsonl", some_rows())
    run = project.run()
    project.write_recipe(RECIPE.replace("at_least: 12", "at_least: 99"))
    steps = steps_of(run)
    assert steps["docs.filter.length"].step.deciding()["characters"]["at_least"] == 12
    assert all(placed.step.studied is None for placed in steps.values())
    assert steps_of(run, ("docs.filter.length.characters.at_least=7",))["docs.filter.length"].step.deciding()["characters"]["at_least"] == 7


def test_variables_are_as_they_are_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tmp_path)
    project.write("a.jsonl", some_rows())
    monkeypatch.setenv("WHERE", "raw/*.jsonl")
    project.write_recipe(RECIPE.replace("raw/*.jsonl", "${WHERE}"))
    run = project.run()
    assert recipe_of(run).name == "small"
    monkeypatch.delenv("WHERE")
    with pytest.raises(RecipeError):
        recipe_of(run)
    (tmp_path / ".env").write_text("WHERE=raw/*.jsonl\n")
    assert recipe_of(run).name == "small"
