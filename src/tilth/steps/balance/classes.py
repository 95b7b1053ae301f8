"""balance.classes: as many rows of one class as of another."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Self

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from tilth.lots import by_lot, places
from tilth.pairs import NOTHING, Columns, Compared
from tilth.record import Batch, Outcome, coded, flat
from tilth.sql import Expression
from tilth.step import Limit, Whole
from tilth.steps.balance._draws import Numbers, columns, drawn, listed, value
from tilth.steps.balance._targets import How, To, check_possible, targets


class Classes(Whole):
    """Makes classes equal, or as asked: by dropping rows, by copying rows, or by a weight for each row.

    `undersample` keeps of each class as many rows as wanted, drawn by lot, and drops the others (rule `too_many`; the value is the row's
    place in the draw of its class). A class with fewer stays as it is. `oversample` copies rows: each as often as the class
    goes whole into its target, and those with the lowest lots once more; a class with more rows stays as it is. A copy is a row with an id of
    its own and the first as its parent. So put it behind a split, or the test will know copies of what was learned. `weights` drops and copies
    nothing and sets a column: the target of the row's class divided by its rows, scaled so that the mean over all rows is 1.

    A row's lot is the BLAKE2b hash of (seed, address of the step, the row's content), so it depends on no other row. Rows
    that have no class (null) are not judged: they stay, once, with weight 1, and are told as `not_judged`.

    Refused with exit code 3: a class named in `to` of which there is no row.
    """

    by: Expression
    """What says a row's class: a column, or an SQL expression such as `price > 100` (DuckDB's SQL, of each row alone)."""

    how: Annotated[How, Limit]
    """`undersample`, `oversample` or `weights`."""

    to: Annotated[To | None, Limit] = None
    """How many rows of each class are wanted: as many as the `smallest` or the `largest` has; a number; or by class
    (`{spam: 500}` leaves the others as they are). Fractions by class are shares of the result (`{spam: 0.5}`): as many rows are
    kept, or as few copied, as the shares allow; classes that are not named keep their proportions in what is left.
    Nothing: the smallest for `undersample`, the largest else."""

    column: str = "weight"
    """The column that `weights` sets."""

    content: Annotated[tuple[str, ...], Field(min_length=1)] = ("text",)
    """The columns that are a row's content, by which lots are drawn."""

    seed: int = 0
    """Another seed draws other lots. A recipe's own `seed` stands here unless the step has one."""

    salt: str = ""
    """The step's address in its recipe, which the recipe sets: two steps draw different lots."""

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        check_possible(self.how, self.to)
        return self

    def reads(self) -> tuple[str, ...]:
        """The columns of the class and of the content."""
        return columns(self.content, self.by)

    def makes(self, there: Collection[str]) -> Mapping[str, str]:
        """The column of weights."""
        return {self.column: "float64"} if self.how == "weights" else {}

    def sketch(self, batch: Batch) -> pa.Table:
        """The id, the lot and the class of each row."""
        return pa.table({**drawn(batch, self.content, self.seed, self.salt), "class": value(batch, self.by)})

    def decide(self, sketches: Columns, compared: Compared = NOTHING) -> Outcome:
        """Settle how many rows of each class are wanted, and take them by lot."""
        names, kind = coded(flat(sketches["class"]))
        judged = np.flatnonzero(kind >= 0)
        sizes = np.bincount(kind[judged], minlength=len(names))
        wanted = np.array(targets(self.how, self.to, names, sizes.tolist()), np.int64)
        facts: dict[str, Any] = {"classes": len(names), "not_judged": len(kind) - len(judged)}
        if self.how == "weights":
            weights, each = _weights(kind, sizes, wanted)
            facts["class_rows"] = listed(names, {"rows": sizes, "weight": each})
            return Outcome(("",), np.zeros(len(kind), np.int16), columns={self.column: weights}, facts=facts)
        some = pa.array(judged)
        ids, lot = (flat(sketches[name]).take(some) for name in ("id", "lot"))
        place = np.zeros(len(kind), np.int64)
        place[judged] = places(kind[judged], by_lot(lot, ids, kind[judged]))
        facts["class_rows"] = listed(names, {"before": sizes, "after": wanted})
        return (_fewer if self.how == "undersample" else _more)(kind, place, (sizes, wanted), facts)


def _fewer(kind: Numbers, place: Numbers, counts: tuple[Numbers, Numbers], facts: dict[str, Any]) -> Outcome:
    """Drop the rows of a class that stand behind its target."""
    limit = np.append(counts[1], len(kind))[kind]  # the last is for rows that have no class
    falls = place >= limit
    part = np.where(falls, -1, 0).astype(np.int16)
    return Outcome(("",), part, "too_many", np.where(falls, place + 1.0, np.nan), np.where(falls, limit, np.nan), facts=facts)


def _more(kind: Numbers, place: Numbers, counts: tuple[Numbers, Numbers], facts: dict[str, Any]) -> Outcome:
    """Copy each row of a class as often as it goes whole into its target, the first ones once more."""
    sizes, wanted = counts
    whole, left = np.divmod(wanted, np.maximum(sizes, 1))
    copies = np.append(whole, 1)[kind] + (place < np.append(left, 0)[kind])
    return Outcome(("",), np.zeros(len(kind), np.int16), copies=copies, facts={**facts, "most_copies": int(copies.max(initial=1))})


def _weights(kind: Numbers, sizes: Numbers, wanted: Numbers) -> tuple[pa.Array, list[float]]:
    """For each row its weight, and that of each class: the mean over the rows that have one is 1."""
    each = wanted / np.maximum(sizes, 1) * (sizes.sum() / max(int(wanted.sum()), 1))
    return pa.array(np.append(each, 1.0)[kind]), [round(weight, 9) for weight in each.tolist()]
