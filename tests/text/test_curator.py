"""NeMo Curator's measures, beside the same ones in plain Python, and what goes wrong in its own."""

import os
import subprocess
import sys

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.peers import curator_c4, curator_gopher, curator_repetition
from tests.text.twins import TEXTS
from tilth.text import curator


def measured(family, *texts):
    told = family(pa.array(texts, pa.large_string()))
    return [dict(zip(told, row, strict=True)) for row in zip(*(column.to_pylist() for column in told.values()), strict=True)]


def alike(found, twins):
    return [{name: row[name] for name in twin} for row, twin in zip(found, twins, strict=True)] == twins


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=4))
@example(["• a\nb read MORE\n[…]\n[…] …", "# ## #a #a# -» read more..", "", "\n\n"])
def test_the_measures_of_gopher_are_those_of_plain_python(texts):
    assert alike(measured(curator.gopher, *texts), list(map(curator_gopher, texts)))


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=4))
@example(["a b a b a b", "", "a a a a a", "b a b  a\nb a", "x " * 30, "p\n\np\n\n\n\nq"])
def test_the_measures_of_repetition_are_those_of_plain_python(texts):
    assert alike(measured(curator.gopher_repetition, *texts), list(map(curator_repetition, texts)))


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=4))
def test_the_measures_of_c4_are_those_of_plain_python(texts):
    assert alike(measured(curator.c4, *texts), list(map(curator_c4, texts)))


def test_the_most_frequent_run_is_the_same_one_under_every_hash_seed():
    # NeMo Curator takes the first of a set (heuristic/repetition/repetition.py, RepeatingTopNGramsFilter).
    code = (
        "import pyarrow as pa; from tilth.text import curator\n"
        "text = 'a b ' + ' '.join(f'w{n}' for n in range(30)) + ' long-long long-long-long'\n"
        "print(curator.gopher_repetition(pa.array([text], pa.large_string()))['top_2_gram'][0].as_py())"
    )
    answers = {
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
        for seed in ("0", "1", "2")
    }
    assert len(answers) == 1


def test_of_runs_as_frequent_the_first_is_taken():
    (told,) = measured(curator.gopher_repetition, "aa bb cc dd aa bb cc dd")
    assert told["top_2_gram"] == 2 * len("aa bb") / 23


def test_text_of_newlines_alone_is_not_judged_where_curator_divides_by_nothing():
    # Its first filter lets newlines pass, and the next raises ZeroDivisionError (heuristic/string.py).
    (gopher,), (again,), (c4,) = (measured(family, "\n\n\n") for family in (curator.gopher, curator.gopher_repetition, curator.c4))
    assert gopher["words"] == 0 and gopher["symbol_words"] is None and gopher["bullet_lines"] is None
    assert again["unique_lines"] is None and c4["longest_word"] is None


def test_a_paragraph_that_is_too_short_for_a_run_is_dropped_only_by_runs():
    # Its docstring says 10 %, its code 20 %; and a text of fewer than N words scores 1.0 and is dropped.
    (told,) = measured(curator.gopher_repetition, "Two words")
    assert told["unique_paragraph_characters"] == told["unique_paragraphs"] == 1
    assert told["top_2_gram"] == 1 and told["top_3_gram"] == 1 and told["duplicate_5_grams"] == 1


def test_a_phrase_of_policies_is_counted_by_paragraph():
    some = "Read our Privacy Policy.\n\nAnother paragraph.\n\nWe use cookies.\n\nThe end."
    assert [row["boilerplate"] for row in measured(curator.c4, some, "Lorem IPSUM\n\nx\n\ny", "plain", "", None)] == [0.5, 1, 0, 0, None]
    long = "Before. Necessary cookies are absolutely essential for the website to function properly."
    assert measured(curator.c4, long)[0]["boilerplate"] == 0
    assert measured(curator.c4, curator.POLICIES[9].upper())[0]["boilerplate"] == 1


def test_letter_numbers_and_circled_letters_are_alphabetic_and_digits_are_not():
    assert measured(curator.gopher, "Ⅷ ⓐ 8 ½ é")[0]["alphabetic_words"] == 0.6
