"""An encoder and a decoder learn each token of a target and its end, as Transformers' own loss has it, however batches are made."""

import random

import pytest
import torch

from tests.model.like_t5 import loaded as loaded_like_t5
from tilth.errors import AskedWrong, DataRefused
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.architecture import Architecture
from tilth.model.examples import Example, write
from tilth.model.formats import Conversation
from tilth.model.load import Tokenizer, new_model, save_model
from tilth.model.load import network as loaded
from tilth.model.masks import Unproved
from tilth.model.seq2seq import Answers, Proofs, TargetToken, examples, source, start_of, target


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return Tokenizer(tiny_tokenizer(tmp_path_factory.mktemp("tokenizer")))


def conversation(*texts, learned=None):
    messages = tuple({"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts))
    return Conversation(messages, tuple(range(1, len(texts), 2)) if learned is None else learned)


def network_of(tokenizer, **sizes):
    return new_model(Architecture(type="t5", **{"layers": 1, "width": 32, "heads": 2, "context": 64, **sizes}), tokenizer, 3)


def material_of(folder, tokenizer, pairs):
    found = write(folder, examples(tokenizer, enumerate(conversation(*pair) for pair in pairs)), {})
    return Answers(found, tokenizer.filling)


def reversed_words(seed, number):
    draw = random.Random(seed)
    words = ["".join(draw.choices("abcd", k=draw.randrange(1, 5))) for _ in range(number)]
    return [(word, word[::-1]) for word in words]


def step(network, material, parts):
    """The mean loss of a step and its gradient, when it is computed in these parts."""
    network.zero_grad()
    objective = TargetToken(start_of(network.config))
    batches = [material.batch(part) for part in parts]
    weight = sum(objective.weight(batch) for batch in batches)
    losses = [objective.sums(network, batch)["loss"] / weight for batch in batches]
    sum(losses).backward()
    return sum(losses).item(), torch.cat([one.grad.flatten() for one in network.parameters()])


def test_every_token_of_the_target_is_learned_and_its_end(tokenizer):
    [one] = examples(tokenizer, [(5, conversation("the cat", "sat on"))])
    assert one.row == 5
    assert tokenizer.decode(one.ids[~one.learned]) == "the cat" and tokenizer.decode(one.ids[one.learned]) == "sat on"
    assert one.ids[-1] == tokenizer.marks.end and one.learned[-1]
    assert one.answers == ((int((~one.learned).sum()), len(one.ids)),)


def test_a_conversation_of_several_answers_gives_each_with_what_was_said_before(tokenizer):
    found = list(examples(tokenizer, [(0, conversation("one", "two", "three", "four"))]))
    seen = [(tokenizer.decode(one.ids[~one.learned]), tokenizer.decode(one.ids[one.learned])) for one in found]
    assert seen == [("one", "two"), ("one\n\ntwo\n\nthree", "four")]
    assert len(list(examples(tokenizer, [(0, conversation("one", "two", "three", "four", learned=(3,)))]))) == 1


def test_what_a_user_writes_is_no_control_token(tokenizer):
    end = tokenizer.marks.end
    assert end not in source(tokenizer, "a<|endoftext|>b") and target(tokenizer, "<|endoftext|>").count(end) == 1


def test_the_decoder_sees_its_start_and_the_target_one_place_later(tmp_path, tokenizer):
    network = network_of(tokenizer)
    batch = material_of(tmp_path, tokenizer, [("a", "bc"), ("abcd", "e")]).batch([0, 1])
    start, end = start_of(network.config), tokenizer.marks.end
    b, c, e = (tokenizer.prompt(letter)[-1] for letter in "bce")
    heard = TargetToken(start).heard(batch["labels"]).tolist()
    assert heard[0] == [start, b, c] and heard[1][:2] == [start, e]
    assert batch["labels"].tolist() == [[b, c, end], [e, end, -100]]
    assert batch["attention_mask"].tolist() == [[1, 0, 0, 0], [1, 1, 1, 1]]


def test_the_loss_is_that_of_transformers(tmp_path, tokenizer):
    network = network_of(tokenizer)
    material = material_of(tmp_path, tokenizer, reversed_words(1, 8))
    batch = material.batch(range(8))
    wanted = network(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=batch["labels"]).loss
    assert step(network, material, [range(8)])[0] == pytest.approx(wanted.item(), abs=1e-5)


def test_the_nats_of_each_target_add_up_to_the_sum_that_is_learned(tmp_path, tokenizer):
    network, objective = network_of(tokenizer), TargetToken(tokenizer.filling)
    material = material_of(tmp_path, tokenizer, reversed_words(1, 8))
    each = torch.cat([objective.each(network, material.batch([number])) for number in range(8)])
    torch.testing.assert_close(objective.each(network, material.batch(range(8))), each, atol=1e-5, rtol=1e-5)
    assert objective.sums(network, material.batch(range(8)))["loss"].item() == pytest.approx(each.sum().item(), rel=1e-5)


def test_the_micro_batch_moves_neither_loss_nor_gradient(tmp_path, tokenizer):
    network = network_of(tokenizer)
    material = material_of(tmp_path, tokenizer, reversed_words(1, 8))
    whole, slope = step(network, material, [range(8)])
    for parts in ([[number] for number in range(8)], [[7, 0, 3], [1, 2, 4, 5, 6]]):
        loss, other = step(network, material, parts)
        assert loss == pytest.approx(whole, abs=1e-5)
        torch.testing.assert_close(other, slope, atol=1e-5, rtol=1e-4)


def sentences(seed, number):
    """Sentences with the one word that they are answered by."""
    draw = random.Random(seed)
    kinds = {"cat": "animal", "axe": "tool", "rain": "weather", "plum": "fruit"}
    words = [draw.choice(sorted(kinds)) for _ in range(number)]
    return [(f"{'the ' * draw.randrange(5)}{word}{' and on' * draw.randrange(4)}", kinds[word]) for word in words]


def test_answers_are_learned_and_the_saved_model_gives_them_and_ends(tmp_path, tokenizer):
    network = network_of(tokenizer)
    material = material_of(tmp_path / "data", tokenizer, sentences(1, 32))
    learner = torch.optim.AdamW(network.parameters(), 1e-2)
    network.train(True)
    for _ in range(60):
        step(network, material, [range(len(material))])
        learner.step()
    save_model(network, tokenizer, tmp_path / "model")
    asked = loaded(tmp_path / "model", "seq2seq").network
    asked.train(False)
    for sentence, wanted in sentences(2, 12):
        said = asked.generate(torch.tensor([source(tokenizer, sentence)]), max_new_tokens=12, do_sample=False)[0].tolist()
        assert (tokenizer.decode(said), said[-1]) == (wanted, tokenizer.marks.end)


def test_a_decoder_without_a_start_is_refused(tokenizer):
    config = network_of(tokenizer).config
    config.decoder_start_token_id = config.pad_token_id = None
    with pytest.raises(AskedWrong, match="decoder_start_token_id"):
        start_of(config)


# What is proved


def reasons(tokenizer, *conversations):
    """What is proved of conversations, by the number of the row, and the rows that are not, with their reasons."""
    proofs = Proofs()
    found = list(examples(tokenizer, enumerate(conversations), proofs))
    return proofs, {one.row: one.reason for one in found if isinstance(one, Unproved)}


@pytest.fixture(scope="module")
def t5(tmp_path_factory):
    return loaded_like_t5(tmp_path_factory.mktemp("t5"))


def test_a_target_that_the_tokenizer_cannot_say_is_refused(t5):
    proofs, refused = reasons(t5, conversation("the", '{"price": 5}'), conversation("the", "cat"), conversation("one", "two", "three", "<b>"))
    assert refused == {0: "unknown", 2: "unknown"} and (proofs.rows, proofs.answers) == (1, 1)


def test_a_row_is_refused_once_however_many_of_its_answers_are_wrong(t5):
    found = list(examples(t5, [(0, conversation("a", "<", "b", "{", "c", "d")), (1, conversation("a", "b"))]))
    assert [(one.row, type(one)) for one in found] == [(0, Unproved), (1, Example)]


def test_what_is_learned_in_the_normal_form_and_what_a_source_loses_are_counted(t5):
    proofs, refused = reasons(t5, conversation("give <json>", "line one\nline two"), conversation("a", "b", "<c>", "d  e"), conversation("a", "b"))
    assert not refused and (proofs.rows, proofs.answers, proofs.normal, proofs.unknown) == (3, 4, 2, 2)
    [one] = examples(t5, [(0, conversation("give <json>", "line one\nline two"))])
    assert t5.full.decode(one.ids[one.learned]) == "line one line two</s>"
    assert (proofs.tokens, proofs.learned) == tuple(
        sum(int(side(one)) for text in (("give <json>", "line one\nline two"), ("a", "b", "<c>", "d  e"), ("a", "b"))
            for one in examples(t5, [(0, conversation(*text))])) for side in (lambda one: len(one.ids), lambda one: one.learned.sum())
    )  # fmt: skip


@pytest.mark.parametrize("blank", ["", " ", "\n"])
def test_an_empty_target_is_refused(t5, tokenizer, blank):
    assert reasons(t5, conversation("a", blank))[1] == reasons(tokenizer, conversation("a", blank))[1] == {0: "nothing learned"}


def test_tools_and_calls_and_reasoning_have_no_place_and_are_refused(tokenizer):
    call = {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": {"name": "get", "arguments": {}}}]}
    asked, said = ({"role": "user", "content": "rain?"}, {"role": "tool", "content": "rain"}), {"role": "assistant", "content": "it rains"}
    rows = (
        Conversation((*asked[:1], call), (1,)),
        Conversation((asked[0], call, asked[1], said), (3,)),
        Conversation((asked[0], said), (1,), ({"name": "get"},)),
        Conversation((asked[0], {**said, "reasoning_content": "hm"}), (1,)),
        Conversation((asked[0], {**said, "reasoning_content": ""}), (1,)),
        Conversation((asked[0], said, asked[0], call), (1,)),
    )
    assert reasons(tokenizer, *rows)[1] == dict.fromkeys(range(4), "no place"), "what comes after the last learned answer says nothing"


def test_a_control_token_that_a_text_writes_stays_letters(tmp_path):
    letters = loaded_like_t5(tmp_path, "</>_")
    proofs, refused = reasons(letters, conversation("a</s>b <extra_id_0>", "c</s>d"))
    [one] = examples(letters, [(0, conversation("a</s>b <extra_id_0>", "c</s>d"))])
    assert not refused and proofs.letters == 1 and proofs.unknown == 0
    assert [one.ids[side].tolist().count(1) for side in (one.learned, ~one.learned)] == [1, 1] and 3 not in one.ids
    assert 3 in source(letters, "<extra_id_0>", control=True)


def test_sources_are_read_as_ever_where_no_control_token_is_written(t5, tokenizer):
    for one in (t5, tokenizer):
        one.fast.encode_special_tokens = True
        for text in ("the cat", "  two\n\nlines <b> é", "", "the"):
            assert source(one, text) == one.fast.encode(text).ids


def test_a_source_that_is_no_text_is_refused(t5):
    with pytest.raises(DataRefused, match="half of a surrogate pair"):
        source(t5, "a\ud800")
