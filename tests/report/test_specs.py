"""Specifications of pictures: every one can be drawn, and shows the numbers of the facts."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from tilth.report import page, specs
from tilth.report.facts import Dataset, Facts, Measured, Part, Point, Related, Score, Sequences, Training, Vocabulary

COUNTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=20)
LIMIT = st.none() | st.floats(-100, 100)


def rows(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """What a picture shows."""
    found: list[dict[str, Any]] = spec["data"]["values"]
    return found


def everything(facts: dict[str, Any]) -> Facts:
    """Facts with at least one picture of every kind."""
    found = msgspec.convert(facts, Facts)
    return msgspec.structs.replace(
        found,
        measures=[*found.measures, Measured("docs.filter.quality", "language", labels={"en": (9, 8), "de": (2, 0)})],
        sequences=[Sequences("base", rows=3, tokens=60, edges=[0, 16, 32], counts=[1, 2], by_length=[(16, 2, 20, 0.1), (32, 0, 0, 0.4)], used=32)],
        vocabularies={"words": Vocabulary(tokens=90, coverage=[(0.5, 2), (0.99, 9)], ranks=[(1, 60), (2, 20), (9, 1)])},
        related=[Related("docs", "characters", "words", 0.5, 0.4, 0.6, 900, [(1.0, 2.0), (3.0, 4.0)])],
    )


def test_every_kind_of_picture_can_be_drawn(facts: dict[str, Any]) -> None:
    found = dict(specs.pictures(everything(facts)))
    assert {name.partition(":")[0] for name in found} == set("histogram kept donut scatter coverage lengths cutting curve scores".split())
    for name, spec in found.items():
        svg = vl_convert.vegalite_to_svg({**json.loads(json.dumps(spec)), "width": 300}, vl_version="6.4", allowed_base_urls=[])
        assert svg.count("<path") > 3, name


def test_every_picture_stands_on_the_page_under_its_name(facts: dict[str, Any]) -> None:
    found = everything(facts)
    assert {name for name, _ in specs.pictures(found)} <= set(re.findall(r'data-picture="([^"]+)"', page.html(found)))


def test_a_histogram_shows_each_bins_rows_and_cuts_the_bar_through_which_a_limit_runs() -> None:
    measured = Measured("d.filter.length", "length", "characters", at_least=15, edges=[0, 10, 20, 30], counts=[4, 0, 7], judged=11, failed=4)
    found = [(row["from"], row["to"], row["rows"], row["beyond"]) for row in rows(specs.histogram(measured))]
    assert found == [(0, 10, 4, True), (20, 30, 7, False)]
    measured = msgspec.structs.replace(measured, counts=[4, 6, 7])
    found = [(row["from"], row["to"], row["rows"], row["beyond"]) for row in rows(specs.histogram(measured))]
    assert found == [(0, 10, 4, True), (10, 15, 6, True), (15, 20, 6, False), (20, 30, 7, False)]


def test_bins_of_unlike_widths_are_drawn_alike_and_labelled_by_their_edges() -> None:
    measured = Measured("d.filter.length", "words", "words", at_most=16, edges=[None, 1, 4, 64, None], counts=[1, 2, 3, 4])
    spec = specs.histogram(measured)
    assert [(row["from"], row["to"], row["range"]) for row in rows(spec)][0] == (0, 1, "−∞ to 1")
    assert spec["layer"][0]["encoding"]["x"]["axis"]["labelExpr"] == '["−∞","1","4","64","∞"][indexof([0,1,2,3,4], datum.value)]'
    assert sum(row["rows"] for row in rows(spec) if row["beyond"]) == 4 + 3, "the bar from 4 to 64 is cut at 16"


@given(COUNTS, LIMIT, LIMIT, st.booleans())
def test_no_row_of_a_histogram_is_lost_or_doubled(counts: list[int], low: float | None, high: float | None, open_ended: bool) -> None:
    edges: list[float | None] = [float(number * 10) for number in range(len(counts) + 1)]
    edges = [None, *edges[1:-1], None] if open_ended and len(counts) > 1 else edges
    found = rows(specs.histogram(Measured("d.x.y", "r", "m", at_least=low, at_most=high, edges=edges, counts=counts)))
    assert {row["bin"]: row["rows"] for row in found} == {number: rows for number, rows in enumerate(counts) if rows}
    assert all(math.isfinite(row["from"]) and row["from"] < row["to"] for row in found)


def test_a_curve_is_thinned_to_what_all_curves_may_hold_and_keeps_its_extremes() -> None:
    trained = Training(curve=[Point(step, loss=9 - step / 10**5, learning_rate=0.1) for step in range(50_000)])
    plots = list(specs.logged(trained))
    assert [title for title, _, _ in plots] == ["loss", "learning rate"]
    found = rows(specs.curve("base", plots[0], 100))
    assert len(found) <= 100 and (found[0]["step"], found[-1]["step"]) == (0, 49_999)


def test_what_is_preferred_or_told_apart_has_its_own_curves() -> None:
    trained = Training(curve=[Point(1, loss=0.7, accuracy=0.5, margin=0.1)], validation=[Point(1, loss=0.6, accuracy=0.75)])
    plots = {title: [name for name, _ in lines] for title, lines, _ in specs.logged(trained)}
    assert plots == {"loss": ["training", "validation"], "accuracy": ["training", "validation"], "margin": ["training"]}
    drawn = str(specs.curve("better", next(specs.logged(trained)), of_loss="nats a text"))
    assert "nats a text" in drawn and "nats a token" not in drawn
    assert "nats" not in str(specs.curve("better", next(specs.logged(trained)), of_loss=""))


def test_losses_that_are_not_all_positive_have_no_logarithmic_scale() -> None:
    (good,), (bad,) = (list(specs.logged(Training(curve=[Point(1, loss=1.0), Point(2, loss=last)]))) for last in (0.5, -0.5))
    assert "usermeta" in specs.curve("base", good) and "usermeta" not in specs.curve("base", bad)


def test_points_that_were_not_finite_are_left_out() -> None:
    trained = Training(curve=[Point(1, loss=2.0), Point(2, loss=None), Point(3, loss=1.0)])
    assert [row["step"] for row in rows(specs.curve("base", next(specs.logged(trained))))] == [1, 3]


def test_many_models_share_the_points_of_all_curves() -> None:
    model = {"curve": [{"step": step, "loss": 1.0 + step} for step in range(9000)]}
    found = msgspec.convert({"models": {str(number): {"facts": model} for number in range(20)}}, Facts)
    assert sum(len(rows(spec)) for _, spec in specs.pictures(found)) <= specs.IN_ALL


def test_a_score_without_an_interval_is_a_dot_alone() -> None:
    spec = specs.whiskers("perplexity", [Score("held_out", model="a", value=3.0), Score("held_out", model="b", value=4.0, low=3.5, high=4.5)])
    assert [row["interval"] for row in rows(spec)] == ["–", "3.5 to 4.5"]
    assert len(spec["layer"][0]["data"]["values"]) == 1


def test_packed_rows_are_not_cut_at_a_length() -> None:
    told = Sequences("base", rows=3, tokens=60, edges=[0, 16, 32], counts=[1, 2], used=16)
    assert "cut at 16" in str(specs.lengths(told))
    assert "cut at" not in str(specs.lengths(msgspec.structs.replace(told, packed=True)))


def test_a_ring_of_many_parts_has_seven_slices() -> None:
    parts = {f"part {number}": Part(rows=number + 1) for number in range(30)}
    (name, spec), *_ = specs.pictures(Facts(datasets={"docs": Dataset(parts=parts)}))
    assert name == "donut:docs" and len(rows(spec)) == 7 and sum(row["rows"] for row in rows(spec)) == 465


@pytest.mark.parametrize("part", Facts.__struct_fields__)
def test_every_part_may_be_missing(facts: dict[str, Any], part: str) -> None:
    facts.pop(part, None)
    names = [name for name, _ in specs.pictures(msgspec.convert(facts, Facts))]
    assert len(names) == len(set(names))
