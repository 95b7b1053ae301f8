"""Measures that go together: Spearman's rank correlation of two numbers of the same rows.

Told of are the measures of the filters of one pass and the number columns of the rows that entered it.
Which pairs are strong is found on a sample of the rows; of those the correlation is taken over all rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import atanh, sqrt, tanh
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.execute.pieces import Piece, positions
from tilth.recipe.resolve import Placed
from tilth.record import OWN, as_ids, flat
from tilth.step import Filter
from tilth.store.objects import Store
from tilth.store.tables import read_table

SAMPLE = 8192
"""Rows, those of the smallest ids, on which the strong pairs are found."""

PAIRS = 6
"""At most so many of a dataset are told."""

SPARE = 4
"""So many pairs more are taken over all rows, as the order of the sample is not quite theirs."""

USES = 2
"""In at most so many pairs a measure is told: of a family of measures all pairs are strong, and tell the same."""

SAME = 0.98
"""From here on, either way, two measures are one under two names."""

WEAK = 0.1
"""What is weaker is not worth seeing, however surely it is there."""

FEWEST = 10
"""Fewer rows tell nothing; nor does a measure of fewer than three values."""

POINTS, POINTS_IN_ALL = 1_500, 18_000
"""Rows of a pair that are shown as points, and those of all pairs of a run."""

COLUMNS = 12
"""Number columns of the rows that are looked at, the first ones."""

HELD = 1 << 25
"""Ranks that are kept to be used again (8 bytes each)."""

NORMAL = 1.959964
"""95 % of a normal distribution lie within so many standard deviations."""

Numbers = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Shard:
    """A shard in a pass: its measures, its rows, and the places there of those that were measured; None for all."""

    measures: str
    rows: str
    places: Rows | None

    def read(self, store: Store, names: Sequence[str], measured: Iterable[str]) -> pa.Table:
        """Some columns of the measured rows: those of `measured` from the measures, the others from the rows."""
        ours = [name for name in names if name in measured]
        others = [name for name in names if name not in ours]
        table = read_table(store.path(self.measures) / "measures.parquet", ours)
        if others:
            rows = read_table(store.rows(self.rows), others)
            rows = rows if self.places is None else rows.take(pa.array(self.places))
            for name in others:
                table = rows.select([name]) if not table.num_columns else table.append_column(name, rows[name])
        return table


@dataclass
class _Pass:
    """The numbers of the rows of a pass, column by column. `ranked`: ranks of columns without a gap, as far as they are kept."""

    store: Store
    shards: Sequence[_Shard]
    measured: Sequence[str]
    columns: Sequence[str]
    ranked: dict[str, Numbers] = field(default_factory=dict)

    def all(self, name: str) -> Numbers:
        """The values of a column, NaN where there is none."""
        return np.concatenate([np.empty(0), *(_floats(shard.read(self.store, [name], self.measured)[name]) for shard in self.shards)])

    def some(self, chosen: Rows) -> dict[str, Numbers]:
        """The values of all columns in the rows of these numbers, in their order."""
        names, first = [*self.measured, *self.columns], 0
        values = {name: np.empty(len(chosen)) for name in names}
        for shard in self.shards:
            table = shard.read(self.store, names, self.measured)
            here = np.flatnonzero((chosen >= first) & (chosen < first + table.num_rows))
            taken = table.take(pa.array(chosen[here] - first))
            for name in names:
                values[name][here] = _floats(taken[name])
            first += table.num_rows
        return values

    def correlation(self, one: str, other: str) -> tuple[float | None, int]:
        """Spearman's over all rows that have both, and how many they are."""
        if one in self.ranked and other in self.ranked:
            return pearson(self.ranked[one], self.ranked[other]), len(self.ranked[one])
        values = {name: self.all(name) for name in (one, other)}
        if all(np.isfinite(column).all() for column in values.values()):
            ranks = {name: self.ranked[name] if name in self.ranked else rank(column) for name, column in values.items()}
            if (len(self.ranked) + 2) * len(values[one]) <= HELD:
                self.ranked |= ranks
            return pearson(ranks[one], ranks[other]), len(values[one])
        return spearman(values[one], values[other])


def related(store: Store, dataset: str, stages: Sequence[Mapping[str, Any]], steps: Mapping[str, Placed]) -> list[dict[str, Any]]:
    """The strongest pairs of a dataset, each with its correlation, its 95 % interval, and some rows as points."""
    found = [pair for stage in stages if any(stage["measures"]) for pair in _of_pass(_pass(store, stage, steps))]
    found.sort(key=lambda pair: (-abs(pair["correlation"]), pair["a"], pair["b"]))
    return [{"dataset": dataset, **pair} for pair in found[:PAIRS]]


def bounded(pairs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pairs of a run, with as many points each as all of them may have."""
    most = min(POINTS, POINTS_IN_ALL // max(1, len(pairs)))
    return [{**pair, "points": pair["points"][:most]} for pair in pairs]


def _pass(store: Store, stage: Mapping[str, Any], steps: Mapping[str, Placed]) -> _Pass:
    shards = []
    for number, (measures, rows) in enumerate(zip(stage["measures"], stage["rows"], strict=True)):
        before = stage["before"]
        part = None if before is None or before[number][0] != rows else positions(store, Piece(*before[number]))
        shards.append(_Shard(measures, rows, part))
    checks = [check for address in stage["steps"] if isinstance(step := steps[address].step, Filter) for check in step.checks()]
    measured = dict.fromkeys(check.measure.column for check in checks if not check.measure.label)
    schema = pq.read_schema(store.path(shards[0].measures) / "measures.parquet")
    numbers = [name for name in measured if _is_number(schema.field(name).type)]
    columns = [field.name for field in pq.read_schema(store.rows(shards[0].rows)) if _is_number(field.type) and field.name not in (*OWN, *measured)]
    return _Pass(store, shards, numbers, columns[:COLUMNS])


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _floats(column: pa.ChunkedArray) -> Numbers:
    values = pc.fill_null(pc.cast(flat(column), pa.float64(), safe=False), np.nan).to_numpy(zero_copy_only=False)
    return np.where(np.isinf(values), np.nan, values)


def _of_pass(one: _Pass) -> Iterator[dict[str, Any]]:
    if len(one.measured) + len(one.columns) < 2 or not one.measured:
        return
    seen = one.some(_sample(one))
    for a, b in _strong(seen, one.measured):
        correlation, rows = one.correlation(a, b)
        ends = None if correlation is None or abs(correlation) >= SAME else interval(correlation, rows)
        if correlation is not None and ends is not None and abs(correlation) >= WEAK and ends[0] * ends[1] > 0:
            points = [[_short(x), _short(y)] for x, y in zip(seen[a], seen[b], strict=True) if np.isfinite(x) and np.isfinite(y)]
            told = {"correlation": round(correlation, 6), "low": round(ends[0], 6), "high": round(ends[1], 6), "rows": rows}
            yield {"a": a, "b": b, **told, "points": points[:POINTS]}


def _sample(one: _Pass) -> Rows:
    """The numbers of the rows of the smallest ids, in the order of their ids. Ids are hashes, so these are a fair sample."""
    first, numbers, halves = 0, [np.empty(0, np.int64)], [np.empty((0, 2), ">u8")]
    for shard in one.shards:
        ids = as_ids(read_table(one.store.rows(shard.rows), ["id"])["id"])
        both = np.ascontiguousarray(ids if shard.places is None else ids[shard.places]).view(">u8").reshape(-1, 2)
        least = np.arange(len(both))
        if len(both) > SAMPLE:
            least = np.flatnonzero(both[:, 0] <= np.partition(both[:, 0], SAMPLE)[SAMPLE])
        numbers.append(least + first)
        halves.append(both[least])
        first += len(both)
    chosen, ids = np.concatenate(numbers), np.concatenate(halves)
    return np.asarray(chosen[np.lexsort((ids[:, 1], ids[:, 0]))][:SAMPLE])


def _strong(seen: Mapping[str, Numbers], measured: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs that are strongest in the sample; one of a pair is a measure."""
    names = [name for name, values in seen.items() if len(np.unique(values[np.isfinite(values)])) > 2]
    ranks = {name: rank(seen[name]) for name in names if np.isfinite(seen[name]).all()}
    found: list[tuple[float, str, str]] = []
    for a, b in combinations(names, 2):
        if a in measured or b in measured:
            told = pearson(ranks[a], ranks[b]) if a in ranks and b in ranks else spearman(seen[a], seen[b])[0]
            found.append((abs(told or 0.0), a, b))
    found.sort(key=lambda pair: (-pair[0], *pair[1:]))
    uses: dict[str, int] = {}
    strong: list[tuple[str, str]] = []
    for told, a, b in found:
        if WEAK / 2 < told < (1 + SAME) / 2 and uses.get(a, 0) < USES and uses.get(b, 0) < USES and len(strong) < PAIRS + SPARE:
            strong.append((a, b))
            uses |= {name: uses.get(name, 0) + 1 for name in (a, b)}
    return strong


def spearman(one: Numbers, other: Numbers) -> tuple[float | None, int]:
    """Spearman's rank correlation of the rows where both are finite, equal values sharing their mean rank, and how many
    they are; None where they are too few, or all the same."""
    both = np.isfinite(one) & np.isfinite(other)
    return pearson(rank(one[both]), rank(other[both])), int(both.sum())


def rank(values: Numbers) -> Numbers:
    """The place of each value in their order, from 0; equal ones share the mean of their places."""
    order = np.argsort(values)
    ordered = values[order]
    begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))[: len(values)]
    sizes = np.diff(np.append(begins, len(values)))
    ranks = np.empty(len(values))
    ranks[order] = np.repeat(begins + (sizes - 1) / 2, sizes)
    return ranks


def pearson(one: Numbers, other: Numbers) -> float | None:
    """The correlation of two columns; None for fewer than `FEWEST` rows, or where one of them does not vary.

    Summed by numpy alone: a library for matrices sums in another order for another number of threads."""
    if len(one) < FEWEST:
        return None
    x, y = one - one.mean(), other - other.mean()
    spread = float(np.sum(x * x)) * float(np.sum(y * y))
    return None if not spread else max(-1.0, min(1.0, float(np.sum(x * y)) / sqrt(spread)))


def interval(correlation: float, rows: int) -> tuple[float, float]:
    """The 95 % interval of Spearman's correlation by Fisher's z, with the standard error of Bonett and Wright 2000,
    "Sample size requirements for estimating Pearson, Kendall and Spearman correlations", Psychometrika 65."""
    error = sqrt((1 + correlation**2 / 2) / (rows - 3))
    return tanh(atanh(correlation) - NORMAL * error), tanh(atanh(correlation) + NORMAL * error)


def _short(value: float) -> float:
    return float(f"{value:.6g}")
