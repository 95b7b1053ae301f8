"""On what a model runs: processor, threads, number format."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Literal

import torch

from tilth.errors import AskedWrong
from tilth.model.here import has_bf16

Precision = Literal["fp32", "bf16", "fp16"]

FORMATS: Mapping[str, tuple[Precision, ...]] = {"cuda": ("fp32", "bf16", "fp16"), "mps": ("fp32", "bf16", "fp16"), "cpu": ("fp32", "bf16")}
"""The number formats that a training may use on each device, and for why the others are not there: fp16 needs its loss scaled,
which Accelerate 1.15 does on GPUs only; on a CPU the products of fp16 would be unscaled, and small gradients would vanish."""


def pick(wanted: str) -> torch.device:
    """The device by name; `auto` takes CUDA, else MPS, else the CPU.

    Raises: AskedWrong when the device that was named is not here."""
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    name = next(device for device in here if here[device]) if wanted == "auto" else wanted
    if not here.get(name, False):
        found = ", ".join(device for device in here if here[device])
        raise AskedWrong(
            f"There is no device `{wanted}` here.",
            accepted=f"Devices here: auto, {found}.",
            remedy="One of several GPUs is chosen by CUDA_VISIBLE_DEVICES.",
        )
    return torch.device(name)


def use_all_cores() -> int:
    """Let torch use every core that this process may use, at most OMP_NUM_THREADS where that is set; their number."""
    here = len(os.sched_getaffinity(0)) if sys.platform == "linux" else (os.cpu_count() or 1)
    cores = min(here, int(os.environ.get("OMP_NUM_THREADS") or here))
    torch.set_num_threads(cores)
    return cores


def precision(wanted: str, device: torch.device) -> Precision:
    """The format of matrix products; weights and moments are fp32 in any case.

    `auto` takes bf16 where the processor multiplies it natively. On 2 cores with AVX512-BF16 a 4 × 192
    llama trained 17,200 tokens a second in bf16 and 8,500 in fp32; without such instructions bf16 is
    emulated and slower. In fp16 the loss is scaled, and a step whose gradient overflows is left out.

    Raises: AskedWrong for a format that the device has not."""
    formats = FORMATS[device.type]
    if wanted != "auto" and wanted not in formats:
        raise AskedWrong(
            f"`precision: {wanted}` is not for the {device.type.upper()}: its small gradients would vanish, since the loss is scaled on GPUs only.",
            accepted=f"Here: auto, {', '.join(formats)}.",
            remedy="Set `precision: auto`.",
        )
    if wanted in formats:
        return formats[formats.index(wanted)]
    if device.type == "mps":
        return "fp32"
    native = torch.cuda.get_device_capability(device)[0] >= 8 if device.type == "cuda" else has_bf16()
    return "bf16" if native else "fp32"


def out_of_memory(error: RuntimeError) -> bool:
    """Whether an error says that memory ran out; the CPU's allocator and MPS raise errors of no kind of their own."""
    said = str(error)
    return isinstance(error, torch.OutOfMemoryError) or "not enough memory" in said or "can't allocate memory" in said or "out of memory" in said
