"""Normal forms, line ends and spaces, and that text which needs nothing is left alone."""

import sys
import unicodedata

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.text.normalise import _MAY_LEAVE_NFC, SPACE, each, normalised, only, replaced, single_spaced, where

EVERY = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) not in ("Cs", "Cn")]
"""Every assigned character that can stand in a text."""


def large(*values):
    return pa.array(values, pa.large_string())


@pytest.mark.parametrize("form", ["NFC", "NFKC"])
def test_each_character_is_normalised_as_unicode_says(form):
    found = normalised(large(*EVERY), form).to_pylist()
    assert found == [unicodedata.normalize(form, char) for char in EVERY]


def test_characters_that_skip_normalising_cannot_need_it():
    may_leave = pc.match_substring_regex(large(*EVERY), _MAY_LEAVE_NFC).to_pylist()
    skipped = {char for char, may in zip(EVERY, may_leave, strict=True) if not may}
    assert len(skipped) > 45_000
    assert not [char for char in skipped if unicodedata.combining(char) or not unicodedata.is_normalized("NFC", char)]
    composed = (unicodedata.decomposition(char).split() for char in EVERY if unicodedata.is_normalized("NFC", char))
    seconds = {chr(int(parts[1], 16)) for parts in composed if len(parts) == 2 and not parts[0].startswith("<")}
    assert not seconds & skipped, "the second half of a composition was skipped"


@given(st.lists(st.text(alphabet=st.sampled_from(EVERY)) | st.none(), max_size=6))
def test_normalising_agrees_with_python_on_any_text(values):
    found = normalised(large(*values), "NFC").to_pylist()
    assert found == [None if value is None else unicodedata.normalize("NFC", value) for value in values]


def test_no_form_is_no_change():
    assert normalised(large("e\u0301"), "none").to_pylist() == ["e\u0301"]


def test_spaces_are_those_of_unicode():
    spaces = [char for char in EVERY if unicodedata.category(char) == "Zs"] + ["\t"]
    matches = pc.match_substring_regex(large(*EVERY), f"[{SPACE}]").to_pylist()
    assert {char for char, match in zip(EVERY, matches, strict=True) if match} == set(spaces)


def test_single_spaced_leaves_one_space_between_words():
    assert single_spaced(large("  a \t b\r\n\n c\u3000", "a b", "", " ", None)).to_pylist() == ["a b c", "a b", "", "", None]


@given(st.text())
def test_single_spaced_twice_is_once(text):
    once = single_spaced(large(text))
    assert single_spaced(once).equals(once)


def test_only_touches_what_needs_it_and_keeps_nulls():
    seen = []

    def shout(text):
        seen.append(text)
        return text.upper()

    array = large("a1", None, "b", "c1")
    assert where(array, "1", each(shout)).to_pylist() == ["A1", None, "b", "C1"]
    assert seen == ["a1", "c1"]


def test_nothing_needed_returns_the_same_array():
    array = large("a", None)
    assert replaced(array, "z", "y") is array
    assert only(array, pa.array([None, False]), each(str.upper)) is array
    assert replaced(large(), "z", "y").to_pylist() == []
