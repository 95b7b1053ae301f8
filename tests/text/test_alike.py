"""Bosnian, Croatian and Serbian are told apart by words."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.text.alike import ODDS, WORDS, odds
from tilth.text.language import language

SERBIAN = "Gde je dete? Posle ručka nije više bilo vremena, pa je čovek otišao na reku, jer je bila nedelja i lepo vreme."
BOSNIAN = "Gdje je dijete? Poslije ručka je čovjek popio kahvu i čitao historiju, jer je bila nedjelja i lijepo vrijeme u januaru."
CROATIAN = "Gdje je dijete? Tijekom siječnja je obitelj slušala glazbu u kazalištu, a netko je poslije ručka otišao po kruh."


def test_each_is_told_by_its_own_words():
    found = language(pa.array([SERBIAN, BOSNIAN, CROATIAN], pa.large_string()))
    assert found["language"].to_pylist() == ["sr", "bs", "hr"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("vreme", {"bs": 1 / ODDS, "hr": 1 / ODDS, "sr": 1}),
        ("Vrijeme, RIJEKA!", {"bs": 1, "hr": 1, "sr": ODDS**-2}),
        ("januara", {"bs": 1, "hr": 1 / ODDS, "sr": 1}),
        ("vreme " * 10_000, {"bs": 0, "hr": 0, "sr": 1}),
        ("", {"bs": 1, "hr": 1, "sr": 1}),
    ],
)
def test_a_word_speaks_for_those_that_have_it(text, told):
    assert odds("sr", text) == told


@given(st.text())
def test_a_text_in_another_language_has_no_odds(text):
    assert odds("sl", text) == {} and set(odds("hr", text)) == {"bs", "hr", "sr"}


def test_no_word_stands_twice():
    every = [word for words in WORDS.values() for word in words.split()]
    assert len(every) == len(set(every)) and all(word == word.lower() for word in every)
