"""The flow of rows as a picture: its widths add up, and its words stand apart."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.test_flow import stage
from tilth.report.facts import Facts
from tilth.report.flow import Lane, lanes
from tilth.report.sankey import BROAD, LETTER, NARROWEST, THINNEST, Plan, Words, cut, drawn, plan, wrapped


def web(**more: Any) -> Facts:
    """Two sources that come together, are deduplicated and parted."""
    path = [
        stage("source.files", 1086, kept=1083, quarantined=3, dataset="web", shape="Source"),
        stage("filter.quality", 1083, 226, dataset="web", reasons={"duplicate_line_characters": 170, "words": 40, "hash_ratio": 9, "a": 4, "b": 3}),
        stage("source.files", 1436, dataset="encyclopedia", shape="Source"),
        stage("filter.length", 1436, 112, dataset="encyclopedia", reasons={"words": 112}),
        stage("filter.language", 2181, 1054, dataset="corpus", reasons={"language": 1054}),
        stage("dedup.exact", 1127, 1, dataset="corpus", reasons={"same_text": 1}),
        stage("split.random", 1126, dataset="corpus", parts={"train": 926, "validation": 100, "test": 100}),
    ]
    return Facts(path=path, inputs={"corpus": ["web", "encyclopedia"]}, **more)


def laid(facts: Facts) -> Sequence[Lane]:
    return lanes(facts, list(dict.fromkeys(stage.dataset for stage in facts.path)))


def boxes(made: Plan, width: int) -> list[tuple[str, float, float, float, float]]:
    """The words with their left and right ends and their upper and lower ones, in pixels."""

    def place(words: Words) -> tuple[str, float, float, float, float]:
        left = words.x * width + (8 if "after" in words.kind else 0)
        return words.text, left, left + LETTER * len(words.text), words.y - 10, words.y + 2

    return [place(words) for words in made.words]


@pytest.mark.parametrize("width", [NARROWEST, BROAD])
def test_no_words_lie_on_others(width: int) -> None:
    for one, other in combinations(boxes(plan(laid(web()), width), width), 2):
        apart = one[2] <= other[1] or other[2] <= one[1] or one[4] <= other[3] or other[4] <= one[3]
        assert apart, (one, other)


def test_no_words_lie_on_what_falls() -> None:
    made = plan(laid(web()))
    falls = [band for band in made.bands if band.kind in ("lost", "unread")]
    for text, left, right, top, bottom in boxes(made, NARROWEST):
        for band in falls:
            beside = right <= band.x[0] * NARROWEST or left >= band.x[1] * NARROWEST
            assert beside or top >= band.y[1] + band.thin - 1 or bottom <= band.y[0] + 1, (text, band)


@pytest.mark.parametrize("width", [NARROWEST, BROAD])
def test_all_words_are_within_the_picture(width: int) -> None:
    made = plan(laid(web()), width)
    for text, left, right, top, bottom in boxes(made, width):
        assert left >= 0 and right <= width + 1 and top >= 0 and bottom <= made.height, text


def test_widths_are_as_the_rows() -> None:
    made = plan(laid(web()))
    told = {band.told.partition(",")[0]: band.thick for band in made.bands if band.kind == "lost"}
    assert told["language: 1\u202f054 rows"] / told["words: 112 rows"] == pytest.approx(1054 / 112)


def test_what_goes_on_and_what_falls_are_together_what_came() -> None:
    made = plan(laid(web()))
    for x, top, tall, _ in made.bars:
        leaving = [band for band in made.bands if band.x[0] == x and top - 0.01 <= band.y[0] <= top + tall + 0.01 and " into " not in band.told]
        if any(band.kind == "lost" for band in leaving):
            assert sum(band.thick for band in leaving) == pytest.approx(tall)


def test_streams_that_come_together_are_as_wide_as_the_one_they_become() -> None:
    made = plan(laid(web()))
    joining = [band for band in made.bands if "into corpus" in band.told]
    first = next(bar for bar in made.bars if bar[0] == pytest.approx(joining[0].x[1]))
    assert sum(band.thin for band in joining) == pytest.approx(first[2])
    assert joining[0].y[1] + joining[0].thin == pytest.approx(joining[1].y[1]), "one lies on the other"


def test_a_loss_too_small_to_be_seen_is_drawn_all_the_same() -> None:
    made = plan(laid(web()))
    small = next(band for band in made.bands if band.told.startswith("same_text"))
    assert small.thick < THINNEST == small.thin


def test_a_part_that_flows_on_leaves_from_its_own_end() -> None:
    facts = web()
    facts.path.append(stage("filter.length", 100, 9, dataset="short"))
    facts.inputs["short"] = ["corpus.test"]
    made = plan(laid(facts))
    leaving = next(band for band in made.bands if band.told.startswith("corpus.test") and " into " in band.told)
    end = next(band for band in made.bands if band.told == "test: 100 rows")
    assert leaving.y[0] == end.y[1] and leaving.thick == pytest.approx(end.thin)


def test_the_picture_says_itself_in_words_and_names_hostile_things_harmlessly() -> None:
    facts = Facts(path=[stage("filter.<script>", 10, 4, dataset="<b>\u202e", reasons={"</svg>": 4})])
    svg = drawn(laid(facts))
    assert ET.fromstring(svg).tag == "svg" and "<script>" not in svg and "\u202e" not in svg
    assert "10 rows in, 6 out, 4 lost." in svg


def test_the_same_facts_give_the_same_picture() -> None:
    assert drawn(laid(web())) == drawn(laid(web()))


def test_its_paths_stay_within_the_picture() -> None:
    svg = drawn(laid(web()))
    height = int(re.findall(r'height="(\d+)"', svg)[0])
    for path in re.findall(r' d="([^"]*)"', svg):
        numbers = [float(one) for one in re.findall(r"-?[\d.]+", path)]
        assert all(-0.1 <= one <= 1001 for one in numbers) and height > 100


@given(st.text(max_size=90), st.integers(4, 30), st.text("0123456789", max_size=5))
def test_words_take_at_most_two_lines_of_their_room(words: str, room: int, number: str) -> None:
    lines = wrapped(words, room, number)
    assert len(lines) <= 2 and all(len(line) <= max(room, len(number)) for line in lines)
    assert len(number) >= room or "".join(lines).endswith(number)
    assert len(cut(words, room)) <= room


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_any_counts_can_be_drawn(rows: int, dropped: int, quarantined: int, kept: int) -> None:
    facts = Facts(path=[stage("x.y", rows, dropped, quarantined=quarantined, kept=kept, parts={"a": kept, "b": 3})])
    assert ET.fromstring(drawn(laid(facts))).tag == "svg"
