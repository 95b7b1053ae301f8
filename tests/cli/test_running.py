"""What `tilth run` does, and the same from Python."""

import os
import shlex
from pathlib import Path

import pytest

import tilth
from tests.projects import Project, some_rows
from tilth.cli import running
from tilth.errors import RecipeError, UsageError


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in ("TILTH_STORE", "TILTH_RUNS"):
        monkeypatch.delenv(name, raising=False)
    made = Project(tmp_path / "project")
    made.write("a.jsonl", some_rows())
    return made


def test_python_runs_a_recipe_from_anywhere(fresh: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = tilth.run("project/recipe.yaml", workers=1, sets=("docs.split.random.test=4",), sample=60, quiet=True)
    assert run.folder == (fresh.folder / "runs" / "small" / "1")
    parts = {path.name.partition("-")[0] for path in (run.folder / "data" / "docs").iterdir()}
    assert parts == {"train", "validation", "test"} and run.record()["result"]["steps"][0]["rows_in"] == 60
    assert (run.folder / "report.html").stat().st_size > 10_000


def test_the_store_and_the_runs_are_beside_the_recipe_unless_told(fresh: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = fresh.recipe()
    assert [place.root for place in running.places(recipe)] == [fresh.folder / ".tilth", fresh.folder / "runs"]
    (fresh.folder / ".env").write_text("TILTH_STORE=elsewhere\n")
    assert running.places(recipe)[0].root == fresh.folder / "elsewhere"
    monkeypatch.setenv("TILTH_STORE", str(tmp_path / "mine"))
    monkeypatch.setenv("TILTH_RUNS", str(tmp_path / "done"))
    assert [place.root for place in running.places(recipe)] == [tmp_path / "mine", tmp_path / "done"]


def test_the_command_line_goes_before_the_recipes_machine(fresh: Project) -> None:
    fresh.write_recipe((fresh.folder / "recipe.yaml").read_text() + "machine: {workers: 5, batch_rows: 9}\n")
    file = fresh.folder / "recipe.yaml"
    assert running.opened(file).machine.workers == 5
    machine = running.opened(file, (), running.pulled(2)).machine
    assert (machine.workers, machine.batch_rows) == (2, 9)
    assert running.pulled() == running.pulled(None, "local") == {}
    with pytest.raises(UsageError, match="Engines: local"):
        running.pulled(1, "ray")


def test_workers_are_one_a_core_unless_said(fresh: Project) -> None:
    assert running.opened(fresh.folder / "recipe.yaml").machine.workers == len(os.sched_getaffinity(0))


def test_a_mistake_is_raised_with_its_line(fresh: Project) -> None:
    fresh.write_recipe((fresh.folder / "recipe.yaml").read_text().replace("at_least: 12", "at_lest: 12"))
    with pytest.raises(RecipeError, match=r"recipe.yaml:8  docs.filter.length.characters.at_lest"):
        tilth.run(fresh.folder / "recipe.yaml", workers=1, quiet=True)


def test_words_tell_what_was_lost_and_scores_with_their_interval(done: Project) -> None:
    run = done.runs.find("small/1")
    words = running.as_words(run)
    assert "−1 quarantined" in words and "edited" in words and words.endswith(str(run.folder / "report.html"))
    for one in run.record()["result"]["steps"]:
        assert f"{one['rows_in']:,} → " in words and f"{one['kept']:,}" in words


def test_a_dataset_that_came_out_empty_is_pointed_at(fresh: Project) -> None:
    source = "    - source.files: {path: raw}\n"
    fresh.write_recipe(f"name: none\ndata:\n  docs:\n{source}    - filter.where: n < 0\n  all:\n{source}")
    words = running.as_words(fresh.run())
    assert "docs has no rows: nothing that was read is left" in words and "all has no rows" not in words


def test_the_command_asks_for_the_same_again() -> None:
    sets = ("docs.filter.where.sql=n > 1 and n < 5", "seed=8")
    told = running.command(Path("my recipe.yaml"), sets, {"workers": 2}, running.Wish("docs", "docs", 60, ("held.perplexity < 60",)))
    assert shlex.split(told) == [
        *("tilth", "run", "my recipe.yaml", "--set", sets[0], "--set", sets[1], "--workers", "2"),
        *("--until", "docs", "--from", "docs", "--sample", "60", "--fail-unless", "held.perplexity < 60"),
    ]
    assert running.command(Path("recipe.yaml"), (), {}, running.Wish()) == "tilth run recipe.yaml"
