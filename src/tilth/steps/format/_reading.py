"""Rows read as their layout says, whose values are told by the types of their columns and not by a few of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa

from tilth.model.conversations import spoken_in
from tilth.model.formats import Format, FormatSettings, Layout, Row, RowRefused, layout, read
from tilth.record import Batch, is_json
from tilth.steps.format._filling import rows_of

SPEAKING = ("prompt", "completion", "chosen", "rejected", "messages", "conversations")
"""Parts that may be messages."""


def laid_out(asked: Format | FormatSettings | None, there: Collection[str]) -> Layout:
    """The layout by the names of the columns alone: rows come a batch at a time, and all batches must be read alike. Raises AskedWrong."""
    return layout(asked, tuple(there), [])


def each(batch: Batch, told: Layout, of: Callable[[Row], Any]) -> Iterator[tuple[Any, str | None]]:
    """For each row what `of` makes of it, or None and why it is refused."""
    schema = batch.table.schema
    told = replace(told, ways={part: "messages" for part, name in told.columns.items() if part in SPEAKING and _holds_messages(schema.field(name))})
    for row in rows_of(batch, tuple(dict.fromkeys(told.columns.values()))):
        try:
            yield of(read(_of_row(told, row), row)), None
        except RowRefused as error:
            yield None, str(error)


def _holds_messages(field: pa.Field) -> bool:
    """Whether a column holds lists or mappings, as they are or as JSON."""
    return is_json(field) or pa.types.is_nested(field.type)


def _of_row(told: Layout, row: dict[str, Any]) -> Layout:
    """The layout of one row: a text in which `Human:` and `Assistant:` speak is told by itself."""
    spoken = {part: "spoken" for part in ("chosen", "rejected") if part in told.columns and spoken_in(row[told.columns[part]])}
    return replace(told, ways={**told.ways, **spoken}) if len(spoken) == 2 else told
