"""The measures of one walk over a text, beside the same measures in plain Python."""

import gzip
import json
import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.twins import DATA, TEXTS, share, unspaced
from tilth.text import MEASURES
from tilth.text.walk import walk

STOPS = {"the", "be", "to", "of", "and", "that", "have", "with"}


def twin(text):
    """What `walk` measures, as its docstring says it, in Python's own words."""
    words = text.split()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    measures = {
        "characters": len(text),
        "lines": len(lines),
        "bullet_lines": share(sum(line[0] in "•-" for line in lines), len(lines)),
        "ellipsis_lines": share(sum(line.endswith(("...", "…")) for line in lines), len(lines)),
        "words": len(words),
        "mean_word_length": share(sum(map(len, words)), len(words)),
        "hash_ratio": share(text.count("#"), len(words)),
        "ellipsis_ratio": share(text.count("...") + text.count("…"), len(words)),
        "alphabetic_words": share(sum(any(map(str.isalpha, word)) for word in words), len(words)),
        "stop_words": len(STOPS & {bare(word) for word in words}),
    }
    not_judged = list(measures)[4:] if unspaced(text) else []
    return measures | dict.fromkeys(not_judged)


def bare(word):
    """A word in lower case, without what is no letter at either end."""
    letters = [place for place, character in enumerate(word) if character.isalpha()]
    return word[letters[0] : letters[-1] + 1].lower() if letters else ""


def measured(*texts):
    measures = walk(pa.array(texts, pa.large_string()))
    return [dict(zip(measures, row, strict=True)) for row in zip(*(column.to_pylist() for column in measures.values()), strict=True)]


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=6))
@example(["\r\n", "\r\r\n\n", "a\r", "\x1c\x1d\x1e\x1f\x85\u2028\u2029"])
@example(["- a\n\n• b\n\n-\n–", "a...\nb ...\r\nc....\n. . .\n…", "#a ## #", "......", ".. .", "…..."])
@example(["The, THE the. (that's) to-do 'of' «and» 3with have2 beé éto be\u0301", "xxxxxxxxthe theeeeeee Be", "tHe\u00adof"])
@example(["a b\x00c", "\x00", "e\u0301 한국어 텍스트", "中文 abc", "ไทยภาษา", "中a", "a\u3000b"])
def test_every_measure_is_that_of_plain_python(texts):
    assert measured(*texts) == [twin(text) for text in texts]


def test_the_measures_are_those_that_the_table_explains():
    assert set(walk(pa.array([""]))) <= set(MEASURES)


def test_a_missing_text_is_not_measured_and_an_empty_one_has_no_ratios():
    missing, empty, blank = measured(None, "", " \n\t")
    assert set(missing.values()) == {None}
    assert {name for name, value in empty.items() if value == 0} == {"characters", "words", "lines", "stop_words"}
    assert {name for name, value in empty.items() if value is None} == set(empty) - {"characters", "words", "lines", "stop_words"}
    assert blank == empty | {"characters": 3}


def test_text_of_newlines_alone_divides_by_nothing_without_harm():
    # NeMo Curator's filters raise ZeroDivisionError here (heuristic/string.py).
    (newlines,) = measured("\n\n\n")
    assert newlines["hash_ratio"] is None and newlines["words"] == 0


def test_every_hash_counts_alone_or_in_a_run():
    # NeMo Curator sees no hash in "##" (heuristic/string.py).
    one, two = measured("# a", "## a")
    assert (one["hash_ratio"], two["hash_ratio"]) == (0.5, 1.0)


def test_words_are_not_judged_where_most_letters_stand_without_spaces():
    chinese, mixed, korean = measured("这里没有空格。再说一遍。", "abc 中", "이것은 한국어 문장입니다")
    assert chinese["words"] is None and chinese["stop_words"] is None and chinese["characters"] == 12
    assert mixed["words"] == 2 and korean["words"] == 3


def test_a_text_of_ten_megabytes_and_a_word_of_one():
    long, word = measured("the cat sat. " * 800_000, "é" * 1_000_000)
    assert (long["words"], long["characters"], long["stop_words"]) == (2_400_000, 10_400_000, 1)
    assert (word["words"], word["mean_word_length"]) == (1, 1_000_000)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=12), max_size=5))
def test_bytes_that_are_no_text_do_no_harm_even_to_their_neighbours(rows):
    rows = [b"one two\n", *rows, b"one two\n"]
    broken = pa.array(rows, pa.large_binary())
    column = pa.LargeStringArray.from_buffers(len(rows), broken.buffers()[1], broken.buffers()[2])
    words, characters = walk(column)["words"], walk(column)["characters"]
    assert (words[0].as_py(), words[-1].as_py(), characters[0].as_py(), characters[-1].as_py()) == (2, 2, 8, 8)
    assert all(0 <= count.as_py() <= len(row) for count, row in zip(characters, rows, strict=True))


def test_real_web_text_is_measured_as_plain_python_measures_it():
    file = DATA / "web/c4_sample_1000.jsonl.gz"
    if not file.exists():
        pytest.skip("../shared/data is not here")
    texts = [json.loads(line)["text"] for line in gzip.open(file, "rt")][:200]
    assert measured(*texts) == [twin(text) for text in texts]


LANGUAGES = sorted((DATA / "languages").glob("*.txt"))


@pytest.mark.skipif(not LANGUAGES, reason="../shared/data is not here")
def test_words_of_every_language_are_judged_but_of_those_without_spaces():
    texts = [file.read_text() for file in LANGUAGES]
    not_judged = [file.stem for file, measures in zip(LANGUAGES, measured(*texts), strict=True) if measures["words"] is None]
    assert not_judged == ["ja", "th", "zh"]


def test_importing_compiles_nothing_and_writes_nothing(tmp_path):
    code = "import tilth.text.walk, tilth.text.repetition, tilth.steps.filter.length, tilth.steps.filter.quality"
    subprocess.run([sys.executable, "-c", code], check=True, env={"XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []
