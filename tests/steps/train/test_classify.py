"""train.classify: from texts with labels to a classifier that `filter.classifier` takes as it is."""

import json
import random

import pytest
from pydantic import ValidationError

from tests.tuned import work
from tilth.errors import AskedWrong, DataRefused, NothingLeft
from tilth.fakes.model import tiny_model
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.checkpoint import digest
from tilth.model.classifying import classifier
from tilth.steps.train.classify import Classify

SIZES = {"layers": 1, "width": 32, "heads": 2, "context": 32}
FRESH = {
    "data": "rows", "validation": "held", "tokenizer": "words", "architecture": {"type": "bert", **SIZES},
    "steps": 90, "batch": 16, "learning_rate": 5e-3, "evaluate_every": 10, "checkpoint_every": 25, "precision": "fp32",
}  # fmt: skip
TUNED = {**{name: value for name, value in FRESH.items() if name not in ("tokenizer", "architecture")}, "model": "base"}
WORDS = {"animals": ["cat", "hen", "dog"], "tools": ["axe", "saw", "rake"], "weather": ["rain", "hail"]}


def rows(seed, number, **more):
    draw = random.Random(seed)
    labels = [draw.choice(sorted(WORDS)) for _ in range(number)]
    return [{"text": f"{'the ' * draw.randrange(3)}{draw.choice(WORDS[label])}{' on' * draw.randrange(3)}", "label": label} for label in labels]


def place(folder, data=None, held=None):
    models = {"words": tiny_tokenizer(folder / "words"), "base": tiny_model(folder / "base")}
    return work(folder, {"rows": data or rows(1, 80), "held": held or rows(2, 40)}, models)


@pytest.mark.parametrize(
    "settings",
    [
        FRESH,
        {**FRESH, "architecture": {"type": "llama", **SIZES}, "class_weights": "balanced"},
        TUNED,
        {**TUNED, "adapter": {"rank": 8}, "learning_rate": 1e-2},
    ],
    ids=["fresh encoder", "fresh decoder", "tuned decoder", "adapter"],
)
def test_texts_are_told_apart_and_the_folder_is_a_classifier(tmp_path, settings):
    here = place(tmp_path)
    facts = Classify(**settings).fit(here)
    assert json.loads(json.dumps(facts)) == facts
    found = facts["judged"]
    assert found["n"] == 40 and found["accuracy"] > 0.9 and found["macro_f1"] > 0.9
    low, high = found["accuracy_interval"]
    assert low < found["accuracy"] <= high and sum(map(sum, found["told"])) == 40
    assert facts["labels"] == sorted(WORDS) and sum(facts["rows_by_label"].values()) == 80
    assert facts["validation"][-1]["accuracy"] > 0.9
    assert [window.text for window in Classify(**settings).sees(here)] == [row["text"] for row in rows(1, 80)]
    asked = classifier(here.folder, 32)
    assert asked.labels == sorted(WORDS)
    held = rows(2, 40)
    right = [asked.scores([row["text"]], row["label"])[0] > 0.5 for row in held]
    assert sum(right) > 30


def test_with_an_adapter_the_base_stays_as_it_was(tmp_path):
    here = place(tmp_path)
    before = digest(tmp_path / "base" / "model.safetensors")
    facts = Classify(**{**TUNED, "steps": 2, "adapter": {"rank": 4}}).fit(here)
    assert facts["trainable_parameters"] < facts["parameters"] / 2
    assert digest(tmp_path / "base" / "model.safetensors") == before


def test_of_a_long_text_the_head_is_learned_from(tmp_path):
    data = [*rows(1, 10), {"text": f"cat{' and the hen' * 20}", "label": "animals"}]
    with pytest.raises(DataRefused, match="1 of 11 rows is longer than 32 tokens"):
        Classify(**FRESH).fit(place(tmp_path / "refuse", data))
    facts = Classify(**{**FRESH, "steps": 1, "truncation": "truncate_context"}).fit(place(tmp_path / "shorter", data))
    assert facts["truncation"]["done"]["truncated_rows"] == [11] and facts["rows"] == 11
    facts = Classify(**{**FRESH, "steps": 1, "truncation": "drop"}).fit(place(tmp_path / "drop", data))
    assert facts["truncation"]["done"]["dropped_rows"] == [11] and facts["rows"] == 10


def test_labels_must_be_known_and_several(tmp_path):
    with pytest.raises(DataRefused, match="Row 1 has the label 'places'"):
        Classify(**FRESH).fit(place(tmp_path / "strange", held=[{"text": "the sea", "label": "places"}]))
    with pytest.raises(NothingLeft, match="one label only: 'tools'"):
        Classify(**FRESH).fit(place(tmp_path / "one", data=[{"text": "the axe", "label": "tools"}] * 3))
    with pytest.raises(AskedWrong, match="hold no labels"):
        Classify(**FRESH).fit(place(tmp_path / "none", data=[{"question": "who?", "answer": "me"}]))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({**TUNED, "packing": True, "length": 32}, "`packing` has no meaning here"),
        ({**TUNED, "template": "plain"}, "`template` has no meaning here"),
        ({**TUNED, "truncation": "window"}, "a text has one label"),
        ({**FRESH, "model": "base"}, "give `model`, which goes on learning, or"),
        ({**FRESH, "tokenizer": None}, "`architecture` needs a `tokenizer`"),
        ({**FRESH, "adapter": {}}, "nothing yet"),
        ({**FRESH, "architecture": {"type": "t5", **SIZES}}, "`type: t5` is no encoder and no decoder"),
    ],
)
def test_what_has_no_meaning_is_refused(settings, said):
    with pytest.raises(ValidationError, match=said):
        Classify(**settings)
