"""What a split by a column knows of each row: its content, and by what rows that are nearly the same are found."""

from __future__ import annotations

from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from tilth.lots import content
from tilth.record import TEXT, Batch, id_array, texts
from tilth.steps.split._passages import Passages, sampled
from tilth.text.near import Near

By = str | Annotated[tuple[str, ...], Field(min_length=1)]
"""One column, or several."""

BETWEEN, NULL = "\x1f", "\x00"
"""What stands between the values of several columns, and for a null among them: control characters that no label has."""


def sketched(batch: Batch, names: tuple[str, ...], comparison: Near | None, passages: Passages | None) -> tuple[dict[str, pa.Array], list[bytes]]:
    """The columns `id`, `content`, those of the comparison and that of passages, by name; and the digests of the contents."""
    digests = content(batch, names)
    near = {} if comparison is None else comparison.sketch(batch)
    return {"id": batch["id"], "content": id_array(digests), **near, **sampled(batch, names, passages)}, digests


def listed(by: str | tuple[str, ...]) -> tuple[str, ...]:
    """One column, or several, as a list."""
    return (by,) if isinstance(by, str) else by


def named(batch: Batch, columns: tuple[str, ...]) -> pa.LargeStringArray:
    """The values of the columns as one text; null where all are null."""
    written = [texts(batch[name]) for name in columns]
    if len(written) == 1:
        return written[0]
    joined = pc.binary_join_element_wise(*(pc.fill_null(column, NULL) for column in written), pa.scalar(BETWEEN, TEXT))
    return pc.if_else(pc.equal(joined, BETWEEN.join([NULL] * len(written))), pa.scalar(None, TEXT), joined)
