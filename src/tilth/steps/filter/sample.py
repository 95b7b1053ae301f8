"""`filter.sample`: some of the rows, drawn by lot, and the same ones every time."""

from __future__ import annotations

from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field, model_validator

from tilth.lots import by_lot, content, lots, places
from tilth.pairs import NOTHING, Columns, Compared
from tilth.record import Batch, Outcome, coded, flat, texts
from tilth.shares import dealt, exact
from tilth.step import Limit, Whole

Numbers = npt.NDArray[np.int64]

LISTED = 1000
"""So many classes are told one by one."""


class Sample(Whole):
    """Keeps as many rows as asked, drawn by lot.

    A row's lot is the BLAKE2b hash of (seed, address of the step, the row's content), and the rows with the lowest lots
    stay. So the counts are exact, the order of the rows and the shards mean nothing, and a larger sample holds every row
    of a smaller one. Rows of equal content have one lot; of these the one with the lowest id comes first. What is not
    drawn falls by the rule `not_drawn`; the value is its place in the draw, the limit how many were drawn.

    With `by`, rows of each value of a column are drawn apart; rows without a value are a class of their own. Where a
    class has fewer rows than asked, all of it stays, and the shortfall is told in the facts.
    """

    rows: Annotated[int | None, Limit] = Field(default=None, ge=1)
    """How many rows stay; with `by`, of each class."""
    share: Annotated[float | None, Limit] = Field(default=None, gt=0, lt=1)
    """Which share of the rows stays, rounded to whole rows (a half upwards). With `by` every class keeps its proportion, less
    than a row off."""
    by: str | None = None
    """A column whose values are drawn from apart: `category`."""
    content: tuple[str, ...] = Field(default=("text",), min_length=1)
    """The columns that are a row's content, by which lots are drawn."""
    seed: int = 0
    """Another seed draws other lots. A recipe's own `seed` stands here unless the step has one."""
    salt: str = ""
    """The step's address in its recipe, which the recipe sets: two steps draw different lots."""

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.rows is None) == (self.share is None):
            raise ValueError("How many rows stay is said in one way: `rows: 1000` or `share: 0.1`.")
        return self

    def reads(self) -> tuple[str, ...]:
        """The columns of the content and of the class."""
        return tuple(dict.fromkeys([*self.content, *([self.by] if self.by else [])]))

    def sketch(self, batch: Batch) -> pa.Table:
        """The id, the lot and the class of each row."""
        kind = {"class": texts(batch[self.by])} if self.by else {}
        return pa.table({"id": batch["id"], "lot": lots(content(batch, self.content), self.seed, self.salt), **kind})

    def decide(self, sketches: Columns, compared: Compared = NOTHING) -> Outcome:
        """Take the rows that come first in the draw of their class."""
        every: tuple[list[str | None], Numbers] = ([None], np.zeros(sketches.num_rows, np.int64))
        names, kind = _classes(flat(sketches["class"])) if self.by else every
        sizes = np.bincount(kind, minlength=len(names))
        wanted = np.array(self._wanted(sizes.tolist()), np.int64)
        order = by_lot(sketches["lot"], sketches["id"], kind)
        place = places(kind, order)
        limit = wanted[kind] if len(kind) else np.empty(0, np.int64)
        falls = place >= limit
        facts = self._facts(names, sizes, np.minimum(wanted, sizes))
        value, bound = np.where(falls, place + 1.0, np.nan), np.where(falls, limit, np.nan)
        return Outcome(("",), np.where(falls, -1, 0).astype(np.int16), "not_drawn", value, bound, facts=facts)

    def _wanted(self, sizes: list[int]) -> list[int]:
        """How many rows of each class stay, if it has so many."""
        if self.share is None:
            return [self.rows or 0] * len(sizes)
        total = int(exact(self.share) * sum(sizes) + exact(0.5))
        return dealt(total, sizes)

    def _facts(self, names: list[str | None], sizes: Numbers, kept: Numbers) -> dict[str, Any]:
        asked = self.rows or 0
        told: dict[str, Any] = {"rows": int(sizes.sum()), "drawn": int(kept.sum())}
        if self.rows is not None:
            told["short"] = int(np.maximum(asked - sizes, 0).sum())
        if self.by:
            largest = sorted(sorted(range(len(names)), key=lambda one: (-sizes[one], one))[:LISTED])
            told["classes"] = [{"class": names[one], "rows": int(sizes[one]), "drawn": int(kept[one])} for one in largest]
        return told


def _classes(column: pa.Array) -> tuple[list[str | None], Numbers]:
    """The values there are, in order, the missing one last; and for each row the number of its value."""
    names, numbers = coded(column)
    return (names if column.null_count == 0 else [*names, None]), np.where(numbers < 0, len(names), numbers)
