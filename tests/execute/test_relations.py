"""Measures that go together: Spearman's correlation as its definition has it, over all rows, the same whatever the shards."""

from itertools import pairwise
from math import isclose, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.projects import Project
from tilth.execute import relations as module
from tilth.execute.relations import bounded, interval, pearson, rank, spearman

VALUES = st.integers(-4, 4).map(float) | st.floats(-1e6, 1e6) | st.just(float("nan"))


def plain_rank(values: list[float]) -> list[float]:
    """The mean of the places of all equal values."""
    return [sum(other < value for other in values) + (sum(other == value for other in values) - 1) / 2 for value in values]


def plain_spearman(one: list[float], other: list[float]) -> float | None:
    both = [(x, y) for x, y in zip(one, other, strict=True) if x == x and y == y]
    if len(both) < module.FEWEST:
        return None
    a, b = plain_rank([x for x, _ in both]), plain_rank([y for _, y in both])
    middle = (len(both) - 1) / 2
    over = sum((x - middle) * (y - middle) for x, y in zip(a, b, strict=True))
    under = sqrt(sum((x - middle) ** 2 for x in a)) * sqrt(sum((y - middle) ** 2 for y in b))
    return over / under if under else None


@given(st.lists(st.tuples(VALUES, VALUES), max_size=40))
def test_the_correlation_is_that_of_the_ranks_with_ties_sharing_their_mean(rows: list[tuple[float, float]]) -> None:
    one, other = [x for x, _ in rows], [y for _, y in rows]
    expected, (told, count) = plain_spearman(one, other), spearman(np.array(one), np.array(other))
    assert count == sum(x == x and y == y for x, y in rows)
    assert (told is None) == (expected is None)
    assert told is None or expected is None or isclose(told, expected, abs_tol=1e-9)


@given(st.lists(st.integers(-4, 4).map(float) | st.floats(-1e6, 1e6), max_size=40))
def test_equal_values_share_the_mean_of_their_places(values: list[float]) -> None:
    assert rank(np.array(values)).tolist() == plain_rank(values)


def test_what_does_not_vary_or_is_too_little_has_no_correlation() -> None:
    assert pearson(np.ones(20), np.arange(20.0)) is None
    assert pearson(np.arange(9.0), np.arange(9.0)) is None
    assert pearson(np.arange(10.0), -np.arange(10.0)) == -1.0


def test_the_interval_is_that_of_bonett_and_wright() -> None:
    low, high = interval(0.5, 100)
    assert (low, high) == (pytest.approx(0.32590, abs=1e-5), pytest.approx(0.64130, abs=1e-5))


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.Generator(np.random.PCG64(5))
    truth, inside = 6 / np.pi * np.arcsin(0.6 / 2), 0  # Spearman's of a normal pair whose Pearson's is 0.6
    for _ in range(400):
        x, noise = random.normal(size=(2, 80))
        told, rows = spearman(x, 0.6 * x + 0.8 * noise)
        assert told is not None
        low, high = interval(told, rows)
        inside += low <= truth <= high
    assert 0.92 <= inside / 400 <= 0.98


RECIPE = """
name: related
data:
  docs:
    - source.files: {path: "raw/*.jsonl"}
    - filter.length: {characters: {at_least: 1}, words: {at_least: 1}}
    - filter.where: price < 1000
"""


def rows(count: int = 200) -> list[dict[str, Any]]:
    """Texts of falling length beside prices that rise, with gaps; and a column of no order."""
    texts = [" ".join(["word", "a", "longish"][number % 3] for _ in range(3 + (count - number) // 7)) for number in range(count)]
    prices = [None if number % 9 == 8 else number + number * 37 % 60 for number in range(count)]
    return [{"text": text, "price": price, "odd": number * 7919 % 211} for number, (text, price) in enumerate(zip(texts, prices, strict=True))]


def told(project: Project, **machine: Any) -> list[dict[str, Any]]:
    project.write_recipe(RECIPE)
    project.write("a.jsonl", rows()[:120])
    project.write("b.jsonl", rows()[120:])
    return list(project.run(**machine).facts()["related"])


def test_the_strongest_pairs_come_first_and_are_those_of_all_rows(project: Project) -> None:
    found = told(project)
    every = rows()
    measured = {
        "characters": [float(len(row["text"])) for row in every],
        "words": [float(len(row["text"].split())) for row in every],
        "price": [np.nan if row["price"] is None else float(row["price"]) for row in every],
    }
    assert {(pair["a"], pair["b"]) for pair in found} == {("words", "price"), ("characters", "price"), ("characters", "words")}
    for pair in found:
        expected = plain_spearman(measured[pair["a"]], measured[pair["b"]])
        assert expected is not None and pair["correlation"] == pytest.approx(expected, abs=1e-6)
        assert pair["low"] < pair["correlation"] < pair["high"]
        both = sum(x == x and y == y for x, y in zip(measured[pair["a"]], measured[pair["b"]], strict=True))
        assert pair["rows"] == both == len(pair["points"])
        assert {tuple(point) for point in pair["points"]} <= set(zip(measured[pair["a"]], measured[pair["b"]], strict=True))
    assert all(abs(one["correlation"]) >= abs(other["correlation"]) for one, other in pairwise(found))


def test_pairs_and_points_do_not_depend_on_shards(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SAMPLE", 50)
    one = told(project)
    project.write_recipe(RECIPE.replace("related", "cut"))
    two = project.run(shard_bytes=2000).facts()["related"]
    assert one == two and all(0 < len(pair["points"]) <= 50 < pair["rows"] for pair in one)


def test_a_measure_under_two_names_and_one_of_two_values_tell_nothing(project: Project) -> None:
    project.write("a.jsonl", [{"text": "word " * (number % 17 + 1), "twice": number % 17 * 2, "flag": number % 2} for number in range(60)])
    project.write_recipe("name: same\ndata:\n  docs:\n    - source.files: {path: raw/a.jsonl}\n    - filter.length: {words: {at_least: 1}}\n")
    assert project.run().facts()["related"] == []


def test_of_rows_that_were_still_in_the_columns_are_those_of_the_measured_rows(project: Project) -> None:
    """A later pass measures only the rows that the one before it kept."""
    project.write("a.jsonl", [{"text": "a " * (number % 23 + 2), "n": number % 40} for number in range(120)])
    project.write_recipe(
        "name: later\ndata:\n  docs:\n    - source.files: {path: raw/a.jsonl}\n    - filter.where: n < 30\n    - dedup.exact: {fields: [text, n]}\n"
        "    - filter.length: {characters: {at_least: 1}}\n  more:\n    - from: docs\n    - filter.length: {words: {at_least: 5}}\n"
    )
    for pair in project.run().facts()["related"]:
        assert all(0 <= n < 30 for n in [point[[pair["a"], pair["b"]].index("n")] for point in pair["points"]] if "n" in (pair["a"], pair["b"]))


def test_a_measure_is_in_two_pairs_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.Generator(np.random.PCG64(1))
    base = random.normal(size=500)
    seen = {f"m{number}": base + random.normal(size=500) / 3 for number in range(8)}
    pairs = module._strong(seen, list(seen))
    assert 0 < len(pairs) <= module.PAIRS + module.SPARE
    assert max(sum(name in pair for pair in pairs) for name in seen) <= module.USES


def test_many_pairs_share_the_points_that_a_run_may_show() -> None:
    pairs = [{"a": "x", "points": [[0.0, 0.0]] * module.POINTS} for _ in range(40)]
    assert sum(len(pair["points"]) for pair in bounded(pairs)) <= module.POINTS_IN_ALL
    assert len(bounded(pairs[:2])[0]["points"]) == module.POINTS
