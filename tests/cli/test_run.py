"""`tilth run` takes what a person types."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Tilth
from tests.projects import Project, some_rows


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("a.jsonl", some_rows())
    return made


def test_a_run_ends_with_what_became_of_the_rows_and_where_the_report_is(fresh: Project, tilth: Tilth) -> None:
    said = tilth(fresh.folder, "run", "recipe.yaml", "--workers", "1", "--quiet")
    lines = said.out.splitlines()
    assert said.code == 0 and said.err == ""
    assert lines[0].startswith("small/1  ") and Path(lines[-1]).name == "report.html" and Path(lines[-1]).exists()
    assert len(lines) == 9 and "120 →" in lines[1] and "train 71  validation 5  test 5" in lines[-2]
    again = tilth(fresh.folder, "run", "recipe.yaml", "--workers", "1", "--quiet")
    assert again.out.splitlines()[-1] == lines[-1], "nothing changed, so it is the same run"


def test_a_program_gets_one_object_and_progress_is_no_part_of_it(fresh: Project, tilth: Tilth) -> None:
    said = tilth(fresh.folder, "run", "recipe.yaml", "--workers", "1", "--json")
    told = json.loads(said.out)
    assert set(told) == {"run", "report", "content", "models", "steps", "passes", "scores"}
    assert Path(told["report"]).exists() and list(told["content"]) == ["docs"] and said.err == ""


def test_flags_reach_the_run(fresh: Project, tilth: Tilth) -> None:
    fresh.write_recipe(
        "name: plain\ndata:\n  raw:\n    - source.files: {path: raw}\n  docs:\n    - from: raw\n    - filter.length: {words: {at_least: 3}}\n"
    )
    words = ("run", "recipe.yaml", "--workers", "1", "--json")
    told = json.loads(tilth(fresh.folder, *words, "--sample", "10", "--until", "raw").out)
    assert [(one["step"], one["rows_in"]) for one in told["steps"]] == [("raw.source.files", 10)]
    told = json.loads(tilth(fresh.folder, *words, "--set", "docs.filter.length.words.at_least=5").out)
    kept = told["steps"][-1]["kept"]
    assert 0 < kept < 120
    told = json.loads(tilth(fresh.folder, *words, "--set", "docs.filter.length.words.at_least=5", "--set", "name=anew", "--from", "docs").out)
    assert (told["steps"][-1]["kept"], told["steps"][0]["from_store"], told["steps"][-1]["from_store"]) == (kept, True, False)


@pytest.mark.parametrize(
    ("words", "code", "found"),
    [
        (["--engine", "ray"], 2, "There is no engine `ray`. Engines: local."),
        (["--workers", "0"], 2, "--workers"),
        (["--sample", "0"], 2, "--sample"),
        (["--until", "dogs"], 2, "The recipe names no `dogs`. Did you mean `docs`? Its names: docs."),
        (["--from", "dogs"], 2, "--from"),
        (["--fail-unless", "nonsense"], 2, "`nonsense` is no claim"),
        (["--fail-unless", "docs.rows > 3"], 2, "There is no score `docs`. The recipe's scores: none."),
        (["--set", "docs.filter.length.characters.at_least=many"], 2, "many"),
        (["--set", "docs.split.random.test=500"], 3, "500"),
        (["--set", "docs.filter.length.words={at_least: 1000}"], 3, "docs.split.random"),
    ],
)
def test_what_cannot_be_is_one_paragraph_and_its_kind_the_exit_code(fresh: Project, tilth: Tilth, words: list[str], code: int, found: str) -> None:
    said = tilth(fresh.folder, "run", "recipe.yaml", "--workers", "1", "--quiet", *words)
    assert (said.code, said.out) == (code, "") and found in said.err and "Traceback" not in said.err


def test_debug_shows_where_in_the_code(fresh: Project, tilth: Tilth) -> None:
    said = tilth(fresh.folder, "run", "recipe.yaml", "--workers", "1", "--until", "dogs", "--debug")
    assert said.code == 2 and "Traceback" in said.err and said.err.rstrip().endswith("Its names: docs.")
