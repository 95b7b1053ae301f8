"""The scan for runs of words, beside plain Python."""

import gzip
import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.twins import DATA, FEW_TOKENS
from tests.text.wordwise import occurrences, sought, words
from tilth.text.passages import passages
from tilth.text.scan import BEHIND, COUNT, FIRST, GRAM, HEFT, LAST, OF, ROW, START, STOP, scan, table

FEW = st.lists(st.sampled_from("the a cat sat on mat the. The, 1 2 don't 中文字 ไทย ß".split()), max_size=30).map(" ".join)
TEXTS = FEW | FEW_TOKENS


def column(texts):
    return pa.array(texts, pa.large_string())


def index(items, length, answers=None):
    """The index of questions, and of answers where there are any."""
    if answers is None:
        return passages(column(items), 2 * np.arange(len(items)), len(items), length)
    pieces = [piece for pair in zip(items, answers, strict=True) for piece in pair]
    return passages(column(pieces), np.arange(2 * len(items)), len(items), length)


def numbered(items, length):
    """The runs of items in the order in which they first occur."""
    return list(dict.fromkeys(run for item in items for run, _, _ in sought(item, length)))


@settings(deadline=None, max_examples=200)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.lists(TEXTS, min_size=1, max_size=4), st.sampled_from([3, 5, 8]))
@example(["a b c d e f g h"], ["x a b c d e f g h y", "a b c d e f g", "", "a b c d e f g h a b c d e f g h"], 8)
@example(["a b c d e f", "a b c d e"], ["a b c d e f", "z a b c d e"], 8)
@example(["the the the the the the the"], ["the the the the the the the the the"], 3)
def test_hits_are_all_that_plain_python_finds(items, texts, length):
    runs = numbered(items, length)
    hits = scan(column(texts), index(items, length).sought())
    found = [(row, gram + more, first + more) for row, gram, count, first in hits[:, [ROW, GRAM, COUNT, FIRST]].tolist() for more in range(count)]
    plain = [(row, runs.index(run), first) for row, text in enumerate(texts) for run, first, _ in occurrences(text, set(runs))]
    assert sorted(found) == sorted(plain)


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=3), st.lists(TEXTS, min_size=1, max_size=3))
@example(["a b c 中文字一二三四五六 d"], ["x, 中文字一二三四五六 D.", "«A» b (c) 中文字"])
def test_a_hit_tells_its_bytes_its_words_and_its_weight(items, texts):
    hits = scan(column(texts), index(items, 3).sought())
    runs = numbered(items, 3)
    for hit in hits:
        told = words(texts[hit[ROW]])
        some = told[hit[FIRST] : hit[LAST] + 1]
        assert (hit[START], hit[STOP]) == (some[0][1], some[-1][2])
        assert hit[HEFT] == sum(one[3] for one in some) and hit[OF] == sum(one[3] for one in told)
        last = runs[hit[GRAM] + hit[COUNT] - 1]
        assert tuple(one[0] for one in some[-len(last) :]) == last


def test_a_long_overlap_is_one_hit():
    # Janitor counts overlapping runs, so that 23 words that two texts share are eleven hits and delete a document.
    item = " ".join(f"word{number}" for number in range(23))
    hits = scan(column([f"Before it {item} and behind."]), index([item], 13).sought())
    assert hits[:, [COUNT, FIRST, LAST]].tolist() == [[11, 2, 24]]


def test_a_hit_ends_where_a_wrapper_that_many_items_have_ends():
    items = [f"one two three four five six seven eight nine ten {name}" for name in ("alpha", "beta")]
    hits = scan(column([items[1]]), index(items, 8).sought())
    assert hits[:, COUNT].tolist() == [3, 1]


def test_a_short_answer_is_found_only_behind_its_question():
    question, answer = "what is the capital city of France", "It is Paris"
    sought_ = index([question, "who was the first king of Bohemia"], 8, [answer, "Vratislaus"]).sought()
    far = " filler" * (BEHIND + 1)
    texts = [f"{question}? It is Paris.", f"It is Paris. {question}?", f"{question}?{far} It is Paris", "It is Paris", f"{question}? Vratislaus"]
    hits = scan(column(texts), sought_)
    told = hits[hits[:, GRAM] >= 2][:, [ROW, GRAM, START, STOP]].tolist()
    assert told == [[0, 2, len(question) + 2, len(question) + 2 + len(answer)]]


def test_tables_of_any_size_hold_what_is_put_in():
    keys = np.random.default_rng(1).integers(0, 1 << 63, 5000).astype(np.uint64)
    _, slots, numbers = table(keys, np.arange(5000))
    assert sorted(numbers[numbers >= 0].tolist()) == list(range(5000)) and set(slots[numbers >= 0].tolist()) == set(keys.tolist())
    assert (table(keys[:0], np.arange(0))[2] == -1).all()


def test_nulls_slices_and_empty_columns():
    sought_ = index(["one two three four"], 3).sought()
    texts = pa.array(["one two three", None, "x one two three"], pa.large_string())
    assert scan(texts, sought_)[:, ROW].tolist() == [0, 2] and scan(texts.slice(2), sought_)[:, ROW].tolist() == [0]
    assert len(scan(texts.slice(0, 0), sought_)) == 0 and len(scan(texts, index([], 3).sought())) == 0


def test_real_pages_have_the_hits_of_plain_python():
    if not (DATA / "web").is_dir():
        pytest.skip("../shared/data is not here")
    pages = [json.loads(line)["text"] for line in gzip.open(DATA / "web/c4_sample_1000.jsonl.gz", "rt")][:150]
    items = [page[200:500] for page in pages[::5]] + ["the end of the day"]
    runs = numbered(items, 8)
    hits = scan(column(pages), index(items, 8).sought())
    plain = sum(1 for page in pages for _ in occurrences(page, set(runs)))
    assert int(hits[:, COUNT].sum()) == plain > 1000
