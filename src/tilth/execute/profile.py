"""What a table holds: how populated its columns are, how long its texts, how many of them are equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.record import JSON, flat

BINS = 24
EXAMPLES = 3
WORD = r"[^\s\p{Z}]+"
"""A word, for looking: a run of anything but white space."""


@dataclass(frozen=True)
class Column:
    """A column: its type, the share of rows with a value, how many values differ, a few of them, and the
    least and greatest where they are numbers."""

    name: str
    type: str
    filled: float
    distinct: int | None
    examples: Sequence[Any]
    least: float | None = None
    greatest: float | None = None


@dataclass(frozen=True)
class Lengths:
    """How long texts are, in `characters` or `words`; the bins are about equally wide in logarithm."""

    of: str
    least: int
    median: float
    p90: float
    greatest: int
    total: int
    edges: Sequence[float]
    counts: Sequence[int]


@dataclass(frozen=True)
class Profile:
    """What a table holds."""

    rows: int
    columns: Sequence[Column]
    text: str | None
    """The column whose lengths and duplicates are told: `text`, else the one with the longest texts."""
    lengths: Sequence[Lengths]
    duplicates: float | None
    """The share of rows whose text was there before."""


def profile(table: pa.Table) -> Profile:
    """Measure a table."""
    columns = [column(table, name) for name in table.column_names if name not in ("id", "origin", "parents", "partner")]
    text = _main_text(table)
    if text is None or not table.num_rows:
        return Profile(table.num_rows, columns, text, [], None)
    array = pc.drop_null(flat(table[text]))
    if not len(array):
        return Profile(table.num_rows, columns, text, [], None)
    measured = {"characters": pc.utf8_length(array), "words": pc.count_substring_regex(array, WORD)}
    same = 1 - int(pc.count_distinct(array).as_py()) / len(array)
    return Profile(table.num_rows, columns, text, [lengths(name, values.to_numpy()) for name, values in measured.items()], same)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _main_text(table: pa.Table) -> str | None:
    texts = [field.name for field in table.schema if _is_text(field.type)]
    if "text" in texts or not texts:
        return "text" if texts else None
    sizes: dict[str, int] = {name: pc.sum(pc.binary_length(table[name])).as_py() or 0 for name in texts}
    return max(sizes, key=lambda name: sizes[name])


def column(table: pa.Table, name: str) -> Column:
    """Measure one column."""
    array, kind = table[name], table.schema.field(name)
    filled = (len(array) - array.null_count) / len(array) if len(array) else 0.0
    nested = pa.types.is_nested(array.type) or pa.types.is_null(array.type)
    distinct = None if nested else int(pc.count_distinct(array).as_py())
    told = "json" if kind.metadata and kind.metadata.get(b"tilth") == JSON[b"tilth"] else str(array.type).replace("large_", "")
    least = greatest = None
    if (pa.types.is_integer(array.type) or pa.types.is_floating(array.type)) and filled:
        ends = pc.min_max(array).as_py()
        least, greatest = ends["min"], ends["max"]
    return Column(name, told, filled, distinct, _examples(array), least, greatest)


def _examples(array: pa.ChunkedArray) -> list[Any]:
    """The first values that differ."""
    found: list[Any] = []
    for value in pc.drop_null(array.slice(0, 2000)).to_pylist():
        if value not in found:
            found.append(value)
        if len(found) == EXAMPLES:
            break
    return found


def lengths(name: str, values: npt.NDArray[np.int64]) -> Lengths:
    """How a length is distributed."""
    low, high = int(values.min()), int(values.max())
    edges = np.unique(np.rint(np.geomspace(max(low, 1), max(high, 1) + 1, BINS + 1)))
    counts, _ = np.histogram(np.maximum(values, 1), edges)
    median, p90 = np.quantile(values, [0.5, 0.9])
    return Lengths(name, low, float(median), float(p90), high, int(values.sum()), [float(edge) for edge in edges], [int(count) for count in counts])
