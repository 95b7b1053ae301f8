"""Overlaps between two sets of texts, beside plain Python."""

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.test_scan import TEXTS, column, index
from tests.text.wordwise import occurrences, shares
from tests.text.wordwise import sought as runs_of
from tilth.text import overlap
from tilth.text.overlap import COMMON, counted, rows_of, spans
from tilth.text.passages import passages
from tilth.text.scan import START, STOP, scan
from tilth.text.words import FULL

ITEM = "who wrote the very first book about the history of the small town by the river"


def overlaps(texts: pa.Array, items: pa.Array, words: int = 13, common: int = COMMON) -> pa.Table:
    """The long overlaps of texts with items, such as training rows with test rows; each pair that shares a run of words
    that is not common: `row`, `item`, `share` (of the words of the item that may be found), `words` (covered), and `start`,
    `stop`: the bytes of the text from the first to the last run. Items of fewer words than a run are looked for as a whole,
    from 5 words on; those of fewer are never found. Memory: about 60 bytes for each word of the items."""
    index = passages(items, 2 * np.arange(len(items)), len(items), words)
    hits = scan(texts, index.sought())
    told = overlap.shares(index, hits, counted(index, hits, common))
    line, hit = told.pairs.T
    start, stop = np.full(len(told.row), np.iinfo(np.int64).max), np.zeros(len(told.row), np.int64)
    np.minimum.at(start, line, hits[hit, START])
    np.maximum.at(stop, line, hits[hit, STOP])
    columns = {"row": told.row, "item": told.unit // 2, "share": told.share, "words": told.covered // FULL, "start": start, "stop": stop}
    return pa.table({name: pa.array(values) for name, values in columns.items()})


@settings(deadline=None, max_examples=200)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.lists(TEXTS, min_size=1, max_size=4), st.sampled_from([3, 5]), st.integers(1, 3))
@example(["a b c d e f g", "a b c x y z"], ["a b c d", "a b c x", "a b c"], 3, 2)
@example(["a b c a b c a b c", "中文字一二三 a b"], ["a b c a b c", "文字一二三"], 3, 9)
def test_shares_are_those_of_plain_python(items, texts, length, common):
    told = overlaps(column(texts), column(items), length, common).to_pylist()
    found = {(one["row"], one["item"]): one["share"] for one in told}
    plain = shares(texts, items, length, common)
    assert found.keys() == plain.keys()
    assert all(abs(found[key] - plain[key]) < 1e-12 for key in plain)


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=3), st.lists(TEXTS, min_size=1, max_size=4))
def test_a_run_counts_once_for_a_text_that_has_it_often(items, texts):
    told = index(items, 3)
    runs = list(dict.fromkeys(run for item in items for run, _, _ in runs_of(item, 3)))
    plain = [sum(any(run == one for one, _, _ in occurrences(text, set(runs))) for text in texts) for run in runs]
    assert rows_of(told, scan(column(texts), told.sought())).tolist() == plain


def test_an_overlap_tells_rows_share_and_bytes():
    texts = ["Nothing of it.", f"As they ask: {ITEM.upper()}? Nobody.", "about the history of the small town by the river"]
    first, second = overlaps(column(texts), column(["unrelated words that are many and more", ITEM]), words=8).to_pylist()
    assert first == {"row": 1, "item": 1, "share": 1.0, "words": 16, "start": 13, "stop": 13 + len(ITEM)}
    assert (second["row"], second["share"], second["words"]) == (2, 10 / 16, 10)


def test_the_words_of_a_common_run_count_neither_as_found_nor_as_sought():
    # The wrapper of a template and the first word behind it are a rare run: one word of the question, not eight.
    wrapper = "below is a task please write what it asks for and nothing else"
    items = [f"{wrapper} {name} question about {name} things that differ {name}" for name in ("birds", "bees", "trees", "rocks")]
    row = f"{wrapper} birds are what this one is really not about"
    assert overlaps(column([row]), column(items), words=8, common=9)["share"].to_pylist()[0] > 0.5
    assert overlaps(column([row]), column(items), words=8, common=3)["share"].to_pylist() == [1 / 8]


def test_two_sets_that_share_nothing_have_no_overlaps():
    assert overlaps(column(["a b c"]), column(["d e f"]), 3).num_rows == overlaps(column([]), column([]), 3).num_rows == 0
    assert overlaps(pa.array([None], pa.large_string()), column([ITEM])).num_rows == 0


def test_spans_with_few_words_between_them_are_one():
    hits = np.zeros((3, 9), np.int64)
    hits[:, 3:7] = [[0, 10, 0, 1], [14, 30, 3, 5], [90, 99, 20, 22]]
    assert spans(hits, 1) == [(0, 30), (90, 99)] and spans(hits, 0) == [(0, 10), (14, 30), (90, 99)]
    assert spans(hits[[2, 0, 1]], 20) == [(0, 99)]
