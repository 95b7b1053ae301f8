"""A model's sizes without loading it: exactly those that it has."""

import json
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")

from tests.model.tuned import EVERY, LABELS, SIZES, loaded, write_base  # noqa: E402
from tilth.model.adapted import counts  # noqa: E402
from tilth.model.adapter import Adapter  # noqa: E402
from tilth.model.architecture import Architecture  # noqa: E402
from tilth.model.load import Tokenizer  # noqa: E402
from tilth.model.sizes import Sizes, of_architecture, of_facts, of_folder  # noqa: E402

FAMILIES = ("llama", "gpt2", "gpt_neox", "t5", "bert")


def known(folder) -> Sizes:
    found = of_folder(folder)
    assert found is not None
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_the_header_of_the_weights_tells_what_the_architecture_does(tmp_path, family):
    folder = write_base(tmp_path / "base", family)
    labels = len(LABELS) if family == "bert" else 0
    assert known(folder) == of_architecture(Architecture(type=family, **SIZES), Tokenizer(folder).size, labels) or family == "t5"
    assert known(folder).parameters == of_architecture(Architecture(type=family, **SIZES), Tokenizer(folder).size, labels).parameters
    assert known(folder).matrices == of_architecture(Architecture(type=family, **SIZES), Tokenizer(folder).size, labels).matrices


ADAPTERS = [{}, {"rank": 3}, {"type": "dora"}, {"targets": ".*(q|v|query|value|c_attn|query_key_value|q_proj)"}]


@pytest.mark.parametrize("settings", ADAPTERS, ids=str)
@pytest.mark.parametrize(("family", "task"), [one for one in EVERY if one[1] != "classification"])
def test_an_adapter_trains_as_many_weights_as_were_told(tmp_path, family, task, settings):
    adapter = Adapter(**settings)
    folder = write_base(tmp_path / "base", family)
    assert known(folder).adapted(adapter) == counts(loaded(folder, task, adapter))["trainable_parameters"]


def test_a_rank_above_a_layers_smaller_side_is_told_with_the_weights_that_it_takes(tmp_path):
    sizes = known(write_base(tmp_path / "base"))  # llama, width 64: blocks of 4 × (64 × 64) and 3 × (64 × 192)
    assert sizes.overfull(Adapter(rank=64)) == []
    adapter = Adapter(rank=65, targets=("q_proj", "v_proj"))
    (said,) = sizes.overfull(adapter)
    added, own = 4 * 65 * (64 + 64), 4 * 64 * 64
    assert said.startswith("`rank: 65` is more than the smaller side of 4 adapted layers (64 at the least)")
    assert f"has {added:,} weights there" in said and f"are {own:,}" in said and added == sizes.adapted(adapter)
    assert "14 adapted layers" in sizes.overfull(Adapter(rank=65))[0]


def test_names_of_targets_are_read_as_peft_reads_them(tmp_path):
    folder = write_base(tmp_path / "base")
    adapter = Adapter(targets=("q_proj", "mlp.up_proj"))
    assert known(folder).adapted(adapter) == counts(loaded(folder, "causal", adapter))["trainable_parameters"]


def test_formats_and_parts_are_told_apart(tmp_path):
    whole, half = known(write_base(tmp_path / "whole")), known(write_base(tmp_path / "half", dtype=torch.bfloat16))
    assert whole.bytes == 4 * whole.parameters == 2 * half.bytes


def test_what_was_told_of_a_model_comes_back(tmp_path):
    folder = write_base(tmp_path / "base")
    assert of_facts({"sizes": json.loads(json.dumps(known(folder).told()))}) == of_facts({"folder": str(folder)}) == known(folder)
    assert of_facts({"endpoint": "x"}) is None


@pytest.mark.parametrize("broken", ["nothing", "no weights", "no header", "long header"])
def test_a_folder_that_cannot_be_read_tells_nothing(tmp_path, broken):
    folder = write_base(tmp_path / "base")
    weights = folder / "model.safetensors"
    match broken:
        case "nothing":
            (folder / "config.json").unlink()
        case "no weights":
            weights.unlink()
        case "no header":
            weights.write_bytes(b"12")
        case _:
            weights.write_bytes((1 << 40).to_bytes(8, "little") + b"{}")
    assert of_folder(folder) is None


def test_it_is_read_without_torch():
    code = "import sys; import tilth.model.sizes, tilth.model.foretold; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_positions_that_are_relative_are_no_limit(tmp_path):
    folder = write_base(tmp_path / "base", "t5")
    assert "n_positions" in json.loads((folder / "config.json").read_text("utf-8")) and known(folder).context is None
