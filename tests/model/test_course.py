"""Steps, warm-up and micro-batches are settled from what the recipe says."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from tilth.errors import AskedWrong
from tilth.model.course import micro_batch
from tilth.steps.train.pretrain import Pretrain

ARCHITECTURE = {"layers": 1, "width": 8, "heads": 2, "context": 8}


def course(**settings):
    return Pretrain(data="d", tokenizer="t", architecture=ARCHITECTURE, **settings).course


def test_every_setting_of_a_course_is_read_off_the_step_and_moves_it():
    changed = {
        "steps": 9, "batch": 3, "learning_rate": 0.5, "schedule": "linear", "warmup": 2, "weight_decay": 0.3, "optimizer": "sgd",
        "betas": (0.1, 0.2), "clip": 7.0, "evaluate_every": 4, "checkpoint_every": 5, "keep": 6, "best": False, "precision": "fp32",
    }  # fmt: skip
    plain = course()
    for name, value in changed.items():
        assert getattr(course(**{name: value}), name) == value != getattr(plain, name)


def test_epochs_become_steps_and_steps_stay():
    assert course(epochs=2, batch=4).total_steps(windows=10) == 5
    assert course(batch=4).total_steps(windows=10) == 3
    assert course(steps=7, batch=4).total_steps(windows=10) == 7
    assert course(epochs=0.01, batch=4).total_steps(windows=10) == 1


def test_a_warmup_longer_than_the_training_that_the_epochs_make_is_refused_with_the_numbers():
    assert course(epochs=2, batch=4, warmup=5).total_steps(windows=10) == 5
    with pytest.raises(AskedWrong, match="`warmup` is 6 steps, and 10 items in batches of 4 make 5;"):
        course(epochs=2, batch=4, warmup=6).total_steps(windows=10)


@pytest.mark.parametrize(("warmup", "steps"), [(0.0, 0), (0.05, 15), (0.001, 1), (1, 1), (20, 20)])
def test_a_warmup_is_a_share_or_a_number(warmup, steps):
    assert course(warmup=warmup).warmup_steps(300) == steps


def test_evaluation_and_checkpoints_come_ten_times_unless_said():
    assert course().evaluation_steps(300) == course().checkpoint_steps(300) == 30
    assert course().evaluation_steps(5) == 1
    assert course(evaluate_every=7).evaluation_steps(300) == 7
    assert course(checkpoint_every=7).checkpoint_steps(300) == 7


@given(st.integers(1, 200), st.integers(1, 5000), st.integers(1, 20_000))
def test_a_micro_batch_divides_the_batch_and_keeps_within_the_tokens(batch, context, tokens):
    size = micro_batch(batch, context, tokens)
    assert batch % size == 0
    assert size == 1 or size * context <= tokens
