"""What every picture is made of."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from tilth.report.canvas import Scale, beside, box, picture, stretched, text, ticks

FINITE = st.floats(-1e9, 1e9)


def test_a_scale_of_one_value_puts_it_in_the_middle() -> None:
    assert Scale(3, 3)(3) == 0.5


@given(FINITE, FINITE, FINITE)
def test_what_lies_outside_a_scale_stays_at_its_nearest_end(low: float, high: float, value: float) -> None:
    assert 0 <= Scale(low, high)(value) <= 1


@given(FINITE, FINITE, st.integers(2, 8))
def test_ticks_are_round_and_within(low: float, high: float, about: int) -> None:
    found = ticks(low, high, about)
    assert 1 <= len(found) <= about + 2 or high <= low
    if high - low > 1e-6 * max(abs(low), abs(high), 1):
        assert all(low - 1e-6 * abs(high - low) <= tick <= high + 1e-6 * abs(high - low) for tick in found)


def test_ticks_are_steps_of_one_two_or_five() -> None:
    assert ticks(0, 1, 5) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert ticks(3.1, 8.4, 4) == [4, 6, 8]
    assert ticks(7, 7) == [7]


def test_a_picture_has_a_title_and_a_description_first_and_hostile_words_do_nothing() -> None:
    svg = ET.fromstring(picture("<b>\x00", "says </svg>", 20, [text(0.5, 9, "<script>\u202e"), box(0, 1, 0, 9, "lost"), beside(4, "1")]))
    assert [child.tag for child in svg][:2] == ["title", "desc"] and svg[0].text == "<b>⟨NUL⟩" and svg.attrib["height"] == "20"
    assert svg[2].text == "<script>⟨U+202E⟩" and svg[3].attrib["width"] == "100.00%"


def test_words_at_the_edges_grow_inwards() -> None:
    sides = [ET.fromstring(text(place, 0, "x")).attrib["text-anchor"] for place in (0, 0.5, 1)]
    assert sides == ["start", "middle", "end"]


def test_paths_stand_in_a_picture_of_a_thousand_that_is_stretched() -> None:
    inner = ET.fromstring(stretched(40, beside(1, "1")))
    assert (inner.attrib["viewBox"], inner.attrib["preserveAspectRatio"]) == ("0 0 1000 40", "none")
