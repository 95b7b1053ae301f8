"""Pieces of specifications: colours, limits, lines, and what is told under the pointer."""

import pytest

from tilth.report import vegalite


def test_colours_are_set_everywhere_but_in_the_data() -> None:
    spec = {"color": "var(--ink)", "range": ["var(--ink)", "no colour: var(--ink)"], "size": 2, "data": {"values": [{"name": "var(--ink)"}]}}
    assert vegalite.painted(spec, {"ink": "#123456"}) == {**spec, "color": "#123456", "range": ["#123456", "no colour: var(--ink)"]}


def test_a_colour_that_the_page_does_not_have_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        vegalite.painted({"color": "var(--nowhere)"}, {"ink": "#123456"})


def test_a_legend_stands_only_where_there_is_a_choice() -> None:
    assert vegalite.named("line", ["training"])["legend"] is None
    assert vegalite.named("line", ["training", "validation"])["legend"] == {}


def test_more_names_than_colours_begin_again() -> None:
    found = vegalite.named("line", [str(number) for number in range(9)])["scale"]["range"]
    assert len(found) == 9 and found[6] == found[0]


def test_titles_are_made_visible() -> None:
    assert vegalite.titled("a\u202eb", "c\x00", 10, [], [])["title"] == {"text": "a⟨U+202E⟩b", "subtitle": "c⟨NUL⟩"}


def test_numbers_of_points_are_short() -> None:
    assert vegalite.short(1 / 3) == 0.333333 and vegalite.short(1234567.0) == 1234570.0


def test_words_above_a_line_grow_to_where_there_is_room() -> None:
    assert vegalite.upright(3, "x", left=True)[1]["mark"]["align"] == "right"
    assert vegalite.upright(3, "x")[1]["mark"]["align"] == "left"


def test_what_is_told_is_an_expression_in_which_titles_are_quoted() -> None:
    words = '{"li\\"ne\\\\b⟨NUL⟩": (datum.datum || datum)["line"], "step": format((datum.datum || datum)["x"], \',.6~r\')}'
    assert vegalite.told(("line", 'li"ne\\b\x00'), numbers=[("x", "step")]) == {"value": {"expr": words}}
