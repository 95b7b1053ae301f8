"""The items of evaluation sets: which columns are question and answer, and their texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from tilth.errors import AskedWrong, NothingLeft
from tilth.record import TEXT, Ids, as_ids, id_array
from tilth.text.buffers import as_texts
from tilth.work import Dataset, Work, look_at

QUESTIONS = (("question",), ("problem",), ("query",), ("instruction", "input"), ("instruction",), ("prompt",), ("text",), ("chosen",))
"""The columns that are taken for the question: the first of these that are all there."""

ANSWERS = ("answer", "output", "response", "completion", "solution", "target", "chosen")
"""The column that is taken for the answer, beside any question but `text`: the first of these that is there."""

Asked = tuple[str, ...] | None


@dataclass(frozen=True)
class Items:
    """All items: a piece of text each, with its unit (2·i for the question of item i, 2·i + 1 for its answer)."""

    pieces: pa.LargeStringArray
    units: npt.NDArray[np.int64]
    sets: Sets


@dataclass(frozen=True)
class Sets:
    """The evaluation sets: their names, how many items each has, which columns were read; and the ids of all items."""

    names: tuple[str, ...]
    sizes: tuple[int, ...]
    columns: tuple[Mapping[str, Sequence[str]], ...]
    ids: Ids

    def of(self, item: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The number of the set of each item."""
        return np.searchsorted(np.cumsum(self.sizes), item, side="right")

    def save(self, folder: Path) -> None:
        """Write them."""
        told = {"names": self.names, "sizes": self.sizes, "columns": self.columns}
        (folder / "sets.json").write_text(json.dumps(told, sort_keys=True), "utf-8")
        np.save(folder / "ids.npy", self.ids)

    @classmethod
    def load(cls, folder: Path) -> Sets:
        """Read what `save` wrote."""
        told: dict[str, Any] = json.loads((folder / "sets.json").read_text("utf-8"))
        return cls(tuple(told["names"]), tuple(told["sizes"]), tuple(told["columns"]), np.load(folder / "ids.npy"))


def read_items(work: Work, names: Sequence[str], question: Asked, answer: Asked) -> Items:
    """The items of these datasets, in their order. `question`, `answer`: their columns; None: the usual names are looked
    for; no answer: (). Raises AskedWrong where there are no such columns, NothingLeft where a dataset is empty."""
    pieces, units, ids = list[pa.Array](), list[npt.NDArray[np.int64]](), list[Ids]()
    columns, sizes, first = list[Mapping[str, Sequence[str]]](), list[int](), 0
    for name in names:
        dataset = work.datasets[name]
        if not dataset.rows:
            raise NothingLeft(f"`{name}` has no rows, so nothing can be held against it.", remedy=look_at(name))
        asked, answered = _columns(dataset, question, answer)
        columns.append({"question": asked, "answer": answered})
        sizes.append(dataset.rows)
        filled = 0
        for batch in dataset.batches([*asked, *answered]):
            filled += sum(len(batch) - batch[column].null_count for column in asked)
            texts = [as_texts(batch[column]) for column in (*asked, *answered)]
            kinds = np.array([*(0 for _ in asked), *(1 for _ in answered)])
            item = first + np.arange(len(batch))
            # One item after the other, its pieces side by side.
            places = np.arange(len(batch) * len(texts)).reshape(len(texts), -1).T.ravel()
            pieces.append(pa.concat_arrays(texts).take(pa.array(places)))
            units.append((2 * item[:, None] + kinds[None, :]).ravel())
            ids.append(as_ids(batch["id"]).copy())
            first += len(batch)
        if not filled:
            raise NothingLeft(
                f"No row of `{name}` has anything in {', '.join(f'`{column}`' for column in asked)}, so nothing can be held against it.",
                remedy="Say which columns have the questions and answers: `question: [COLUMN]`, `answer: [COLUMN]`.",
            )
    sets = Sets(tuple(names), tuple(sizes), tuple(columns), np.concatenate(ids))
    return Items(pa.concat_arrays([piece.cast(TEXT) for piece in pieces]), np.concatenate(units), sets)


def id_of(sets: Sets, items: npt.NDArray[np.int64]) -> pa.Array:
    """The ids of items; null for −1."""
    return id_array(np.ascontiguousarray(sets.ids)).take(pa.array(items, mask=items < 0))


def _columns(dataset: Dataset, question: Asked, answer: Asked) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns of question and answer, those that are said or the usual ones."""
    there = [name for name in pq.read_schema(dataset.files[0]).names if name not in ("id", "origin", "parents")]
    for name in (*(question or ()), *(answer or ())):
        if name not in there:
            raise AskedWrong(
                f"The evaluation set `{dataset.name}` has no column `{name}`.",
                accepted=f"Its columns: {', '.join(there)}.",
                remedy="Sets with other columns are held against in a step of their own.",
            )
    usual = next((names for names in QUESTIONS if set(names) <= set(there)), None)
    if question is None and usual is None:
        raise AskedWrong(
            f"Which columns of the evaluation set `{dataset.name}` are the question is not known.",
            accepted=f"Its columns: {', '.join(there)}. Known names: {', '.join(dict.fromkeys(name for names in QUESTIONS for name in names))}.",
            remedy="Name them: `question: [COLUMN]`, and `answer: [COLUMN]` where there is one.",
        )
    asked = question or usual or ()
    if answer is not None or asked == ("text",):
        return asked, answer or ()
    found = next((name for name in ANSWERS if name in there and name not in asked), None)
    return asked, () if found is None else (found,)
