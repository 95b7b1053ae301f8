"""Rows that models are tried on: one template for all, the tokens that a training learns, the prompts of inference."""

import numpy as np
import pytest
import torch

from tests.steps.evaluate.answered import ROWS, SHORT, answered, dataset
from tilth.errors import AskedWrong, DataRefused, NothingLeft
from tilth.fakes.model import tiny_model
from tilth.model import templates
from tilth.model.held_out import answer_bytes, examples, held_out, questions, renderer_of, template_for
from tilth.model.load import Tokenizer
from tilth.model.perplexity import Scorer
from tilth.model.templates import Template


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return answered(tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="module")
def renderer(work):
    return renderer_of(Template("short", SHORT), Tokenizer(work.models["base"]))


def test_the_tokens_are_the_answers_and_what_ends_them(work, renderer):
    rows = held_out(work.datasets["test"], None)
    tokenizer = Tokenizer(work.models["base"])
    found = examples(rows, renderer)
    learned = [tokenizer.fast.decode(one.ids[one.learned].tolist(), skip_special_tokens=False) for one in found]
    assert learned == [f"{answer}<|endoftext|>" for answer in ROWS["answer"]]
    assert [answer_bytes(row) for row in rows.rows] == [len(answer) for answer in ROWS["answer"]]


def test_what_is_asked_is_what_stands_before_the_learned_tokens(work, renderer):
    rows = held_out(work.datasets["test"], None)
    for one, asked, answer in zip(examples(rows, renderer), questions(rows, renderer), ROWS["answer"], strict=True):
        start = one.answers[-1][0]
        assert one.ids[:start].tolist() == list(asked.ids) and asked.reference == answer and asked.prompt.endswith("?|")


def test_the_nats_are_those_of_the_learned_tokens_alone(work, renderer):
    found = examples(held_out(work.datasets["test"], None), renderer)
    scorer = Scorer(work.models["base"], "cpu")
    documents = list(scorer.answers(found, [1, 2, 3]))
    for one, document in zip(found, documents, strict=True):
        ids = torch.tensor(one.ids.tolist())[None]
        with torch.inference_mode():
            logs = scorer.model.network(input_ids=ids).logits.log_softmax(-1)[0]
        nats = [-float(logs[place - 1, ids[0, place]]) for place in np.flatnonzero(one.learned)]
        assert document.tokens == len(nats) and document.nll == pytest.approx(sum(nats), rel=1e-4)
    assert [document.bytes for document in documents] == [1, 2, 3]


def test_an_example_longer_than_the_context_is_scored_once_each_token(work, renderer, tmp_path):
    long = held_out(dataset(tmp_path, {"question": ["q " * 40], "answer": ["word " * 30 + "end"]}), None)
    (one,) = examples(long, renderer)
    scorer = Scorer(work.models["base"], "cpu")
    assert len(one.ids) > 3 * scorer.model.context
    (document,) = scorer.answers([one], [1])
    assert document.tokens == np.count_nonzero(one.learned) and 2 < document.nll / document.tokens < 12


def test_one_template_is_for_all_models(work, tmp_path):
    rows = held_out(work.datasets["test"], None)
    folders = {name: tiny_model(tmp_path / name) for name in ("base", "tuned", "other")}
    assert template_for(rows, folders, None).name == "question", "the one that belongs to the rows, where no model brings one"
    templates.write(folders["tuned"], Template("chatml", templates.NAMED["chatml"]))
    assert template_for(rows, folders, None).name == "chatml", "the one that a tuned model brings"
    templates.write(folders["other"], Template("", SHORT))
    with pytest.raises(AskedWrong, match="`tuned`, `other` bring different templates") as error:
        template_for(rows, folders, None)
    assert "`like: other`" in error.value.remedy
    assert template_for(rows, folders, None, folders["other"]).source == SHORT
    assert template_for(rows, folders, None, folders["base"]).name == "question"
    assert template_for(rows, folders, "alpaca").name == "alpaca"


def test_texts_are_scored_whole_and_ask_nothing(work, tmp_path):
    rows = held_out(dataset(tmp_path, {"text": ["A text."]}), "text")
    renderer = renderer_of(template_for(rows, {"base": work.models["base"]}, None), Tokenizer(work.models["base"]))
    (one,) = examples(rows, renderer)
    assert one.learned.sum() == len("A text.") + 1 and answer_bytes(rows.rows[0]) == 7
    with pytest.raises(AskedWrong, match="ask nothing"):
        list(questions(rows, renderer))


def test_rows_that_have_no_answer_are_refused(work, renderer, tmp_path):
    with pytest.raises(AskedWrong, match="laid out as `classification`"):
        held_out(dataset(tmp_path / "a", {"text": ["a"], "label": ["x"]}), "classification")
    with pytest.raises(DataRefused, match="`answer` is null") as error:
        held_out(dataset(tmp_path / "b", {"question": ["a", "b"], "answer": ["x", None]}), None)
    assert error.value.exit_code == 3
    with pytest.raises(NothingLeft):
        held_out(dataset(tmp_path / "c", {"question": [], "answer": []}), "question")


def test_rows_that_are_not_proved_are_refused(work, tmp_path):
    altered = "{% for m in messages %}{{ m.content | upper }}{% if m.role == 'assistant' %}{{ eos_token }}{% else %}|{% endif %}{% endfor %}"
    renderer = renderer_of(Template("altered", altered), Tokenizer(work.models["base"]))
    with pytest.raises(DataRefused, match="cannot be learned from with proof"):
        examples(held_out(work.datasets["test"], None), renderer)
