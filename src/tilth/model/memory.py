"""What this process holds in memory, and the most that it has held since somebody asked: resident bytes, or those of tensors on a GPU.

Linux tells the highest resident memory of a process and lets it be forgotten (`/proc/self/clear_refs`, proc_pid_clear_refs(5)), so
of several trainings in one process each is told its own. `ru_maxrss`, which is what other systems have, is never forgotten.
"""

from __future__ import annotations

import ctypes
import resource
import sys
from contextlib import suppress
from pathlib import Path

import torch

STATUS, FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def held(place: torch.device) -> int:
    """The bytes that are held now; where a system tells the most ever held alone, that."""
    if place.type == "cuda":
        return int(torch.cuda.memory_allocated(place))
    return _told("VmRSS")


def peak(place: torch.device) -> int:
    """The most bytes that were held since `forget`, or else since the process began."""
    if place.type == "cuda":
        return int(torch.cuda.max_memory_allocated(place))
    return _told("VmHWM")


def forget(place: torch.device) -> None:
    """Give back what is free already, and let the highest memory begin anew."""
    if place.type == "cuda":
        torch.cuda.reset_peak_memory_stats(place)
    elif sys.platform == "linux":
        with suppress(AttributeError):  # a C library other than glibc has no such function, and no need of it
            ctypes.CDLL(None).malloc_trim(0)
        with suppress(OSError):  # a container may not let it be written; then the peak is that of the whole process
            FORGET.write_text("5")


def _told(name: str) -> int:
    if not STATUS.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    lines = dict(line.split(":", 1) for line in STATUS.read_text("ascii", errors="replace").splitlines())
    return int(lines[name].split()[0]) * 1024
