"""The table of character classes beside what Python says of every code point."""

import sys
import unicodedata

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.text.characters import BREAK, ENDING, LETTER, QUOTE, REPLACEMENT, SMALL, SPACE, UNENDED, UNSPACED, classes, decode

EVERY = [chr(number) for number in range(sys.maxunicode + 1)]
NAMES = (
    (
        "CJK UNIFIED IDEOGRAPH-",
        "CJK COMPATIBILITY IDEOGRAPH-",
        "IDEOGRAPHIC ",
        "VERTICAL KANA",
        "HIRAGANA ",
        "KATAKANA",
        "HALFWIDTH KATAKANA",
        "BOPOMOFO ",
    )
    + ("MASU MARK", "VERTICAL IDEOGRAPHIC", "OLD CHINESE ", "HENTAIGANA ", "KHITAN SMALL SCRIPT", "TANGUT ", "NUSHU ", "YI SYLLABLE")
    + ("THAI ", "LAO ", "TIBETAN ", "MYANMAR ", "KHMER ", "TAI LE ", "NEW TAI LUE ", "TAI THAM ", "TAI VIET ", "BALINESE ", "JAVANESE ", "AHOM ")
)


def has(kind: int) -> list[bool]:
    return ((classes() & kind) != 0).tolist()


def test_white_space_is_what_python_splits_at():
    assert has(SPACE) == [one.isspace() for one in EVERY]
    assert all(f"a{one}a".split() == ["a", "a"] for one in EVERY if one.isspace())


def test_a_line_ends_where_python_says_so():
    assert has(BREAK) == [len(f"a{one}a".splitlines()) == 2 for one in EVERY]


def test_every_letter_of_unicode_is_a_letter():
    assert has(LETTER) == [unicodedata.category(one).startswith("L") for one in EVERY]


def test_the_scripts_without_spaces_are_told_by_the_names_of_their_letters():
    nameless = "TANGUT "  # before 3.13, Python knows no names of these letters
    told = [number for number, one in enumerate(EVERY) if one.isalpha() and unicodedata.name(one, nameless).startswith(NAMES)]
    assert np.flatnonzero(classes() & UNSPACED).tolist() == told


def test_hangul_and_devanagari_are_written_with_spaces():
    assert not any(classes()[ord(one)] & UNSPACED for one in "한국어हिन्दीالعربيةабвabc")


def test_small_letters_are_those_of_python():
    assert has(SMALL) == [one.isalpha() and one.islower() for one in EVERY]


def test_scripts_without_a_mark_for_the_end_of_a_sentence_set_no_spaces_between_words_either():
    told = np.flatnonzero(classes() & UNENDED)
    assert (classes()[told] & UNSPACED).all()
    assert {unicodedata.name(chr(one)).split()[0] for one in told if one < 0x1000} == {"THAI", "LAO", "TIBETAN"}
    assert not any(classes()[ord(one)] & UNENDED for one in "中のကខ한aб")


def test_a_sentence_ends_with_the_marks_of_many_scripts():
    assert all(classes()[ord(one)] & ENDING for one in ".?!…。！？؟۔।॥።։។။‽‼")
    assert not any(classes()[ord(one)] & ENDING for one in ",;:،、·-—)]”'a1 \n")


def test_marks_and_quotation_marks_are_neither_letters_nor_spaces_nor_each_other():
    kinds = classes()
    assert not (kinds[(kinds & (ENDING | QUOTE)) != 0] & (LETTER | SPACE)).any()
    assert not ((kinds & ENDING != 0) & (kinds & QUOTE != 0)).any()
    assert {unicodedata.category(one) for one in EVERY if kinds[ord(one)] & QUOTE} == {"Pi", "Pf", "Ps", "Pe", "Po"}


@settings(deadline=None)
@given(st.characters(exclude_categories=["Cs"]))
def test_decoding_gives_back_every_code_point(character):
    data = np.frombuffer(character.encode(), np.uint8)
    assert decode(data, 0, len(data)) == (ord(character), len(data))


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=4), st.binary(max_size=4))
def test_decoding_never_looks_beyond_the_end(text, behind):
    alone, followed = (np.frombuffer(data, np.uint8) for data in (text, text + behind))
    code, width = decode(alone, 0, len(text))
    assert (code, width) == decode(followed, 0, len(text))
    assert 0 <= code <= sys.maxunicode and 1 <= width <= len(text)


def test_a_byte_that_is_no_utf8_stands_for_one_replacement():
    assert decode(np.frombuffer(b"\xf4\xbf\xbf\xbf", np.uint8), 0, 4) == (REPLACEMENT, 1)
