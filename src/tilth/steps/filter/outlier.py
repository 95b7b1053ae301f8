"""`filter.outlier`: rows whose value is not far from that of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from tilth.errors import RecipeError
from tilth.pairs import NOTHING, Columns, Compared
from tilth.record import Batch, Outcome, coded, flat, texts
from tilth.sql import Expression, columns_of, values_in
from tilth.step import Limit, Settings, Whole

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

NORMAL = 1.4826
"""The standard deviation of a normal distribution, in median absolute deviations."""

FEWEST = 10
"""Values that a group must have to be judged."""

LISTED = 1000
"""So many groups are told one by one."""


class _Quantiles(Settings):
    """Shares of the rows beyond which values fall."""

    below: float | None = Field(default=None, gt=0, lt=1)
    """Values below that of this share of the rows fall: 0.01."""
    above: float | None = Field(default=None, gt=0, lt=1)
    """Values above that of this share of the rows fall: 0.99."""

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.below is None and self.above is None:
            raise ValueError("No quantile is given. Give one or both: `{below: 0.01, above: 0.99}`.")
        if self.below is not None and self.above is not None and self.below >= self.above:
            raise ValueError(f"No value is neither below the quantile {self.below:g} nor above {self.above:g}.")
        return self


class Outlier(Whole):
    """Keeps a row if its value is not far from the others, by bounds that are taken from all rows.

    `mad`: at most so many standard deviations from the median, the deviation being estimated by 1.4826 times the
    median absolute deviation, which outliers do not move (Iglewicz and Hoaglin 1993; 3.5 is their limit, and the usual one
    here). `iqr`: at most so many interquartile ranges below the first quartile or above the third (Tukey 1977; 1.5).
    `quantiles`: between two quantiles, whatever they are. Quantiles are interpolated (type 7 of Hyndman and Fan 1996). A value on a bound stays.

    Not judged, and kept: rows without a value, or with one that is no number; groups of fewer than 10 values; and
    groups in which most values are the same, so that there is no spread to measure by (of these the facts tell).
    An infinite value is beyond every bound, and is not counted in them.

    The rules are `too_low` and `too_high`, with the value and the bound of the row's group.
    """

    bare: ClassVar[str | None] = "of"

    of: Expression
    """The value: a column, or an SQL expression over the columns of a row: `price`, `length(text)`, `perplexity`."""
    by: Expression | None = None
    """Groups that are judged apart: a column, or an SQL expression. Rows without one are a group."""
    mad: Annotated[float | None, Limit] = Field(default=None, gt=0)
    """How many standard deviations from the median, estimated by the median absolute deviation. Without any
    way being given: 3.5."""
    iqr: Annotated[float | None, Limit] = Field(default=None, gt=0)
    """How many interquartile ranges beyond the quartiles: 1.5."""
    quantiles: Annotated[_Quantiles | None, Limit] = None
    """Between which quantiles: `{below: 0.01, above: 0.99}`, or one of the two."""
    side: Annotated[Literal["both", "low", "high"], Limit] = "both"
    """`low` drops only what is too low, `high` only what is too high."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(way is not None for way in (self.mad, self.iqr, self.quantiles)) > 1:
            raise ValueError("How far is too far is said in one way: `mad`, `iqr` or `quantiles`.")
        return self

    def reads(self) -> tuple[str, ...]:
        """The columns that the value and the group name."""
        return tuple(dict.fromkeys([*columns_of(self.of), *(columns_of(self.by) if self.by else ())]))

    def sketch(self, batch: Batch) -> pa.Table:
        """The id, the value and the group of each row."""
        group = {"group": texts(values_in(batch, self.by))} if self.by else {}
        return pa.table({"id": batch["id"], "value": _number(values_in(batch, self.of), self.of), **group})

    def decide(self, sketches: Columns, compared: Compared = NOTHING) -> Outcome:
        """Find the bounds of each group, and drop what is beyond them."""
        values = flat(sketches["value"]).fill_null(float("nan")).to_numpy(zero_copy_only=False)
        names, group = _groups(flat(sketches["group"])) if self.by else ([None], np.zeros(len(values), np.int64))
        low, high, told = np.full(len(names), -np.inf), np.full(len(names), np.inf), []
        order = np.argsort(group, kind="stable")
        for number, rows in enumerate(np.split(order, np.cumsum(np.bincount(group, minlength=len(names)))[:-1])):
            bounds = self._bounds(values[rows])
            low[number], high[number] = bounds.low, bounds.high
            told.append({**({"group": names[number]} if self.by else {}), **bounds.facts()})
        below, above = values < low[group], values > high[group]
        falls = below | above
        facts = {"groups": sorted(told, key=lambda one: -one["values"])[:LISTED], "dropped": int(falls.sum())}
        return Outcome(
            ("",),
            np.where(falls, -1, 0).astype(np.int16),
            ("too_low", "too_high"),
            np.where(falls, values, np.nan),
            np.where(below, low[group], np.where(above, high[group], np.nan)),
            facts=facts,
            which=above.astype(np.int16),
        )

    def _bounds(self, values: Floats) -> _Bounds:
        """Between what the values of a group may lie."""
        numbers = values[np.isfinite(values)]
        if len(numbers) < FEWEST:
            return _Bounds(len(numbers), "too few values")
        low, high = self._spread(numbers)
        if low == high and self.quantiles is None:
            return _Bounds(len(numbers), "most values are the same")
        return _Bounds(len(numbers), "", low if self.side != "high" else -np.inf, high if self.side != "low" else np.inf)

    def _spread(self, numbers: Floats) -> tuple[float, float]:
        if self.quantiles is not None:
            below, above = self.quantiles.below, self.quantiles.above
            low = -np.inf if below is None else float(np.quantile(numbers, below))
            return low, np.inf if above is None else float(np.quantile(numbers, above))
        if self.iqr is not None:
            first, third = (float(one) for one in np.quantile(numbers, (0.25, 0.75)))
            return first - self.iqr * (third - first), third + self.iqr * (third - first)
        middle = float(np.median(numbers))
        far = (3.5 if self.mad is None else self.mad) * NORMAL * float(np.median(np.abs(numbers - middle)))
        return middle - far, middle + far


@dataclass(frozen=True)
class _Bounds:
    """What the values of a group may be; and where it is not judged, why."""

    values: int
    why_not: str = ""
    low: float = -np.inf
    high: float = np.inf

    def facts(self) -> dict[str, Any]:
        """What is told of it in the report."""
        ends = {"low": self.low, "high": self.high}
        told = {name: float(f"{end:.6g}") for name, end in ends.items() if np.isfinite(end)}
        return {"values": self.values, **told, **({"not_judged": self.why_not} if self.why_not else {})}


def _number(found: pa.Array, sql: str) -> pa.Array:
    """The values as numbers. Raises RecipeError where they are none."""
    if not (pa.types.is_decimal(found.type) or pa.types.is_integer(found.type) or pa.types.is_floating(found.type) or pa.types.is_null(found.type)):
        raise RecipeError(f"`{sql}` gives {found.type}, which is no number.", remedy="Convert it: `try_cast(x AS double)`.")
    return pc.cast(found, pa.float64(), safe=False)


def _groups(column: pa.Array) -> tuple[list[str | None], Numbers]:
    """The groups there are, in order, that of rows without one last; and for each row the number of its group."""
    names, numbers = coded(column)
    return [*names, None], np.where(numbers < 0, len(names), numbers)
