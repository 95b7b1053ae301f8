"""Every recipe that ships, or stands in a page, means something: every word of it is resolved, and it has a plan."""

import re
from pathlib import Path

import pytest

from tests.laws.house import ROOT
from tilth.recipe.plan import lanes
from tilth.recipe.read import read
from tilth.recipe.resolve import resolve

RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))


def test_recipes_are_shipped() -> None:
    assert RECIPES


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_shipped_recipe_plans(path: Path) -> None:
    recipe = resolve(read(path))
    assert recipe.name == path.stem, "A recipe is named as its file."
    assert set(lanes(recipe)) == {data.name for data in recipe.data}


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "docs" / "tilth.md"], ids=lambda page: page.name)
def test_a_recipe_in_a_page_plans(page: Path, tmp_path: Path) -> None:
    for number, text in enumerate(re.findall(r"^```yaml\n(name:.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)):
        file = tmp_path / f"{number}.yaml"
        file.write_text(text, "utf-8")
        assert lanes(resolve(read(file)))
