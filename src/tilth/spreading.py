"""The shape of a step that makes several rows of one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from tilth.applied import PARENTS, copy_id
from tilth.errors import BooksDoNotBalance
from tilth.frames import like, to_batch
from tilth.record import ID, JSON, Batch, Numbers
from tilth.step import Step


class Spread(Step):
    """A batch → one row or more for each row (windows, paragraphs). The first stands in the row's place and has its id, so that no
    row is lost; the others have ids of their own, and the row as their parent."""

    @abstractmethod
    def rows(self, batch: Batch) -> tuple[pa.Table, Numbers]:
        """The new rows, with all columns but `id` and `parents`, and for each the number of its row in the batch, ascending."""

    @abstractmethod
    def reads(self) -> tuple[str, ...]:
        """The columns that must be there."""

    def makes(self, there: Collection[str]) -> Mapping[str, str]:
        """The columns, with their types, that it adds to rows with the columns `there`. Raises AskedWrong where one is in its way."""
        return {}

    def __call__(self, table: Any) -> Any:
        """The rows that it makes; any Arrow-speaking frame comes in, the same kind goes out."""
        self.prepare()
        batch = to_batch(table)
        return like(table, Batch(spread(self, batch, self.name())[0]))


def spread(step: Spread, batch: Batch, by: str) -> tuple[pa.Table, Numbers]:
    """The rows that a step makes of a batch, with ids and parents, and how many of each row. `by`: who spreads, for a row that was
    made by one step may be spread by another. Raises BooksDoNotBalance where a row has none."""
    made, parents = step.rows(batch)
    counts = np.bincount(parents, minlength=len(batch)) if len(parents) else np.zeros(len(batch), np.int64)
    if len(parents) != made.num_rows or len(counts) != len(batch) or (counts < 1).any() or (np.diff(parents) < 0).any():
        raise BooksDoNotBalance(
            f"{len(batch)} rows went in; {made.num_rows} came out, of {int((counts > 0).sum())} of them.",
            accepted="Each row is spread to at least one, and those of a row stand together, in its place.",
        )
    first = np.append(True, parents[1:] != parents[:-1])[: len(parents)]
    turn = np.arange(len(parents)) - np.maximum.accumulate(np.where(first, np.arange(len(parents)), 0)) if len(parents) else parents
    ids = batch["id"].to_pylist()
    told = batch.table["parents"].to_pylist() if "parents" in batch.table.column_names else [None] * len(batch)
    places = list(zip(parents.tolist(), turn.tolist(), strict=True))
    columns = {
        "id": pa.array([copy_id(ids[place], number, by) if number else ids[place] for place, number in places], ID),
        "parents": pa.array([[ids[place]] if number else told[place] for place, number in places], PARENTS),
    }
    kinds = step.makes(batch.table.column_names)
    fields = {name: pa.field(name, made.schema.field(name).type, metadata=JSON if kind == "json" else None) for name, kind in kinds.items()}
    made = made.cast(pa.schema([fields.get(field.name, field) for field in made.schema]))
    made = made.drop_columns([name for name in columns if name in made.column_names])
    return pa.table({"id": columns["id"], **{name: made[name] for name in made.column_names}, "parents": columns["parents"]}, _schema(made)), counts


def _schema(made: pa.Table) -> pa.Schema:
    return pa.schema([pa.field("id", ID), *made.schema, pa.field("parents", PARENTS)])
