"""What a step says is what a tuning wants, and a model has one origin."""

import pytest
from pydantic import ValidationError

from tests.tuned import work
from tilth.steps.train._wanted import wanted
from tilth.steps.train.classify import Classify
from tilth.steps.train.preference import Preference

SIZES = {"type": "bert", "layers": 1, "width": 32, "heads": 2, "context": 32}
ROWS = [{"text": "a", "label": "b"}]


def test_words_arrive_as_they_were_said(tmp_path):
    here = work(tmp_path, {"rows": ROWS, "held": ROWS}, {"base": tmp_path / "base"})
    step = Preference(data="rows", validation="held", model="base", length=64, seed=3, adapter={"rank": 4}, checkpointing=True, batch=8)
    found = wanted(step, here)
    assert (found.data.name, found.validation.name, found.origin) == ("rows", "held", tmp_path / "base")
    assert (found.length, found.seed, found.adapter.rank, found.checkpointing, found.course.batch) == (64, 3, 4, True, 8)
    assert found.architecture is None and found.course.learning_rate == 1e-5


def test_fresh_weights_come_from_a_tokenizer_and_an_architecture(tmp_path):
    here = work(tmp_path, {"rows": ROWS}, {"words": tmp_path / "words"})
    step = Classify(data="rows", tokenizer="words", architecture=SIZES)
    found = wanted(step, here, step.tokenizer, step.architecture)
    assert found.origin == tmp_path / "words" and found.architecture.kind == "encoder"
    assert found.seed == here.seed and found.validation is None and found.course.learning_rate == 1e-3


@pytest.mark.parametrize("origin", [{}, {"model": "base", "tokenizer": "words", "architecture": SIZES}, {"tokenizer": "words"}])
def test_a_model_has_one_origin(origin):
    with pytest.raises(ValidationError, match="give `model`, which goes on learning"):
        Classify(data="rows", **origin)
