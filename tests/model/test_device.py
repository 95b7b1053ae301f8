"""Which processor, how many threads, which number format."""

import os

import pytest
import torch

from tilth.errors import AskedWrong
from tilth.model import device
from tilth.model.here import has_bf16

CPU = torch.device("cpu")


def test_auto_takes_cuda_before_mps_before_cpu():
    best = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert device.pick("auto").type == best
    assert device.pick("cpu") == CPU


@pytest.mark.parametrize("wanted", ["tpu", "cuda:0"])
def test_a_device_that_is_not_here_is_refused_with_those_that_are(wanted):
    with pytest.raises(AskedWrong, match=f"There is no device `{wanted}` here") as caught:
        device.pick(wanted)
    assert "cpu" in caught.value.accepted


def test_all_cores_are_used_or_as_many_as_the_environment_allows(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    cores = device.use_all_cores()
    assert 1 <= cores <= (os.cpu_count() or 1)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert device.use_all_cores() == torch.get_num_threads() == 1


def test_precision_is_as_asked_and_auto_is_one_of_both():
    assert device.precision("fp32", CPU) == "fp32"
    assert device.precision("bf16", CPU) == "bf16"
    assert device.precision("auto", torch.device("mps")) == "fp32"
    assert device.precision("auto", CPU) == ("bf16" if has_bf16() else "fp32")


@pytest.mark.parametrize("kind", ["cuda", "mps", "cpu"])
def test_each_device_has_its_formats_and_refuses_the_others_with_the_reason(kind):
    for wanted in ("fp32", "bf16", "fp16"):
        if wanted in device.FORMATS[kind]:
            assert device.precision(wanted, torch.device(kind)) == wanted
        else:
            with pytest.raises(AskedWrong, match="the loss is scaled on GPUs only") as refused:
                device.precision(wanted, torch.device(kind))
            assert "fp32, bf16" in refused.value.accepted
    assert "fp16" not in device.FORMATS["cpu"]
