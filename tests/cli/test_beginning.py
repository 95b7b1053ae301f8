"""`tilth init`: a first recipe, and nothing overwritten."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Tilth
from tilth.cli.running import opened


def test_the_first_recipe_runs_as_it_is_written(tmp_path: Path, tilth: Tilth) -> None:
    said = tilth(tmp_path, "init", "My Reviews!")
    assert said.code == 0 and "Next: cd My Reviews!, name your files in recipe.yaml" in said.out
    folder = tmp_path / "My Reviews!"
    assert sorted(path.name for path in folder.iterdir()) == [".env.example", ".gitignore", "recipe.yaml"]
    (folder / "data").mkdir()
    (folder / "data/a.jsonl").write_text("".join(json.dumps({"text": f"a text of some length, number {i}"}) + "\n" for i in range(100)))
    assert tilth(folder, "run", "recipe.yaml", "--quiet", "--workers", "1").code == 0
    assert (folder / "runs/my-reviews/1/report.html").is_file()


def test_what_it_only_suggests_can_be_asked_too(tmp_path: Path, tilth: Tilth) -> None:
    tilth(tmp_path, "init")
    text = (tmp_path / "recipe.yaml").read_text()
    (tmp_path / "recipe.yaml").write_text(re.sub(r"^( *)# (?=( |- filter|models|scores|  base|words))", r"\1", text, flags=re.MULTILINE))
    recipe = opened(tmp_path / "recipe.yaml")
    assert {"docs", "words", "base", "held_out"} <= set(recipe.order)
    assert any(placed.address == "docs.filter.where" for placed in recipe.data[0].steps)


def test_nothing_is_overwritten(tmp_path: Path, tilth: Tilth) -> None:
    (tmp_path / "recipe.yaml").write_text("mine")
    told = json.loads(tilth(tmp_path, "init", ".", "--json").out)
    assert told["kept"] == ["recipe.yaml"] and told["written"] == [".env.example", ".gitignore"]
    assert (tmp_path / "recipe.yaml").read_text() == "mine"


def test_secrets_and_what_is_made_stay_out_of_git(tmp_path: Path, tilth: Tilth) -> None:
    tilth(tmp_path, "init")
    assert {".env", ".tilth/", "runs/"} <= set((tmp_path / ".gitignore").read_text().split())


@pytest.mark.parametrize("verb", ["init", "demo"])
def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path, tilth: Tilth, verb: str) -> None:
    (tmp_path / "here").write_text("")
    said = tilth(tmp_path, verb, "here")
    assert said.code == 2 and "This is a file." in said.err
