"""Texts of other people can do nothing on the page but be read."""

from __future__ import annotations

import re
import time
import unicodedata
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.report.harmless import compared, shown, visible


def words(markup: str) -> str:
    """What a reader sees of the markup."""
    return unescape(re.sub(r"<[^>]*>", "", markup))


def test_markup_is_shown_and_not_obeyed() -> None:
    assert shown("<script>alert('x')</script> & more") == "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; more"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\x00b", "a⟨NUL⟩b"),
        ("\x1b[31mred", "⟨ESC⟩[31mred"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("\ufeffx", "⟨U+FEFF⟩x"),
        ("\x85", "⟨U+0085⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("\ud800", "⟨U+D800⟩"),
    ],
)
def test_unseen_characters_are_written_out(text: str, seen: str) -> None:
    assert visible(text) == seen
    assert words(shown(text)) == seen


def test_lines_tabs_and_joiners_stay() -> None:
    text = "one\n\ttwo می\u200cخواهم 👩\u200d🌾"
    assert visible(text) == text
    assert shown(text) == text


def test_a_long_run_of_one_unseen_character_is_counted() -> None:
    assert words(shown("\x00" * 5000)) == "⟨NUL⟩ × 5\u202f000"


def test_a_million_characters_take_a_bounded_place_and_the_rest_is_counted() -> None:
    markup = shown("a" * 1_000_000, limit=1000)
    assert len(markup) < 1200
    assert "and 998\u202f976 more characters" in markup


@given(st.text(), st.integers(1, 300))
def test_whatever_the_text_no_tag_of_its_own_and_no_control_character_comes_through(text: str, limit: int) -> None:
    markup = str(shown(text, limit))
    assert set(re.findall(r"<[^>]*>", markup)) <= {"<i>", "</i>", '<span class="more">', "</span>"}
    assert not [character for character in markup if unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t"]
    assert len(markup.encode()) <= limit + 600


def test_a_change_is_marked_and_spaces_are_seen_in_it() -> None:
    before, after = compared("Split.  \nHere", "Split.\nHere")
    assert before == "Split.<del>··</del>\nHere"
    assert after == "Split.\nHere"


def test_long_passages_that_are_alike_are_left_out_around_a_change() -> None:
    long = "word " * 60
    before, after = compared(long + "old " + long, long + "new " + long)
    assert "<del>old</del>" in before and "<ins>new</ins>" in after
    assert before.count("…") == 2 and len(words(before)) < 250


def test_a_change_far_into_a_long_text_is_found() -> None:
    before, after = compared("word " * 5000 + "old end", "word " * 5000 + "new end")
    assert "<del>old</del> end" in before and "<ins>new</ins> end" in after and len(words(before)) < 200


@pytest.mark.parametrize("text", ["a &amp; b, and the rest of it…", "a &amp; b, and the rest of it, told on and on and on".ljust(800, "x")])
def test_where_both_texts_were_cut_their_ends_are_no_change(text: str) -> None:
    end = text[-1] if text.endswith("…") else ""
    cleaned = (text.removesuffix("…").replace("&amp;", "&") + "xtra")[: len(text) - len(end)] + end
    before, after = compared(text, cleaned)
    assert before.count("<del>") == 1 and "<del>amp;</del>" in before and "<ins>" not in after
    assert words(before).endswith("…") and words(after).endswith("…")


def test_texts_that_differ_as_a_whole_are_shown_though_they_were_cut() -> None:
    before, after = compared("a" * 800, "b" * 800)
    assert "<del>" in before and "<ins>" in after


def test_what_is_left_out_ends_at_words() -> None:
    before, _ = compared("old " + "word " * 90 + "old", "new " + "word " * 90 + "new")
    assert set(words(before).split()) == {"old", "word", "…"}


@given(st.text(max_size=60), st.text(max_size=60))
def test_without_what_was_marked_both_sides_are_the_same(before: str, after: str) -> None:
    left, right = (re.sub(r"<(del|ins)>.*?</\1>", "", side, flags=re.DOTALL) for side in compared(before, after))
    assert left == right


def test_comparing_hostile_texts_ends_soon() -> None:
    start = time.perf_counter()
    compared("a b " * 250_000, "b a " * 250_000)
    assert time.perf_counter() - start < 2


@given(st.text(max_size=400), st.text(max_size=400), st.integers(50, 500))
def test_a_comparison_takes_a_bounded_place(before: str, after: str, limit: int) -> None:
    assert all(len(side.encode()) <= 3 * limit + 600 for side in compared(before, after, limit))


def test_no_text_is_said() -> None:
    assert words(shown(None)) == "no text"
    assert compared(None, "new") == ("", "<ins>new</ins>")
