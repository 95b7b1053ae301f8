"""An encoder and a decoder learn each token of a target and its end, as Transformers' own loss has it, however batches are made."""

import random

import pytest
import torch

from tilth.errors import AskedWrong
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.architecture import Architecture
from tilth.model.examples import write
from tilth.model.formats import Conversation
from tilth.model.load import Tokenizer, new_model, save_model
from tilth.model.load import network as loaded
from tilth.model.seq2seq import Answers, TargetToken, examples, source, start_of, target


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
