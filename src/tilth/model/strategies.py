"""What the processes of a training share: how they talk, what each of them holds, and the same as a configuration of Accelerate.

Shares are those of Rajbhandari et al. 2020 (ZeRO, section 5): stage 1 divides the optimizer's states by the processes, stage 2
the gradients as well, stage 3 the weights as well. FSDP2 divides as stage 3 does. No torch here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tilth.errors import AskedWrong
from tilth.work import Launcher

DIVIDED: Mapping[tuple[str, int | None], tuple[str, ...]] = {
    ("ddp", None): (),
    ("deepspeed", 1): ("optimizer",),
    ("deepspeed", 2): ("optimizer", "gradients"),
    ("deepspeed", 3): ("optimizer", "gradients", "weights"),
    ("fsdp2", None): ("optimizer", "gradients", "weights"),
}
"""By strategy and stage of ZeRO, which kinds of memory the processes divide among them."""


def backend_of(launcher: Launcher, device: str) -> str:
    """How the processes talk: as asked, else nccl between GPUs and gloo between processors."""
    if launcher.backend != "auto":
        return launcher.backend
    return "nccl" if device == "cuda" else "gloo"


def check(launcher: Launcher, device: str, gpus: int, quantized: str | None = None) -> None:
    """Raises AskedWrong, with the reason, for a launcher that cannot serve a training on this device. `gpus`: those that are here;
    `quantized`: the bits of a base that is held in few, such as `4bit`."""
    where = "machine.launcher"
    if device == "mps":
        raise AskedWrong("The GPU of this machine cannot be shared by processes.", where=where, remedy="Leave `launcher` out, or set `device: cpu`.")
    if launcher.backend == "nccl" and device != "cuda":
        raise AskedWrong("`nccl` talks between CUDA GPUs only.", where=where, accepted="On the CPU: gloo.", remedy="Set `backend: auto`.")
    if launcher.strategy == "deepspeed" and device != "cuda":
        raise AskedWrong("DeepSpeed's ZeRO needs CUDA GPUs.", where=where, accepted="On the CPU: `strategy: ddp`.")
    if device == "cuda" and launcher.processes > gpus:
        found = f"{launcher.processes} processes need as many GPUs, and {gpus} {'is' if gpus == 1 else 'are'} here."
        raise AskedWrong(found, where=where, remedy=f"Set `processes: {gpus}`." if gpus > 1 else "Leave `launcher` out.")
    if quantized and "weights" in DIVIDED[launcher.strategy, launcher.zero]:
        raise AskedWrong(
            f"A base of {quantized} cannot be divided by `{launcher.strategy}`{' at stage 3' if launcher.zero else ''}: "
            "its packed weights are no matrices of numbers that can be gathered and cut.",
            where=where,
            remedy="Set `strategy: ddp`: a quantized base is small, and only the adapter has gradients.",
        )


def share_of(memory: Mapping[str, int], launcher: Launcher | None, layer: int = 0) -> dict[str, int]:
    """The bytes that each process holds of a training's memory, by kind, and what talking takes (`exchange`).

    `layer`: bytes of the largest layer's weights. DDP copies gradients into buckets, as large as all of them; where weights are
    divided, a layer is put together before it is used while the next one is on its way: two of them."""
    if launcher is None:
        return dict(memory)
    divided = DIVIDED[launcher.strategy, launcher.zero]
    share = {kind: -(-size // launcher.processes) if kind in divided else size for kind, size in memory.items()}
    return share | {"exchange": 2 * layer if "weights" in divided else memory.get("gradients", 0)}


def configuration(launcher: Launcher, device: str, precision: str, steps_together: int = 1) -> dict[str, Any]:
    """The same as a configuration file of Accelerate 1, for `accelerate launch --config_file`. `steps_together`: micro-batches of a step."""
    kinds = {"ddp": "MULTI_GPU" if device == "cuda" else "MULTI_CPU", "fsdp2": "FSDP", "deepspeed": "DEEPSPEED"}
    told: dict[str, Any] = {
        "compute_environment": "LOCAL_MACHINE",
        "distributed_type": kinds[launcher.strategy],
        "num_machines": 1,
        "num_processes": launcher.processes,
        "mixed_precision": "no" if precision == "fp32" else precision,
        "use_cpu": device != "cuda",
        "main_training_function": "main",
    }
    if launcher.strategy == "fsdp2":
        told["fsdp_config"] = {
            "fsdp_version": 2,
            "fsdp_auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
            "fsdp_reshard_after_forward": True,
            "fsdp_state_dict_type": "SHARDED_STATE_DICT",
            "fsdp_offload_params": False,
            "fsdp_cpu_ram_efficient_loading": False,
        }
    if launcher.strategy == "deepspeed":
        told["deepspeed_config"] = {
            "zero_stage": launcher.zero,
            "gradient_accumulation_steps": steps_together,
            "offload_optimizer_device": "none",
            "offload_param_device": "none",
            "zero3_init_flag": launcher.zero == 3,
            "zero3_save_16bit_model": False,
        }
    return told


def write(told: Mapping[str, Any], file: Path) -> None:
    """Write a configuration as YAML."""
    with file.open("w", encoding="utf-8") as stream:
        YAML().dump(dict(told), stream)
