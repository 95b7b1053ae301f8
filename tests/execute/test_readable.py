"""Rows that nobody can read are found before anything is trained."""

import pytest

from tests.projects import Project
from tilth.errors import AskedWrong, RecipeError
from tilth.execute.run import Wish

MODEL = "models:\n  given: {{from: ./given}}\n  tuned: {{train.sft: {{data: docs, model: given{}}}}}\n"
SCORE = "scores:\n  held: {{evaluate.perplexity: {{models: [tuned], data: docs, on: answers{}}}}}\n"
SAID = ", format: {type: question, question: ask, answer: say}"


@pytest.fixture
def asked(project: Project) -> Project:
    """Rows of two texts whose names say nothing, and a model that nobody gets to load."""
    project.write("a.jsonl", [{"ask": f"a {number}", "say": f"b {number}"} for number in range(8)])
    (project.folder / "given").mkdir()
    (project.folder / "given" / "config.json").write_text("{}")
    return project


def recipe(project: Project, model: str, score: str) -> None:
    data = "name: asked\ndata:\n  docs:\n    - source.files: {path: raw/a.jsonl}\n"
    project.write_recipe(data + MODEL.format(model) + SCORE.format(score))


def test_a_score_that_cannot_read_its_rows_stops_the_run_before_a_model_is_trained(asked: Project) -> None:
    recipe(asked, SAID, "")
    with pytest.raises(AskedWrong, match=r"columns ask, say are of no format.*question: ask, answer: say") as error:
        asked.run()
    assert "held.evaluate.perplexity" in error.value.where and error.value.exit_code == 2


def test_all_that_cannot_read_them_is_told_at_once(asked: Project) -> None:
    recipe(asked, "", "")
    with pytest.raises(RecipeError) as error:
        asked.run()
    said = str(error.value)
    assert said.index("tuned.train.sft") < said.index("held.evaluate.perplexity") and said.count("of no format") == 2


def test_what_is_not_made_is_not_asked(asked: Project) -> None:
    recipe(asked, "", "")
    assert asked.run(wish=Wish(until="docs")).record()["data"].keys() == {"docs"}


def test_a_dataset_without_rows_has_no_format_that_could_be_wrong(asked: Project) -> None:
    recipe(asked, "", "")
    text = (asked.folder / "recipe.yaml").read_text().replace("{path: raw/a.jsonl}\n", "{path: raw/a.jsonl}\n    - filter.where: ask = ''\n")
    asked.write_recipe(text)
    with pytest.raises(Exception, match="held|tuned|given|no rows") as error:
        asked.run()
    assert "of no format" not in str(error.value)
    assert asked.run(wish=Wish(until="docs")) is not None
