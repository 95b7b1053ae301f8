"""What `tilth run` says at its end of the models that it made."""

from pathlib import Path

import pytest

from tilth.cli.closing import figure, models, near

LOOKED = [{"step": 4, "loss": 2.5}, {"step": 8, "loss": 2.25}, {"step": 12, "loss": 2.375}]


def test_each_model_that_was_made_is_named_with_its_folder_and_one_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = {
        "base": {"step": "given", "from_store": True, "facts": {}},
        "words": {"step": "train.tokenizer", "from_store": True, "facts": {"vocab_size": 4096, "bytes_per_token": 4.1561}},
        "tuned": {"step": "train.sft", "from_store": False, "facts": {"validation": LOOKED, "best_step": 8, "steps": 12, "curve": []}},
    }
    first, second = models(made, tmp_path / "runs/answers/1/models")
    assert first.split() == "words.train.tokenizer runs/answers/1/models/words 4,096 tokens, 4.16 bytes of text a token (from store)".split()
    assert second.split() == "tuned.train.sft runs/answers/1/models/tuned validation loss 2.25, step 8 of 12".split()
    assert first.index("4,096") == second.index("validation")


def test_a_recipe_without_models_has_no_lines_of_them() -> None:
    assert models({}, Path("runs")) == [] and models({"base": {"step": "given", "from_store": True, "facts": {}}}, Path("runs")) == []


def test_a_folder_below_is_named_from_here_and_another_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert near(tmp_path / "here/runs") == Path("runs") and near(tmp_path / "runs") == tmp_path / "runs"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"judged": {"accuracy": 0.905, "n": 1200}, "validation": LOOKED, "steps": 12}, "accuracy 90.5% of 1,200 held-out rows"),
        ({"validation": LOOKED, "best_step": None, "steps": 1200}, "validation loss 2.375, step 12 of 1,200"),
        ({"validation": [{"step": 3, "loss": 0.5, "accuracy": 0.75}], "steps": 3}, "validation loss 0.5, accuracy 75.0%, step 3 of 3"),
        ({"validation": [], "curve": [{"step": 1, "loss": 3.0}]}, "training loss 3 in the end, after 1 step"),
        ({}, ""),
    ],
)
def test_the_figure_is_of_held_out_rows_where_there_are_some(facts: dict[str, object], said: str) -> None:
    assert figure(facts) == said
