"""The language of a text: told right, told with how sure that is, and no text breaks it."""

import sys
from collections import Counter

import pyarrow as pa
import pycld2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.twins import DATA
from tests.tongues import EVERY, SENTENCES
from tilth.text import MEASURES, langid
from tilth.text import language as module
from tilth.text.iso639 import code_of, is_code
from tilth.text.language import ALIKE, CODES, MOST, detector, language, language_of_lines

LANGUAGES = DATA / "languages"
GROUPS = ("id ms", "bs hr sr", "cs sk", "da no sv", "es pt gl ca", "ru uk be bg mk", "zu xh", "st tn", "zh")
"""Languages whose sentences are often taken for another's of the group."""


def told(*texts, of=language):
    measures = of(pa.array(texts, pa.large_string()))
    return list(zip(measures["language"].to_pylist(), measures["language_confidence"].to_pylist(), strict=True))


def codes(*texts, of=language):
    return [code for code, _ in told(*texts, of=of)]


def test_a_sentence_is_in_the_language_it_is_in():
    assert codes(*(sentence for _, sentence in EVERY)) == [code for code, _ in EVERY]


def test_two_written_languages_of_one_code_and_two_scripts_are_one():
    assert set(codes(*SENTENCES["no"])) == {"no"} and set(codes(*SENTENCES["zh"])) == {"zh"}


def test_a_whole_page_is_surer_than_a_word():
    (page,), (word,) = told(" ".join(SENTENCES["en"])), told("kettle")
    assert page[0] == "en" and page[1] >= 0.95 > word[1]


def test_confidence_is_a_share_and_two_languages_halve_it():
    ((_, mixed),) = told(SENTENCES["en"][0] + " " + SENTENCES["ru"][0])
    assert all(0 <= sure <= 1 for _, sure in told(*(sentence for _, sentence in EVERY)))
    assert mixed < min(sure for _, sure in told(SENTENCES["en"][0], SENTENCES["ru"][0]))


@pytest.mark.parametrize("text", [None, "", "   \n", "12 + 30 = 42", "?!…", "😀🇩🇪", "\x00\x07", "\u0301", "\ufffe"])
def test_what_has_no_letter_is_not_judged(text):
    assert told(text, text) == [(None, None)] * 2
    assert told(text, of=language_of_lines) == [(None, None)]


@pytest.mark.parametrize("odd", ["\x00", "\x1b[31m", "\x7f", "\x85", "\ufdd0", "\uffff", "\U0010ffff", "\u0301" * 50, "😀" * 50, "\u202e", "\ue000"])
def test_controls_and_what_is_no_character_change_nothing(odd):
    sentence = SENTENCES["de"][0]
    assert codes(f"{odd} {sentence}", f"{sentence[:30]}{odd}{sentence[30:]}", sentence + odd) == ["de"] * 3


@settings(max_examples=300, deadline=None)
@given(st.lists(st.none() | st.text() | st.text(st.characters(codec="utf-8", categories=["L", "M", "Cc", "Cn", "Co"]), max_size=300), max_size=5))
@example(["𐍈" * 400, "a" * 641, "é" * 321, "<b>" * 300, "\ud7ff\ue000"])
def test_any_text_is_told_or_not_judged_alone_and_among_others(texts):
    among = told(*texts)
    assert among == [pair for text in texts for pair in told(text)]
    assert all((code is None) == (sure is None) and (code is None or code in CODES) for code, sure in among)
    assert all(code is None or code in CODES for code in codes(*texts, of=language_of_lines))


def test_a_line_of_ten_megabytes_is_looked_at_in_pieces():
    long = "menu home login " * 10 + (SENTENCES["fr"][0] + " ") * 150_000
    assert len(long) > 10_000_000
    assert codes(long) == ["fr"]


def test_a_menu_in_front_does_not_decide():
    assert codes("home login search contact about us " * 5 + " ".join(SENTENCES["de"] * 6)) == ["de"]


@pytest.mark.parametrize("width", range(MOST - 3, MOST + 6))
def test_no_character_is_cut(width):
    (cut,) = module._looked_at(pa.array(["a" * (width % 4) + "語" * (width // 2)], pa.large_string())).to_pylist()
    assert set(cut) <= set("a語 ") and len(cut.encode()) <= MOST + 3


def test_capitals_are_read_as_small_letters():
    assert codes(*(sentence.upper() for sentence in SENTENCES["de"])) == ["de"] * 3


def test_by_lines_most_characters_decide_and_the_confidence_is_their_share():
    english, german = SENTENCES["en"][0], SENTENCES["de"][0]
    text = "\n".join([english, german, "", "----", english])
    share = 2 * len(english) / (2 * len(english) + len(german))
    assert told(text, english, None, of=language_of_lines) == [("en", pytest.approx(share, abs=0.005)), ("en", 1.0), (None, None)]


def test_by_lines_a_tie_goes_to_the_first_in_the_alphabet():
    def by_first_letter(texts):
        return [{"A": "sv", "B": "da"}[text[0]] for text in texts.to_pylist()], [1.0] * len(texts)

    measures = language_of_lines(pa.array(["A line\nB line"], pa.large_string()), by_first_letter)
    assert measures["language"].to_pylist() == ["da"] and measures["language_confidence"].to_pylist() == [0.5]


def test_a_language_that_only_one_voter_knows_is_told_with_less_confidence():
    ((code, sure),) = told(SENTENCES["mi"][0])
    assert code == "mi" and "mi" not in langid.model().labels and sure <= 0.75


def test_a_slice_of_a_column_and_an_empty_one_are_taken_as_they_are():
    column = pa.array(["no", *(sentence for _, sentence in EVERY)], pa.large_string()).slice(1)
    assert language(column)["language"].to_pylist() == [code for code, _ in EVERY]
    empty = language(pa.array([], pa.large_string()))
    assert {name: (len(values), str(values.type)) for name, values in empty.items()} == {
        "language": (0, "large_string"),
        "language_confidence": (0, "double"),
    }


def test_the_codes_are_those_that_the_two_can_tell():
    told_by = {code_of(code) for name, code in pycld2.LANGUAGES if name in pycld2.DETECTED_LANGUAGES}
    every = {code for code in told_by if not module._odd(code)} | {code_of(label) for label in langid.model().labels}
    assert list(CODES) == sorted(every) and all(map(is_code, CODES)) and set(ALIKE) <= set(CODES)


def test_the_measures_are_in_the_table_and_the_voters_are_named():
    assert set(language(pa.array(["a"]))) <= set(MEASURES)
    assert detector().startswith("pycld2 0.") and ", py3langid 0." in detector()


@pytest.mark.skipif(not LANGUAGES.is_dir(), reason="../shared/data is not here")
def test_75_languages(capsys):
    lines = [(code_of(file.stem), line) for file in sorted(LANGUAGES.iterdir()) for line in file.read_text("utf-8").split("\n") if line.strip()]
    found = codes(*(line for _, line in lines))
    rights = Counter(right for (right, _), code in zip(lines, found, strict=True) if code == right)
    sizes = Counter(right for right, _ in lines)
    every = rights.total() / sizes.total()
    told = [f"language of {sizes.total():,} sentences in {len(sizes)} languages: {every:.4f} right"]
    for group in [*map(str.split, GROUPS), sorted(set(sizes) - set(" ".join(GROUPS).split()))]:
        here = [code for code in group if code in sizes]
        right = ", ".join(f"{code} {rights[code] / sizes[code]:.2f}" for code in here) if len(here) < 9 else f"{len(here)} other languages"
        told.append(f"  {sum(rights[code] for code in here) / sum(sizes[code] for code in here):.4f}  {right}")
    with capsys.disabled():
        sys.stdout.write("\n".join(["", *told, ""]))
    assert every >= 0.96
