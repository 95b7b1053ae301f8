"""Threshold curves: every point is what the filter would keep under that limit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.projects import Project, line
from tilth.execute.thresholds import POINTS, curve, curves
from tilth.judging import judge
from tilth.recipe.resolve import Placed
from tilth.record import Check, Measure
from tilth.step import Filter
from tilth.store.objects import Store
from tilth.store.tables import write_table

VALUE = st.none() | st.sampled_from([0.0, 0.5, 1.0]) | st.integers(-9, 9).map(float) | st.floats()
LIMIT = st.none() | st.integers(-9, 9).map(float)
LABEL = st.none() | st.sampled_from(["en", "de"])


class Judges(Filter):
    """A filter of any rules."""

    rules: tuple[Any, ...]

    def checks(self) -> tuple[Check, ...]:
        return self.rules


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("store"))


def stored(store: Store, shards: list[pa.Table]) -> dict[str, Any]:
    """A stage of two filters with these measures."""
    contents = [f"{number:040}" for number in range(len(shards))]
    for content, shard in zip(contents, shards, strict=True):
        store.path(content).mkdir(parents=True, exist_ok=True)
        write_table(store.path(content) / "measures.parquet", shard)
    return {"steps": ["a", "b"], "measures": contents}


@settings(deadline=None)
@given(st.lists(st.lists(st.tuples(VALUE, VALUE, LABEL), max_size=8), min_size=1, max_size=3), LIMIT, LIMIT, LIMIT, LIMIT)
def test_each_point_is_what_the_filter_keeps_under_that_limit(
    store: Store, rows: list[list[tuple[Any, ...]]], low: float | None, high: float | None, first: float | None, other: float | None
) -> None:
    schema = pa.schema([("x", pa.float64()), ("y", pa.float64()), ("z", pa.string())])
    shards = [pa.table([list(column) for column in zip(*shard, strict=True)] or [[], [], []], schema) for shard in rows]
    before = (Check("y", Measure("y", dict), first),)
    checks = (Check("x", Measure("x", dict), low, high), Check("y", Measure("y", dict), None, other), Check("z", Measure("z", dict), among=("en",)))
    steps = {"a": Placed("a", 1, Judges(rules=before)), "b": Placed("b", 2, Judges(rules=checks))}
    found = curves(store, stored(store, shards), steps)
    table = pa.concat_tables(shards)
    came = judge(before, table, table.num_rows).kept
    for (address, rule), sides in found.items():
        tried = before if address == "a" else checks
        for side, points in sides.items():
            for value, kept in points:
                changed = [replace(check, **{side: value}) if check.rule == rule else check for check in tried]
                stays = judge(changed, table, table.num_rows).kept
                assert kept == (stays if address == "a" else stays & came).sum()


@given(st.lists(st.floats(allow_nan=True), max_size=200), st.floats(-1e9, 1e9), st.sampled_from(["at_least", "at_most"]))
def test_a_curve_has_the_present_limit_and_few_other_values_all_of_them_measured(values: list[float], limit: float, side: str) -> None:
    points = curve(np.array(values, np.float64), side, limit)
    if not any(np.isfinite(values)):
        assert points == []
        return
    at, kept = [value for value, _ in points], [rows for _, rows in points]
    finite = [value for value in values if np.isfinite(value)]
    assert at == sorted(set(at)) and len(at) <= POINTS + 1 and set(at) <= {*finite, limit}
    assert {limit, min(finite), max(finite)} <= set(at)
    assert kept == sorted(kept, reverse=side == "at_least")


def test_each_point_of_a_run_is_what_a_run_with_that_limit_keeps(project: Project) -> None:
    recipe = (project.folder / "recipe.yaml").read_text()
    project.write_recipe(recipe.replace("    - filter.length:", "    - filter.where: n % 7 <> 0\n    - filter.length:"))
    run = project.run(["docs.filter.length.characters.at_most=40"], shard_bytes=1500)
    (told,) = [one for one in run.facts()["measures"] if one["rule"] == "characters"]
    kept_at = {side: {value: kept for value, kept in points} for side, points in told["kept_at"].items()}
    assert kept_at["at_least"][12.0] == kept_at["at_most"][40.0] == line(run, "docs.filter.length")["kept"]
    for side, value in (("at_least", sorted(kept_at["at_least"])[5]), ("at_most", sorted(kept_at["at_most"])[5])):
        other = project.run(["docs.filter.length.characters.at_most=40", f"docs.filter.length.characters.{side}={value}"], shard_bytes=1500)
        assert line(other, "docs.filter.length")["kept"] == kept_at[side][value]


def test_a_rule_without_a_limit_and_one_of_true_and_false_have_no_curve(project: Project) -> None:
    told = {one["rule"]: one["kept_at"] for one in project.run().facts()["measures"]}
    assert told["where"] == told["words"] == {} and told["characters"]
