"""Between Arrow columns and kernels: the bytes of a column of texts, and a column of measured values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.errors import AskedWrong
from tilth.record import texts


def as_texts(column: pa.Array) -> pa.LargeStringArray:
    """The column as texts. Raises AskedWrong where its values are none and cannot be made so."""
    try:
        return texts(column)
    except pa.ArrowNotImplementedError as error:
        raise AskedWrong(
            f"A column of {column.type} is no text that could be measured.",
            remedy="Name another column in `fields`, or make a text of it with `extract.fields`.",
        ) from error


def spans(column: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """The bytes of all texts, and the places in them where each text begins and the last one ends. No copy
    of a large_string. A null may span bytes, which mean nothing."""
    array = as_texts(column)
    _, offsets, data = array.buffers()
    if offsets is None:
        return np.empty(0, np.uint8), np.zeros(len(array) + 1, np.int64)
    places = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    # Columns mapped from files may lie at odd addresses, which compiled code does not take.
    return np.frombuffer(data or b"", np.uint8), np.require(places, requirements=["C", "A"])


def valued_spans(column: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """`spans`, a null being an empty text."""
    found = spans(column)
    return spans(pc.fill_null(as_texts(column), "")) if column.null_count else found


def counted(values: npt.NDArray[np.int64], judged: npt.NDArray[np.bool_]) -> pa.Array:
    """A column of whole numbers, null where not judged."""
    return pa.array(values, pa.int64(), mask=~judged)


def share(part: npt.NDArray[np.int64], whole: npt.NDArray[np.int64], judged: npt.NDArray[np.bool_]) -> pa.Array:
    """A column of `part / whole`, null where not judged and where the whole is nothing."""
    told = judged & (whole > 0)
    return pa.array(np.divide(part, whole, out=np.zeros(len(part)), where=told), pa.float64(), mask=~told)


def present(column: pa.Array) -> npt.NDArray[np.bool_]:
    """Which texts are there: a null text has null measures."""
    return np.asarray(pc.is_valid(column))
