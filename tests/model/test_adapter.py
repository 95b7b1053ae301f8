"""Adapters as they are asked for, and folders that hold one."""

import json

import pytest
from pydantic import ValidationError

from tilth.model.adapter import Adapter, base_of, has_adapter, read_note, write_note


def test_left_alone_it_is_lora_of_rank_8_scaled_by_twice_the_rank_on_every_linear_layer():
    adapter = Adapter()
    assert (adapter.type, adapter.rank, adapter.scale, adapter.targets, adapter.quantized) == ("lora", 8, 16, "all-linear", None)
    assert Adapter(rank=4).scale == 8
    assert Adapter(rank=4, alpha=4).scale == 4


def test_only_qlora_freezes_its_base_in_fewer_bits():
    assert Adapter(type="qlora").quantized == 4
    assert Adapter(type="qlora", bits=8).quantized == 8
    with pytest.raises(ValidationError, match="lora has no `bits`; leave it out, or take `type: qlora`"):
        Adapter(bits=4)


@pytest.mark.parametrize(
    "wrong", [{"rank": 0}, {"alpha": 0}, {"dropout": 1}, {"type": "pissa"}, {"bits": 3, "type": "qlora"}, {"targets": []}, {"r": 8}]
)
def test_what_no_adapter_can_have_is_refused(wrong):
    with pytest.raises(ValidationError):
        Adapter(**wrong)


def test_a_folder_with_an_adapter_has_its_weights_in_base(tmp_path):
    assert not has_adapter(tmp_path)
    assert base_of(tmp_path) == tmp_path
    (tmp_path / "adapter_config.json").write_text("{}")
    assert has_adapter(tmp_path)
    assert base_of(tmp_path) == tmp_path / "base"


def test_a_note_is_read_as_written_and_a_folder_of_others_has_none(tmp_path):
    assert read_note(tmp_path) == {}
    write_note(tmp_path, {"task": "causal", "quantized": 4, "labels": []})
    assert read_note(tmp_path) == {"task": "causal", "quantized": 4, "labels": []} == json.loads((tmp_path / "adapter.json").read_text())
