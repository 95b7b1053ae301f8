"""Columns that a step of this room sets, and what stood there before, which it keeps."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pyarrow as pa

from tilth.errors import AskedWrong
from tilth.record import Batch


def with_originals(batch: Batch, new: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """The new columns, and for each that was there before, `original_` and its name with what it held; of a json column its texts."""
    return {**{f"original_{name}": batch[name] for name in new if name in batch.table.column_names}, **new}


def made(there: Collection[str], new: Mapping[str, str]) -> dict[str, str]:
    """The types of the columns that are set. Raises AskedWrong where what is to be kept has no place."""
    kept = [name for name in new if name in there]
    for name in kept:
        if f"original_{name}" in there:
            raise AskedWrong(
                f"It keeps `{name}` as `original_{name}`, which is there already.",
                remedy="Rows are laid out once: take this step out, or the one before it that wrote these columns.",
            )
    return {**{f"original_{name}": "string" for name in kept}, **new}
