"""Columns as they were settled: their types, whether the recipe said them, how many rows have a value.

Nothing is read for it but what the files tell of themselves: Parquet counts the nulls of each column
of each row group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pyarrow.parquet as pq

from tilth.execute.datasets import Walked
from tilth.recipe.resolve import Data, Recipe
from tilth.record import OWN
from tilth.store.objects import Store
from tilth.store.tables import columns_of

WORDS = {"double": "float64", "large_string": "string"}
"""Types of columns in the words of surveys, where Arrow's differ."""


@runtime_checkable
class Saying(Protocol):
    """A source for which the recipe may say the types of columns."""

    columns: Mapping[str, str]
    """The words by the columns' names."""


def settled(store: Store, recipe: Recipe, walked: Mapping[str, Walked]) -> dict[str, list[dict[str, Any]]]:
    """For each dataset its columns.

    Where it is read from sources, values are counted in all rows that were read, as they stood after the first steps of
    `clean`; where it goes on from other datasets, in its finished files, if it has any."""
    said: dict[str, set[str]] = {}
    found: dict[str, list[dict[str, Any]]] = {}
    for data in recipe.data:
        said[data.name] = {name for start in data.starts for name in said.get(start.partition(".")[0], ())} | _said(data)
        if data.name in walked:
            found[data.name] = _columns(store, data, walked[data.name], said[data.name])
    return found


def _said(data: Data) -> set[str]:
    return {name for placed in data.sources if isinstance(placed.step, Saying) for name in placed.step.columns}


def _columns(store: Store, data: Data, walked: Walked, said: set[str]) -> list[dict[str, Any]]:
    files = _files(store, data, walked)
    types = dict(walked.types)
    for file in (*files[:1], *_finished(store, walked)[:1]):
        types |= {name: WORDS.get(kind, kind) for name, kind in columns_of(file).items()}
    rows, filled = counted(files)
    reasons = [reason for line in walked.path if line["shape"] == "Source" for reason in line["reasons"].items()]
    return [
        {
            "column": name,
            "type": kind,
            "said": name in said,
            "filled": filled.get(name),
            "rows": rows if files else None,
            "misfits": sum(count for reason, count in reasons if name in said and reason.startswith(f"`{name}`: ")),
        }
        for name, kind in types.items()
        if name == "text" or name not in OWN
    ]


def _files(store: Store, data: Data, walked: Walked) -> list[Path]:
    """The files in which values are counted; none where the rows were let go."""
    if not data.sources:
        return _finished(store, walked)
    files = [store.path(content) / "rows.parquet" for content in walked.stages[0]["rows"]]
    return files if all(file.exists() for file in files) else []


def _finished(store: Store, walked: Walked) -> list[Path]:
    return [path for made in walked.files.values() for path in sorted(store.path(made.content).glob("*.parquet"))]


def counted(files: Sequence[Path]) -> tuple[int, dict[str, int]]:
    """The rows of Parquet files, and for each flat column how many of them have a value, as their footers tell.

    A column that one of them does not tell of is left out; in a file without it, no row has a value."""
    rows, filled, silent = 0, dict[str, int](), set[str]()
    for file in files:
        told = pq.read_metadata(file)
        rows += told.num_rows
        for group in (told.row_group(number) for number in range(told.num_row_groups)):
            for column in (group.column(place) for place in range(group.num_columns)):
                name, counts = column.path_in_schema, column.statistics
                if counts is not None and counts.has_null_count:
                    filled[name] = filled.get(name, 0) + group.num_rows - counts.null_count
                elif group.num_rows:
                    silent.add(name)
    return rows, {name: count for name, count in filled.items() if name not in silent}
