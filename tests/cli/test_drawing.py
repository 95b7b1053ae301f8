"""Pictures on a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tilth.cli.drawing import cut, histogram, meter, percent, short, spark, wrapped
from tilth.survey.facts import Distribution


@given(st.floats(0, 1), st.integers(1, 20))
def test_a_meter_is_as_wide_as_it_is_and_shows_what_is_more_than_nothing(share: float, cells: int) -> None:
    drawn = meter(share, cells)
    assert cell_len(drawn) == cells and bool(drawn.strip()) == (share > 0)


@pytest.mark.parametrize(("share", "said"), [(0, "0%"), (1, "100%"), (0.0001, "<0.1%"), (0.9999, "99.9%"), (0.027, "2.7%")])
def test_a_share_is_never_told_as_all_or_nothing_if_it_is_not(share: float, said: str) -> None:
    assert percent(share) == said


@pytest.mark.parametrize(("value", "said"), [(950, "950"), (4200, "4.2k"), (13_400_000, "13M"), (2e9, "2G"), (0.5, "0.5"), (-1500, "-1.5k")])
def test_numbers_are_short(value: float, said: str) -> None:
    assert short(value) == said


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=40), st.integers(1, 4), st.integers(1, 3))
def test_a_histogram_has_a_bar_for_every_bin_that_is_not_empty(counts: list[int], height: int, cells: int) -> None:
    edges = [float(edge) for edge in range(len(counts) + 1)]
    one = Distribution(n=1, least=0, greatest=1, mean=0, total=0, quantiles={}, edges=edges, counts=counts)
    *bars, scale = histogram(one, height, cells, "")
    assert len(bars) <= height and scale.startswith("0")
    lowest = (bars[-1] if bars else "").ljust(len(counts) * cells)
    assert [lowest[place * cells] != " " for place in range(len(counts))] == [count > 0 for count in counts]


@given(st.text(max_size=60), st.integers(2, 30))
def test_words_are_cut_to_their_room(words: str, room: int) -> None:
    assert cell_len(cut(words, room)) <= max(room, 2)


def test_long_words_are_wrapped_and_sparks_are_short() -> None:
    assert all(len(line) <= 100 for line in wrapped("word " * 60).split("\n"))
    assert len(spark([1] * 100)) <= 12 and spark([0, 0]) == ""
