"""split.stratified: every class in every part, in the share that it has of all rows."""

from __future__ import annotations

from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field, model_validator

from tilth.lots import halves, lots
from tilth.pairs import NOTHING, Columns, Compared
from tilth.record import Batch, Outcome, flat
from tilth.shares import dealt
from tilth.step import Limit, Whole
from tilth.steps.split._groups import ALIKE, APART, TOO_LARGE, Numbers, groups
from tilth.steps.split._leaks import compared_by, crossing, near_by
from tilth.steps.split._passages import Passages, compile_passages, shared, together
from tilth.steps.split._shares import (
    Share,
    asked,
    check_filled,
    check_groups_fit,
    check_possible,
    counted,
    is_rest_train,
    parts_of,
    shortfalls,
    wanted,
)
from tilth.steps.split._sketches import BETWEEN, NULL, By, listed, named, sketched
from tilth.text import near
from tilth.text.near import Near

LISTED = 100
"""So many classes are told one by one, the largest ones."""


class Stratified(Whole):
    """Rows drawn by lot as in `split.random`, so that every part has of every class the share that all rows have.

    How many rows a part takes of a class is settled before any is drawn, by the largest remainder (Hamilton's method): the counts of
    a part add up to what was asked, and each is less than one row off the exact share while the class has rows left. Only what is
    left for `train` carries the roundings of the other parts. Rows that have no class, null in every column of `by`, are a class of their own.

    Rows that are equal or nearly the same are a group and are never divided, nor are rows of which one holds most of the other in
    long `passages`. In the order of their lots, groups go to `test` while
    each of their classes has room there, then to `validation`, then to `train`. A group whose rows are of several classes
    takes room in each. Where groups do not fill a class's count, the shortfall is told. A class with fewer rows than parts
    cannot be in all of them; the facts tell which classes a part has no row of.

    Refused with exit code 3 as by `split.random`.
    """

    revision = 2

    by: By
    """The column that says a row's class; of several, each combination of values is a class."""

    train: Annotated[Share | None, Limit] = None
    """Rows or fraction for training; null: the rest."""

    validation: Annotated[Share | None, Limit] = None
    """Rows or fraction for validation while training."""

    test: Annotated[Share | None, Limit] = None
    """Rows or fraction for the test at the end."""

    content: Annotated[tuple[str, ...], Field(min_length=1)] = ("text",)
    """The columns that are a row's content, by which lots are drawn and rows are compared."""

    near: Annotated[float, Field(gt=0, le=1)] | None = 0.8
    """Rows at least so similar go to one part together: the similarity of `dedup.minhash`, of the columns of `content`;
    null: only equal rows go together."""

    passages: Passages | None = Passages()
    """Long passages that rows share although as a whole they differ, such as a row within a document; null: not looked for."""

    seed: int = 0
    """Another seed draws other lots. A recipe's own `seed` stands here unless the step has one."""

    salt: str = ""
    """The step's address in its recipe, which the recipe sets: two splits draw different lots."""

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        check_possible(self._shares())
        return self

    def identity(self) -> dict[str, Any]:
        """Its settings, and how near texts and passages are found."""
        return {**super().identity(), **compared_by(self.near, self.passages)}

    def parts(self) -> tuple[str, ...]:
        """The names of its parts; what is not drawn is `train`."""
        return parts_of(self._shares())

    def reads(self) -> tuple[str, ...]:
        """The columns of classes and of the content."""
        return tuple(dict.fromkeys((*listed(self.by), *self.content)))

    def prepare(self) -> None:
        near.prepare()
        compile_passages()

    def comparison(self) -> Near | None:
        return near_by(self.near, self.content)

    def sketch(self, batch: Batch) -> pa.Table:
        """The id, the class, the lot, and by what rows that are near or share passages are found."""
        columns, digests = sketched(batch, self.content, self.comparison(), self.passages)
        return pa.table({**columns, "class": named(batch, listed(self.by)), "lot": lots(digests, self.seed, self.salt)})

    def decide(self, sketches: Columns, compared: Compared = NOTHING) -> Outcome:
        """Settle the counts of each class in each part, and fill them in the order of lots."""
        rows, shares, parts = sketches.num_rows, self._shares(), self.parts()
        counts = wanted(shares, rows)
        passages = shared(sketches, sketches["lot"], self.passages)
        group_of, sizes = groups(sketches["lot"], together(compared, passages))
        check_groups_fit(int(sizes.max(initial=0)), counts, rows, ALIKE, APART)
        names, class_of = _classes(sketches)
        rooms = self._rooms(counts, np.bincount(class_of, minlength=len(names)).tolist(), names)
        part_of = _filled(group_of, class_of, sizes, {parts.index(name): room for name, room in rooms.items()})
        if is_rest_train(shares, counts, rows):
            part_of[part_of < 0] = parts.index("train")
        part = part_of[group_of]
        got = counted(part, parts)
        check_filled(got, shares, rows, dict.fromkeys([name for name in counts if counts[name]], TOO_LARGE))
        facts = {"rows": got, "short": shortfalls(counts, got), "groups": int((sizes > 1).sum()), "largest_group": int(sizes.max(initial=0))}
        return Outcome(parts, part, "not_drawn", facts={**facts, **_told(names, class_of, part, parts), "leaks": crossing(part, compared, passages)})

    def _shares(self) -> dict[str, int | float]:
        """What was asked for, in the order in which it is drawn."""
        return asked(self.test, self.validation, self.train)

    def _rooms(self, counts: dict[str, int], sizes: list[int], names: list[str | None]) -> dict[str, list[int]]:
        """How many rows of each class a part takes. Equal remainders go by a lot of the class."""
        high, low = halves(lots(((name or "").encode() + bytes([name is None]) for name in names), self.seed, self.salt))
        turn = list(zip(high.tolist(), low.tolist(), strict=True))
        left, rooms = list(sizes), {}
        for name, count in counts.items():
            rooms[name] = dealt(count, sizes, turn, left)
            left = [size - taken for size, taken in zip(left, rooms[name], strict=True)]
        return rooms


def _classes(sketches: Columns) -> tuple[list[str | None], Numbers]:
    """The names of the classes, null among them, and the number of each row's."""
    coded = flat(sketches["class"]).dictionary_encode(null_encoding="encode")
    return coded.dictionary.to_pylist(), np.asarray(coded.indices, np.int64)


def _filled(group_of: Numbers, class_of: Numbers, sizes: Numbers, rooms: dict[int, list[int]]) -> npt.NDArray[np.int16]:
    """For each group the number of its part, −1 where it fits into none."""
    part_of = np.full(len(sizes), -1, np.int16)
    joined = np.bincount(class_of, weights=sizes[group_of] > 1) > 0
    alone = np.flatnonzero(~joined[class_of])  # rows of classes in which every row is a group by itself: their places tell
    order = alone[np.lexsort((group_of[alone], class_of[alone]))]
    firsts = np.searchsorted(class_of[order], np.arange(len(joined)))
    place, begin = np.arange(len(order)) - firsts[class_of[order]], np.zeros(len(joined), np.int64)
    for part, room in rooms.items():
        end = begin + np.array(room, np.int64)[: len(joined)]
        mine = (place >= begin[class_of[order]]) & (place < end[class_of[order]])
        part_of[group_of[order[mine]]], begin = part, end
    _fill_together(part_of, group_of, class_of, np.flatnonzero(joined[class_of]), rooms)
    return part_of


def _fill_together(part_of: npt.NDArray[np.int16], group_of: Numbers, class_of: Numbers, some: Numbers, rooms: dict[int, list[int]]) -> None:
    """Set the parts of the groups that some rows are of, group by group: each of its classes must have room."""
    classes = int(class_of.max(initial=0)) + 1
    kinds, counts = np.unique(group_of[some] * classes + class_of[some], return_counts=True)
    holds: dict[int, list[tuple[int, int]]] = {}
    for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True):
        holds.setdefault(kind // classes, []).append((kind % classes, count))
    for group, held in holds.items():
        for part, room in rooms.items():
            if all(count <= room[kind] for kind, count in held):
                part_of[group] = part
                for kind, count in held:
                    room[kind] -= count
                break


def _told(names: list[str | None], class_of: Numbers, part: npt.NDArray[np.int16], parts: tuple[str, ...]) -> dict[str, Any]:
    """How many rows of each class every part has, and how many classes it has no row of."""
    table = np.stack([np.bincount(class_of[part == number], minlength=len(names)) for number in range(len(parts))], axis=1)
    order = sorted(range(len(names)), key=lambda kind: (-int(table[kind].sum()), names[kind] or ""))[:LISTED]
    told = [[_readable(names[kind]), dict(zip(parts, table[kind].tolist(), strict=True))] for kind in order]
    return {"classes": len(names), "class_rows": told, "classes_missing": dict(zip(parts, (table == 0).sum(axis=0).tolist(), strict=True))}


def _readable(name: str | None) -> str | None:
    return None if name is None else name.replace(BETWEEN, " · ").replace(NULL, "null")
