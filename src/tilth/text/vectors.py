"""What a text means, as a vector of whole numbers, so that likeness is exact arithmetic.

An embedding is stretched to a length just under 4,096 and rounded. Then every sum on the way to a product of two is a
whole number of at most 2²⁴, and so is the square of a length: no order of adding, no processor and no number of
threads moves a cosine. Rounding moves it by about 0.0001 (standard deviation, at 384 dimensions).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba.core import types

from tilth.text.buffers import as_texts
from tilth.text.hashing import FNV_PRIME, FNV_START, HALF, STIR
from tilth.text.kernel import kernel
from tilth.text.shingles import Hashes

LENGTH = 4096
"""No vector is longer, so that a product of two is at most 2²⁴."""

Vectors = Annotated[npt.NDArray[np.int16], types.Array(types.int16, 2, "C", readonly=True)]
"""A line for each row; all zeros: nothing is known of its meaning."""

Squares = Annotated[npt.NDArray[np.int64], types.Array(types.int64, 1, "C")]


def joined(columns: Sequence[pa.Array]) -> pa.LargeStringArray:
    """Several columns as one text a row, joined by line ends; of one column the column itself."""
    texts = [as_texts(column) for column in columns]
    if len(texts) == 1:
        return texts[0]
    return pc.binary_join_element_wise(*(pc.fill_null(column, "") for column in texts), pa.scalar("\n", pa.large_string()))


def of_texts(texts: pa.LargeStringArray, encode: Callable[[Sequence[str]], npt.NDArray[np.float32]], dimensions: int) -> npt.NDArray[np.int16]:
    """The vectors of texts; zeros where there is none, or white space alone. Equal texts are encoded once."""
    found = np.zeros((len(texts), dimensions), np.int16)
    places: dict[str, list[int]] = {}
    for place, text in enumerate(texts.to_pylist()):
        if text is not None and not text.isspace() and text:
            places.setdefault(text, []).append(place)
    if places:
        vectors = rounded(encode(list(places)))
        found[np.concatenate(list(places.values()))] = np.repeat(vectors, [len(some) for some in places.values()], axis=0)
    return found


def rounded(embeddings: npt.NDArray[np.floating]) -> npt.NDArray[np.int16]:
    """The vectors of embeddings, a line each. One without a direction (zero, or not finite) becomes zeros."""
    exact = np.asarray(embeddings, np.float64)
    lengths = np.sqrt(np.square(exact).sum(axis=1))
    known = np.isfinite(lengths) & (lengths > 0)
    stretch = np.where(known, (LENGTH - 1 - math.sqrt(exact.shape[1]) / 2) / np.where(known, lengths, 1), 0)
    found: npt.NDArray[np.int16] = np.rint(np.where(known[:, None], exact, 0) * stretch[:, None]).astype(np.int16)
    return found


def squares(vectors: npt.NDArray[np.int16]) -> npt.NDArray[np.int64]:
    """The square of each vector's length; 0 where nothing is known."""
    found = np.empty(len(vectors), np.int64)
    _squares(np.ascontiguousarray(vectors), found)
    return found


def fingerprints(vectors: npt.NDArray[np.int16]) -> npt.NDArray[np.uint64]:
    """Sixty-four bits for each vector, by which a sample is drawn whatever the order of rows."""
    found = np.empty(len(vectors), np.uint64)
    _fingerprints(np.ascontiguousarray(vectors), found)
    return found


def drawn(vectors: npt.NDArray[np.int16], most: int) -> npt.NDArray[np.int16]:
    """The different vectors of which something is known, at most so many, drawn and ordered by their fingerprints: the
    same whatever the order of rows, also where some are drawn again of those that were drawn."""
    known = np.flatnonzero(vectors.any(axis=1))
    return vectors[known[np.unique(fingerprints(vectors)[known], return_index=True)[1][:most]]]


def cosines(ones: npt.NDArray[np.int16], others: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    """The cosine of each of the ones with each of the others; 0 where nothing is known of either."""
    products = ones.astype(np.float32) @ others.astype(np.float32).T  # whole numbers of at most 2²⁴ are exact in 32 bits
    both = squares(ones)[:, None] * squares(others)[None, :]
    return np.where(both > 0, products / np.sqrt(np.maximum(both, 1).astype(np.float64)), 0.0)


def prepare() -> None:
    """Compile what vectors need, before workers start."""
    _squares.compile()
    _fingerprints.compile()


@kernel
def product(vectors: Vectors, one: int, others: Vectors, other: int) -> int:
    """The product of a line of one table with a line of another."""
    found = np.int32(0)
    for place in range(vectors.shape[1]):
        found += np.int32(vectors[one, place]) * np.int32(others[other, place])
    return int(found)


@kernel
def cosine(both: int, square: int, other: int) -> float:
    """The cosine of two vectors by their product and the squares of their lengths; of a vector with itself exactly 1."""
    return both / math.sqrt(square * other)


@kernel
def _squares(vectors: Vectors, found: Squares) -> None:
    for row in range(len(vectors)):
        found[row] = product(vectors, row, vectors, row)


@kernel
def _fingerprints(vectors: Vectors, found: Hashes) -> None:
    for row in range(len(vectors)):
        told = FNV_START
        for place in range(vectors.shape[1]):
            told = (told ^ np.uint64(np.uint16(vectors[row, place]))) * FNV_PRIME
        told = (told ^ told >> HALF) * STIR
        found[row] = told ^ told >> HALF
