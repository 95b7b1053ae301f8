"""The measures of lines and sentences, beside the same measures in plain Python."""

import gzip
import json
import re

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.twins import BRACKETS, DATA, MARKS, QUOTES, TEXTS, share, unended, unspaced
from tilth.text import MEASURES
from tilth.text.lines import lines
from tilth.text.walk import walk

PROSE = ["The", "cat", "J", "u", "3", ". ", "! ", "... ", "\r\n", "Lorem", " ipsum", *'.?…。؟।"’()[】 \n中ก{']
SENTENCES = st.lists(st.sampled_from(PROSE), max_size=40).map("".join)
"""Texts of what begins, ends and does not end sentences."""


def twin(text):
    """What `lines` measures, as its docstring says it, in Python's own words."""
    words = text.split()
    found = [line.strip() for line in text.splitlines() if line.strip()]
    measures = {
        "sentences": sum(map(sentences, found)),
        "lorem_ipsum": " ".join(text.translate(ASCII_LOWER).split()).count("lorem ipsum"),
        "curly_brackets": text.count("{") + text.count("}"),
        "ended_lines": share(sum(CLOSING.sub("", line)[-1:] in set(MARKS) for line in found), len(found)),
        "short_lines": share(sum(len(line) <= 30 for line in found), len(found)),
        "newline_ratio": share(len(f"{text}x".splitlines()) - 1, len(words)),
    }
    not_judged = ["sentences", "ended_lines"] if unended(text) else []
    return measures | dict.fromkeys([*not_judged, *(["short_lines", "newline_ratio"] if unspaced(text) else [])])


CLOSING = re.compile(rf"[\s{re.escape(QUOTES + BRACKETS)}]+$")
ASCII_LOWER = {letter: letter + 32 for letter in range(ord("A"), ord("Z") + 1)}


def sentences(line):
    """How many pieces of the line, between the ends of sentences, have a letter."""
    begin, count = 0, 0
    for end in [*ends(line), len(line)]:
        count += any(map(str.isalpha, line[begin:end]))
        begin = end
    return count


def ends(line):
    place = 0
    while place < len(line):
        end = place
        if line[place] in MARKS and not initial(line, place):
            end += len(line[place:]) - len(line[place:].lstrip(MARKS + QUOTES + BRACKETS))
            rest = line[end:].lstrip()
            free = any(mark in MARKS and mark not in ".?!…" for mark in line[place:end])
            if free or (rest and line[end].isspace() and not (rest[0].isalpha() and rest[0].islower())):
                yield end
        place = max(end, place + 1)


def initial(line, place):
    """Whether a dot stands here, behind one letter alone."""
    before = line[place - 2 : place - 1] if place > 1 else ""
    single = before == "" or before.isspace() or before in MARKS + QUOTES + "(["
    return line[place] == "." and place > 0 and line[place - 1].isalpha() and single


def measured(*texts):
    measures = lines(pa.array(texts, pa.large_string()))
    return [dict(zip(measures, row, strict=True)) for row in zip(*(column.to_pylist() for column in measures.values()), strict=True)]


def count(text):
    return measured(text)[0]["sentences"]


@settings(deadline=None, max_examples=300)
@given(st.lists(TEXTS | SENTENCES, max_size=6))
@example(["\r\n", "\r\r\n\n", "a\r", "\x1c\x1d\x1e\x1f\x85\u2028\u2029", "", "a", "."])
@example(["a. b. C. D", "J.R.R. Tolkien", "J.. B", "(J. B", "“J. B", "x.J. B", "1. A", "J.? B", "中. A", ".. A", "a. ... b", "a。 . b"])
@example(["lorem\u3000ipsum", "LOREM \n IPSUMlorem ipsum", "loremipsum", "lorem", "lorem ", "l", "lorem ipſum", "lorem İpsum"])
@example(["so.\n”", '. "', "(so. )", "« So. »", ")"])
@example(["x" * 30, "x" * 31, f" {'x' * 30} ", "é" * 30, "a\u0301" * 15])
def test_every_measure_is_that_of_plain_python(texts):
    assert measured(*texts) == [twin(text) for text in texts]


def test_the_measures_are_those_that_the_table_explains():
    assert set(lines(pa.array([""]))) <= set(MEASURES)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("The cat sat. The dog ran.", 2),
        ("The cat sat. The dog ran", 2),
        ("Really?! Yes... “Fine.” (Good.) So", 5),
        ("It is 3.14 at example.com, e.g. on Monday", 1),
        ("“Why?” he asked. So it goes on… and on", 2),
        ("J. R. Smith of the U.S. Army came.", 1),
        ("Dr. Smith came.", 2),
        ("1. Wash it.\n2. Eat it.", 2),
        ("Home\nAbout us\n* * *\n2019", 2),
        ("他来了。他走了！真的吗？是", 4),
        ("هل جاء؟ نعم جاء.", 2),
        ("सीता आई।राम गया॥", 2),
        ("", 0),
    ],
)
def test_sentences_end_as_a_reader_of_plain_rules_expects(text, sentences):
    assert count(text) == sentences


def test_a_line_is_ended_though_a_quotation_mark_or_bracket_closes_behind_the_mark():
    assert [one["ended_lines"] for one in measured("“So.”", "(So.)", "so.  ", "so…", "so”", "so:")] == [1, 1, 1, 1, 0, 0]


def test_a_short_line_has_thirty_characters_and_no_more():
    thirty, more = measured("x" * 30, "x" * 31)
    assert (thirty["short_lines"], more["short_lines"]) == (1, 0)


def test_scripts_are_not_judged_by_what_they_lack():
    thai, chinese, mixed = measured("ภาษาไทยไม่มีจุด\nไทย", "这是一句。\n没有", "a ไ.")
    assert [thai[name] for name in ("sentences", "ended_lines", "short_lines", "newline_ratio")] == [None] * 4
    assert [chinese[name] for name in ("sentences", "ended_lines", "short_lines", "newline_ratio")] == [2, 0.5, None, None]
    assert mixed["sentences"] == 1


def test_a_missing_text_is_not_measured_and_one_without_lines_has_no_shares():
    # NeMo Curator divides by zero on newlines alone (heuristic/string.py), as does DCLM on paragraphs (dedup/bff).
    missing, newlines = measured(None, "\n\n\n")
    assert set(missing.values()) == {None}
    assert newlines == {
        "sentences": 0,
        "lorem_ipsum": 0,
        "curly_brackets": 0,
        "ended_lines": None,
        "short_lines": None,
        "newline_ratio": None,
    }


def test_an_empty_column_gives_empty_measures():
    assert {len(column) for column in lines(pa.array([], pa.large_string())).values()} == {0}


def test_a_text_of_ten_megabytes_and_a_word_of_one():
    long, word = measured("The cat sat. " * 800_000, "é" * 1_000_000)
    assert (long["sentences"], long["short_lines"], word["sentences"]) == (800_000, 0, 1)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=12), max_size=5))
def test_bytes_that_are_no_text_do_no_harm_even_to_their_neighbours(rows):
    rows = [b"Lorem ipsum. Two.\n", *rows, b"Lorem ipsum. Two.\n"]
    broken = pa.array(rows, pa.large_binary())
    column = pa.LargeStringArray.from_buffers(len(rows), broken.buffers()[1], broken.buffers()[2])
    found = lines(column)
    told = [(found[name][0].as_py(), found[name][-1].as_py()) for name in ("sentences", "lorem_ipsum", "ended_lines")]
    assert told == [(2, 2), (1, 1), (1, 1)]


def test_lines_and_words_are_those_of_the_other_walk():
    texts = pa.array(["a b\n\nc\r\nd e f\x85", "one"], pa.large_string())
    words, whole = walk(texts)["words"].to_pylist(), walk(texts)["lines"].to_pylist()
    assert (words, whole) == ([6, 1], [3, 1])
    assert lines(texts)["newline_ratio"].to_pylist() == [4 / 6, 0]
    assert lines(texts)["short_lines"].to_pylist() == [1, 1]


def test_real_web_text_is_measured_as_plain_python_measures_it():
    file = DATA / "web/c4_sample_1000.jsonl.gz"
    if not file.exists():
        pytest.skip("../shared/data is not here")
    texts = [json.loads(line)["text"] for line in gzip.open(file, "rt")][:200]
    assert measured(*texts) == [twin(text) for text in texts]


LANGUAGES = sorted((DATA / "languages").glob("*.txt"))


@pytest.mark.skipif(not LANGUAGES, reason="../shared/data is not here")
def test_in_most_languages_a_line_of_one_sentence_is_counted_as_one():
    told = dict(zip(LANGUAGES, measured(*(file.read_text() for file in LANGUAGES)), strict=True))
    counts = {file.stem: (measures["sentences"], len(file.read_text().splitlines())) for file, measures in told.items()}
    assert [language for language, (sentences, _) in counts.items() if sentences is None] == ["th"]
    assert sum(sentences <= 1.15 * whole for sentences, whole in counts.values() if sentences is not None) >= 0.9 * len(counts)
