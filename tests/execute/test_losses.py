"""Where the rows went, told where none are left to go on with."""

from pathlib import Path

import pytest

from tests.projects import Project, some_rows
from tilth.errors import NothingLeft
from tilth.execute.losses import with_losses


def test_every_step_that_dropped_rows_is_named_with_its_rules() -> None:
    path = [
        {"shape": "Source", "step": "docs.source.files", "rows_in": 1200, "quarantined": 2, "dropped": 0, "reasons": {"no JSON": 2}},
        {"shape": "Map", "step": "docs.clean.whitespace", "rows_in": 1198, "dropped": 0, "reasons": {}},
        {"shape": "Filter", "step": "docs.filter.length", "rows_in": 1198, "dropped": 1197, "reasons": {"words": 97, "characters": 1100}},
        {"shape": "Whole", "step": "docs.dedup.exact", "rows_in": 1, "dropped": 1, "reasons": dict.fromkeys("fedcba", 1)},
    ]
    error = with_losses(NothingLeft("None.", where="here", accepted="Some.", remedy="More."), path)
    assert str(error) == (
        "here\n  None. Where the rows went: docs.source.files read 1,200 records, 2 of them unreadable;"
        " docs.filter.length dropped 1,197 of 1,198 rows (characters 1,100, words 97);"
        " docs.dedup.exact dropped 1 of 1 row (a 1, b 1, c 1, d 1, …). Some. More."
    )


def test_where_no_step_was_done_nothing_is_added() -> None:
    assert with_losses(NothingLeft("None."), []).found == "None."


SPLIT = """
name: left
data:
  first:
    - source.files: {path: raw}
    - filter.length: {characters: {at_least: 20}}
  other:
    - source.files: {path: raw}
  docs:
    - from: first
    - filter.where: n < 0
    - split.random: {test: 5}
"""
WENT = r"Where the rows went: first.source.files read 120 records; first.filter.length dropped \d+ of 120 rows \(characters \d+\); "


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("a.jsonl", some_rows())
    return made


def test_a_split_without_rows_tells_it_from_the_first_record_on(project: Project) -> None:
    project.write_recipe(SPLIT)
    with pytest.raises(NothingLeft, match=f"0 came to the split. {WENT}docs.filter.where dropped ") as error:
        project.run()
    assert "other." not in str(error.value), "what did not lead here is left out"
    assert error.value.where == f"{project.folder}/recipe.yaml:12  docs.split.random"


def test_a_model_without_texts_tells_it_too(project: Project) -> None:
    project.write_recipe(SPLIT.replace("    - split.random: {test: 5}\n", "models:\n  words: {train.tokenizer: {data: docs}}\n"))
    with pytest.raises(NothingLeft, match=f"`docs` has no rows. {WENT}docs.filter.where dropped .*--until docs"):
        project.run()
