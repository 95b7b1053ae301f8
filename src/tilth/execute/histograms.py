"""How the measures of a filter lie: a histogram with its limits, or its labels; and what other limits would keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tilth.execute.labels import NOT_JUDGED, Counts
from tilth.execute.thresholds import curves
from tilth.recipe.resolve import Placed
from tilth.record import Check
from tilth.step import Filter
from tilth.store.objects import Store
from tilth.store.tables import read_table

BINS = 40
STEEP = 1000
"""From so many times the lowest value on, bins of one width may leave nearly all rows in the first."""


def measures(store: Store, stage: Mapping[str, Any], steps: Mapping[str, Placed], labels: Mapping[str, Counts]) -> list[dict[str, Any]]:
    """For each rule of the stage's filters: how its measure is distributed, where the limit lies, and what other limits
    would keep; or its labels."""
    contents = [content for content in stage["measures"] if content is not None]
    lines: list[dict[str, Any]] = []
    kept_at = curves(store, stage, steps)
    for address in stage["steps"]:
        step = steps[address].step
        if not contents or not isinstance(step, Filter):
            continue
        for check in step.checks():
            if check.measure.label:
                lines.append(_labels(address, check, labels[address][check.rule]))
                continue
            column = pa.concat_tables([read_table(store.path(content) / "measures.parquet", [check.measure.column]) for content in contents])
            told = _histogram(address, check, column[check.measure.column])
            lines += [{**line, "kept_at": kept_at.get((address, check.rule), {})} for line in told]
    return lines


def _told(address: str, check: Check) -> dict[str, Any]:
    told = {"step": address, "rule": check.rule, "measure": check.measure.column, "by": check.measure.key}
    return {**told, "at_least": check.at_least, "at_most": check.at_most}


def _labels(address: str, check: Check, counts: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """A rule that judges labels: for each the rows that entered the step, and those that it kept."""
    judged = {label: entered for label, (entered, _) in counts.items() if label != NOT_JUDGED}
    failed = 0 if check.among is None else sum(entered for label, entered in judged.items() if label not in check.among)
    return {**_told(address, check), "labels": counts, "judged": sum(judged.values()), "failed": failed}


def _histogram(address: str, check: Check, column: pa.ChunkedArray) -> list[dict[str, Any]]:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return []
    values = pc.cast(column, pa.float64()).drop_null().to_numpy()
    values = values[np.isfinite(values)]
    if not len(values):
        return [{**_told(address, check), "edges": [], "counts": [], "judged": 0, "failed": 0}] if len(column) else []
    edges = _edges(values, [limit for limit in (check.at_least, check.at_most) if limit is not None])
    counts, _ = np.histogram(values, [-np.inf, *edges[1:-1], np.inf])
    failed = sum(int((values < limit).sum()) for limit in [check.at_least] if limit is not None)
    failed += sum(int((values > limit).sum()) for limit in [check.at_most] if limit is not None)
    ends = [None if values.min() < edges[0] else float(edges[0]), *map(float, edges[1:-1]), None if values.max() > edges[-1] else float(edges[-1])]
    return [{**_told(address, check), "edges": ends, "counts": [int(count) for count in counts], "judged": len(values), "failed": failed}]


def _edges(values: np.ndarray[Any, Any], limits: Sequence[float]) -> np.ndarray[Any, Any]:
    """Edges of about forty bins over the middle 99 % and the limits; whole numbers get whole bins. Where few values lie far beyond
    all others, as perplexities do, each bin is as many times the one before it as all others are."""
    low, high = np.quantile(values, [0.005, 0.995])
    low = min([low, *(limit for limit in limits if limit >= values.min())])
    high = max([high, *(limit for limit in limits if limit <= values.max())])
    low = float(values.min()) if low - values.min() <= (high - low) / BINS else low
    if not (values == np.round(values)).all():
        if low > 0 and high > STEEP * low and np.median(values) < low + (high - low) / BINS:
            return np.geomspace(low, high, BINS + 1)
        return np.linspace(low, high if high > low else low + 1, BINS + 1)
    width = max(1, int(np.ceil((high - low + 1) / BINS)))
    return np.arange(np.floor(low), high + width + 1, width) - 0.5
