"""What differs between two texts is marked, and everything is harmless."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tilth.cli.marking import AROUND, marked, window

TEXTS = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"], exclude_characters="[]{}-+…"), max_size=25
)


def without(text: str, what: str) -> str:
    """The marked text as it was before (`what` is `+`: additions out) or after."""
    gone, kept = (r"\{\+.*?\+\}", r"\[-(.*?)-\]") if what == "+" else (r"\[-.*?-\]", r"\{\+(.*?)\+\}")
    return re.sub(kept, r"\1", re.sub(gone, "", text))


def test_the_word_that_changed_is_marked():
    assert marked("the old soil", "the new soil") == "the [-old-]{+new+} soil"
    assert marked("the soil", "the soil grows") == "the soil{+ grows+}"
    assert marked("price 10", "price 100") == "price [-10-]{+100+}"


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_from_the_marks(before, after):
    both = marked(before, after)
    assert without(both, "+") == before and without(both, "-") == after


@given(TEXTS, TEXTS)
def test_outside_the_window_both_are_the_same(before, after):
    start, end = window(before, after)
    assert before[:start] == after[:start] and before[len(before) - end :] == after[len(after) - end :]
    assert start + end <= min(len(before), len(after))


def test_of_a_long_text_only_the_surroundings_of_the_change_are_shown():
    told = marked("a " * 5000 + "old" + " b" * 5000, "a " * 5000 + "new" + " b" * 5000)
    assert "[-old-]{+new+}" in told and told.startswith("…") and told.endswith("…") and len(told) < 4 * AROUND


def test_texts_that_differ_in_everything_are_cut():
    assert len(marked("x y " * 5000, "z w " * 5000)) < 3000


def test_nothing_in_the_texts_can_move_the_cursor():
    told = marked("\x1b[31mred\u202e x", "\x1b[32mgreen\n\t\u202e y")
    assert not re.search("[\x00-\x1f\u202e]", told)
