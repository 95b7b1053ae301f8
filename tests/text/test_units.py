"""Lines, paragraphs and sentences: where they stand, and which are known to be the same."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tilth.errors import AskedWrong
from tilth.text.units import begins, opens, prepare, stops, units

TEXTS = st.text(st.sampled_from("aA é\u0301É.! \t\n\r\u2028\u00a0١1,-ß") | st.characters(codec="utf-8"), max_size=40)


def listed(text, unit="line", ignore=("case",), shortest=1):
    """The units of one text: what stands at their places, their numbers, and whether they open a line."""
    found = units(pa.array([text], pa.large_string()), unit, ignore, shortest)
    places, raw = np.asarray(found.places.values), (text or "").encode()
    stand = [raw[begin:stop].decode() for begin, stop in zip(begins(places), stops(places), strict=True)]
    return stand, found.numbers.values.to_pylist(), opens(places).tolist()


def plain(unit, ignore):
    """What a unit is known by, the plain way."""
    text = " ".join(unicodedata.normalize("NFC", unit).split())
    if "punctuation" in ignore:
        text = "".join(one for one in text if unicodedata.category(one)[0] != "P")
    if "digits" in ignore:
        text = "".join("0" if unicodedata.category(one) == "Nd" else one for one in text)
        while "00" in text:
            text = text.replace("00", "0")
    if "case" in ignore:
        text = "".join(one.lower()[0] for one in text)
    return " ".join(text.split())


def lines_of(text):
    """The lines that are not blank, from where the line begins to the last character that is no white space."""
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def paragraphs_of(text):
    """The paragraphs, the plain way."""
    found, held = [], ""
    for line in text.splitlines(keepends=True):
        if line.strip():
            held += line
        elif held:
            found, held = [*found, held.rstrip()], ""
    return [*found, held.rstrip()] if held else found


@settings(deadline=None)
@given(TEXTS)
@example("a\r\n\r\nb")
@example("\r\r\na\n \nb")
def test_lines_and_paragraphs_are_those_that_python_finds(text):
    assert listed(text)[0] == lines_of(text)
    assert listed(text, "paragraph")[0] == paragraphs_of(text)
    assert all(listed(text)[2]) and all(listed(text, "paragraph")[2])


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=6), st.sets(st.sampled_from(["case", "digits", "punctuation"])))
def test_two_units_have_the_same_number_if_they_are_the_same_but_for_what_is_ignored(pieces, ignore):
    stand, numbers, _ = listed("\n".join(pieces), ignore=tuple(ignore))
    known = [plain(one, ignore) for one in stand]
    for one, number in zip(known, numbers, strict=True):
        assert (number == 0) == (one == "")
        assert [other == number for other in numbers] == [other == one for other in known]


@settings(deadline=None)
@given(TEXTS, st.integers(1, 12))
@example("00000\x00", 6)
def test_what_is_too_short_has_no_number_and_keeps_its_place(text, shortest):
    stand, numbers, _ = listed(text, shortest=shortest)
    assert stand == lines_of(text)
    assert [number > 0 for number in numbers] == [len(plain(one, ("case",))) >= shortest for one in stand]


@settings(deadline=None)
@given(TEXTS)
def test_sentences_are_pieces_of_lines_in_order(text):
    stand, _, first = listed(text, "sentence")
    lines = lines_of(text)
    assert "".join("".join(stand).split()) == "".join(text.split())
    assert [line for line, opening in zip(stand, first, strict=True) if opening and line in lines] <= lines
    assert sum(first) == len(lines), "every line is opened by one"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One two. Three four! Five six?", ["One two.", "Three four!", "Five six?"]),
        (" (Why?) he said. J. Smith went.\nNo end\n\n3.14 is it.", [" (Why?) he said.", "J. Smith went.", "No end", "3.14 is it."]),
        ("12. 34. One. Two.", ["12. 34. One.", "Two."]),
        ("一句话。又一句。", ["一句话。", "又一句。"]),
    ],
)
def test_sentences_end_where_they_are_counted_to_end(text, sentences):
    assert listed(text, "sentence")[0] == sentences


def test_the_first_sentence_of_a_line_opens_it():
    assert listed("One two. Three four.\n\nFive six.", "sentence")[2] == [True, False, True]


def test_texts_are_listed_one_by_one_and_a_null_has_no_units():
    found = units(pa.array(["a\nb", None, "", "c"]), "line", (), 1)
    assert [len(one) for one in found.numbers.to_pylist()] == [2, 0, 0, 1] == [len(one) for one in found.places.to_pylist()]
    assert found.sizes.to_pylist() == [3, 0, 0, 1]
    sliced = units(pa.array(["x", "a\nb", None, "", "c"])[1:], "line", (), 1)
    assert sliced.numbers == found.numbers and sliced.places == found.places


def test_many_units_find_room():
    text = "\n".join(f"line {number}" for number in range(5000))
    assert listed(text)[0] == text.split("\n") and len(set(listed(text)[1])) == 5000


def test_other_values_than_texts_are_refused():
    with pytest.raises(AskedWrong, match="no text that could be measured"):
        units(pa.array([["a"]]), "line", (), 1)


def test_kernels_are_compiled_before_workers_start():
    prepare()
    assert listed("a")[0] == ["a"]
