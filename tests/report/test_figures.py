"""Pictures: what they draw, and that they draw something sensible from any facts."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.report.facts import Measured, Score
from tilth.report.figures import Series, curve, forest, histogram, reach, thinned, thresholds

Box = tuple[float, float, str]
FINITE = st.floats(-1e9, 1e9)


def boxes(svg: str, kind: str) -> list[Box]:
    """Left and right ends, in per cent, of the rectangles of a kind."""
    found = [item.attrib for item in ET.fromstring(svg).iter("rect") if item.attrib["class"] == kind]
    return [(float(one["x"][:-1]), float(one["x"][:-1]) + float(one["width"][:-1]), one["height"]) for one in found]


def told(svg: str) -> list[str]:
    """The words in a picture."""
    return [item.text or "" for item in ET.fromstring(svg).iter("text")]


def measured(**settings: object) -> Measured:
    given = {"step": "docs.filter.length", "rule": "words", "measure": "words", "edges": [0.0, 10.0, 20.0, 30.0, 40.0], "counts": [5, 10, 20, 1]}
    return Measured(**{**given, "judged": 36, "failed": 5, **settings})  # type: ignore[arg-type]


def test_the_dropped_side_is_shaded_and_its_bars_are_coloured() -> None:
    svg = histogram(measured(at_least=10.0))
    assert [box[:2] for box in boxes(svg, "beyond")] == [(0, 25)]
    assert len(boxes(svg, "lost")) == 1 and len(boxes(svg, "stays")) == 3
    assert "at least 10" in told(svg)


def test_a_bar_is_cut_where_the_limit_falls_within_it() -> None:
    svg = histogram(measured(at_most=25.0))
    left, right = boxes(svg, "stays")[-1], boxes(svg, "lost")[0]
    assert left[1] == pytest.approx(62.5) and right[0] == pytest.approx(62.5)
    assert left[2] == right[2], "both pieces stand for the same bin"


def test_two_limits_shade_both_ends() -> None:
    assert [box[:2] for box in boxes(histogram(measured(at_least=10.0, at_most=30.0)), "beyond")] == [(0, 25), (75, 100)]


def test_the_tallest_bar_says_how_many_rows_it_holds() -> None:
    assert "20" in told(histogram(measured()))


def test_uneven_bins_are_drawn_equally_wide_and_an_open_end_is_infinite() -> None:
    svg = histogram(measured(edges=[0.0, 1.0, 10.0, 100.0, None], at_least=1.0))
    assert boxes(svg, "stays")[0][0] == pytest.approx(25)
    assert "∞" in told(svg)


@pytest.mark.parametrize("edges", [[1.0, 1.0], [0.0, 0.0, 0.0], [None, None], [None, 0.0, None]])
def test_odd_edges_still_make_a_picture(edges: list[float | None]) -> None:
    assert ET.fromstring(histogram(measured(edges=edges, counts=[3] * (len(edges) - 1), at_most=0.5))).tag == "svg"


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=40), FINITE, st.floats(1e-3, 1e6), st.none() | FINITE, st.none() | FINITE)
def test_every_picture_of_a_measure_stays_within_its_frame(
    counts: list[int], low: float, width: float, at_least: float | None, at_most: float | None
) -> None:
    edges: list[float | None] = [low + width * index for index in range(len(counts) + 1)]
    svg = histogram(measured(edges=edges, counts=counts, at_least=at_least, at_most=at_most))
    for kind in ("stays", "lost", "beyond"):
        assert all(-0.01 <= left <= right <= 100.01 for left, right, _ in boxes(svg, kind))


def test_the_rows_kept_at_other_limits_are_a_line_with_the_present_limit_marked() -> None:
    svg = thresholds(measured(at_least=10.0, kept_at={"at_least": [(0.0, 36), (10.0, 31), (30.0, 1)]}))
    assert re.findall('points="(.*?)"', svg) == ["0.0,24.0 250.0,33.4 750.0,90.1"] and "31 kept" in told(svg)
    assert "at least 0 keeps 36, at least 30 keeps 1 rows." in svg


def test_two_limits_are_two_lines() -> None:
    both = {"at_least": [(0.0, 36), (10.0, 31)], "at_most": [(20.0, 30), (40.0, 31)]}
    svg = thresholds(measured(at_least=10.0, at_most=40.0, kept_at=both))
    assert len(re.findall("<polyline", svg)) == 2 and told(svg).count("31 kept") == 2


@given(st.lists(st.tuples(FINITE, st.integers(0, 10**9)), min_size=1, max_size=20), st.lists(FINITE, min_size=2, max_size=5))
def test_a_line_of_any_limits_stays_within_its_frame(points: list[tuple[float, int]], edges: list[float]) -> None:
    svg = thresholds(measured(at_least=points[0][0], kept_at={"at_least": points}, edges=sorted(edges), counts=[1] * (len(edges) - 1)))
    drawn = [tuple(map(float, one.split(","))) for one in re.findall('points="(.*?)"', svg)[0].split()]
    assert ET.fromstring(svg).tag == "svg" and all(0 <= x <= 1000 and 24 <= y <= 92 for x, y in drawn)


def test_a_curve_has_its_axes_and_one_line_for_each_series() -> None:
    series = [Series("training", "first", [(0, 8.0), (100, 3.0)]), Series("validation", "second", [(50, 4.0), (100, 3.5)], dots=True)]
    svg = curve("loss", "falls", series, mark=100)
    assert len(re.findall("<polyline", svg)) == 2 and len(re.findall("<circle", svg)) == 2
    assert {"4", "6", "8", "40", "100", "best"} <= set(told(svg))


def test_a_curve_of_one_point_is_a_dot_and_of_none_is_nothing() -> None:
    assert "<circle" in curve("loss", "", [Series("training", "first", [(1, 2.0)])])
    assert curve("loss", "", []) == ""


@given(st.lists(st.tuples(FINITE, FINITE), max_size=3000), st.integers(10, 400))
def test_a_thinned_curve_keeps_its_ends_and_extremes(points: list[tuple[float, float]], most: int) -> None:
    kept = thinned(points, most)
    assert len(kept) <= max(most, 2)
    if points:
        assert (kept[0], kept[-1]) == (points[0], points[-1])
        assert min(y for _, y in kept) == min(y for _, y in points) and max(y for _, y in kept) == max(y for _, y in points)


def test_scores_of_a_metric_share_a_scale_and_the_interval_is_a_line() -> None:
    scores = [
        Score("held_out", model=name, metric="perplexity", value=value, low=value - 1, high=value + 1) for name, value in (("a", 20), ("b", 30))
    ]
    scale = reach(scores)
    assert 0 < scale(19) < scale(20) < scale(30) < scale(31) < 1
    assert "20, from 19 to 21" in told(forest("perplexity", scores))
    assert "20, no interval" in told(forest("perplexity", [Score("x", value=20)]))


def test_scores_of_a_metric_stand_one_below_the_other_with_their_values_in_words() -> None:
    scores = [Score("held_out", model=f"m{place}", metric="perplexity", value=20.0 + place, low=19.0, high=24.0) for place in range(3)]
    svg = forest("perplexity", scores)
    assert {"m0 · held_out", "20, from 19 to 24", "m2 · held_out", "22, from 19 to 24"} <= set(told(svg))
    assert [float(one.attrib["cy"]) for one in ET.fromstring(svg).iter("circle")] == [28, 70, 112]


def test_a_score_without_a_value_has_its_line_and_no_dot() -> None:
    svg = forest("f1", [Score("x", model="m", metric="f1"), Score("x", model="n", metric="f1", value=0.5)])
    assert svg.count("<circle") == 1 and "–, no interval" in told(svg)


def test_a_single_score_lies_in_the_middle() -> None:
    assert reach([Score("x", value=3.0)])(3.0) == pytest.approx(0.5)
    assert math.isfinite(reach([Score("x", value=0.0)])(0.0))
