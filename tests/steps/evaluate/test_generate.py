"""evaluate.generate: the likeliest text first, then drawn ones, each from its own seed."""

import pytest
from pydantic import ValidationError

from tilth.fakes.model import tiny_model
from tilth.fakes.work import tiny_work
from tilth.steps.evaluate.generate import Generate
from tilth.work import Known


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("work")
    return tiny_work(folder, {}, {name: tiny_model(folder / name, seed) for name, seed in (("one", 1), ("two", 2))})


def rows(work, **settings):
    return Generate(**{"models": ["one"], "prompts": ["The", "A"], "max_new_tokens": 6, **settings}).judge(work).items.to_pylist()


def test_each_model_and_prompt_has_a_greedy_text_and_its_samples(work):
    found = [(row["model"], row["prompt"], row["mode"]) for row in rows(work, models=["one", "two"], samples=2)]
    modes = ("greedy", "sample 1", "sample 2")
    assert found == [(model, prompt, mode) for model in ("one", "two") for prompt in ("The", "A") for mode in modes]


def test_samples_of_a_prompt_do_not_depend_on_other_prompts_or_samples(work):
    both, alone = rows(work, samples=2, temperature=1.0), rows(work, prompts=["A"], samples=1, temperature=1.0)
    assert [row for row in both if row["prompt"] == "A"][:2] == alone
    texts = {row["mode"]: row["text"] for row in both if row["prompt"] == "A"}
    assert texts["sample 1"] != texts["sample 2"]


def test_temperature_zero_writes_the_greedy_text_only(work):
    assert [row["mode"] for row in rows(work, temperature=0.0, samples=3)] == ["greedy", "greedy"]


def test_scores_are_mean_length_and_share_ended(work):
    found = Generate(models=["one"], prompts=["The", "A"], max_new_tokens=6, samples=3).judge(work)
    score = {each.metric: each for each in found.scores}
    assert tuple(score) == ("length", "ended")
    tokens, stopped = found.items["tokens"].to_pylist(), found.items["stopped"].to_pylist()
    assert score["length"].value == sum(tokens) / 8
    assert score["ended"].value == stopped.count("eos") / 8
    assert score["length"].n == 8
    assert score["length"].low <= score["length"].value <= score["length"].high


def test_one_text_has_no_interval(work):
    [length, _] = Generate(models=["one"], prompts=["The"], max_new_tokens=2, samples=0).judge(work).scores
    assert (length.low, length.high, length.n) == (None, None, 1)


@pytest.mark.parametrize("settings", [{"prompts": []}, {"models": []}, {"temperature": -1}, {"top_p": 0}, {"max_new_tokens": 0}])
def test_what_cannot_be_is_refused_when_the_recipe_is_read(settings):
    with pytest.raises(ValidationError):
        Generate(**{"models": ["one"], "prompts": ["The"], **settings})


def test_the_estimate_counts_the_tokens_it_may_write():
    step = Generate(models=["one"], prompts=["a", "b"], max_new_tokens=10, samples=2)
    assert step.estimate(Known({}, {}, {"one": {"flops_per_token": 3.0}}, 1.0)) == {"tokens": 60, "flops": 60.0}
