"""What this machine has to train with: memory, number formats, a GPU. No torch here."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
PATIENCE = 2.0
"""Seconds that `nvidia-smi` may take."""


@dataclass(frozen=True)
class Card:
    """A GPU that is here: its name and the bytes of its memory that nobody uses."""

    name: str
    memory: float


def memory() -> int:
    """The bytes of the machine's memory."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def has_bf16(listed: Path = CPUINFO) -> bool:
    """Whether the kernel lists bf16 instructions of the processor (x86: avx512_bf16, amx_bf16; Arm: bf16)."""
    if not listed.exists():
        return False
    flags = set(listed.read_text(encoding="utf-8", errors="replace").split())
    return bool(flags & {"avx512_bf16", "amx_bf16", "bf16"})


@cache
def card() -> Card | None:
    """The first CUDA GPU, as `nvidia-smi` tells of it; None where there is no such program, or it knows of none."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    try:
        asked = [program, "--query-gpu=name,memory.free", "--format=csv,noheader,nounits"]
        said = subprocess.run(asked, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
        name, _, free = said.splitlines()[0].rpartition(",")
        return Card(name.strip(), float(free) * (1 << 20))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
