"""The memory of this process and of those that it started, as Linux tells it."""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")


def tree_memory(process: int | None = None) -> int | None:
    """Bytes that a process and all below it hold for themselves, pages shared with files or others left out; None where
    that is not told (no /proc, or a kernel without lists of children)."""
    root = os.getpid() if process is None else process
    if not (PROC / str(root) / "task" / str(root) / "children").exists():
        return None
    return sum(_own(one) for one in [root, *_below(root)])


def _below(process: int) -> list[int]:
    found: list[int] = []
    for file in (PROC / str(process) / "task").glob("*/children"):
        for child in _read(file).split():
            found += [int(child), *_below(int(child))]
    return found


def _own(process: int) -> int:
    """Resident pages less shared ones: the second and third number of statm (proc(5))."""
    told = _read(PROC / str(process) / "statm").split()
    return (int(told[1]) - int(told[2])) * os.sysconf("SC_PAGE_SIZE") if told else 0


def _read(file: Path) -> str:
    """What a file of /proc says; nothing of a process that has just ended."""
    try:
        return file.read_text()
    except OSError:
        return ""
