"""evaluate.perplexity: three metrics with intervals, and a row per document."""

import json
import math
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from tests.model.tuned import write_base
from tests.projects import Project, result
from tests.steps.evaluate.answered import ROWS, SHORT, answered
from tests.tuned import work as trained
from tilth.errors import AskedWrong, DataRefused, NothingLeft, RecipeError
from tilth.fakes.model import tiny_model
from tilth.fakes.sentences import SENTENCES
from tilth.fakes.work import tiny_work
from tilth.model import templates
from tilth.model.new_tokens import extended
from tilth.steps.compare.paired import Paired
from tilth.steps.evaluate.perplexity import Perplexity
from tilth.steps.train.sft import Sft
from tilth.work import Items, Known


@pytest.fixture
def work(tmp_path):
    models = {name: tiny_model(tmp_path / name, seed) for name, seed in (("one", 1), ("two", 2))}
    return tiny_work(tmp_path, {"test": [*SENTENCES[:20], None, ""], "none": [None]}, models)


def test_the_metrics_are_ratios_of_sums_over_the_items(work):
    found = Perplexity(models=["one"], data="test").judge(work)
    nll, tokens, size = (found.items[name].to_numpy() for name in ("nll", "tokens", "bytes"))
    value = {score.metric: score.value for score in found.scores}
    assert tuple(value) == Perplexity(models=["one"], data="test").gives()
    assert value["nats_per_token"] == pytest.approx(nll.sum() / tokens.sum())
    assert value["perplexity"] == pytest.approx(math.exp(value["nats_per_token"]))
    assert value["bits_per_byte"] == pytest.approx(nll.sum() / math.log(2) / size.sum())
    assert all(score.low < score.value < score.high and score.n == 21 for score in found.scores)


def test_every_document_with_a_text_has_its_row_and_id(work):
    found = Perplexity(models=["one", "two"], data="test").judge(work)
    ids = [row for batch in work.datasets["test"].batches() for row in batch["id"].to_pylist()]
    kept = [*ids[:20], ids[21]]
    assert found.items["id"].to_pylist() == kept * 2
    assert found.items["model"].to_pylist() == ["one"] * 21 + ["two"] * 21
    assert found.items["bytes"].to_pylist()[:20] == [len(text) for text in SENTENCES[:20]]


def test_the_batch_does_not_move_results(work):
    small, large = (Perplexity(models=["one"], data="test", batch=batch).judge(work) for batch in (1, 16))
    assert np.allclose(small.items["nll"].to_numpy(), large.items["nll"].to_numpy(), atol=1e-4)


def test_results_come_again(work):
    step = Perplexity(models=["one"], data="test")
    assert step.judge(work).scores == step.judge(work).scores


def test_no_text_to_score_is_an_error(work):
    with pytest.raises(NothingLeft, match="no text in `text` to score"):
        Perplexity(models=["one"], data="none").judge(work)


def test_at_least_one_model_is_named():
    with pytest.raises(ValidationError, match="models"):
        Perplexity(models=[], data="test")


def test_the_estimate_is_a_third_of_training_each_token():
    step = Perplexity(models=["one"], data="test")
    known = Known({}, {"test": 4000}, {"one": {"flops_per_token": 3e6, "bytes_per_token": 4.0}}, 1e9)
    assert step.estimate(known) == {"tokens": 1000, "flops": 1e9, "seconds": 1.0}
    assert step.estimate(Known({}, {"test": None}, {}, 1e9)) == {}


# Answers


def test_of_conversations_the_answers_are_scored_row_by_row(tmp_path):
    work = answered(tmp_path)
    found = Perplexity(models=["base", "tuned"], data="test", on="answers", template=SHORT).judge(work)
    assert found.items["tokens"].to_pylist() == [len(answer) + 1 for answer in ROWS["answer"]] * 2
    assert found.items["bytes"].to_pylist() == [len(answer) for answer in ROWS["answer"]] * 2
    assert found.items["id"].to_pylist()[:3] == found.items["id"].to_pylist()[3:]
    assert found.facts["base"]["template"] == "own words" and found.facts["base"]["format"] == "question"
    assert {score.metric for score in found.scores} == {"nats_per_token", "perplexity", "bits_per_byte"}


def test_a_base_beside_its_tuned_model_is_asked_in_the_tuned_one_s_words(tmp_path):
    work = answered(tmp_path)
    templates.write(work.models["tuned"], templates.Template("", SHORT))
    together = Perplexity(models=["base", "tuned"], data="test", on="answers").judge(work)
    same = Perplexity(models=["base"], data="test", on="answers", like="tuned").judge(work)
    other = Perplexity(models=["base"], data="test", on="answers").judge(work)
    assert together.items["nll"].to_pylist()[:3] == same.items["nll"].to_pylist() != other.items["nll"].to_pylist()
    assert other.facts["base"]["template"] == "question"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"template": "plain"}, "say `on: answers` too"),
        ({"turns": "last"}, "`turns` is for conversations: say `on: answers` too"),
        ({"on": "answers", "field": "text"}, "`field` is for texts"),
        ({"on": "answers", "template": "plain", "like": "tuned"}, "give one of them"),
    ],
)
def test_settings_that_say_nothing_together_are_refused(said, why):
    with pytest.raises(ValidationError, match=why):
        Perplexity(models=["one"], data="test", **said)


RECIPE = """
name: answered
data:
  asked:
    - source.files: {path: raw}
models:
  base: {from: ./base}
  tuned: {from: ./tuned}
scores:
  held: {evaluate.perplexity: {models: [base, tuned], data: asked, on: answers}}
  verdict: {compare.paired: {score: held}}
  written: {evaluate.generate: {models: [base, tuned], data: asked, template: plain, metrics: [exact, mae], max_new_tokens: 3}}
"""


def test_rows_without_a_text_are_tried_in_a_recipe(tmp_path):
    project = Project(tmp_path)
    project.write("a.jsonl", [{"question": f"Is it {number}?", "answer": f"It is {number}."} for number in range(12)])
    for name, seed in (("base", 1), ("tuned", 2)):
        tiny_model(tmp_path / name, seed)
    project.write_recipe(RECIPE)
    scores = {(one["name"], one["model"], one["metric"]): one for one in result(project.run())["scores"]}
    assert scores["held", "tuned", "nats_per_token"]["n"] == 12
    difference = scores["verdict", "tuned − base", "nats_per_token_difference"]
    assert difference["value"] == pytest.approx(
        scores["held", "tuned", "nats_per_token"]["value"] - scores["held", "base", "nats_per_token"]["value"]
    )
    assert scores["written", "base", "exact"]["n"] == 12


def test_a_column_that_is_not_there_is_found_before_the_work_begins(tmp_path):
    project = Project(tmp_path)
    project.write("a.jsonl", [{"question": "a", "answer": "b"}])
    project.write_recipe(RECIPE.replace(", on: answers", ""))
    with pytest.raises(RecipeError, match="reads the column `text`"):
        project.run()


def test_a_text_is_not_for_an_encoder_and_a_decoder_and_that_is_said_before_any_is_scored(work, tmp_path):
    told = []
    here = replace(work, models={**work.models, "t5": write_base(tmp_path / "t5", "t5")}, tell=told.append)
    with pytest.raises(AskedWrong, match="`t5` is an encoder–decoder") as error:
        Perplexity(models=["one", "t5"], data="test").judge(here)
    assert "`on: answers`" in error.value.remedy and not told


WORDS = {"cat": "animal", "axe": "tool", "rain": "weather", "plum": "fruit"}

TAUGHT = """
name: taught
data:
  lessons:
    - source.files: {path: raw/lessons.jsonl}
  asked:
    - source.files: {path: raw/asked.jsonl}
models:
  base: {from: ./base}
  tuned: {train.seq2seq: {data: lessons, model: base, steps: 40, batch: 16, learning_rate: 0.01, precision: fp32, length: 64}}
scores:
  held: {evaluate.perplexity: {models: [base, tuned], data: asked, on: answers}}
  verdict: {compare.paired: {score: held}}
  written: {evaluate.generate: {models: [base, tuned], data: asked, max_new_tokens: 12}}
"""


def test_whether_a_training_of_an_encoder_and_a_decoder_helped_is_seen(tmp_path):
    project = Project(tmp_path)
    for name, numbers in (("lessons", range(9)), ("asked", range(9, 12))):
        rows = [{"question": f"{'the ' * (number % 4)}{word} {number}", "answer": WORDS[word]} for number in numbers for word in WORDS]
        project.write(f"{name}.jsonl", rows)
    write_base(tmp_path / "base", "t5")
    project.write_recipe(TAUGHT)
    scores = {(one["name"], one["model"], one["metric"]): one for one in result(project.run())["scores"]}
    assert scores["held", "tuned", "perplexity"]["value"] < scores["held", "base", "perplexity"]["value"] / 10
    assert scores["verdict", "tuned − base", "nats_per_token_difference"]["verdict"] == "tuned is clearly better"
    assert scores["written", "tuned", "exact"]["value"] > 0.5 > scores["written", "base", "exact"]["value"] == 0


DROPS = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}Q{{ m.content }}|{% else %}A"
    "{% if m.reasoning_content and loop.last %}<{{ m.reasoning_content }}>{% endif %}{{ m.content }}{{ eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}A{% endif %}"
)
"""A template that drops earlier reasoning, as Qwen3's does."""


def talk(number, **more):
    said = (("user", f"{number}"), ("assistant", "one"), ("user", "b"), ("assistant", "two"))
    return {"messages": json.dumps([{"role": role, "content": text, **(more if role == "assistant" else {})} for role, text in said])}


@pytest.mark.parametrize(("template", "more"), [(DROPS, {"reasoning_content": "hm"}), ("question", {})])
def test_a_model_that_learned_last_answers_is_scored_on_them(tmp_path, template, more):
    base = write_base(tmp_path / "base", context=256)
    taught = trained(tmp_path / "taught", {"d": [talk(number, **more) for number in range(6)]}, {"base": base})
    facts = Sft(data="d", model="base", template=template, turns="last", steps=1, batch=2, precision="fp32").fit(taught)
    here = replace(taught, models={"base": base, "tuned": taught.folder})
    found = Perplexity(models=["base", "tuned"], data="d", on="answers", turns="last").judge(here)
    assert found.facts["tuned"]["tokens"] == found.facts["base"]["tokens"] == facts["learned_tokens"]
    assert found.items["bytes"].to_pylist() == [len("two")] * 12
    if more:
        with pytest.raises(DataRefused, match="writes message 2 otherwise") as error:
            Perplexity(models=["tuned"], data="d", on="answers").judge(here)
        assert "Write `turns: last`" in error.value.remedy
    else:
        assert Perplexity(models=["tuned"], data="d", on="answers").judge(here).facts["tuned"]["tokens"] > facts["learned_tokens"]


def test_a_base_beside_a_model_with_new_tokens_is_compared_by_bytes(tmp_path):
    work = answered(tmp_path)
    tuned = extended(work.models["base"], ("<|end|>",), tmp_path / "extended").folder
    templates.write(tuned, templates.Template("", SHORT.replace("{{ eos_token }}", "<|end|>")))
    found = Perplexity(models=["base", "tuned"], data="test", on="answers").judge(replace(work, models={**work.models, "tuned": tuned}))
    assert found.facts["base"]["letters"] == ["<|end|>"] and "letters" not in found.facts["tuned"]
    assert found.items["bytes"].to_pylist()[:3] == found.items["bytes"].to_pylist()[3:]
    pq.write_table(found.items, tmp_path / "items.parquet")
    items = Items("held", tmp_path / "items.parquet", found.by, found.ratios)
    verdict = Paired(score="held").judge(replace(work, scores={"held": items}))
    assert [score.metric for score in verdict.scores] == ["bits_per_byte_difference"]
    with pytest.raises(AskedWrong, match="the models differ in `tokens` on 3 items"):
        Paired(score="held", metrics=["nats_per_token"]).judge(replace(work, scores={"held": items}))
