"""How long the documents are that a model learns from, and what another way of cutting them would cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

SHORTEST = 128
"""Lengths are tried from here on, each twice the one before, up to one that cuts nothing."""
BINS = 32

Numbers = npt.NDArray[np.int64]


def packed(lengths: Mapping[int, int], context: int, padded: int) -> dict[str, Any]:
    """The lengths of documents, in tokens with those that mark their ends, and how many have each; that they were packed into
    windows of `context` tokens without losing one; and how many places of the last window were filled up."""
    sizes, times = np.array(sorted(lengths), np.int64), np.array([lengths[size] for size in sorted(lengths)], np.int64)
    edges = np.unique(np.rint(np.geomspace(sizes[0], sizes[-1] + 1, BINS + 1)))
    counts, _ = np.histogram(sizes, edges, weights=times)
    return {
        "rows": int(times.sum()),
        "tokens": int((sizes * times).sum()),
        "edges": [float(edge) for edge in edges],
        "counts": [int(count) for count in counts],
        "by_length": [_cut_at(length, sizes, times) for length in _tried(int(sizes[-1]), context)],
        "used": context,
        "packed": True,
        "cut": 0,
        "padded": padded,
    }


def _tried(longest: int, context: int) -> list[int]:
    tried = [SHORTEST]
    while tried[-1] < longest:
        tried.append(2 * tried[-1])
    return sorted({*tried, context})


def _cut_at(length: int, sizes: Numbers, times: Numbers) -> list[int | float]:
    """The length; documents that are longer; tokens that are lost if they are cut there; the share of places that is filled
    up if each document has one of that length to itself."""
    longer = sizes > length
    lost = int(((sizes - length) * times)[longer].sum())
    places = length * int(times.sum())
    return [length, int(times[longer].sum()), lost, (places - int((np.minimum(sizes, length) * times).sum())) / places]
