"""Answers: which layouts have them, and what of a conversation may be made shorter."""

import pytest

from tests.tuned import dataset
from tilth.errors import AskedWrong
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.answering import Laying, Turned, laid_out
from tilth.model.formats import Conversation, Text
from tilth.model.load import Tokenizer
from tilth.model.settled_template import SettledTemplate


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return Tokenizer(tiny_tokenizer(tmp_path_factory.mktemp("tokenizer")))


@pytest.mark.parametrize(
    ("row", "template"),
    [
        ({"text": "a"}, "plain"),
        ({"prompt": "a", "completion": "b"}, "plain"),
        ({"question": "a", "answer": "b"}, "question"),
        ({"instruction": "a", "input": "", "output": "b"}, "alpaca"),
    ],
)
def test_a_layout_brings_its_template_where_the_tokenizer_has_none(tmp_path, tokenizer, row, template):
    data = dataset(tmp_path, "d", [row])
    assert SettledTemplate().renderer(None, data, tokenizer, laid_out(data, None)).template.name == template


@pytest.mark.parametrize(
    ("row", "step"),
    [({"prompt": "a", "chosen": "b", "rejected": "c"}, "train.preference"), ({"text": "a", "label": "b"}, "train.classify")],
)
def test_a_layout_without_answers_is_sent_to_its_step(tmp_path, row, step):
    with pytest.raises(AskedWrong, match=step):
        laid_out(dataset(tmp_path, "d", [row]), None)


def test_only_what_stands_before_the_first_answer_is_made_shorter(tmp_path, tokenizer):
    data = dataset(tmp_path, "d", [{"question": "a", "answer": "b"}])
    way = Turned(SettledTemplate().renderer(None, data, tokenizer, laid_out(data, None)), "all")
    talk = [("system", "be good"), ("user", "long"), ("assistant", "yes"), ("user", "more"), ("assistant", "no")]
    conversation = Conversation(tuple({"role": role, "content": content} for role, content in talk), (2, 4))
    assert way.contexts(conversation) == ["long"]
    changed = way.changed(conversation, ["short"])
    assert [message["content"] for message in changed.messages] == ["be good", "short", "yes", "more", "no"]
    assert way.contexts(Text("long")) == []


def test_a_limit_says_where_context_is_cut():
    limit = Laying(strategy="truncate_context", side="right").limit(64)
    assert (limit.length, limit.strategy, limit.side) == (64, "truncate_context", "right")
