"""Terms of a list in texts, beside the same search in plain Python."""

import gzip
import json
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.twins import DATA, TEXTS, share, unspaced
from tilth.errors import AskedWrong, NotThere
from tilth.text import MEASURES
from tilth.text.characters import UNSPACED_SCRIPTS
from tilth.text.terms import ALL, blocked, folded, made, read_terms

LONGEST = 40
"""Characters of a span that is tried; the terms of these tests, and white space in them, have fewer."""


def holds(character):
    apart = any(first <= ord(character) <= last for first, last in UNSPACED_SCRIPTS)
    return unicodedata.category(character)[0] in "LMN" and not apart


def whole(text, place):
    """Whether a term may begin or end here."""
    return not (0 < place < len(text) and holds(text[place - 1]) and holds(text[place]))


def twin(terms, text):
    """The numbers of the terms that are found in a text, one behind the other, by trying every span."""
    text = unicodedata.normalize("NFC", text)
    numbers = {folded(term): len(terms) - place for place, term in enumerate(reversed(terms))}
    found, at = [], 0
    while at < len(text):
        ends = [end for end in range(at + 1, min(at + LONGEST, len(text)) + 1) if not text[at].isspace() and not text[end - 1].isspace()]
        spans = [end for end in ends if whole(text, at) and whole(text, end) and _spelled(text[at:end]) in numbers]
        if spans:
            found.append(numbers[_spelled(text[at : spans[-1]])])
        at = spans[-1] if spans else at + 1
    return found


def _spelled(span):
    return " ".join(span.casefold().split())


def measured(terms, *texts):
    found = blocked(((ALL, tuple(terms)),), pa.array(texts, pa.large_string()))
    return [dict(zip(found, row, strict=True)) for row in zip(*(column.to_pylist() for column in found.values()), strict=True)]


PIECES = ["ab", "Ab", "abc", "a b", "straße", "ß", "STRASSE", "中", "中文", "é", "e\u0301", "$h", "-", " ", "  ", "\n", "İ", "ไทย", "1", "."]
TERMS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join).filter(folded)
JOINED = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@settings(deadline=None)
@given(st.lists(TERMS, min_size=1, max_size=6), st.lists(JOINED | TEXTS, max_size=4))
@example(["ab", "ab ab", "b"], ["ab  AB ab", "cab ab.", "ab\nab"])
@example(["中", "中文"], ["这中文字 中"])
@example(["ss"], ["ß aß"])
def test_terms_are_found_where_plain_python_finds_them(terms, texts):
    for text, found in zip(texts, measured(terms, *texts), strict=True):
        numbers, words = twin(terms, text), len(text.split())
        judged = share(len(numbers), words) if not unspaced(unicodedata.normalize("NFC", text)) else None
        assert found == {"blocked_terms": len(numbers), "blocked_share": judged, "blocked_term": numbers[0] if numbers else None}


def test_a_term_stands_whole_and_in_any_case():
    assert [found["blocked_terms"] for found in measured(["ass"], "A class of grass.", "An ASS, an ass-like (ass)", "ass2 ass_")] == [0, 3, 1]


def test_a_phrase_may_be_broken_by_any_white_space_and_by_nothing_else():
    assert [found["blocked_terms"] for found in measured(["bad phrase"], "Bad\n  phrase", "bad, phrase", "badphrase", "bad phrases")] == [1, 0, 0, 0]


def test_the_longest_term_counts_and_what_it_covers_does_not_count_again():
    (found,) = measured(["one", "one two", "two"], "one two two")
    assert (found["blocked_terms"], found["blocked_term"]) == (2, 2)


def test_in_a_script_without_spaces_a_term_is_found_anywhere():
    (found,) = measured(["坏词"], "这里有坏词在中间")
    assert (found["blocked_terms"], found["blocked_share"]) == (1, None)


def test_terms_and_texts_may_be_written_in_either_normal_form():
    assert [found["blocked_terms"] for found in measured(["cafe\u0301"], "Un CAFÉ.", "Un CAFE\u0301.")] == [1, 1]
    assert [found["blocked_terms"] for found in measured(["STRASSE"], "die Straße", "die Strasse")] == [1, 1]


def test_a_row_is_judged_by_the_list_of_its_language_and_by_the_one_for_all():
    lists = (("en", ("gift",)), ("de", ("Gift", "Rat")), (ALL, ("spam",)))
    texts = pa.array(["A gift, a rat, spam"] * 4, pa.large_string())
    found = blocked(lists, texts, pa.array(["en", "de", "fr", None]))
    assert found["blocked_terms"].to_pylist() == [2, 3, 1, 1]
    assert found["blocked_term"].to_pylist() == [1, 1, 4, 4]


def test_without_a_list_for_its_language_a_row_is_not_judged():
    found = blocked((("en", ("gift",)),), pa.array(["a gift", "ein Gift", "?"], pa.large_string()), pa.array(["en", "de", None]))
    assert found["blocked_terms"].to_pylist() == [1, None, None]


def test_a_missing_text_is_not_judged_and_an_empty_one_has_no_share():
    missing, empty = measured(["a"], None, "")
    assert set(missing.values()) == {None}
    assert empty == {"blocked_terms": 0, "blocked_share": None, "blocked_term": None}


def test_lists_are_read_one_term_a_line(tmp_path):
    file = tmp_path / "en.txt"
    file.write_bytes("\ufeffone\r\n\n two words \n".encode())
    assert read_terms(str(file)) == ("one", "two words")
    with pytest.raises(NotThere, match="cannot be read"):
        read_terms(str(tmp_path / "nowhere.txt"))
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(AskedWrong, match="no text in UTF-8"):
        read_terms(str(file))


@pytest.mark.parametrize(("lists", "said"), [(((ALL, ()),), "`all` is empty"), ((("en", (" ",)),), "no character")])
def test_a_list_that_blocks_nothing_is_refused(lists, said):
    with pytest.raises(AskedWrong, match=said):
        made(lists)


def test_what_is_made_of_a_list_is_known_by_the_list():
    assert made(((ALL, ("a",)),)).digest == made(((ALL, ("a",)),)).digest != made(((ALL, ("b",)),)).digest


def test_the_measures_are_those_that_the_table_explains():
    assert set(measured(["a"], "")[0]) <= set(MEASURES)


def test_real_web_text_has_the_terms_that_plain_python_finds():
    file = DATA / "web/c4_sample_1000.jsonl.gz"
    if not file.exists():
        pytest.skip("../shared/data is not here")
    texts = [json.loads(line)["text"][:600] for line in gzip.open(file, "rt")][:30]
    terms = ["privacy policy", "click here", "the", "US", "e-mail", "2019"]
    assert [found["blocked_terms"] for found in measured(terms, *texts)] == [len(twin(terms, text)) for text in texts]
