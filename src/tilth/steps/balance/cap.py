"""balance.cap: no more than so many rows of a kind."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, StrictInt

from tilth.lots import by_lot, chances, places
from tilth.pairs import NOTHING, Columns, Compared
from tilth.record import Batch, Outcome, coded, flat, texts
from tilth.sql import Expression, columns_of, truth_of
from tilth.step import Limit, Whole
from tilth.steps.balance._draws import columns, drawn, listed, number_or_text

OTHER = "other"


class Cap(Whole):
    """Keeps at most so many rows of each bucket, drawn by lot without replacement; rows may weigh differently in the draw.

    Prices by slots of a dollar, all from $240 up, at most 1,200 of each slot below, automotive parts a fifth as likely as others:
    `{bucket: round(price), at_most: 1200, unless: price >= 240, weights: {category: {Automotive: 1, other: 5}}}`.

    A row's lot is the BLAKE2b hash of (seed, address of the step, the row's content), read as an even number u between 0 and 1. A
    bucket keeps the rows with the greatest u^(1/weight), which is a weighted draw without replacement: each next row is drawn with
    a probability in proportion to its weight among those not yet drawn (Efraimidis and Spirakis 2006, "Weighted random sampling with
    a reservoir"). So the draw depends neither on the order of rows nor on how they are cut into files, and a greater
    `at_most` keeps every row that a smaller one keeps. Rows of equal content have one lot; ties go by id.

    Rows of which `unless` is true stay and take no room in their bucket. Rows whose bucket is null are not judged: they stay, and
    are told as `not_judged`. A dropped row (rule `too_many`) has as its value its place in the draw of its bucket.
    """

    bucket: Expression
    """What says which rows are of a kind: a column, or an SQL expression such as `round(price)` (DuckDB's SQL, of each row
    alone; its `round` takes a half away from zero)."""

    at_most: Annotated[StrictInt, Limit, Field(ge=1)]
    """How many rows of a bucket stay."""

    unless: Expression | None = None
    """Rows of which this SQL expression is true all stay, such as `price >= 240`. Unknown (null) is not true."""

    weights: dict[str, Annotated[dict[str, Annotated[float, Field(gt=0)]], Field(min_length=1)]] = {}
    """By column and value how much a row weighs in the draw: `{category: {Automotive: 1, other: 5}}`. `other` is every value that
    is not named, null among them, and 1 where it is not said. The weights of several columns are multiplied."""

    content: Annotated[tuple[str, ...], Field(min_length=1)] = ("text",)
    """The columns that are a row's content, by which lots are drawn."""

    seed: int = 0
    """Another seed draws other lots. A recipe's own `seed` stands here unless the step has one."""

    salt: str = ""
    """The step's address in its recipe, which the recipe sets: two steps draw different lots."""

    def reads(self) -> tuple[str, ...]:
        """The columns of the expressions, of the weights and of the content."""
        return columns((*self.weights, *self.content), self.bucket, self.unless)

    def sketch(self, batch: Batch) -> pa.Table:
        """The id and the lot of each row, its bucket, its weight, and whether it stays anyhow."""
        stays = pa.array(np.zeros(len(batch), np.bool_))
        if self.unless is not None:
            named = columns_of(self.unless)
            stays = truth_of(self.unless, named, [batch[name] for name in named])
        told = {"bucket": number_or_text(batch, self.bucket), "weight": self._weighed(batch), "stays": stays}
        return pa.table({**drawn(batch, self.content, self.seed, self.salt), **told})

    def decide(self, sketches: Columns, compared: Compared = NOTHING) -> Outcome:
        """Of each bucket keep the first in the order of the draw."""
        names, bucket = coded(flat(sketches["bucket"]))
        weight = np.asarray(flat(sketches["weight"]))
        sought = np.flatnonzero((bucket >= 0) & ~np.asarray(flat(sketches["stays"])))
        some = pa.array(sought)
        ids, lot = (flat(sketches[name]).take(some) for name in ("id", "lot"))
        turn = -np.log(chances(lot)) / weight[sought]  # the least −ln(u)/w is the greatest u^(1/w), without its loss of digits
        place = places(bucket[sought], by_lot(lot, ids, bucket[sought], turn))
        falls = sought[place >= self.at_most]
        part = np.zeros(len(bucket), np.int16)
        part[falls] = -1
        drawn_as, limit = np.full(len(bucket), np.nan), np.full(len(bucket), np.nan)
        drawn_as[falls], limit[falls] = place[place >= self.at_most] + 1, self.at_most
        return Outcome(("",), part, "too_many", drawn_as, limit, facts=_told(names, bucket, weight, part >= 0))

    def _weighed(self, batch: Batch) -> pa.Array:
        """The weight of each row: the product over the columns."""
        product = np.ones(len(batch))
        for name, weights in self.weights.items():
            known = {value: weight for value, weight in weights.items() if value != OTHER}
            place = pc.index_in(texts(batch[name]), pa.array([*known], pa.large_string()))
            product *= np.array([*known.values(), weights.get(OTHER, 1.0)])[np.asarray(pc.fill_null(place, len(known)))]
        return pa.array(product)


def _told(names: list[Any], bucket: npt.NDArray[np.int64], weight: npt.NDArray[np.float64], kept: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Rows before and after: by bucket, by weight; and the mean of the buckets that are numbers."""
    judged = bucket >= 0
    before, after = (np.bincount(bucket[judged & some], minlength=len(names)) for some in (np.ones_like(kept), kept))
    facts: dict[str, Any] = {
        "buckets": len(names),
        "not_judged": int((~judged).sum()),
        "bucket_rows": listed(names, {"before": before, "after": after}),
    }
    if names and isinstance(names[0], float):
        numbers = np.array(names)
        facts["mean_bucket"] = {"before": float(before @ numbers / before.sum()), "after": float(after @ numbers / after.sum())}
    heavy, of = np.unique(weight, return_inverse=True)
    by_weight = {"before": np.bincount(of, minlength=len(heavy)), "after": np.bincount(of[kept], minlength=len(heavy))}
    return {**facts, "weight_rows": listed(heavy.tolist(), by_weight, 20)}
