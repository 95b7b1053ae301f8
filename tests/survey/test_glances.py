"""Random samples of values that are looked at."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.survey.glances import SEEN, Glances
from tilth.survey.kept import priorities

ROWS = 30_000
VALUES = pa.array(np.arange(ROWS))
PRIORITY = priorities(pa.table({"n": VALUES}), 0)


def even(values: pa.Array) -> dict[str, np.ndarray]:
    return {"even": np.asarray(values) % 2 == 0}


def looked(edges: list[int]) -> Glances:
    whole = Glances()
    for begin, end in zip([0, *edges], [*edges, ROWS], strict=True):
        one = whole.following()
        one.add(VALUES.slice(begin, end - begin), PRIORITY[begin:end], even)
        whole.join(one)
    return whole


def test_few_values_are_all_looked_at() -> None:
    one = Glances()
    one.add(VALUES.slice(0, 101), PRIORITY[:101], even)
    assert (one.looked, one.count("even"), one.count("odd")) == (101, 51, 0)


@settings(deadline=None)
@given(st.lists(st.integers(0, ROWS), max_size=6).map(sorted))
def test_what_is_seen_does_not_depend_on_how_values_come(edges: list[int]) -> None:
    one, other = looked([]), looked(edges)
    assert (one.looked, one.count("even")) == (other.looked, other.count("even"))
    assert SEEN // 4 < one.looked <= SEEN and 0.4 < one.count("even") / one.looked < 0.6
