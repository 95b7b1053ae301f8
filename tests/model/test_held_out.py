"""Rows that models are tried on: one template for all, the tokens that a training learns, the prompts of inference."""

import json

import numpy as np
import pytest
import torch

from tests.model.tuned import write_base
from tests.steps.evaluate.answered import ROWS, SHORT, answered, dataset
from tilth.errors import AskedWrong, DataRefused, NothingLeft
from tilth.fakes.model import tiny_model
from tilth.fakes.work import tiny_work
from tilth.model import templates
from tilth.model.held_out import Asking, answer_bytes, examples, held_out, questions, renderer_of, template_for
from tilth.model.load import Tokenizer
from tilth.model.new_tokens import extended
from tilth.model.perplexity import Scorer
from tilth.model.ready import Model
from tilth.model.responding import Responding
from tilth.model.templates import Template
from tilth.model.tuning import Room


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


def test_texts_are_scored_without_the_templates_that_models_bring(tmp_path):
    folders = {name: tiny_model(tmp_path / name) for name in ("base", "tuned")}
    templates.write(folders["base"], Template("chatml", templates.NAMED["chatml"]))
    templates.write(folders["tuned"], Template("", SHORT))
    rows = held_out(dataset(tmp_path, {"text": ["A text."]}), "text")
    found = template_for(rows, folders, None)
    assert found.name == "plain" == template_for(rows, folders, None, folders["base"]).name
    (one,) = examples(rows, renderer_of(found, Tokenizer(folders["base"])))
    assert one.learned.sum() == len("A text.") + 1


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


# Encoders with decoders


TALK = [("user", "one"), ("assistant", "two"), ("user", "three"), ("assistant", "four")]


def talks(folder, *conversations):
    said = [json.dumps([{"role": role, "content": text} for role, text in talk]) for talk in conversations]
    return dataset(folder, {"messages": said})


@pytest.fixture(scope="module")
def t5(tmp_path_factory):
    return write_base(tmp_path_factory.mktemp("t5") / "t5", "t5")


def test_an_encoder_and_a_decoder_is_asked_what_its_training_learns(tmp_path, t5):
    data = talks(tmp_path, TALK, TALK[:2], [("user", "five"), ("assistant", "<|endoftext|>")])
    model = Model(t5, "cpu")
    asking = Asking.of(data, None, {"t5": t5}, (None, None))
    found, sizes = asking.examples(model)
    room = Room(Tokenizer(t5), 512, tmp_path / "scratch", tiny_work(tmp_path, {}))
    material = Responding(None, ("refuse", "left", None)).prepare(data, room).material
    assert [(one.row, one.ids.tolist(), one.learned.tolist()) for one in found] == [
        (one.row, one.ids.tolist(), one.learned.tolist()) for one in (material.examples[number] for number in range(len(material)))
    ]
    assert [one.row for one in found] == [0, 0, 1, 2] and sizes == [7, 3, 13]
    asked, stops = asking.questions(model)
    assert [(one.prompt, one.reference) for one in asked] == [("one\n\ntwo\n\nthree", "four"), ("one", "two"), ("five", "<|endoftext|>")]
    last = {one.row: one for one in found}
    assert [list(one.ids) for one in asked] == [last[row].ids[~last[row].learned].tolist() for row in range(3)]
    assert stops == (1,) and asking.facts(model) == {"template": None, "format": "messages"}


def test_the_last_answers_alone_may_be_asked_for(tmp_path, work, t5):
    data, both = talks(tmp_path, TALK, TALK[:2]), {"t5": t5, "base": work.models["base"]}
    asking = Asking.of(data, None, both, ("question", None), "last")
    whole = Asking.of(data, None, both, ("question", None))
    for folder in both.values():
        model = Model(folder, "cpu")
        (found, sizes), (all_of_them, _) = asking.examples(model), whole.examples(model)
        said = [model.tokenizer.fast.decode(one.ids[one.learned].tolist()) for one in found]
        assert said == ["four", "two"] and sizes == [4, 3]
        assert sum(int(one.learned.sum()) for one in all_of_them) == 5 + 4 + 4
        assert asking.questions(model) == whole.questions(model)


def test_what_an_encoder_and_a_decoder_would_not_learn_it_is_not_scored_on_or_asked(tmp_path, t5):
    call = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "get", "arguments": {}}}]}
    talk = [{"role": "user", "content": "rain?"}, call, {"role": "tool", "content": "rain"}, {"role": "assistant", "content": "yes"}]
    asking = Asking.of(dataset(tmp_path, {"messages": [json.dumps(talk), json.dumps(talk[::3])]}), None, {"t5": t5}, (None, None))
    model = Model(t5, "cpu")
    for ask in (asking.examples, asking.questions):
        with pytest.raises(DataRefused, match="Of 2 rows, 1 cannot be learned from with proof .*its message 2 calls a tool") as error:
            ask(model)
        assert error.value.exit_code == 3


def test_the_nats_of_targets_are_those_of_transformers_and_of_each_row(tmp_path, t5):
    asking = Asking.of(talks(tmp_path, TALK, TALK[:2], TALK[2:]), None, {"t5": t5}, (None, None))
    scorer = Scorer(t5, "cpu")
    found, sizes = asking.examples(scorer.model)
    wanted = [0.0, 0.0, 0.0]
    for one in found:
        given, labels = (torch.tensor([one.ids[side].tolist()]) for side in (~one.learned, one.learned))
        with torch.inference_mode():
            wanted[one.row] += float(scorer.model.network(input_ids=given, labels=labels).loss) * labels.shape[1]
    for batch in (None, 1):
        documents = list(Scorer(t5, "cpu", batch).answers(found, sizes))
        assert [document.nll for document in documents] == pytest.approx(wanted, rel=1e-5)
    assert [(document.tokens, document.bytes) for document in documents] == [(4 + 5, 7), (4, 3), (5, 4)]
    assert scorer.facts["context"] is None


def test_a_template_says_nothing_to_an_encoder_and_a_decoder(work, t5):
    data, folders = work.datasets["test"], {"t5": t5}
    for words, name in ((("question", None), "template"), ((None, t5), "like"), ((None, work.models["base"]), "like")):
        with pytest.raises(AskedWrong, match="An encoder–decoder has no template: its source is what was said before an answer") as error:
            Asking.of(data, None, folders, words)
        assert error.value.where == name and f"Leave `{name}` out" in error.value.remedy
    with pytest.raises(AskedWrong, match="has no template") as error:
        Asking.of(data, None, {"t5": t5, "base": work.models["base"]}, (None, t5))
    assert "or name a decoder" in error.value.remedy


def test_plain_texts_ask_an_encoder_and_a_decoder_nothing(tmp_path, t5):
    with pytest.raises(AskedWrong, match="`t5` is an encoder–decoder, which answers one text with another, and the rows of `test` are plain texts"):
        Asking.of(dataset(tmp_path, {"text": ["A text."]}), "text", {"t5": t5}, (None, None))
    with pytest.raises(AskedWrong, match="has no likelihood for a text by itself") as error:
        list(Scorer(t5, "cpu").score(["A text."]))
    assert "`on: answers`" in error.value.remedy


def test_beside_decoders_each_is_asked_in_the_way_that_it_learns(work, t5):
    folders = {"t5": t5, "base": work.models["base"]}
    asking = Asking.of(work.datasets["test"], None, folders, ("alpaca", None))
    assert asking.facts(Model(t5, "cpu"))["template"] is None and asking.facts(Model(work.models["base"], "cpu"))["template"] == "alpaca"
    by_encoder, by_decoder = (asking.questions(Model(folder, "cpu"))[0] for folder in folders.values())
    assert [one.prompt for one in by_encoder] == ROWS["question"] and all("### Instruction" in one.prompt for one in by_decoder)
    assert [one.reference for one in by_encoder] == [one.reference for one in by_decoder]


# Tokens that a base lacks


TURNS = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role[0] + ':' + m.content + '<|im_end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>a:' }}{% endif %}"
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A base, and the same model with new tokens by which its template ends an answer."""
    folder = tmp_path_factory.mktemp("pair")
    base = write_base(folder / "base", context=160)
    tuned = extended(base, ("<|im_start|>", "<|im_end|>"), folder / "tuned").folder
    templates.write(tuned, Template("", TURNS))
    return {"base": base, "tuned": tuned}


def test_a_base_is_asked_by_its_tuned_model_s_template_in_letters(tmp_path, pair):
    asking = Asking.of(talks(tmp_path, TALK, TALK[:2]), None, pair, (None, None))
    base, tuned = (Model(folder, "cpu") for folder in pair.values())
    (ours, sizes), (theirs, same) = asking.examples(base), asking.examples(tuned)
    assert sizes == same == [7, 3]
    learned = [tuned.tokenizer.fast.decode(one.ids[one.learned].tolist(), skip_special_tokens=False) for one in theirs]
    assert learned == ["two<|im_end|>four<|im_end|>", "two<|im_end|>"]
    learned = [base.tokenizer.fast.decode(one.ids[one.learned].tolist(), skip_special_tokens=False) for one in ours]
    assert learned == ["two<|im_end|><|endoftext|>", "four<|im_end|><|endoftext|>", "two<|im_end|><|endoftext|>"]
    assert [one.row for one in ours] == [0, 0, 1] and [one.row for one in theirs] == [0, 1]
    assert asking.facts(base)["letters"] == ["<|im_end|>", "<|im_start|>"] and "letters" not in asking.facts(tuned)
    found = [list(Scorer(folder, "cpu").answers(made, sizes)) for folder, made in zip(pair.values(), (ours, theirs), strict=True)]
    assert [one.bytes for one in found[0]] == [one.bytes for one in found[1]] == [7, 3]
    assert found[0][0].tokens > found[1][0].tokens == len("two") + len("four") + 2


def test_both_are_asked_the_same_and_each_stops_where_it_learned_to(tmp_path, pair):
    asking = Asking.of(talks(tmp_path, TALK), None, pair, (None, None))
    ([ours], our_stops), ([theirs], their_stops) = (asking.questions(Model(folder, "cpu")) for folder in pair.values())
    assert ours.prompt == theirs.prompt and ours.reference == theirs.reference == "four"
    assert len(ours.ids) > len(theirs.ids) and (our_stops, their_stops) == ((1,), (269, 1))


def test_a_template_that_ends_no_answer_for_anybody_is_still_refused(tmp_path, pair):
    asking = Asking.of(talks(tmp_path, TALK), None, {"base": pair["base"]}, (TURNS, None))
    with pytest.raises(AskedWrong, match="no control token after an answer that others follow"):
        asking.examples(Model(pair["base"], "cpu"))
