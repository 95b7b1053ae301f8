"""What a model of a finished run saw, told from the run's folder alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.execute.test_killed import PRETRAIN
from tests.outside import install
from tests.projects import Project
from tilth.errors import NotThere
from tilth.execute.seeing import is_model, see
from tilth.fakes.model import tiny_model
from tilth.store.runs import Run

TEXTS = [f"line {number} of a poem {'so ' * (number % 5)}".strip() for number in range(60)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Run:
    project = Project(tmp_path_factory.mktemp("seen"))
    project.write("a.jsonl", [{"text": text} for text in TEXTS])
    tiny_model(project.folder / "mind")
    project.write_recipe(PRETRAIN.replace("models:", "models:\n  mind: {from: mind}").replace("tokenizer: words", "tokenizer: mind"))
    return project.run()


def test_a_model_shows_the_windows_of_its_run(made: Run) -> None:
    told = see(made, "base", range(1, 1000))
    learned = "".join(one.trained_text for one in told.windows)
    assert len(told.windows) == told.facts["windows"] == made.facts()["models"]["base"]["facts"]["windows"]
    rows = learned.split("<|endoftext|>")
    assert rows.pop() == "" and len(set(rows)) == len(rows) == 40 and set(rows) <= set(TEXTS)
    assert (told.step, told.makes, told.data, told.more) == ("train.pretrain", "model", "docs.train", False)
    assert told.windows[0].rows[0].origin.startswith("a.jsonl:")


def test_only_so_many_are_taken_from_the_first_on_and_whether_more_follow_is_told(made: Run) -> None:
    told = see(made, "base", range(3, 5))
    assert [one.number for one in told.windows] == [3, 4] and told.more
    found = see(made, "base", range(2, 3), "LINE")
    assert len(found.windows) == 1 and found.windows[0].number >= 2 and "line" in found.windows[0].text
    assert see(made, "base", range(1, 9), "no such text").windows == []


def test_a_tokenizer_shows_rows_as_it_cuts_them(made: Run) -> None:
    told = see(made, "words", range(1, 3))
    assert told.makes == "tokenizer" and told.facts["algorithm"] == "bpe"
    assert [one.text in TEXTS for one in told.windows] == [True, True]
    assert "".join(token.text for token in told.windows[0].tokens) == told.windows[0].text


def test_names_of_a_run_are_models_or_datasets_or_nothing(made: Run) -> None:
    assert is_model(made, "base") and not is_model(made, "docs.train")
    with pytest.raises(NotThere, match=r"no dataset or model `bas`\. Did you mean `base`\? Its datasets: docs\. Its models: mind, words, base"):
        is_model(made, "bas")


def test_a_model_that_was_given_says_what_can_be_seen_instead(made: Run) -> None:
    with pytest.raises(NotThere, match=r"`mind` was not trained in this run.*Models that tell what they saw: words, base.*trained/1:docs"):
        see(made, "mind", range(1, 2))


def test_a_run_that_was_moved_with_its_recipe_finds_its_given_model(made: Run, tmp_path: Path) -> None:
    project = made.folder.parents[2]
    shutil.copytree(project, tmp_path / "moved", symlinks=True)
    run = Run(tmp_path / "moved/runs/trained/1")
    record = run.folder / "record.json"
    record.write_text(record.read_text().replace(str(project / "mind"), str(project / "no longer here")))
    assert see(run, "base", range(1, 2)).windows == see(made, "base", range(1, 2)).windows
    shutil.rmtree(tmp_path / "moved/mind")
    with pytest.raises(NotThere, match="The folder of the model `mind` is gone"):
        see(run, "base", range(1, 2))


def test_what_is_gone_is_said(made: Run, tmp_path: Path) -> None:
    shutil.copytree(made.folder.parents[2], tmp_path / "moved", symlinks=True)
    run = Run(tmp_path / "moved/runs/trained/1")
    for file in (run.folder / "data/docs").glob("train-*"):
        file.unlink()
    with pytest.raises(NotThere, match=r"The rows of `docs\.train` are no longer in the run trained/1"):
        see(run, "base", range(1, 2))


def test_a_step_that_tells_nothing_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(install(tmp_path / "acme")))
    project = Project(tmp_path / "project")
    project.write("a.jsonl", [{"text": text} for text in TEXTS])
    project.write_recipe("name: told\ndata: {docs: [{source.files: {path: 'raw/*.jsonl'}}]}\nmodels: {count: {train.slow: {data: docs}}}")
    run = project.run()
    with pytest.raises(NotThere, match="`train.slow` does not tell what its model saw"):
        see(run, "count", range(1, 2))
