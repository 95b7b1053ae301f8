"""How many values differ."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.survey.tally import WAITING, Tally, digests_of
from tilth.text.digests import prepare


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    prepare()


@given(st.lists(st.lists(st.text(max_size=3), max_size=20), max_size=8))
def test_few_values_are_counted_exactly_however_they_come(batches: list[list[str]]) -> None:
    tally, joined = Tally(1000), Tally(1000)
    for batch in batches:
        digests = digests_of(pa.array(batch, pa.large_string()))
        tally.add(digests)
        one = Tally(1000)
        one.add(digests)
        joined.join(one)
    every = [value for batch in batches for value in batch]
    for found in (tally, joined):
        assert found.exact and found.distinct == len({*every}) and found.repeats == len(every) - len({*every})


def test_of_many_values_both_counts_are_estimated_in_bounded_memory() -> None:
    tally = Tally(2000)
    values = pa.array(np.repeat(np.arange(3 * WAITING), 2))
    for begin in range(0, len(values), 50_000):
        tally.add(digests_of(values.slice(begin, 50_000)))
    assert not tally.exact and len(tally.counted()[0]) <= 2000
    assert tally.distinct == pytest.approx(3 * WAITING, rel=0.15) and tally.repeats == pytest.approx(3 * WAITING, rel=0.15)


@given(st.lists(st.integers(0, 600), max_size=5).map(sorted))
def test_an_estimate_does_not_depend_on_how_values_come(edges: list[int]) -> None:
    values = digests_of(pa.array(np.arange(600) % 400))
    whole, parts = Tally(50), Tally(50)
    whole.add(values)
    for begin, end in pairwise([0, *edges, 600]):
        part = parts.following()
        part.add(values[begin:end])
        parts.join(part)
    assert (whole.distinct, whole.repeats, whole.exact) == (parts.distinct, parts.repeats, parts.exact)


def test_the_most_frequent_are_those_that_come_more_than_once() -> None:
    tally = Tally(10)
    digests = digests_of(pa.array(["a", "b", "a", "c", "b", "a"], pa.large_string()))
    tally.add(digests)
    assert tally.most_frequent(5) == [(int(digests[0]), 3), (int(digests[1]), 2)]


@pytest.mark.parametrize("values", [pa.array([1, 2, 1]), pa.array([1.0, 2.0, 1.0]), pa.array([True, False, True])])
def test_numbers_and_truth_values_have_digests_too(values: pa.Array) -> None:
    one, other, again = digests_of(values)
    assert one == again != other
