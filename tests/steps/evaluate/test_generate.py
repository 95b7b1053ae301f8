"""evaluate.generate: the likeliest text first, then drawn ones, each from its own seed."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from tests.model.tuned import write_base
from tests.steps.evaluate.answered import ROWS, SHORT, answered, dataset
from tilth.errors import DataRefused
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


# Rows with answers


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    return answered(tmp_path_factory.mktemp("asked"))


def judged(work, **settings):
    return Generate(**{"models": ["base", "tuned"], "data": "test", "template": SHORT, "max_new_tokens": 6, **settings}).judge(work)


def test_rows_are_asked_as_a_training_writes_them_and_answered_greedily(asked):
    found = judged(asked)
    assert found.items["prompt"].to_pylist() == [f"{question}|" for question in ROWS["question"]] * 2
    assert found.items["reference"].to_pylist() == ROWS["answer"] * 2 and set(found.items["mode"].to_pylist()) == {"greedy"}
    assert [(score.model, score.metric) for score in found.scores] == [
        (name, metric) for name in ("base", "tuned") for metric in ("exact", "length", "ended")
    ]
    assert found.by == ("id", "mode") and found.ratios["exact"].better == "higher"


def test_the_metrics_are_of_the_greedy_answers(asked):
    found = judged(asked, models=["tuned"], metrics=["mae", "rmsle"], samples=2)
    assert found.items.num_rows == 9
    greedy = [row for row in found.items.to_pylist() if row["mode"] == "greedy"]
    errors = [row["absolute_error"] for row in greedy if row["absolute_error"] is not None]
    scores = {score.metric: score for score in found.scores}
    assert scores["with_number"].n == 2, "two references have a number"
    assert scores["with_number"].value == len(errors) / 2
    assert ("mae" in scores) == bool(errors)
    assert Generate(models=["a"], data="test", metrics=["mae"]).gives() == ("mae", "with_number")


def test_an_answer_that_is_what_was_to_be_written_is_exact(asked, tmp_path):
    written = judged(asked, models=["base"]).items["text"].to_pylist()
    rows = {"question": ROWS["question"], "answer": [text.strip() or "x" for text in written]}
    work = replace(asked, datasets={"test": dataset(tmp_path, rows)})
    (exact,) = [score for score in judged(work, models=["base"], metrics=["exact"]).scores]
    assert exact.value == sum(bool(text.strip()) for text in written) / 3


def test_prompts_without_room_are_refused_before_anything_is_written(asked, tmp_path):
    work = replace(asked, datasets={"test": dataset(tmp_path, {"question": ["q" * 40, "short"], "answer": ["a", "b"]})})
    with pytest.raises(DataRefused, match=r"1 of 2 prompts of `test` leave no room in `base`, which sees 32 tokens: \w{26} \(41 tokens\)"):
        judged(work)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "one of the two"),
        ({"prompts": ["a"], "data": "test"}, "one of the two"),
        ({"prompts": ["a"], "metrics": ["mae"]}, "`mae` is for rows with answers"),
        ({"prompts": ["a"], "like": "one"}, "`like` is for rows with answers"),
        ({"data": "test", "metrics": ["bleu"]}, "rmsle"),
        ({"data": "test", "template": "plain", "like": "one"}, "give one of them"),
    ],
)
def test_prompts_and_rows_have_settings_of_their_own(said, why):
    with pytest.raises(ValidationError, match=why):
        Generate(models=["one"], **said)


def test_the_estimate_of_rows_counts_them():
    step = Generate(models=["one"], data="test", max_new_tokens=10)
    assert step.estimate(Known({"test": 5}, {}, {"one": {}}, 1.0)) == {"tokens": 50}
    assert step.estimate(Known({"test": None}, {}, {"one": {}}, 1.0)) == {}


def test_an_encoder_and_a_decoder_answers_prompts_and_rows_beside_a_decoder(asked, tmp_path):
    work = replace(asked, models={**asked.models, "t5": write_base(tmp_path / "t5", "t5")})
    found = judged(work, models=["base", "t5"], samples=1)
    assert found.items["prompt"].to_pylist()[6:] == [question for question in ROWS["question"] for _ in range(2)]
    assert (found.facts["base"]["template"], found.facts["t5"]["template"]) == ("own words", None)
    assert {score.model for score in found.scores if score.metric == "exact" and score.n == 3} == {"base", "t5"}
    prompted = Generate(models=["t5"], prompts=["the cat"], max_new_tokens=4).judge(work).items.to_pylist()
    assert [row["mode"] for row in prompted] == ["greedy", "sample 1"]


def test_texts_do_not_depend_on_the_rows_beside_them(asked, tmp_path):
    many = {"question": [f"Is it {number}?" for number in range(40)], "answer": ["x"] * 40}
    whole = judged(replace(asked, datasets={"test": dataset(tmp_path / "a", many)}), models=["base"], samples=1, temperature=1.0)
    few = {"question": many["question"][7:9], "answer": ["x"] * 2}
    part = judged(replace(asked, datasets={"test": dataset(tmp_path / "b", few)}), models=["base"], samples=1, temperature=1.0)
    assert part.items["text"].to_pylist() == whole.items["text"].to_pylist()[14:18]
