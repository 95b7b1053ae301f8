"""The kinds of characters that other tools know."""

import unicodedata

from tilth.text.dialect_characters import ALPHABETIC, ALPHANUMERIC, BULLET, LETTER, MARK, STOP, SYMBOL, UNMARKED, kinds


def having(kind):
    return {chr(number) for number in (kinds() & kind).nonzero()[0] if not 0xD800 <= number < 0xE000}


def test_letters_and_what_is_alphanumeric_are_pythons():
    every = [chr(number) for number in range(0x110000) if not 0xD800 <= number < 0xE000]
    assert having(LETTER) == {one for one in every if one.isalpha()}
    assert having(ALPHANUMERIC) == {one for one in every if one.isalnum()}


def test_alphabetic_is_more_than_letters_by_numbers_marks_and_circles():
    more = having(ALPHABETIC) - having(LETTER)
    assert having(LETTER) <= having(ALPHABETIC) and {"Ⅷ", "ⓐ", "\u0903"} <= more
    assert {unicodedata.category(one) for one in more} == {"Nl", "Mc", "Mn", "So"}


def test_a_full_width_one_is_a_mark_for_datatrove_and_a_full_width_two_is_not():
    assert "１" in having(MARK) and "２" not in having(MARK)


def test_what_is_no_mark_is_unmarked():
    assert not having(MARK) & having(UNMARKED)
    assert {"a", "1", "中", " ", "\n", "’"} & having(UNMARKED) == {"a", "1", "中", " ", "\n"}


def test_stops_bullets_and_symbols_are_those_of_their_tools():
    assert {".", "?", "!", "。", "؟", "।"} <= having(STOP) and not having(STOP) & {"…", '"', "'"}
    assert len(having(STOP)) == 159
    assert having(BULLET) == set("•‣⁃⁌⁍∙○●◘◦⦾⦿")
    assert having(SYMBOL) == {"#", "…"}
