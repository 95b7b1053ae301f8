"""Texts without their bad lines, beside the same in plain Python."""

import gzip
import json
import re

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.twins import BRACKETS, DATA, MARKS, QUOTES, TEXTS, unended, unspaced
from tilth.text.bad_lines import Rules, without_bad_lines

CLOSING = re.compile(rf"[\s{re.escape(BRACKETS)}]+$")
CITATION = re.compile(r"\[[0-9]+\]|\[edit\]|\[citation needed\]")
USUAL = Rules(True, 3, 1000, ("javascript", "use cookies"), True)
EVERYTHING_STAYS = Rules(False, 0, 10**9, (), False)

BREAKS = [" ", "\n", "\n\n", "\r\n", "\r", "\x85"]
CITATIONS = ["[1]", "[", "23]", "[edit]", "[]", "[citation needed]"]
PIECES = ["A good line.", "too few", "The end", *'.…"」', "...", "!)", "java", "JavaScript ", "中文。", "ไทย ", "é" * 9, *BREAKS, *CITATIONS]
PAGES = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
PHRASES = st.lists(st.sampled_from(["javascript", "É", "LINE", "t"]), max_size=3).map(tuple)
RULES = st.builds(Rules, st.booleans(), st.integers(0, 4), st.integers(1, 12), PHRASES, st.booleans())


def twin(text, rules):
    """What `without_bad_lines` leaves, as its docstring says it, in Python's own words."""
    kept, between, dropped, blank = "", "", False, False
    for whole in text.splitlines(keepends=True):
        line = whole.splitlines()[0]
        left = CITATION.sub("", line) if rules.citations else line
        if not line.strip():
            between, blank = between + whole, True
        elif not stays(left, rules):
            dropped = True
        else:
            breaks = "\n\n" if blank else "\n"
            kept += ((breaks if kept else "") if dropped else between) + left
            between, dropped, blank = whole[len(line) :], False, False
    return kept if dropped else kept + between


def stays(line, rules):
    words = line.split()
    if not words or any(phrase.encode().lower() in line.encode().lower() for phrase in rules.phrases):
        return False
    last = CLOSING.sub("", line)
    ended = last[-1:] in set(MARKS + QUOTES) and not last.endswith(("...", "…"))
    enough = unspaced(line) or (len(words) >= rules.least_words and max(map(len, words)) <= rules.longest_word)
    return enough and (ended or not rules.terminal_punctuation or unended(line))


def left(*texts, rules=USUAL):
    return without_bad_lines(pa.array(texts, pa.large_string()), rules).to_pylist()


@settings(deadline=None, max_examples=300)
@given(st.lists(TEXTS | PAGES, max_size=5), RULES | st.just(USUAL))
@example(["[1]", "[edit]\n", "a[1] b c.", "[[1]2] b c.", "[12", "[1", "[", "a b c.[citation needed]", "x[1]\n\n[2]\n\nA good line."], USUAL)
@example(["a b c.\r\n\r\nno\r\n\r\nd e f!\r", "no\n\na b c.", "a b c.\n\n \n", "\n \na b c.\nno\n"], USUAL)
@example(["a b c. )", "a b c.) )", "a b c..  ) ", "a b c. .", "a b c. . .", "a b c...)", 'a b c..."', "a b c…", "a b c…?", "(a b c)"], USUAL)
def test_what_stays_is_what_plain_python_leaves(texts, rules):
    assert left(*texts, rules=rules) == [twin(text, rules) for text in texts]


@settings(deadline=None)
@given(st.lists(st.none() | TEXTS | PAGES, max_size=5))
def test_where_no_rule_is_set_the_column_itself_comes_back(texts):
    column = pa.array(texts, pa.large_string())
    assert without_bad_lines(column, EVERYTHING_STAYS) is column


@settings(deadline=None)
@given(PAGES, RULES)
def test_twice_is_once_but_for_marks_inside_marks(text, rules):
    (once,) = left(text, rules=rules)
    assert CITATION.search(once) or left(once, rules=rules) == [once]


def test_a_text_without_bad_lines_is_not_copied():
    column = pa.array(["A good line.", None], pa.large_string())
    assert without_bad_lines(column, USUAL) is column


def test_a_missing_text_stays_missing_and_a_slice_is_a_column_too():
    column = pa.array(["before this.\nno", None, "too few\nA good line.", ""], pa.large_string()).slice(1)
    assert without_bad_lines(column, USUAL).to_pylist() == [None, "A good line.", ""]


def test_an_empty_column_stays_empty():
    assert left() == []


def test_a_text_of_ten_megabytes_one_line_of_one_and_a_million_blank_lines():
    blank = "The cat sat." + "\n" * 1_000_000
    long, line, *blanks = left("menu\nThe cat sat.\n" * 600_000, "é" * 1_000_000, blank, blank + "menu")
    assert long == "The cat sat.\n" * 600_000 and line == ""
    assert blanks == [blank, "The cat sat."]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=12), max_size=5))
def test_bytes_that_are_no_text_do_no_harm_even_to_their_neighbours(rows):
    rows = [b"no\nA good line.", *rows, b"no\nA good line."]
    broken = pa.array(rows, pa.large_binary())
    column = pa.LargeStringArray.from_buffers(len(rows), broken.buffers()[1], broken.buffers()[2])
    out = without_bad_lines(column, USUAL).cast(pa.large_binary()).to_pylist()
    assert out[0] == out[-1] == b"A good line."
    assert all(len(after) <= len(before) for after, before in zip(out, rows, strict=True))


def test_real_pages_lose_what_plain_python_takes():
    file = DATA / "encyclopedia/en_wiki_00.txt.gz"
    if not file.exists():
        pytest.skip("../shared/data is not here")
    texts = gzip.open(file, "rt").read().split("</doc>")
    assert left(*texts) == [twin(text, USUAL) for text in texts]


def test_pages_that_went_through_these_rules_before_pass_nearly_unchanged():
    file = DATA / "web/c4_sample_1000.jsonl.gz"
    if not file.exists():
        pytest.skip("../shared/data is not here")
    texts = [json.loads(line)["text"] for line in gzip.open(file, "rt")]
    same = sum(after == before for after, before in zip(left(*texts), texts, strict=True))
    assert same > 0.95 * len(texts)
