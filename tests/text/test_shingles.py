"""Shingles, beside the same sets in plain Python."""

import gzip
import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.twins import DATA, TEXTS, shingled
from tilth.text.shingles import CHARACTERS, WORDS, shingle_sets

SENTENCES = st.lists(st.sampled_from("the a cat sat on mat the. The, THE 1 2 don't e\u0301 中文 ไทย ß İ Σας".split()), max_size=25).map(" ".join)
"""Texts long enough for runs of five words, of so few words that runs come again."""


def sets(*texts):
    """The hashed shingles of each text, as Python sets."""
    values, counts = shingle_sets(pa.array(texts, pa.large_string()))
    assert len(values) == counts.sum()
    return [set(one.tolist()) for one in np.split(values, np.cumsum(counts)[:-1])] if len(counts) else []


def relabelled(texts):
    """The plain shingles of all texts and their hashes, as pairs: each shingle must have one hash and the other way round."""
    plain, hashed = [shingled(text) for text in texts], sets(*texts)
    assert [len(one) for one in plain] == [len(one) for one in hashed]
    return plain, hashed


@settings(deadline=None)
@given(st.lists(TEXTS | SENTENCES, min_size=1, max_size=5))
@example(["", " ", "...", "a", "A.", "a b c d", "a b c d e", "a b c d e f"])
@example(["Don't", "don t", "dont", "DON’T"])
@example(["中文没有空格的句子在这里", "中文没有,空格的句子在这里", "中文", "中 文"])
@example(["İstanbul ǅ ẞ ΑΣ", "i̇stanbul ǆ ß ας", "\0", "a\0b"])
@example(["abcd 中文", "abc 中文字", "ไทย ไทย ไทย ไทย ไทย ไทย"])
def test_shingles_are_those_of_plain_python(texts):
    plain, hashed = relabelled(texts)
    for one in range(len(texts)):
        for other in range(len(texts)):
            assert len(plain[one] & plain[other]) == len(hashed[one] & hashed[other])


@settings(deadline=None)
@given(st.lists(TEXTS | SENTENCES, max_size=5))
def test_each_set_ascends_and_has_no_member_twice(texts):
    values, counts = shingle_sets(pa.array(texts, pa.large_string()))
    ends = np.cumsum(counts)
    for begin, end in zip(ends - counts, ends, strict=True):
        one = values[begin:end]
        assert (one[1:] > one[:-1]).all()


def test_order_case_and_punctuation():
    same, dotted, turned = sets("One two three four five", "ONE, two: three -- four (five)!", "five four three two one")
    assert same == dotted and not same & turned


def test_a_text_shorter_than_a_shingle_is_one_and_differs_from_its_beginning():
    one, two, four, five, none = sets("a", "a b", "a b c d", "a b c d e", "?!")
    assert [len(shingles) for shingles in (one, two, four, five, none)] == [1, 1, 1, 1, 0]
    assert len(one | two | four | five) == 4


def test_numbers_are_kept():
    first, second = sets("it cost 15 pounds then", "it cost 16 pounds then")
    assert not first & second


def test_a_script_without_spaces_is_cut_into_runs_of_characters():
    text = "这里没有空格的一个句子"
    (shingles,) = sets(text)
    assert len(shingles) == len(text) - CHARACTERS + 1
    assert sets("这里没有,空格的一个。句子")[0] == shingles


def test_a_null_has_no_shingles_whatever_lies_beneath_it():
    assert sets("a b", None, "a b")[1] == set()
    hidden = pa.array(["one two three", "a b"], pa.large_string())
    null = pa.LargeStringArray.from_buffers(2, hidden.buffers()[1], hidden.buffers()[2], pa.py_buffer(b"\x02"))
    assert null.to_pylist() == [None, "a b"]
    values, counts = shingle_sets(null)
    assert counts.tolist() == [0, 1] and set(values.tolist()) == sets("a b")[0]


def test_a_slice_of_a_column_has_its_own_shingles_alone():
    column = pa.array(["x y", "a b", "c d"], pa.large_string())
    values, counts = shingle_sets(column.slice(1, 1))
    assert counts.tolist() == [1] and set(values.tolist()) == sets("a b")[0]
    assert [len(part) for part in shingle_sets(column.slice(0, 0))] == [0, 0]


def test_texts_longer_than_any_room_that_was_thought_of():
    many, one_word, chinese = " ".join(map(str, range(400_000))), "é" * 1_000_000, "中文字" * 100_000 + "末"
    found = sets("a b", many, one_word, chinese, "a b")
    assert [len(one) for one in found] == [1, 400_000 - WORDS + 1, 1, 4, 1]
    assert found[0] == found[-1]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=5))
def test_bytes_that_are_no_text_do_no_harm_even_to_their_neighbours(rows):
    rows = [b"one two", *rows, b"one two"]
    broken = pa.array(rows, pa.large_binary())
    column = pa.LargeStringArray.from_buffers(len(rows), broken.buffers()[1], broken.buffers()[2])
    values, counts = shingle_sets(column)
    assert counts[0] == counts[-1] == 1 and values[0] == values[-1]
    assert (counts >= 0).all() and all(count <= max(1, len(row)) for count, row in zip(counts, rows, strict=True))


def test_real_web_text_has_the_shingles_of_plain_python():
    file = DATA / "web/c4_sample_1000.jsonl.gz"
    if not file.exists():
        pytest.skip("../shared/data is not here")
    texts = [json.loads(line)["text"] for line in gzip.open(file, "rt")]
    plain, hashed = relabelled(texts)
    assert len(set().union(*plain)) == len(set().union(*hashed)), "no two shingles of a thousand pages share 64 bits"


LANGUAGES = sorted((DATA / "languages").glob("*.txt"))


@pytest.mark.skipif(not LANGUAGES, reason="../shared/data is not here")
def test_every_language_has_the_shingles_of_plain_python():
    relabelled([line for file in LANGUAGES for line in file.read_text().splitlines()])
