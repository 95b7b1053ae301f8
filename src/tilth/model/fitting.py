"""Which batch fits into memory: how much of an effective batch at once, and what would help where nothing fits. No torch here."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MARGIN = 0.92
"""The share of a device's memory that is planned with: allocators lose 5 to 10 % to gaps between blocks."""


@dataclass(frozen=True)
class Fitted:
    """How an effective batch is split: `micro_batch` items at once, `passes` times. `peak`: the bytes that this is expected to take;
    `fits`: whether they are there. Where they are not, one item at once is the least."""

    micro_batch: int
    passes: int
    peak: float
    fits: bool


def fitting(peak_of: Callable[[int], float], memory: float, batch: int) -> Fitted:
    """The most items at once that divide the batch and fit into so many bytes of memory; the effective batch stays.

    `peak_of`: bytes for a micro-batch, which must not fall as that grows. It is asked as seldom as can be: it is dear."""
    sizes = [size for size in range(1, batch + 1) if batch % size == 0]
    known: dict[int, float] = {}

    def peak(size: int) -> float:
        if size not in known:
            known[size] = peak_of(size)
        return known[size]

    found = max(1, bisect_right(sizes, memory * MARGIN, key=peak))
    size = sizes[found - 1]
    return Fitted(size, batch // size, peak(size), peak(size) <= memory * MARGIN)


def what_helps(now: float, changes: Mapping[str, float], memory: float) -> list[str]:
    """What would take less than now, the least change first that fits, each with the bytes that it is expected to take.

    `changes`: what would be written (`checkpointing: true`), and the peak with it, in the order in which it is to be tried."""
    better = {words: peak for words, peak in changes.items() if peak < now}
    told = sorted(better, key=lambda words: better[words] > memory * MARGIN)
    return [f"`{words}`: {better[words] / 1e9:.1f} GB{'' if better[words] <= memory * MARGIN else ', still too much'}" for words in told]
