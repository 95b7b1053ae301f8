"""Processes that are timed: on one core each, one after the other, with the memory that they and their children take."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ALONE = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_NUM_THREADS"), "1"),
    **dict.fromkeys(("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_DATASETS_DISABLE_PROGRESS_BARS", "NO_COLOR"), "1"),
    **dict.fromkeys(("UV_OFFLINE", "PIP_NO_INDEX"), "1"),
    "TOKENIZERS_PARALLELISM": "false",
}
"""What keeps either side to one thread, off the network, and quiet; and a peer from installing what it misses."""

EVERY = 0.05
"""Seconds between two looks at the memory."""


@dataclass(frozen=True)
class Ran:
    """What a process took: seconds by the clock, seconds of processor, and at its peak the bytes in memory
    (all its processes together, shared pages counted in each)."""

    wall: float
    cpu: float
    peak: int
    said: str

    def json(self) -> Any:
        """The last line that it wrote, which is one JSON value."""
        return json.loads(self.said.strip().splitlines()[-1])


class Failed(Exception):
    """A process that was to be timed did not end well."""


def run(command: Sequence[str | Path], folder: Path, cores: int = 1, more: Mapping[str, str] | None = None) -> Ran:
    """Run a command in a folder, on so many cores. Raises Failed, with the end of what it said."""
    words = [str(word) for word in command]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        begun, process = _started(words, cores, {"cwd": folder, "stdout": out, "stderr": err, "env": {**os.environ, **ALONE, **(more or {})}})
        ended: list[tuple[float, Any, int]] = []
        waiter = threading.Thread(target=lambda: ended.append(_waited(process.pid)))
        waiter.start()
        peak = _watched(process.pid, waiter)
        finished, used, status = ended[0]
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        said, complained = out.read(), err.read()
    if process.returncode:
        raise Failed(f"{' '.join(words[:4])} … ended with {process.returncode}:\n{said[-1000:]}{complained[-3000:]}")
    return Ran(finished - begun, used.ru_utime + used.ru_stime, peak, said)


def _started(words: list[str], cores: int, how: Mapping[str, Any]) -> tuple[float, subprocess.Popen[str]]:
    """Start a process on the cores that are least busy now; it inherits them from this one, for that moment. Also when it began."""
    mine = os.sched_getaffinity(0)
    busy = psutil.cpu_percent(interval=0.3, percpu=True)
    os.sched_setaffinity(0, sorted(mine, key=lambda core: busy[core])[:cores])
    try:
        return time.perf_counter(), subprocess.Popen(words, text=True, **how)
    finally:
        os.sched_setaffinity(0, mine)


def _waited(number: int) -> tuple[float, Any, int]:
    _, status, used = os.wait4(number, 0)
    return time.perf_counter(), used, status


def _watched(number: int, waiter: threading.Thread) -> int:
    """The most bytes that the process and its children held at once, until it ends."""
    peak = 0
    while waiter.is_alive():
        try:
            parent = psutil.Process(number)
            held = sum(_held(one) for one in (parent, *parent.children(recursive=True)))
            peak = max(peak, held)
        except psutil.Error:
            pass  # it ended between two questions
        waiter.join(EVERY)
    return peak


def _held(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def interleaved(sides: Mapping[str, Callable[[], Any]], times: Mapping[str, int]) -> dict[str, list[Any]]:
    """What each side gave, called in turns as often as it says, so that a busy minute falls on all."""
    found: dict[str, list[Any]] = {name: [] for name in sides}
    for turn in range(max(times.values())):
        for name, call in sides.items():
            if turn < times[name]:
                found[name].append(call())
    return found


def faster(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> tuple[float, str]:
    """How many times as fast ours is, by the clock or by processor time, whichever is less; and both in words.

    On a quiet machine they are the same; on a busy one the clock also measures the others."""
    clock, processor = (ours[name] / theirs[name] for name in ("mb_per_second", "mb_per_processor_second"))
    speeds = f"{ours['mb_per_second']:.1f} and {theirs['mb_per_second']:.2f} MB/s"
    return min(clock, processor), f"{clock:.1f} × ({speeds}); by processor time {processor:.1f} ×"


def fast(ours: Mapping[str, Any]) -> tuple[float, str]:
    """The megabytes a second, by the clock or by processor time, whichever is less; and both in words."""
    clock, processor = ours["mb_per_second"], ours["mb_per_processor_second"]
    return min(clock, processor), f"{clock:.1f} MB/s; by processor time {processor:.1f} MB/s"


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return float(statistics.median(values))
