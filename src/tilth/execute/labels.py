"""Labels: how many rows of each language, or of any other label, a filter met and kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tilth.judging import judge
from tilth.recipe.resolve import Placed
from tilth.record import flat
from tilth.step import Filter
from tilth.store.objects import Store
from tilth.store.tables import read_table

NOT_JUDGED = "not judged"
"""Stands for a null label."""

Counts = dict[str, dict[str, tuple[int, int]]]
"""By rule and label: rows that entered the step, and rows of them that it kept."""


def by_label(store: Store, stage: Mapping[str, Any], steps: Mapping[str, Placed]) -> dict[str, Counts]:
    """The counts of each filter of a stage that judges labels, by its address; the most frequent label first."""
    filters = {address: step.checks() for address in stage["steps"] if isinstance(step := steps[address].step, Filter)}
    found: dict[str, Counts] = {}
    if not any(check.measure.label for checks in filters.values() for check in checks):
        return found
    for content in stage["measures"]:
        values = read_table(store.path(content) / "measures.parquet")
        stay = np.ones(values.num_rows, np.bool_)
        for address, checks in filters.items():
            kept = stay & judge(checks, values, values.num_rows).kept
            for check in checks:
                if check.measure.label:
                    counts = found.setdefault(address, {}).setdefault(check.rule, {})
                    _add(counts, flat(values[check.measure.column]), stay, kept)
            stay = kept
    return {address: {rule: _sorted(counts) for rule, counts in rules.items()} for address, rules in found.items()}


def _add(counts: dict[str, tuple[int, int]], labels: pa.Array, entered: Any, kept: Any) -> None:
    named = pc.fill_null(labels, NOT_JUDGED)
    for place, mask in enumerate((entered, kept)):
        for entry in pc.value_counts(named.filter(pa.array(mask))).to_pylist():
            both = list(counts.get(entry["values"], (0, 0)))
            both[place] += entry["counts"]
            counts[entry["values"]] = (both[0], both[1])


def _sorted(counts: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1][0], entry[0])))
