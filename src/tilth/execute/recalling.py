"""Hands that only recall: they walk a dataset's way as far as it is stored, and tell what is lacking there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tilth.execute.datasets import Hands, Kind
from tilth.execute.passes import measures_stored, rows_stored
from tilth.execute.pieces import Piece
from tilth.execute.shards import Shelf
from tilth.redaction import Redaction
from tilth.step import Map
from tilth.store.objects import Made, Store

WHY = {
    "study": "what it goes by is to be taken from the datasets and models that it names",
    "fingerprint": "new or changed files: {missing}",
    "survey": "{missing} of {of} shards were not read yet",
    "read": "{missing} of {of} shards are to be done",
    "measure": "{missing} of {of} shards are to be measured; their rows are stored",
    "verdict": "a limit changed: decided again from stored measures",
    "sketch": "{missing} of {of} shards are to be sketched",
    "pair": "its pairs are to be found and compared",
    "decide": "it is to be decided from stored sketches",
    "apply": "{missing} of {of} parts are to be written",
    "books": "its books are to be written",
    "before": "what it begins with is to be made",
    "let go": "rows between steps were let go, and are needed",
}
"""Why something is to be done, by the phase in which a walk that only recalls had to end."""

SIZES: dict[str, Callable[[Sequence[Any]], int]] = {
    "fingerprint": lambda task: Path(task[0]).stat().st_size,
    "survey": lambda task: int(task[2].size),
}
"""The bytes of a file or shard that a task of a phase begins to read; what follows on it reads as many."""

BYTES_A_SECOND = 20e6
"""Source bytes a core reads, cleans and judges in a second, where no run has told yet (measured on
web text with the quality rules)."""


@dataclass(frozen=True)
class Lack:
    """What is lacking: in which phase, of how many tasks; where it is one source's, whose (`at`).

    `bytes`: how many are to be read for it. `stored`: steps of the same pass whose rows are stored
    nevertheless, by address, with their rows. `together`: steps that are done with it, by address."""

    phase: str
    missing: int = 1
    of: int = 1
    at: str = ""
    bytes: int = 0
    stored: Mapping[str, int] = field(default_factory=dict)
    together: Sequence[str] = ()

    @property
    def why(self) -> str:
        """The same in words."""
        return WHY[self.phase].format(missing=f"{self.missing:,}", of=f"{self.of:,}")


class NotStored(Exception):
    """Ends the walk of a dataset: something of it is to be done."""

    def __init__(self, lack: Lack) -> None:
        super().__init__(lack)
        self.lack = lack


@dataclass(frozen=True)
class Recalling(Hands):
    """Hands that find what is stored and do nothing."""

    def each(self, phase: str, work: Kind, tasks: Sequence[tuple[Any, ...]], names: Sequence[str]) -> list[Any]:
        """The answers, if all are stored. Raises NotStored, which tells what is lacking."""
        answers = [None if work.recall is None else work.recall(*task) for task in tasks]
        todo = [task for task, answer in zip(tasks, answers, strict=True) if answer is None]
        if todo and phase == "read":
            raise NotStored(_of_pass(self.store, work, tasks, todo))
        if todo:
            size = sum(SIZES[phase](task) for task in todo) if phase in SIZES else 0
            raise NotStored(Lack(phase, len(todo), len(tasks), names[0].partition(" ")[0], size))
        return answers


def _of_pass(store: Store, work: Kind, tasks: Sequence[tuple[Any, ...]], todo: Sequence[tuple[Any, ...]]) -> Lack:
    """What is lacking of a pass: rows, or only measures of them, or only the verdict. Raises RowsLetGo."""
    found = [rows_stored(store, source, segment) for _, source, segment, _ in tasks]
    together = tuple(placed.address for placed in work.steps if not isinstance(placed.step, Map | Redaction))
    if None in found:
        lacking = [source for (_, source, *_), rows in zip(tasks, found, strict=True) if rows is None]
        return Lack("read", len(todo), len(tasks), bytes=sum(_bytes(store, source) for source in lacking))
    rows = [made for made in found if made is not None]
    for made in rows:
        store.rows(made.content)
    bare = [made for (_, source, segment, _), made in zip(tasks, rows, strict=True) if measures_stored(store, source, segment, made) is None]
    phase, size = ("measure", sum(int(made.manifest["bytes"]) for made in bare)) if bare else ("verdict", 0)
    return Lack(phase, len(bare) or len(todo), len(tasks), "", size, _stored(work, tasks, rows), together)


def _bytes(store: Store, source: Shelf | Piece) -> int:
    return source.shard.size if isinstance(source, Shelf) else int(store.manifest(source.rows)["bytes"])


def _stored(work: Kind, tasks: Sequence[tuple[Any, ...]], rows: Sequence[Made]) -> dict[str, int]:
    """The rows of each source and map of a pass whose rows are all stored."""
    counts = {placed.address: sum(int(made.manifest["rows"]) for made in rows) for placed in work.steps if isinstance(placed.step, Map | Redaction)}
    for (_, source, *_), made in zip(tasks, rows, strict=True):
        if isinstance(source, Shelf):
            counts[source.placed.address] = counts.get(source.placed.address, 0) + int(made.manifest["rows"])
    return counts
