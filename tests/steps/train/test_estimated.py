"""What a training is expected to take, from what is known before anything is loaded."""

import pytest

from tests.model.tuned import write_base
from tests.tuned import work
from tilth.errors import RecipeError
from tilth.steps.train._estimated import USUAL
from tilth.steps.train.classify import Classify
from tilth.steps.train.preference import Preference
from tilth.steps.train.pretrain import Pretrain
from tilth.steps.train.seq2seq import Seq2seq
from tilth.steps.train.sft import Sft
from tilth.work import Known, Launcher, Machine

ROWS = [{"question": f"q{number}?", "answer": "yes"} for number in range(16)]
CPU = Machine(device="cpu")
SHARED = {"data": "d", "batch": 8, "precision": "fp32"}


def known(folder, machine=CPU, rows=1000, size=40_000, **facts):
    return Known({"d": rows}, {"d": size}, {"base": {"folder": str(folder), **facts}}, 1e11, machine)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return write_base(tmp_path_factory.mktemp("bases") / "base")


def test_a_given_model_is_told_with_tokens_time_memory_disk_and_gpus(base):
    told = Sft(**SHARED, model="base").estimate(known(base))
    assert told["tokens"] == 40_000 / USUAL and told["rule_of_thumb"] == ["4 bytes of text in a token"]
    assert told["parameters"] == told["trainable_parameters"] and told["disk_bytes"] == 4 * told["parameters"]
    assert told["flops"] == told["tokens"] * told["flops_per_token"] and told["seconds"] > 0 and told["gpus"][0]["fits"]
    assert (told["micro_batch"], told["passes"], told["fits"], told["helps"]) == (8, 1, True, [])
    assert told["memory_bytes"] == sum(told["memory"].values()) and told["memory"]["process"] > 0
    assert Sft(**SHARED, model="base", epochs=3).estimate(known(base))["tokens"] == 3 * told["tokens"]


def test_what_the_tokenizer_measured_is_taken_in_place_of_the_rule(base):
    told = Sft(**SHARED, model="base").estimate(known(base, bytes_per_token=2.0))
    assert told["tokens"] == 20_000 and told["rule_of_thumb"] == []


@pytest.mark.parametrize(
    ("step", "settings"),
    [
        (Sft, {"adapter": {"rank": 4}}),
        (Sft, {"packing": True, "length": 32}),
        (Preference, {}),
        (Preference, {"method": "kto"}),
        (Preference, {"method": "kto", "packing": True, "length": 40}),
        (Classify, {}),
        (Seq2seq, {"length": 40}),
        (Pretrain, {}),
    ],
)
def test_every_training_of_a_given_model_is_foretold(base, step, settings):
    told = step(**SHARED, model="base", **settings).estimate(known(base))
    assert {"parameters", "tokens", "flops", "memory_bytes", "disk_bytes", "checkpoints_bytes", "seconds", "micro_batch"} <= set(told)


def test_a_model_that_is_tuned_from_one_that_is_not_made_yet_is_foretold_too(base):
    given = known(base)
    first = Sft(**SHARED, model="base").estimate(given)
    later = Known(given.rows, given.bytes, {"tuned": first}, 1e11, CPU)
    assert Preference(**SHARED, model="tuned", adapter={}).estimate(later)["parameters"] > first["parameters"]
    assert Sft(**SHARED, model="base").estimate(Known({}, {}, {"base": {}}, 1e11, CPU)) == {}


def test_without_the_datas_size_there_is_no_time(base):
    told = Sft(**SHARED, model="base").estimate(known(base, rows=None, size=None))
    assert "parameters" in told and "tokens" not in told and "seconds" not in told
    assert "tokens" in Sft(**SHARED, model="base", steps=4).estimate(known(base, rows=None, size=None))


def test_the_machine_says_how_many_at_once_and_in_how_many_processes(base):
    asked = Sft(**SHARED, model="base").estimate(known(base, Machine(device="cpu", micro_batch=2)))
    assert (asked["micro_batch"], asked["passes"]) == (2, 4)
    shared = Sft(**SHARED, model="base").estimate(known(base, Machine(device="cpu", launcher=Launcher(processes=2))))
    assert shared["micro_batch"] * shared["passes"] == 4 and shared["memory"]["exchange"] == shared["memory"]["gradients"]


def test_what_was_measured_is_believed(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = write_base(tmp_path / "base")
    here, step = work(tmp_path, {"d": ROWS}, {"base": folder}), Sft(**SHARED, model="base", template="plain")
    assert "measured_before" not in step.estimate(known(folder))
    tried = step.rehearse(here, 1000)
    after = step.estimate(known(folder))
    assert after["measured_before"] == "in a rehearsal" and after["memory_bytes"] == tried["memory_bytes"]
    assert after["seconds"] == pytest.approx(after["tokens"] / tried["tokens_per_second"])
    facts = step.fit(here)
    assert step.estimate(known(folder))["measured_before"] == "in a run"
    assert step.estimate(known(folder))["memory_bytes"] == facts["peak_memory_bytes"]
    assert "measured_before" not in step.model_copy(update={"batch": 4}).estimate(known(folder))


def test_a_length_that_the_model_does_not_see_is_refused_before_anything_is_loaded(base):
    with pytest.raises(RecipeError, match="`length` is 4,096 tokens, and `base` sees"):
        Sft(**SHARED, model="base", length=4096).estimate(known(base))
