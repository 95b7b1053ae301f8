"""train.preference: from rows with preferences to a model that prefers, by each method, killed and resumed to the same weights."""

import json
import math

import pytest
import torch
from pydantic import ValidationError
from transformers import AutoModelForCausalLM

from tests.tuned import work
from tilth.errors import AskedWrong, DataRefused
from tilth.fakes.model import tiny_model
from tilth.model.checkpoint import digest
from tilth.steps.train.preference import Preference
from tilth.work import Machine

SETTINGS = {
    "data": "pairs", "validation": "held", "model": "base", "template": "plain", "length": 32,
    "steps": 20, "batch": 8, "learning_rate": 3e-3, "evaluate_every": 10, "checkpoint_every": 10, "precision": "fp32", "best": False,
}  # fmt: skip
WORDS = ["cat", "hen", "dog", "mole", "roof", "mat", "barn", "field", "stone", "brook", "lamp", "door"]


class Killed(BaseException):
    """Stands for a killed process: nothing catches it."""


def pairs(words):
    return [{"prompt": f"the {one} and the {other}", "chosen": " sat", "rejected": " ran"} for one in words for other in words if one != other]


def judgements(words):
    return [
        {"prompt": row["prompt"], "completion": row[which], "label": which == "chosen"} for row in pairs(words) for which in ("chosen", "rejected")
    ]


def place(folder, rows=pairs, **more):
    return work(folder, {"pairs": rows(WORDS[:6]), "held": rows(WORDS[6:9])}, {"base": tiny_model(folder / "base")}, **more)


def weights(folder):
    return AutoModelForCausalLM.from_pretrained(folder).state_dict()


@pytest.mark.parametrize("settings", [{"method": "dpo"}, {"method": "dpo", "packing": True, "batch": 4}, {"method": "orpo"}])
def test_a_model_learns_to_prefer(tmp_path, settings):
    here = place(tmp_path)
    facts = Preference(**{**SETTINGS, **settings}).fit(here)
    assert json.loads(json.dumps(facts)) == facts
    first, last = facts["validation"][0], facts["validation"][-1]
    assert last["margin"] > first["margin"] > 0 and last["accuracy"] == 1 and last["loss"] < first["loss"]
    assert facts["curve"][0]["loss"] > facts["curve"][-1]["loss"] and {"accuracy", "margin"} <= set(facts["curve"][0])
    assert (facts["rows"], facts["template"], facts["layout"]["format"]) == (30, "plain", "preference")
    assert facts["proofs"]["rows"] == 60
    assert facts["weights"] == digest(here.folder / "model.safetensors")
    seen = list(Preference(**{**SETTINGS, **settings}).sees(here, 1, "hen and the cat"))
    if "packing" in settings:  # a line, with this pair and others in it
        assert len(seen) == 1 and "the hen and the cat sat" in seen[0].text and "the hen and the cat ran" in seen[0].text
        return
    chosen, rejected = seen
    assert "the hen and the cat sat" in chosen.text and "the hen and the cat ran" in rejected.text
    assert chosen.trained_text.startswith(" sat") and rejected.trained_text.startswith(" ran")


KTO = {**SETTINGS, "method": "kto", "batch": 3, "group": 4}


@pytest.mark.parametrize("rows", [judgements, pairs])
def test_kto_learns_from_judged_answers_and_from_pairs(tmp_path, rows):
    facts = Preference(**KTO).fit(place(tmp_path, rows))
    last = facts["validation"][-1]
    assert last["accuracy"] == 1 and last["margin"] > 0 and last["kl"] >= 0
    assert facts["curve"][-1]["loss"] < facts["curve"][0]["loss"]


@pytest.mark.parametrize("settings", [{"method": "dpo", "batch": 16}, {"method": "kto", "batch": 4}])
def test_a_base_with_dropout_is_at_first_what_it_is_compared_with(tmp_path, settings):
    here = place(tmp_path)
    config = here.models["base"] / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text("utf-8")), "attention_dropout": 0.3}), "utf-8")
    first = Preference(**{**SETTINGS, **settings, "steps": 1, "epochs": None, "warmup": 0}).fit(here)["curve"][0]
    told = math.log(2) if settings["method"] == "dpo" else 0.5
    assert first["margin"] == pytest.approx(0, abs=1e-4) and first["loss"] == pytest.approx(told, abs=1e-4)


def test_kto_learns_the_same_when_its_lines_are_shared(tmp_path):
    apart, packed = (Preference(**KTO, packing=packing).fit(place(tmp_path / str(packing), judgements)) for packing in (False, True))
    for one, other in zip(apart["curve"], packed["curve"], strict=True):
        assert one["loss"] == pytest.approx(other["loss"], abs=1e-5) and one["margin"] == pytest.approx(other["margin"], abs=1e-4)
    assert (packed["sequences"]["packed"], apart["sequences"]["packed"]) == (True, False)
    seen = list(Preference(**KTO, packing=True).sees(place(tmp_path / "True", judgements), 1, "hen and the cat"))
    assert [window.told for window in seen] == [("good",), ("bad",)]


def test_the_reference_is_the_model_before_the_training_also_after_a_kill(tmp_path):
    whole, killed = place(tmp_path / "whole"), place(tmp_path / "killed")
    step = Preference(**SETTINGS)
    step.fit(whole)

    def tell(said):
        if said.get("step") == 14:
            raise Killed

    with pytest.raises(Killed):
        step.fit(place(tmp_path / "killed", tell=tell))
    facts = step.fit(killed)
    assert facts["resumed_from"] == 10
    one, other = weights(whole.folder), weights(killed.folder)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_micro_batch_does_not_move_what_is_learned(tmp_path):
    found = []
    for micro_batch in (1, 8):
        here = place(tmp_path / str(micro_batch), machine=Machine(device="cpu", micro_batch=micro_batch))
        found.append(Preference(**{**SETTINGS, "steps": 3}).fit(here)["curve"])
    for one, other in zip(*found, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], abs=1e-5) and one["margin"] == pytest.approx(other["margin"], abs=1e-4)


def test_an_adapter_learns_to_prefer_beside_its_base(tmp_path):
    here = place(tmp_path)
    before = digest(tmp_path / "base" / "model.safetensors")
    facts = Preference(**{**SETTINGS, "adapter": {"rank": 4}, "learning_rate": 1e-2}).fit(here)
    assert facts["trainable_parameters"] < facts["parameters"] / 2
    assert facts["validation"][-1]["accuracy"] == 1
    assert digest(tmp_path / "base" / "model.safetensors") == before
    assert (here.folder / "adapter_model.safetensors").is_file()


def test_a_pair_that_is_too_long_is_refused_dropped_or_given_a_shorter_prompt(tmp_path):
    long = [{"prompt": f"the {'long and ' * 12}cat", "chosen": " sat", "rejected": " ran"}]
    base = {"base": tiny_model(tmp_path / "base")}
    refuse, drop, shorten = (
        work(tmp_path / name, {"pairs": pairs(WORDS[:3]) + long, "held": pairs(WORDS[6:8])}, base) for name in ("refuse", "drop", "shorten")
    )
    with pytest.raises(DataRefused, match="1 of 7 rows is longer than 32 tokens"):
        Preference(**SETTINGS).fit(refuse)
    for here, truncation, rows in ((drop, "drop", 6), (shorten, "truncate_context", 7)):
        facts = Preference(**{**SETTINGS, "steps": 1, "truncation": truncation}).fit(here)
        assert facts["rows"] == rows
    assert facts["truncation"]["done"]["truncated_rows"] == [7]


def test_rows_without_preferences_are_refused_by_name(tmp_path):
    here = work(tmp_path, {"pairs": [{"question": "who?", "answer": "me"}] * 3, "held": pairs(WORDS[:2])}, {"base": tiny_model(tmp_path / "base")})
    with pytest.raises(AskedWrong, match="laid out as `question`"):
        Preference(**SETTINGS).fit(here)
    judged = work(tmp_path, {"pairs": judgements(WORDS[:3]), "held": pairs(WORDS[:2])}, {"base": tiny_model(tmp_path / "base")})
    with pytest.raises(AskedWrong, match="method: kto"):
        Preference(**SETTINGS).fit(judged)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"method": "orpo", "beta": 0.2}, "`beta` has no meaning here"),
        ({"method": "dpo", "odds_weight": 0.2}, "it belongs to `method: orpo`"),
        ({"method": "dpo", "group": 8}, "it belongs to `method: kto`"),
        ({"method": "kto", "packing": True, "length": None}, "`packing` needs `length`"),
        ({"packing": True, "length": None}, "`packing` needs `length`"),
        ({"truncation": "window"}, "an answer belongs to its whole prompt"),
        ({"adapter": {"rank": 2, "dropout": 0.1}}, "noise would pass for what was learned"),
    ],
)
def test_what_has_no_meaning_is_refused(settings, said):
    with pytest.raises(ValidationError, match=said):
        Preference(**{**SETTINGS, **settings})
