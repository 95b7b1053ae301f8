"""A training has one template, its own rows settle it, and what a model learned to be asked by is not lost without a word."""

import json

import pytest
from transformers import AutoModelForCausalLM

from tests.model.tuned import write_base
from tests.tuned import dataset, work
from tilth.errors import AskedWrong
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model import reading, templates
from tilth.model.answering import Answering, Laying
from tilth.model.load import Tokenizer
from tilth.model.preferring import Preferring
from tilth.model.settled_template import SettledTemplate
from tilth.model.tuning import Room
from tilth.steps.train.preference import Preference
from tilth.steps.train.sft import Sft

CHAT = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
ASKED = {"question": "say?", "answer": "yes"}
JOINED = {"prompt": "say?", "completion": "yes"}
TEXT = {"text": "the hen sat"}
TALK = {"messages": json.dumps([{"role": "user", "content": "say?"}, {"role": "assistant", "content": "yes"}])}
TOOLS = {"messages": json.dumps([{"role": role, "content": role} for role in ("user", "tool", "assistant")])}
PAIR = {"prompt": "say?", "chosen": "yes", "rejected": "no"}
PAIRED = {"prompt": json.dumps([{"role": "user", "content": "say?"}])} | {
    name: json.dumps([{"role": "assistant", "content": name}]) for name in ("chosen", "rejected")
}
SHORT = {"steps": 1, "batch": 2, "precision": "fp32"}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return Tokenizer(tiny_tokenizer(tmp_path_factory.mktemp("tokenizer")))


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return write_base(tmp_path_factory.mktemp("bases") / "base", context=128)


@pytest.fixture(scope="module")
def chatty(tmp_path_factory):
    folder = write_base(tmp_path_factory.mktemp("bases") / "chatty", context=128)
    (folder / templates.FILE).write_text(CHAT, encoding="utf-8")
    return folder


def written(settled, asked, folder, name, rows, tokenizer):
    data = dataset(folder, name, rows)
    return settled.renderer(asked, data, tokenizer, reading.layout_of(data, None))


@pytest.mark.parametrize("asked", [None, "instruction"])
def test_validation_is_written_by_the_template_of_the_training_whatever_its_own_layout(tmp_path, tokenizer, asked):
    settled = SettledTemplate()
    first = written(settled, asked, tmp_path, "d", [ASKED], tokenizer)
    for name, row in (("joined", JOINED), ("talk", TALK)):
        assert written(settled, asked, tmp_path, name, [row], tokenizer).template == first.template
    assert first.template.name == (asked or "question")


@pytest.mark.parametrize(
    ("learned", "held", "words"),
    [
        (ASKED, TOOLS, r"`d` are laid out as `question`, and those of `v` as `messages`.*`question` settled by the first does not write them"),
        (ASKED, TEXT, r"`question`, and those of `v` as `text`.*plain texts, of which all is learned"),
        (TEXT, ASKED, r"`text`, and those of `v` as `question`.*another task"),
    ],
)
def test_validation_rows_that_it_does_not_write_are_refused(tmp_path, tokenizer, learned, held, words):
    settled = SettledTemplate()
    written(settled, None, tmp_path, "d", [learned], tokenizer)
    with pytest.raises(AskedWrong, match=words):
        written(settled, None, tmp_path, "v", [held], tokenizer)


def test_a_training_looks_at_validation_rows_of_another_layout_by_its_own_template(tmp_path, base):
    here = work(tmp_path, {"d": [ASKED] * 4, "v": [JOINED] * 2}, {"base": base})
    room = Room(Tokenizer(base), 64, here.scratch, here)
    subject = Answering(Laying())
    taught, held = (subject.prepare(here.datasets[name], room) for name in "dv")
    assert taught.facts["template"] == held.facts["template"] == "question"
    assert taught.material.batch([0])["input_ids"].tolist() == held.material.batch([0])["input_ids"].tolist()


def test_pairs_are_looked_at_by_the_template_of_the_training(tmp_path, chatty):
    here = work(tmp_path, {"d": [PAIRED] * 4, "v": [PAIR] * 2}, {"base": chatty})
    room = Room(Tokenizer(chatty), 64, here.scratch, here)
    subject = Preferring("orpo", {}, None, None, ("refuse", "left", None))
    taught, held = (subject.prepare(here.datasets[name], room) for name in "dv")
    assert taught.facts["template"] == held.facts["template"] == "tokenizer"


def test_a_model_that_learns_plain_texts_keeps_the_template_by_which_it_is_asked(tmp_path, chatty):
    here = work(tmp_path, {"d": [TEXT] * 4}, {"base": chatty})
    step = Sft(data="d", model="base", **SHORT)
    facts = step.fit(here)
    assert facts["template"] == "plain" and "warnings" not in facts
    assert (here.folder / templates.FILE).read_text() == CHAT
    assert [window.trained_text for window in step.sees(here)] == ["the hen sat<|endoftext|>"] * 4
    assert AutoModelForCausalLM.from_pretrained(here.folder).generation_config.eos_token_id == 1


def test_a_model_without_a_template_that_learns_plain_texts_has_plain(tmp_path, base):
    here = work(tmp_path, {"d": [TEXT] * 4}, {"base": base})
    Sft(data="d", model="base", **SHORT).fit(here)
    assert (here.folder / templates.FILE).read_text() == templates.NAMED["plain"]


@pytest.mark.parametrize(("step", "row"), [(Sft, JOINED), (Preference, PAIR)], ids=["answers", "pairs"])
def test_that_a_chat_template_is_not_used_is_said_while_it_trains_in_the_facts_and_in_a_rehearsal(tmp_path, chatty, step, row):
    said = []
    here = work(tmp_path, {"d": [row] * 4, "v": [row] * 2}, {"base": chatty}, tell=lambda told: said.append(told.get("note")))
    (warning,) = step(data="d", validation="v", model="base", **SHORT).fit(here)["warnings"]
    assert said.count(warning) == 1
    assert warning.startswith("The tokenizer brings a chat template, which is not used: the rows of `d` are plain texts")
    assert "Write `template: tokenizer` to use it" in warning
    anew = work(tmp_path / "anew", {"d": [row] * 4}, {"base": chatty})
    assert step(data="d", model="base", **SHORT).rehearse(anew, None)["warnings"] == [warning]


@pytest.mark.parametrize("asked", ["tokenizer", "plain"])
def test_who_names_a_template_is_not_warned(tmp_path, chatty, asked):
    here = work(tmp_path, {"d": [PAIR] * 4}, {"base": chatty})
    facts = Preference(data="d", model="base", template=asked, method="orpo", **SHORT).fit(here)
    assert "warnings" not in facts and facts["template"] == asked
    assert (here.folder / templates.FILE).read_text() == (CHAT if asked == "tokenizer" else templates.NAMED["plain"])
