"""Sixty-four bits for each text, by which equal texts are known: FNV-1a over its bytes, stirred.

Among n different texts two have the same 64 bits with a chance of n²/2⁶⁵: one in four hundred for three hundred million.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba.core import types

from tilth.text.buffers import valued_spans
from tilth.text.hashing import FNV_PRIME, FNV_START
from tilth.text.kernel import Bytes, Offsets, kernel
from tilth.text.shingles import stir

Digests = Annotated[npt.NDArray[np.uint64], types.Array(types.uint64, 1, "C")]
"""A number for each text, written."""


def digests(column: pa.Array) -> npt.NDArray[np.uint64]:
    """A number for each text; that of a null is that of an empty text."""
    data, offsets = valued_spans(column)
    found = np.empty(len(column), np.uint64)
    _digests(data, offsets, found)
    return found


def prepare() -> None:
    """Compile what `digests` needs, before workers start."""
    _digests.compile()


@kernel
def _digests(data: Bytes, offsets: Offsets, found: Digests) -> None:
    for row in range(len(found)):
        one = FNV_START
        for byte in data[offsets[row] : offsets[row + 1]]:
            one = (one ^ np.uint64(byte)) * FNV_PRIME
        found[row] = stir(one)
