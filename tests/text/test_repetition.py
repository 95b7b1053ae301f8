"""The measures of repetition, beside the same measures in plain Python."""

import gzip
import json
import os
import subprocess
import sys
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.twins import DATA, TEXTS, share, unspaced
from tilth.text import MEASURES
from tilth.text.repetition import repetition


def twin(text):
    """What `repetition` measures, as its docstring says it, in Python's own words."""
    lines = [line for line in text.splitlines() if line.strip()]
    words = text.split()
    measures = {}
    for name, pieces in (("paragraph", paragraphs(text)), ("line", lines)):
        copies = duplicates(pieces)
        measures[f"duplicate_{name}s"] = share(len(copies), len(pieces))
        measures[f"duplicate_{name}_characters"] = share(sum(len(copy.strip()) for copy in copies), len(text)) if pieces else None
    within = len("".join(text.splitlines()))
    measures["repeated_line_characters"] = share(sum(len(line.strip()) for line in duplicates(lines)), within) if lines else None
    runs = {f"top_{n}_gram": top(words, n) for n in (2, 3, 4)} | {f"duplicate_{n}_grams": met_before(words, n) for n in range(5, 11)}
    judged = words and not unspaced(text)
    return measures | {name: share(covered, len(text)) if judged else None for name, covered in runs.items()}


def paragraphs(text):
    found, open_one = [], ""
    for line in [*text.splitlines(keepends=True), ""]:
        if not line.strip() and open_one:
            found.append(open_one)
        open_one = open_one + line if line.strip() else ""
    return found


def duplicates(pieces):
    """The pieces whose words have occurred before."""
    seen, copies = set(), []
    for piece in pieces:
        if (known := tuple(piece.split())) in seen:
            copies.append(piece)
        seen.add(known)
    return copies


def top(words, n):
    """The characters that the most frequent run of n words covers, each once; 0 if it occurs once."""
    runs = [tuple(words[place : place + n]) for place in range(len(words) - n + 1)]
    if not runs:
        return 0
    run, count = Counter(runs).most_common(1)[0]  # of equally frequent ones the one met first
    if count == 1:
        return 0
    places = [place for place, one in enumerate(runs) if one == run]
    covered = {place + inside for place in places for inside in range(n)}
    spaces = {place + inside for place in places for inside in range(n - 1)}
    return sum(len(words[word]) for word in covered) + len(spaces)


def met_before(words, n):
    """The characters in runs of n words met before, each stepped over as a whole."""
    seen, place, covered = set(), 0, 0
    while place <= len(words) - n:
        run = tuple(words[place : place + n])
        if run in seen:
            covered, place = covered + len("".join(run)), place + n
        else:
            seen.add(run)
            place += 1
    return covered


def measured(*texts):
    measures = repetition(pa.array(texts, pa.large_string()))
    return [dict(zip(measures, row, strict=True)) for row in zip(*(column.to_pylist() for column in measures.values()), strict=True)]


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=4))
@example(["a\r\nb\r\n\r\na\r\nb", "\n\na\n\nb\n", " x\nx \n\t x\n", "a b\na\tb\na  b"])
@example(["a a a a a a a a a a a a a", "a b a b a b", "ab c a bc", "a\n \nb\n\x0b\na"])
@example(["中文\n中文\n\n中文", "", " ", "a b c d e f g h i j " * 3])
def test_every_measure_is_that_of_plain_python(texts):
    assert measured(*texts) == [twin(text) for text in texts]


@settings(deadline=None)
@given(TEXTS)
def test_a_share_is_never_above_one(text):
    assert all(value is None or 0 <= value <= 1 for value in measured(text)[0].values())


def test_the_measures_are_those_that_the_table_explains():
    assert set(repetition(pa.array([""]))) <= set(MEASURES)


def test_a_missing_text_and_one_without_a_word_are_not_judged():
    assert [set(one.values()) for one in measured(None, "", "\n \n\n")] == [{None}] * 3


def test_an_empty_column_gives_empty_measures():
    assert {len(column) for column in repetition(pa.array([], pa.large_string())).values()} == {0}


def test_a_text_shorter_than_a_run_repeats_nothing():
    # NeMo Curator scores such texts 1.0 and drops them; Data-Juicer and DCLM fail on them or divide by zero.
    assert set(measured("one")[0].values()) == {0.0}


def test_a_run_that_occurs_once_is_not_repetition():
    # datatrove takes the first run of a text for its most frequent one, even if it occurs once.
    assert measured("internationalisation notwithstanding")[0]["top_2_gram"] == 0


def test_overlapping_occurrences_cover_each_character_once():
    assert measured("a a a a")[0]["top_2_gram"] == 1  # datatrove: 3 · 3 / 7


def test_of_equally_frequent_runs_the_first_counts():
    # "aa b" and "c d" occur twice each; NeMo Curator takes either, by the order of a set.
    assert measured("aa b x c d y aa b z c d")[0]["top_2_gram"] == 2 * len("aa b") / 23


def test_a_run_is_a_sequence_of_words_and_not_of_letters():
    assert measured("a b c d ef a b c de f")[0]["duplicate_5_grams"] == 0


def test_windows_line_ends_make_the_same_lines_and_paragraphs():
    unix, windows = measured("a\nb\n\na\nb\n", "a\r\nb\r\n\r\na\r\nb\r\n")
    assert (unix["duplicate_lines"], unix["duplicate_paragraphs"]) == (windows["duplicate_lines"], windows["duplicate_paragraphs"]) == (0.5, 0.5)


def test_lines_are_judged_where_words_are_not():
    (chinese,) = measured("这里没有空格\n这里没有空格")
    assert chinese["duplicate_lines"] == 0.5 and chinese["top_2_gram"] is None


def test_a_text_of_ten_megabytes_and_a_word_of_one():
    numbers = " ".join(map(str, range(1_400_000)))
    different, same, word = measured(numbers, "ab " * 3_300_000, "é" * 1_000_000)
    assert different["top_2_gram"] == 0 and different["duplicate_5_grams"] == 0
    assert same["top_2_gram"] == pytest.approx(1) and same["duplicate_10_grams"] == pytest.approx(2 / 3, abs=1e-4)
    assert word["duplicate_lines"] == 0


@settings(deadline=None)
@given(st.lists(st.binary(max_size=30), max_size=4))
def test_bytes_that_are_no_text_do_no_harm_even_to_their_neighbours(rows):
    rows = [b"one two one two", *rows, b"one two one two"]
    broken = pa.array(rows, pa.large_binary())
    column = pa.LargeStringArray.from_buffers(len(rows), broken.buffers()[1], broken.buffers()[2])
    shares = repetition(column)["top_2_gram"].to_pylist()
    assert shares[0] == shares[-1] == twin("one two one two")["top_2_gram"]


def test_the_hash_seed_of_python_changes_nothing():
    # NeMo Curator scored one text 0.087 or 0.609, by PYTHONHASHSEED (heuristic/repetition/repetition.py).
    code = """import sys, pyarrow as pa
from tilth.text.repetition import repetition
from tilth.text.walk import walk
texts = pa.array(["p q r s p q x y x y the of", "u v w u v w t", "line\\nline\\n\\nline"], pa.large_string())
print({name: column.to_pylist() for measures in (walk(texts), repetition(texts)) for name, column in measures.items()})"""
    runs = [
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True) for seed in "01"
    ]
    assert runs[0].stdout and len({run.stdout for run in runs}) == 1


def test_real_web_text_is_measured_as_plain_python_measures_it():
    file = DATA / "web/c4_sample_1000.jsonl.gz"
    if not file.exists():
        pytest.skip("../shared/data is not here")
    texts = [json.loads(line)["text"] for line in gzip.open(file, "rt")][:200]
    assert measured(*texts) == [twin(text) for text in texts]
