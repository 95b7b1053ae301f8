"""Rows as a model will see them: their tokens, and which of them are learned. On disk, read as they are needed.

An example says all that a training needs of a row. Whoever makes one has proved it (`tilth.model.masks`);
whoever trains takes it as it is. Two examples next to each other are a preference pair, the chosen one first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tilth.model.checkpoint import sync

Ids = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]

NOTE = "examples.json"
"""Written last: where it is, the other files are whole."""


@dataclass(frozen=True)
class Example:
    """The tokens of a row and which of them are learned.

    `row`: its number in the dataset, from 0; `learned[k]`: token k is a target (an answer's or its terminator's), whatever stands
    before it is only seen; `answers`: where each learned turn starts and stops, its terminator included."""

    row: int
    ids: Ids
    learned: Flags
    answers: tuple[tuple[int, int], ...] = ()
    extra: Mapping[str, float] = field(default_factory=dict)


class Examples:
    """The examples in a folder. `rows`, `lengths` and `learned_counts` have a value for each; so has what is in `extra`."""

    def __init__(self, folder: Path) -> None:
        note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        self.folder, self.identity = folder, note["identity"]
        with np.load(folder / "index.npz") as index:
            self.rows: Numbers = index["rows"]
            self._offsets: Numbers = index["offsets"]
            self._answers: Numbers = index["answers"]
            self._of_answers: Numbers = index["of_answers"]
            self.learned_counts: Numbers = index["learned_counts"]
            self.extra: dict[str, npt.NDArray[np.float64]] = {name: index[f"extra {name}"] for name in note["extra"]}
        size = int(self._offsets[-1])
        self._ids = np.memmap(folder / "ids", np.int32, "r", shape=(size,)) if size else np.empty(0, np.int32)
        self._learned = np.memmap(folder / "learned", np.bool_, "r", shape=(size,)) if size else np.empty(0, np.bool_)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def lengths(self) -> Numbers:
        """How many tokens each example has."""
        lengths: Numbers = np.diff(self._offsets)
        return lengths

    @property
    def learned(self) -> Flags:
        """Which tokens are learned, those of all examples one behind the other."""
        return self._learned

    @property
    def answers(self) -> Numbers:
        """Where each answer starts and stops in its example, those of all examples one behind the other: answers × 2."""
        return self._answers

    def __getitem__(self, number: int) -> Example:
        start, stop = self._offsets[number], self._offsets[number + 1]
        first, last = self._of_answers[number], self._of_answers[number + 1]
        answers = tuple((int(one), int(other)) for one, other in self._answers[first:last])
        extra = {name: float(values[number]) for name, values in self.extra.items()}
        return Example(int(self.rows[number]), np.asarray(self._ids[start:stop]), np.asarray(self._learned[start:stop]), answers, extra)

    def __iter__(self) -> Iterator[Example]:
        return (self[number] for number in range(len(self)))


def known(folder: Path, identity: Mapping[str, Any]) -> Examples | None:
    """The examples in a folder, if they are whole and were made from this."""
    try:
        found = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return Examples(folder) if found["identity"] == json.loads(json.dumps(dict(identity))) else None


def write(folder: Path, examples: Iterable[Example], identity: Mapping[str, Any], extra: Sequence[str] = ()) -> Examples:
    """Write examples into a folder, one at a time, each with a value for every name in `extra`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NOTE).unlink(missing_ok=True)
    rows, offsets, counts, of_answers = list[int](), [0], list[int](), [0]
    answers: list[tuple[int, int]] = []
    further: dict[str, list[float]] = {name: [] for name in extra}
    with (folder / "ids").open("wb") as ids, (folder / "learned").open("wb") as learned:
        for one in examples:
            ids.write(np.ascontiguousarray(one.ids, np.int32).tobytes())
            learned.write(np.ascontiguousarray(one.learned, np.bool_).tobytes())
            rows.append(one.row)
            offsets.append(offsets[-1] + len(one.ids))
            counts.append(int(np.count_nonzero(one.learned)))
            answers += one.answers
            of_answers.append(len(answers))
            for name, values in further.items():
                values.append(one.extra[name])
    index: dict[str, Any] = {
        "rows": np.array(rows, np.int64),
        "offsets": np.array(offsets, np.int64),
        "learned_counts": np.array(counts, np.int64),
        "answers": np.array(answers, np.int64).reshape(-1, 2),
        "of_answers": np.array(of_answers, np.int64),
        **{f"extra {name}": np.array(values, np.float64) for name, values in further.items()},
    }
    with (folder / "index.npz").open("wb") as file:
        np.savez(file, **index)
    for name in ("ids", "learned", "index.npz"):
        sync(folder / name)
    (folder / NOTE).write_text(json.dumps({"identity": dict(identity), "extra": list(extra)}), encoding="utf-8")
    sync(folder)
    return Examples(folder)
