"""What processes share, what is refused of it, and the configurations as Accelerate reads them."""

import pytest
from accelerate.commands.config.config_args import ClusterConfig
from accelerate.utils import DistributedType
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import AskedWrong
from tilth.model.strategies import DIVIDED, backend_of, check, configuration, share_of, write
from tilth.work import Launcher

LAUNCHERS = [Launcher(4, strategy, zero) for strategy, zero in DIVIDED]
MEMORY = {"weights": 400, "gradients": 400, "optimizer": 800, "activations": 100, "temporaries": 10}


def test_processes_talk_by_nccl_between_gpus_else_by_gloo():
    assert backend_of(Launcher(), "cuda") == "nccl" and backend_of(Launcher(), "cpu") == "gloo"
    assert backend_of(Launcher(backend="gloo"), "cuda") == "gloo"


@pytest.mark.parametrize(
    ("launcher", "device", "gpus", "reason"),
    [
        (Launcher(2, backend="nccl"), "cpu", 0, "`nccl` talks between CUDA GPUs only"),
        (Launcher(2), "mps", 0, "cannot be shared by processes"),
        (Launcher(2, "deepspeed", 2), "cpu", 0, "needs CUDA GPUs"),
        (Launcher(4), "cuda", 2, "4 processes need as many GPUs, and 2 are here"),
        (Launcher(2), "cuda", 1, "2 processes need as many GPUs, and 1 is here"),
    ],
)
def test_a_launcher_that_cannot_serve_is_refused_with_the_reason(launcher, device, gpus, reason):
    with pytest.raises(AskedWrong, match=reason) as refused:
        check(launcher, device, gpus)
    assert refused.value.where == "machine.launcher" and refused.value.remedy + refused.value.accepted


def test_a_quantized_base_is_refused_where_weights_are_divided_and_only_there():
    for launcher in LAUNCHERS:
        check(launcher, "cuda", 8)
        if "weights" in DIVIDED[launcher.strategy, launcher.zero]:
            with pytest.raises(AskedWrong, match="A base of 4bit cannot be divided"):
                check(launcher, "cuda", 8, "4bit")
        else:
            check(launcher, "cuda", 8, "4bit")


def test_each_stage_of_zero_divides_what_its_paper_says():
    found = {(one.strategy, one.zero): share_of(MEMORY, one, layer=30) for one in LAUNCHERS}
    assert found["ddp", None] == {**MEMORY, "exchange": 400}
    assert found["deepspeed", 1] == {**MEMORY, "optimizer": 200, "exchange": 400}
    assert found["deepspeed", 2] == {**MEMORY, "optimizer": 200, "gradients": 100, "exchange": 400}
    assert found["deepspeed", 3] == found["fsdp2", None] == {**MEMORY, "optimizer": 200, "gradients": 100, "weights": 100, "exchange": 60}
    assert share_of(MEMORY, None) == MEMORY


@given(st.dictionaries(st.sampled_from(list(MEMORY)), st.integers(0, 10**12)), st.sampled_from(list(DIVIDED)), st.integers(2, 64))
def test_the_shares_of_all_processes_hold_the_whole(memory, strategy, processes):
    share = share_of(memory, Launcher(processes, *strategy))
    assert all(share[kind] * processes >= memory[kind] and share[kind] <= memory[kind] for kind in memory)


@pytest.mark.parametrize("launcher", LAUNCHERS, ids=lambda one: f"{one.strategy} {one.zero or ''}".strip())
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_accelerate_reads_each_configuration_as_it_is_meant(launcher, device, tmp_path):
    write(configuration(launcher, device, "bf16", 4), tmp_path / "accelerate.yaml")
    read = ClusterConfig.from_yaml_file(str(tmp_path / "accelerate.yaml"))
    kinds = {"ddp": DistributedType.MULTI_GPU if device == "cuda" else DistributedType.MULTI_CPU, "fsdp2": DistributedType.FSDP}
    assert read.distributed_type == kinds.get(launcher.strategy, DistributedType.DEEPSPEED)
    assert (read.num_processes, str(read.mixed_precision), read.use_cpu) == (4, "bf16", device == "cpu")
    assert read.fsdp_config.get("fsdp_version") == (2 if launcher.strategy == "fsdp2" else None)
    assert read.deepspeed_config.get("zero_stage") == launcher.zero
