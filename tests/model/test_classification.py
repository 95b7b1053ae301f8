"""Texts are told apart by encoders and decoders, whatever they are batched with, and a saved model tells `filter.classifier` the same."""

import random

import numpy as np
import pytest
import torch

from tilth.errors import DataRefused, NothingLeft
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.architecture import Architecture
from tilth.model.classification import Label, Texts, balanced, examples, judged, labels_among, tokens_of
from tilth.model.examples import write
from tilth.model.formats import Labelled
from tilth.model.load import Tokenizer, new_model, save_model
from tilth.model.text_classifier import TextClassifier

SIZES = {"layers": 1, "width": 32, "heads": 2, "context": 64}
KINDS = ("bert", "llama")
WORDS = {"animals": ["cat", "hen", "dog", "mole"], "tools": ["axe", "saw", "rake", "plough"], "weather": ["rain", "hail", "mist"]}
LABELS = sorted(WORDS)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return Tokenizer(tiny_tokenizer(tmp_path_factory.mktemp("tokenizer")))


def drawn(seed, number):
    """Sentences of which one word tells the label."""
    draw = random.Random(seed)
    labels = [draw.choice(LABELS) for _ in range(number)]
    return [Labelled(f"{'the ' * draw.randrange(5)}{draw.choice(WORDS[label])}{' and on' * draw.randrange(4)}", label) for label in labels]


def texts_of(folder, tokenizer, rows, labels=LABELS):
    return Texts(write(folder, examples(tokenizer, enumerate(rows), labels), {}, ["label"]), tokenizer.filling)


def network_of(kind, tokenizer, labels=LABELS, **sizes):
    return new_model(Architecture(type=kind, **{**SIZES, **sizes}), tokenizer, 3, labels)


def step(objective, network, material, parts):
    """The mean loss of a step and its gradient, when it is computed in these parts."""
    network.zero_grad()
    batches = [material.batch(part) for part in parts]
    weight = sum(objective.weight(batch) for batch in batches)
    losses = [objective.sums(network, batch)["loss"] / weight for batch in batches]
    sum(losses).backward()
    return sum(losses).item(), torch.cat([one.grad.flatten() for one in network.parameters() if one.grad is not None])


def taught(network, material, steps=60):
    learner = torch.optim.AdamW(network.parameters(), 5e-3)
    network.train(True)
    for _ in range(steps):
        step(Label(), network, material, [range(len(material))])
        learner.step()
    return network


def test_labels_are_sorted_and_there_are_two_at_least():
    assert labels_among(["b", "a", "b", "C"]) == ["C", "a", "b"]
    with pytest.raises(NothingLeft, match="one label only: 'a'"):
        labels_among(["a", "a"])
    with pytest.raises(NothingLeft, match="no label"):
        labels_among([])


def test_a_label_that_is_not_known_is_told_with_its_row(tokenizer):
    rows = [(4, Labelled("the cat", "animals")), (7, Labelled("the sea", "places"))]
    with pytest.raises(DataRefused, match="Row 8 has the label 'places'"):
        list(examples(tokenizer, rows, LABELS))


def test_an_example_has_its_texts_tokens_and_its_labels_number(tokenizer):
    rows = [(number, Labelled(f"the {'cat ' * number}", LABELS[number % 3])) for number in range(600)]
    found = list(examples(tokenizer, rows, LABELS))
    assert [one.row for one in found] == list(range(600))
    assert [LABELS[int(one.extra["label"])] for one in found] == [one.label for _, one in rows]
    assert [tokenizer.decode(one.ids) for one in found[:9]] == [one.text for _, one in rows[:9]]
    assert not any(one.learned.any() for one in found)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weights", [None, (0.5, 2.0, 1.0)])
def test_the_micro_batch_moves_neither_loss_nor_gradient(tmp_path, tokenizer, kind, weights):
    network, material = network_of(kind, tokenizer), texts_of(tmp_path, tokenizer, drawn(1, 8))
    whole, slope = step(Label(weights), network, material, [range(8)])
    for parts in ([[number] for number in range(8)], [[7, 0, 3], [1, 2, 4, 5, 6]]):
        loss, other = step(Label(weights), network, material, parts)
        assert loss == pytest.approx(whole, abs=1e-6)
        torch.testing.assert_close(other, slope, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_is_that_of_transformers(tmp_path, tokenizer, kind):
    network, material = network_of(kind, tokenizer), texts_of(tmp_path, tokenizer, drawn(1, 8))
    batch = material.batch(range(8))
    wanted = network(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=batch["target"]).loss
    assert Label().sums(network, batch)["loss"].item() / 8 == pytest.approx(wanted.item(), abs=1e-6)


def test_balanced_labels_count_the_same():
    weights = balanced([10, 40, 50])
    assert [weight * rows for weight, rows in zip(weights, (10, 40, 50), strict=True)] == pytest.approx([100 / 3] * 3)
    assert sum(weight * rows for weight, rows in zip(weights, (10, 40, 50), strict=True)) / 100 == pytest.approx(1)


@pytest.mark.parametrize("kind", KINDS)
def test_separable_texts_are_learned_and_the_saved_model_is_a_classifier(tmp_path, tokenizer, kind):
    held_out = drawn(2, 60)
    network = taught(network_of(kind, tokenizer), texts_of(tmp_path / "data", tokenizer, drawn(1, 60)))
    material = texts_of(tmp_path / "held out", tokenizer, held_out)
    found = judged(network, material, LABELS, 256)
    assert found["n"] == 60 and found["accuracy"] > 0.95 and found["macro_f1"] > 0.95
    save_model(network, tokenizer, tmp_path / "model")
    asked = TextClassifier(tmp_path / "model", 64)
    assert asked.labels == LABELS
    scores = np.stack([asked.scores([one.text for one in held_out], label) for label in LABELS], -1)
    batch = material.batch(range(60))
    network.train(False)
    with torch.no_grad():
        ours = network(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits.softmax(-1)
    np.testing.assert_allclose(scores, ours.numpy(), atol=1e-4)


def test_judging_counts_what_is_written_down(tmp_path, tokenizer):
    class Fixed(torch.nn.Module):
        """Tells the labels that it is given, in order."""

        device = torch.device("cpu")

        def __init__(self, told):
            super().__init__()
            self.told = list(told)

        def forward(self, input_ids, **_):
            told = [self.told.pop(0) for _ in input_ids]
            return type("Said", (), {"logits": torch.nn.functional.one_hot(torch.tensor(told), 4).float()})

    rows = [Labelled("the cat", label) for label in ("a", "a", "a", "b", "b", "c")]
    material = texts_of(tmp_path, tokenizer, rows, ["a", "b", "c", "d"])
    found = judged(Fixed([0, 0, 1, 1, 0, 1]), material, ["a", "b", "c", "d"], 4)
    assert found["told"] == [[2, 1, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    assert (found["n"], found["accuracy"]) == (6, 0.5)
    assert found["by_label"]["a"] == {"rows": 3, "precision": pytest.approx(2 / 3), "recall": pytest.approx(2 / 3), "f1": pytest.approx(2 / 3)}
    assert found["by_label"]["b"]["precision"] == pytest.approx(1 / 3) and found["by_label"]["c"]["f1"] == 0
    assert found["macro_f1"] == pytest.approx((2 / 3 + 2 / 5 + 0) / 3)
    assert found["accuracy_interval"] == [pytest.approx(0.188, abs=0.001), pytest.approx(0.812, abs=0.001)]


def test_no_texts_have_no_tokens(tokenizer):
    assert tokens_of(tokenizer, []) == []
