"""train.seq2seq: from rows with answers to an encoder and a decoder that gives them, and ends."""

import json
import random

import pytest
import torch
from pydantic import ValidationError

from tests.tuned import work
from tilth.errors import AskedWrong, DataRefused
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.load import Tokenizer, network
from tilth.model.seq2seq import source
from tilth.steps.train.seq2seq import Seq2seq

SIZES = {"type": "t5", "layers": 1, "width": 32, "heads": 2, "context": 64}
SETTINGS = {
    "data": "rows", "validation": "held", "tokenizer": "words", "architecture": SIZES, "length": 64,
    "steps": 60, "batch": 16, "learning_rate": 1e-2, "evaluate_every": 20, "checkpoint_every": 30, "precision": "fp32",
}  # fmt: skip
KINDS = {"cat": "animal", "axe": "tool", "rain": "weather", "plum": "fruit"}


def rows(seed, number):
    draw = random.Random(seed)
    words = [draw.choice(sorted(KINDS)) for _ in range(number)]
    return [{"question": f"{'the ' * draw.randrange(4)}{word}{' and on' * draw.randrange(3)}", "answer": KINDS[word]} for word in words]


def messages(row):
    said = [{"role": "user", "content": row["question"]}, {"role": "assistant", "content": row["answer"]}]
    return {"messages": json.dumps(said)}


def place(folder, data=None, held=None, **more):
    models = {"words": tiny_tokenizer(folder / "words"), **more}
    return work(folder, {"rows": data or rows(1, 48), "held": held or rows(2, 16)}, models)


def right(folder, held):
    """How many of the rows the model in a folder answers as they do, and ends."""
    asked, tokenizer = network(folder, "seq2seq").network, Tokenizer(folder)
    asked.train(False)
    said = [asked.generate(torch.tensor([source(tokenizer, row["question"])]), max_new_tokens=12, do_sample=False)[0].tolist() for row in held]
    return sum((tokenizer.decode(ids), ids[-1]) == (row["answer"], tokenizer.marks.end) for ids, row in zip(said, held, strict=True))


def test_answers_are_learned_and_go_on_being_learned(tmp_path):
    here = place(tmp_path / "fresh")
    facts = Seq2seq(**SETTINGS).fit(here)
    assert json.loads(json.dumps(facts)) == facts
    assert right(here.folder, rows(2, 16)) == 16
    assert facts["validation"][-1]["loss"] < 0.3 and facts["layout"]["format"] == "question"
    window = next(Seq2seq(**SETTINGS).sees(here, 5))
    assert window.number == 5 and window.trained_text.startswith(rows(1, 48)[4]["answer"]) and window.tokens[-1].kind == "end"
    further = {**{name: value for name, value in SETTINGS.items() if name not in ("tokenizer", "architecture")}, "model": "base", "steps": 3}
    again = place(tmp_path / "further", data=[messages(row) for row in rows(1, 48)], base=here.folder)
    went_on = Seq2seq(**{**further, "learning_rate": 1e-4}).fit(again)
    assert went_on["layout"]["format"] == "messages" and went_on["curve"][0]["loss"] < 0.3


def test_an_adapter_learns_answers(tmp_path):
    fresh = place(tmp_path / "fresh")
    Seq2seq(**{**SETTINGS, "steps": 1}).fit(fresh)
    further = {**{name: value for name, value in SETTINGS.items() if name not in ("tokenizer", "architecture")}, "model": "base"}
    facts = Seq2seq(**{**further, "steps": 5, "adapter": {"rank": 4}}).fit(place(tmp_path / "adapter", base=fresh.folder))
    assert facts["trainable_parameters"] < facts["parameters"] and facts["curve"][-1]["loss"] < facts["curve"][0]["loss"]


def test_a_row_that_is_too_long_is_refused_dropped_or_given_a_shorter_source(tmp_path):
    data = [*rows(1, 10), {"question": f"the {'long and ' * 20}cat", "answer": "animal"}]
    with pytest.raises(DataRefused, match="1 of 11 rows is longer than 64 tokens"):
        Seq2seq(**SETTINGS).fit(place(tmp_path / "refuse", data))
    facts = Seq2seq(**{**SETTINGS, "steps": 1, "truncation": "truncate_context"}).fit(place(tmp_path / "shorter", data))
    assert facts["truncation"]["done"]["truncated_rows"] == [11] and facts["rows"] == 11
    facts = Seq2seq(**{**SETTINGS, "steps": 1, "truncation": "drop"}).fit(place(tmp_path / "drop", data))
    assert facts["rows"] == 10


def test_rows_without_answers_are_refused_by_name(tmp_path):
    with pytest.raises(AskedWrong, match="laid out as `text`"):
        Seq2seq(**SETTINGS).fit(place(tmp_path, [{"text": "the cat"}] * 3))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"packing": True}, "`packing` has no meaning here"),
        ({"template": "plain"}, "a source has no roles"),
        ({"truncation": "window"}, "a target belongs to its whole source"),
        ({"length": None}, "`length` is needed"),
        ({"architecture": {**SIZES, "type": "llama"}}, "`type: llama` is no encoder-decoder"),
    ],
)
def test_what_has_no_meaning_is_refused(settings, said):
    with pytest.raises(ValidationError, match=said):
        Seq2seq(**{**SETTINGS, **settings})
