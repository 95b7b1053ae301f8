"""Pictures of shares, pairs, lengths and vocabularies."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.report.facts import Related, Score, Sequences, Vocabulary
from tilth.report.plots import OTHERS, SLICES, correlation, coverage, cutting, donut, gauge, lengths, scatter, slices

FINITE = st.floats(-1e12, 1e12)


def told(svg: str) -> list[str]:
    """The words in a picture."""
    return ["".join(item.itertext()) for item in ET.fromstring(svg).iter("text")]


def circles(svg: str) -> list[dict[str, str]]:
    return [item.attrib for item in ET.fromstring(svg).iter("circle")]


@given(st.dictionaries(st.text(max_size=5), st.integers(0, 10**9), max_size=20))
def test_a_ring_has_at_most_seven_pieces_and_all_rows(parts: dict[str, int]) -> None:
    found = slices(parts)
    assert len(found) <= SLICES and sum(rows for _, rows in found) == sum(parts.values())


def test_small_pieces_are_one() -> None:
    found = slices({f"l{number}": 10 * number for number in range(1, 10)})
    assert [name for name, _ in found] == ["l9", "l8", "l7", "l6", "l5", "l4", OTHERS] and found[-1][1] == 60


def test_the_pieces_of_a_ring_go_once_around() -> None:
    ring = circles(donut("parts", {"train": 800, "validation": 100, "test": 100}))
    drawn = [float(one["stroke-dasharray"].split()[0]) for one in ring]
    around = 2 * math.pi * float(ring[0]["r"])
    assert sum(drawn) == pytest.approx(around, abs=1.5 * len(ring) + 0.1)
    assert drawn[0] / drawn[1] == pytest.approx(8, rel=0.2)


def test_a_ring_names_its_pieces_with_their_shares_and_one_of_nothing_is_no_picture() -> None:
    assert "train800, 80.0\u202f%" in told(donut("parts", {"train": 800, "test": 200}))
    assert donut("parts", {}) == "" and donut("parts", {"train": 0}) == ""


def test_each_row_is_a_point_and_the_correlation_is_said() -> None:
    related = Related("docs", "words", "characters", 0.97, 0.96, 0.98, 500, [(1.0, 5.0), (10.0, 50.0), (1000.0, 5000.0)])
    svg = scatter(related)
    assert len(circles(svg)) == 3 and "Rank correlation 0.97 (95\u202f% interval 0.96 to 0.98) over 500 rows." in svg
    assert {"10", "100", "1\u202f000"} <= set(told(svg)), "over a hundredfold, by powers of ten"


def test_without_a_correlation_or_points_that_is_said() -> None:
    assert scatter(Related("docs", "a", "b")) == ""
    assert correlation(Related("docs", "a", "b", rows=3)) == "No correlation is told over 3 rows."


@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=50))
def test_any_points_can_be_drawn_within_the_picture(points: list[tuple[float, float]]) -> None:
    svg = scatter(Related("docs", "a", "b", points=points))
    for one in circles(svg) if svg else []:
        assert 0 <= float(one["cx"][:-1]) <= 100 and 0 <= float(one["cy"]) <= 236


def test_a_vocabulary_is_a_curve_with_a_line_for_each_share() -> None:
    svg = coverage("words", Vocabulary(1000, [(0.5, 20), (0.9, 300)], [(1, 100), (10, 20), (1000, 1)]))
    assert svg.count('class="mark"') == 2 and {"50\u202f%: 20", "90\u202f%: 300"} <= set(told(svg))
    assert coverage("words", Vocabulary()) == ""


@given(
    st.lists(st.tuples(st.integers(-3, 10**7), st.integers(-3, 10**9)), max_size=30),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 10**7)), max_size=5),
)
def test_any_vocabulary_can_be_drawn(ranks: list[tuple[int, int]], shares: list[tuple[float, int]]) -> None:
    svg = coverage("words", Vocabulary(coverage=shares, ranks=ranks))
    assert svg == "" or ET.fromstring(svg).tag == "svg"


def sequences(**more: object) -> Sequences:
    given = {"model": "base", "rows": 30, "tokens": 3000, "edges": [0.0, 50.0, 100.0, 400.0], "counts": [10, 15, 5]}
    by_length = [(64, 20, 1000, 0.01), (128, 5, 300, 0.1), (256, 0, 0, 0.4)]
    return Sequences(**{**given, "by_length": by_length, "used": 128, **more})  # type: ignore[arg-type]


def test_rows_are_cut_where_they_do_not_share_windows() -> None:
    assert "cut at 128" in told(lengths(sequences())) and "beyond" in lengths(sequences())
    assert "beyond" not in lengths(sequences(packed=True))


def test_what_cutting_costs_is_two_lines_with_the_length_that_was_used() -> None:
    svg = cutting(sequences())
    assert len(re.findall("<polyline", svg)) == 2 and "used" in told(svg) and {"64", "128", "256"} <= set(told(svg))
    assert "used" not in told(cutting(sequences(used=100))) and cutting(sequences(by_length=[])) == ""


def test_a_perplexity_lies_between_certainty_and_guessing() -> None:
    scores = [Score("x", model="base", value=10.0), Score("x", model="small", value=100.0), Score("x", model="none")]
    svg = gauge(scores, 10_000)
    places = [float(one["cx"][:-1]) for one in circles(svg)]
    assert places == pytest.approx([25, 50]) and "base 10" in told(svg) and "10\u202f000: guessing" in told(svg)


def test_without_a_perplexity_there_is_no_gauge() -> None:
    assert gauge([], 100) == "" and gauge([Score("x", value=-1.0)], 100) == "" and gauge([Score("x", value=2.0)], 1) == ""


@given(FINITE)
def test_a_perplexity_beyond_guessing_stays_in_the_picture(value: float) -> None:
    svg = gauge([Score("x", model="m", value=value)], 50)
    assert svg == "" or all(0 <= float(one["cx"][:-1]) <= 100 for one in circles(svg))
