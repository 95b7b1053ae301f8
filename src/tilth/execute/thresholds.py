"""Threshold curves: how many rows a filter would keep at other values of each of its limits.

All is told from the measures of the rows that came to the filter. One limit of one rule is another at a time, and
everything else stays as it is; what later steps would do with rows that come back is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.judging import judge
from tilth.recipe.resolve import Placed
from tilth.record import Check, flat
from tilth.step import Filter
from tilth.store.objects import Store
from tilth.store.tables import read_table

POINTS = 20
"""About how many values of a limit a curve has, beside the present one."""

FEWEST = 3
"""Fewer points are no curve: what a measure of two values tells stands in the counts already."""

NONE, SEVERAL = -1, -2
"""In place of the number of the only limit that a row breaks."""

Curve = list[tuple[float, int]]
"""Values of a limit, ascending, each with the rows that the step would keep."""

Broken = npt.NDArray[np.int16]


@dataclass(frozen=True)
class _Limit:
    """One limit of a rule: a check that has no other. `side` is `at_least`, `at_most`, or `among` for labels."""

    side: str
    check: Check


def curves(store: Store, stage: Mapping[str, Any], steps: Mapping[str, Placed]) -> dict[tuple[str, str], dict[str, Curve]]:
    """By the address and rule of each check of a stage's filters: the curve of each of its limits that is a number."""
    filters = {address: list(_limits(step.checks())) for address in stage["steps"] if isinstance(step := steps[address].step, Filter)}
    contents = [content for content in stage["measures"] if content is not None]
    broken = _broken(store, contents, filters)
    found: dict[tuple[str, str], dict[str, Curve]] = {}
    for address, limits in filters.items():
        for number, limit in enumerate(limits):
            if limit.side == "among":
                continue
            name = limit.check.measure.column
            columns = [_numbers(read_table(store.path(content) / "measures.parquet", [name])[name]) for content in contents]
            decided = [column[(one == NONE) | (one == number)] for column, one in zip(columns, broken[address], strict=True)]
            points = curve(np.concatenate([np.empty(0), *decided]), limit.side, _bound(limit))
            if len(points) >= FEWEST:
                found.setdefault((address, limit.check.rule), {})[limit.side] = points
    return found


def curve(values: npt.NDArray[np.float64], side: str, limit: float) -> Curve:
    """The curve of a limit from the values that it alone decides about; NaN is not judged, and stays. Empty without a number."""
    ordered = np.sort(values)  # NaN is last
    judged = ordered[: len(ordered) - int(np.isnan(ordered).sum())]
    finite = judged[np.isfinite(judged)]
    if not len(finite):
        return []
    at = np.unique([*_spread(finite, POINTS // 2), *_spread(np.unique(finite), POINTS // 2), limit])
    beyond = np.searchsorted(judged, at, "left") if side == "at_least" else len(judged) - np.searchsorted(judged, at, "right")
    return [(float(value), len(values) - int(lost)) for value, lost in zip(at, beyond, strict=True)]


def _spread(ordered: npt.NDArray[np.float64], most: int) -> npt.NDArray[np.float64]:
    """So many of the values, evenly by rank, the ends among them."""
    return ordered[np.linspace(0, len(ordered) - 1, most).round().astype(np.int64)]


def _limits(checks: Sequence[Check]) -> Iterator[_Limit]:
    for check in checks:
        if check.among is not None:
            yield _Limit("among", check)
        elif check.at_least is not None or check.at_most is not None:
            sides = {"at_least": Check(check.rule, check.measure, check.at_least), "at_most": Check(check.rule, check.measure, None, check.at_most)}
            yield from (_Limit(side, one) for side, one in sides.items() if (one.at_least, one.at_most) != (None, None))


def _bound(limit: _Limit) -> float:
    bound = limit.check.at_least if limit.side == "at_least" else limit.check.at_most
    assert bound is not None
    return float(bound)


def _broken(store: Store, contents: Sequence[str], filters: Mapping[str, Sequence[_Limit]]) -> dict[str, list[Broken]]:
    """For each filter and shard, by row: the number of the only limit that it breaks, `NONE`, or `SEVERAL`, which stands
    too for a row that did not come to the filter."""
    found: dict[str, list[Broken]] = {address: [] for address in filters}
    for content in contents:
        values = read_table(store.path(content) / "measures.parquet")
        came = np.ones(values.num_rows, np.bool_)
        for address, limits in filters.items():
            only = np.full(values.num_rows, NONE, np.int16)
            for number, limit in enumerate(limits):
                breaks = ~judge((limit.check,), values, values.num_rows).kept
                only[breaks] = np.where(only[breaks] == NONE, number, SEVERAL)
            only[~came] = SEVERAL
            came &= only == NONE
            found[address].append(only)
    return found


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """The values as a filter sees them; null is NaN."""
    return np.asarray(pc.fill_null(pc.cast(flat(column), pa.float64()), np.nan).to_numpy(zero_copy_only=False))
