"""`tilth demo`: the shipped recipe, copied and run; refused before anything is done where it cannot end."""

from pathlib import Path

import pytest

from tests.cli.conftest import Tilth
from tilth.cli import running, touring


def test_without_the_extra_it_says_what_to_type_and_makes_nothing(tmp_path: Path, tilth: Tilth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(touring, "find_spec", lambda package: None if package == "torch" else object())
    said = tilth(tmp_path, "demo")
    assert said.code == 4 and 'Type: pip install "tilth[train]"' in said.err and "torch" in said.err
    assert list(tmp_path.iterdir()) == []


def test_the_recipe_is_copied_once_and_stays_as_it_was_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shipped.yaml").write_text("name: shipped")
    monkeypatch.setattr(touring, "shipped", lambda: tmp_path / "shipped.yaml")
    recipe = touring.copied(tmp_path / "tour")
    assert recipe == tmp_path / "tour/python-docs.yaml" and recipe.read_text() == "name: shipped"
    recipe.write_text("name: mine")
    assert touring.copied(tmp_path / "tour").read_text() == "name: mine"


def test_it_runs_the_recipe_and_ends_with_the_report(done: object, tmp_path: Path, tilth: Tilth, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'name: tour\ndata: {docs: [source.files: {path: "rows.jsonl"}]}\nmachine: {workers: 1}\n'
    (tmp_path / "shipped.yaml").write_text(text)
    (tmp_path / "tour").mkdir()
    (tmp_path / "tour/rows.jsonl").write_text('{"text": "one"}\n')
    monkeypatch.setattr(touring, "shipped", lambda: tmp_path / "shipped.yaml")
    said = tilth(tmp_path, "demo", "tour", "--quiet")
    report = Path(said.out.splitlines()[-1])
    assert said.code == 0 and report.name == "report.html" and report.is_file()


def test_the_shipped_recipe_can_be_asked() -> None:
    if not touring.shipped().is_file():
        pytest.skip("the shipped recipe is not here yet")
    assert {"docs", "words", "base"} <= set(running.opened(touring.shipped()).order)
