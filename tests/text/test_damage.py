"""Damage to writing, beside the same in plain Python, and planted in good text."""

import gzip
import html
import json
import random
import re
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.twins import ANY_TEXT, DATA
from tilth.text.damage import INVISIBLES, JOINING, KINDS, damage

PIECES = [
    "\\n",
    "\\",
    "n",
    "\\u00e9",
    "\\ud83d",
    "u",
    "é",
    "e\u0301",
    "\u0301",
    "\u0323",
    "\0",
    "\x7f",
    "\x85",
    "\ufeff",
    "\u200b",
    "\u200d",
    "\u200c",
    "क",
    "्",
]
PIECES += [
    "👩",
    "🏴",
    "\U000e0067",
    "\U000e007f",
    "\ue000",
    "\ufffd",
    "\xad",
    "\n",
    "\r",
    "\\r",
    ".",
    "a",
    "A",
    "가",
    "\u1161",
    "\u11a8",
    "\ufe0f",
    "م",
]
TEXTS = ANY_TEXT | st.lists(st.sampled_from(PIECES), max_size=14).map("".join)

JOINERS = "\u200b\u200c\u200d"


def rows(*texts):
    columns = damage(pa.array(texts, pa.large_string()))
    return [dict(zip(columns, row, strict=True)) for row in zip(*(column.to_pylist() for column in columns.values()), strict=True)]


def joins(character):
    category, number = unicodedata.category(character), ord(character)
    return (category[0] in "LM" and any(first <= number <= last for first, last in JOINING)) or category in ("So", "Sk") or character == "\ufe0f"


def invisible(text):
    flagged, count = False, 0
    for at, character in enumerate(text):
        tag = 0xE0020 <= ord(character) <= 0xE007F
        flagged = character == "🏴" or (flagged and tag)
        if character in JOINERS:
            count += not any(joins(one) for one in text[max(0, at - 1) : at] + text[at + 1 : at + 2])
        count += ord(character) in INVISIBLES or character == "\U000e0001" or (tag and not flagged)
    return count


def newlines(text):
    count = 0
    for found in re.finditer(r"\\n", text):
        earlier, behind = text[: found.start()], text[found.end() : found.end() + 1]
        if earlier.endswith("\\"):
            continue
        count += not "a" <= (behind or "A") <= "z" or earlier[-1:] in tuple(".!?;,\"'") or earlier[-2:] in ("\\n", "\\r")
    return count if count > text.count("\n") else 0


def twin(text):
    """What `damage` counts but for mojibake and markup, which have their own tests."""
    return {
        "replacement": text.count("\ufffd"),
        "control": sum(unicodedata.category(one) == "Cc" and one not in "\t\n\r" for one in text),
        "invisible": invisible(text),
        "private_use": sum(unicodedata.category(one) == "Co" for one in text),
        "surrogate_escapes": len(re.findall(r"\\u(?=[0-9a-fA-F]{4})", text)),
        "escaped_newlines": newlines(text),
        "not_nfc": int(not unicodedata.is_normalized("NFC", text)),
    }


@settings(deadline=None, max_examples=400)
@given(st.lists(TEXTS, max_size=6))
@example(["\\nab", "a\\nb", "a.\\nb", "\\\\n", "\n\\n", "x\\n\\nb", "\\r\\nb", "\\u", "\\u00e", "\\u00e9"])
def test_damage_is_counted_as_plain_python_counts_it(texts):
    own = [{kind: row[kind] for kind in twin("")} for row in rows(*texts)]
    assert own == [twin(text) for text in texts]


def test_every_kind_is_told_and_explained():
    assert list(damage(pa.array(["a"]))) == list(KINDS)
    assert all(meaning and "\n" not in meaning for meaning in KINDS.values())


def test_a_missing_text_is_not_judged_and_an_empty_or_clean_one_has_no_damage():
    missing, empty, clean = rows(None, "", "Clean text.\tTwo lines,\r\nan é, 中文, ไทย and 👩‍🔬.")
    assert set(missing.values()) == {None} and set(empty.values()) == set(clean.values()) == {0}
    assert {kind: len(column) for kind, column in damage(pa.array([], pa.large_string())).items()} == dict.fromkeys(KINDS, 0)


@pytest.mark.parametrize(
    "text",
    ["می\u200cخواهم", "क्\u200dष", "👩\u200d🔬", "❤️\u200d🔥", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "ภาษา\u200bไทย"],
)
def test_joiners_where_a_script_or_an_emoji_needs_them_are_no_damage(text):
    assert rows(text)[0]["invisible"] == 0


@pytest.mark.parametrize("text", ["pass\u200bword", "\ufeffstart", "ab\u200dcd", "abc\u202ecba", "hy\xadphen", "x\u2060y", "\U000e0067"])
def test_characters_that_nobody_sees_are_counted(text):
    assert rows(text)[0]["invisible"] == 1


@pytest.mark.parametrize("text", [r"$\nu \neq \nabla$", r"C:\new\names", r"a\\n", r"x\noindent"])
def test_a_backslash_before_a_word_is_no_line_break(text):
    assert rows(text)[0]["escaped_newlines"] == 0


def test_program_text_may_write_line_breaks_out():
    program, damaged = rows('print("a\\n")\nprint("b\\n")\n', 'First.\\nSecond.\\n\\nThird "x"\\nFourth')
    assert (program["escaped_newlines"], damaged["escaped_newlines"]) == (0, 4)


def test_only_what_leaves_form_c_is_not_in_it():
    texts = ["é", "e\u0301", "\u212b", "q\u0301", "q\u0323\u0301", "q\u0301\u0323", "ภาษาไทยที่", "각", "\u1100\u1161", "क\u093c"]
    assert [row["not_nfc"] for row in rows(*texts)] == [int(not unicodedata.is_normalized("NFC", text)) for text in texts]


def test_bytes_that_are_no_text_do_no_harm_to_their_neighbours():
    broken = pa.array([b"a&amp;", b"\xff\xe2\x82", b"\xc3", b"\\u", b"<p>"], pa.large_binary())
    column = pa.LargeStringArray.from_buffers(5, broken.buffers()[1], broken.buffers()[2])
    found = damage(column)
    assert found["entities"].to_pylist() == [1, 0, 0, 0, 0] and found["tags"].to_pylist() == [0, 0, 0, 0, 1]


@pytest.mark.parametrize("text", ["\0" * 3_000_000, "<" * 3_000_000, "&" * 3_000_000, "\\" * 3_000_000, "Ã" * 3_000_000, "<p " * 1_000_000])
def test_a_long_row_of_one_sign_is_read_in_linear_time(text):
    assert len(rows(text)) == 1


def planted(kind, line, chance):
    """The line with one damage of a kind somewhere."""
    at = chance.randrange(len(line) + 1)
    put = {
        "replacement": "\ufffd",
        "control": chance.choice("\0\x07\x1b\x80"),
        "entities": html.escape(chance.choice("&<>")),
        "tags": chance.choice(["<p>", "<br/>", "</div>", '<a href="x">']),
        "invisible": chance.choice("\ufeff\u2060\u202e\xad"),
        "private_use": "\ue0a0",
        "surrogate_escapes": chance.choice(["\\u00e9", "\\ud83d\\ude00"]),
        "escaped_newlines": ". \\nThen" if at else "\\nThen",
        "not_nfc": "e\u0301",
    }
    return line[:at] + put[kind] + line[at:]


LANGUAGES = sorted((DATA / "languages").glob("*.txt"))


@pytest.mark.skipif(not LANGUAGES, reason="../shared/data is not here")
def test_planted_damage_is_found_and_nothing_else_is():
    chance = random.Random(5)
    lines = [line for file in LANGUAGES for line in file.read_text().splitlines()]
    lines = [line for line, row in zip(lines, rows(*lines), strict=True) if not any(row.values())]
    for kind in (kind for kind in KINDS if kind != "mojibake"):
        found = rows(*(planted(kind, line, chance) for line in lines))
        others = set(KINDS) - {kind} - ({"not_nfc"} if kind == "invisible" else set())
        assert sum(row[kind] > 0 for row in found) / len(lines) > 0.999
        assert sum(any(row[other] for other in others) for row in found) / len(lines) < 0.002


@pytest.mark.skipif(not (DATA / "web").exists(), reason="../shared/data is not here")
def test_clean_web_text_is_mostly_undamaged_and_raw_descriptions_have_tags():
    web = [json.loads(line)["text"] for line in gzip.open(DATA / "web/c4_sample_1000.jsonl.gz", "rt")]
    found = rows(*web)
    assert sum(any(row.values()) for row in found) < 30 and not any(row["tags"] or row["escaped_newlines"] for row in found)
    raw = [" ".join(json.loads(line)["description"]) for line in gzip.open(DATA / "products/gift_cards_2018.jsonl.gz", "rt")]
    simple = [bool(re.search(r"</?(?:b|br|p|i|a|div|ul|li|span|font)\b[^<>]*>", text)) for text in raw]
    assert sum(simple) > 80 and all(row["tags"] for row, has in zip(rows(*raw), simple, strict=True) if has)
