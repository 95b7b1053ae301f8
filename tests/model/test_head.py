"""A classifier that learns again keeps what its outputs meant, or begins anew."""

import json

import pytest
import torch

from tests.model.tuned import LABELS, write_base
from tests.tuned import work
from tilth.model.load import Loading, Tokenizer, network, save_model
from tilth.steps.train.classify import Classify

IDS = torch.tensor([[5, 9, 30, 31, 77, 2]])


@pytest.fixture(params=["bert", "llama"])
def folder(tmp_path, request):
    base = write_base(tmp_path / "base", request.param)
    made = network(base, "classification", Loading(labels=LABELS))
    save_model(made.network, Tokenizer(base), tmp_path / "classifier")
    return tmp_path / "classifier"


def told(folder, labels, seed=1):
    """What a network that was loaded for these labels says of a text, by label, and the modules that are fresh."""
    found = network(folder, "classification", Loading(labels=labels, seed=seed))
    found.network.train(False)
    with torch.no_grad():
        return dict(zip(labels, found.network(IDS).logits[0].tolist(), strict=True)), found.fresh


def test_labels_in_another_order_keep_what_was_learned_of_each(folder):
    before, fresh = told(folder, LABELS)
    assert fresh == []
    assert told(folder, LABELS[::-1]) == (pytest.approx(before), [])


def test_other_labels_begin_anew_from_the_seed_and_are_told(folder):
    before, _ = told(folder, LABELS)
    one, fresh = told(folder, ("bad", "good", "even"))
    assert len(fresh) == 1 and fresh[0] in ("classifier", "score")
    assert one["bad"] != pytest.approx(before["bad"])
    assert told(folder, ("bad", "good", "even"))[0] == one != told(folder, ("bad", "good", "even"), seed=2)[0]


def test_a_training_on_labels_that_the_folder_has_in_another_order_begins_with_what_it_learned(tmp_path, folder):
    rows_of_head = [*told(folder, LABELS)[0].values()]
    config = json.loads((folder / "config.json").read_text())
    config |= {"id2label": dict(enumerate(LABELS[::-1])), "label2id": {label: number for number, label in enumerate(LABELS[::-1])}}
    (folder / "config.json").write_text(json.dumps(config))
    rows = [{"text": f"t {number}", "label": LABELS[number % 3]} for number in range(6)]
    here = work(tmp_path / "work", {"d": rows}, {"base": folder})
    facts = Classify(data="d", model="base", steps=1, batch=6, learning_rate=1e-12, precision="fp32").fit(here)
    assert facts["loaded"]["fresh"] == []
    assert told(here.folder, LABELS)[0] == pytest.approx(dict(zip(LABELS[::-1], rows_of_head, strict=True)), abs=1e-4)
