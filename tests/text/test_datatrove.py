"""datatrove's measures, beside the same ones in plain Python over spaCy's tokens."""

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.peers import datatrove_fineweb, datatrove_gopher, datatrove_repetition
from tests.text.twins import TEXTS
from tilth.text import datatrove
from tilth.text.dialect_characters import MARK, STOP, kinds

english = pytest.importorskip("tilth.text.english", exc_type=ImportError)
ENGLISH = english.spacy.blank("en")
MARKS, STOPS = ({chr(number) for number in (kinds() & kind).nonzero()[0]} for kind in (MARK, STOP))


def measured(family, *texts):
    told = family(pa.array(texts, pa.large_string()))
    return [dict(zip(told, row, strict=True)) for row in zip(*(column.to_pylist() for column in told.values()), strict=True)]


def twin(text):
    words = [token.text for token in ENGLISH(text) if token.text.strip()]
    return datatrove_gopher(text, words, MARKS) | datatrove_repetition(text, words) | datatrove_fineweb(text, words, STOPS)


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=3))
@example(["the The, #a … ... \n- x\n• y...\r\n\r\nz", "", "\n", "don't " * 9, "ab c d e f x y z w v a bc d e f", "a.\n\na. \n\n\na.", "１ 2"])
def test_every_measure_is_that_of_plain_python(texts):
    assert measured(datatrove.of_words, *texts) == list(map(twin, texts))


def test_a_missing_text_is_not_measured():
    assert set(measured(datatrove.of_words, None)[0].values()) == set(measured(datatrove.c4, None)[0].values()) == {None}


def test_a_page_of_c4_has_the_sentences_of_the_lines_that_are_left():
    page = "\n".join(
        [
            "This line stays. It has two sentences.",
            "This one has no end",
            "Too short.",
            "This one trails off...",
            "Please enable JavaScript to go on.",
            "Read our privacy policy first, please.",
            "Another line that stays [12].",
        ]
    )
    assert measured(datatrove.c4, page) == [{"lorem_ipsum": 0, "curly_brackets": 0, "sentences": 3}]


def test_a_curly_bracket_in_a_line_that_is_dropped_anyway_does_not_drop_the_page():
    assert measured(datatrove.c4, "no end {\nThis line stays here.")[0]["curly_brackets"] == 0
    assert measured(datatrove.c4, "This line { stays here.")[0] == {"lorem_ipsum": 0, "curly_brackets": 1, "sentences": None}


def test_what_is_met_first_drops_the_page():
    first, second = "Here is lorem ipsum for you.", "A bracket { is here too."
    told = measured(datatrove.c4, f"{first}\n{second}", f"{second}\n{first}")
    assert [(row["lorem_ipsum"], row["curly_brackets"]) for row in told] == [(1, 0), (0, 1)]


def test_the_words_of_a_line_are_counted_with_its_citations():
    assert measured(datatrove.c4, "Only two words[1] [2].")[0]["sentences"] == 1
    assert measured(datatrove.c4, "Two words.")[0]["sentences"] == 0
    assert measured(datatrove.c4, f"A word {'x' * 1001} too long.")[0]["sentences"] == 0
