"""The script of a text, beside what the names of its letters say."""

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.twins import DATA, TEXTS
from tilth.text import script as scripts
from tilth.text.script import NAMES, script

FAMILIES = {"Jpan": ("HIRAGANA", "KATAKANA"), "Kore": ("HANGUL",)}
OF_LANGUAGES = {
    **dict.fromkeys(("ar", "fa", "ur"), "Arab"),
    **dict.fromkeys(("be", "bg", "kk", "mk", "mn", "ru", "sr", "uk"), "Cyrl"),
    **dict.fromkeys(("hi", "mr"), "Deva"),
    **{"bn": "Beng", "el": "Grek", "gu": "Gujr", "he": "Hebr", "hy": "Armn", "ja": "Jpan", "ka": "Geor", "ko": "Kore", "pa": "Guru"},
    **{"ta": "Taml", "te": "Telu", "th": "Thai", "zh": "Hani"},
}


def told(*texts):
    columns = script(pa.array(texts, pa.large_string()))
    return list(zip(columns["script"].to_pylist(), columns["script_share"].to_pylist(), strict=True))


def alone(letter):
    """The script of one letter, None where it is no letter."""
    return script(pa.array([letter]))["script"][0].as_py()


def twin(text, script_of):
    """What `script` tells, as its docstring says it. `script_of`: the script of each character alone."""
    counts = dict.fromkeys(NAMES, 0)
    for character in text:
        if script_of[character]:
            counts[script_of[character]] += 1
    letters, han = sum(counts.values()), counts["Hani"]
    winner = "Jpan" if counts["Jpan"] >= counts["Kore"] else "Kore"
    if counts[winner] and 10 * counts[winner] >= counts[winner] + han:
        counts[winner], counts["Hani"] = counts[winner] + han, 0
    common = counts.pop("Zyyy")
    best = max(counts, key=lambda code: counts[code])
    best, most = (best, counts[best]) if counts[best] >= common else ("Zyyy", common)
    return (best, most / letters) if letters else (None, None)


@settings(deadline=None)
@given(TEXTS | st.text("aбעあア漢한ก𝐀ー1 .", max_size=40))
def test_the_script_is_that_of_most_letters(text):
    characters = sorted(set(text))
    script_of = dict(zip(characters, script(pa.array(characters, pa.large_string()))["script"].to_pylist(), strict=True))
    assert told(text) == [twin(text, script_of)]


def test_every_letter_has_the_script_that_its_name_begins_with():
    letters = [chr(number) for number in range(0x110000) if not 0xD800 <= number < 0xE000 and chr(number).isalpha()]
    names = [unicodedata.name(letter, "") for letter in letters]
    codes = script(pa.array(letters, pa.large_string()))["script"].to_pylist()
    begin = {name.upper().replace("-", " ") + " ": code for code, name in NAMES.items() if code not in ("Zyyy", "Hani", "Kana", "Hira", "Hang")}
    begin |= {"CJK UNIFIED IDEOGRAPH-": "Hani", "CJK COMPATIBILITY IDEOGRAPH-": "Hani", "HIRAGANA ": "Jpan", "KATAKANA ": "Jpan", "HANGUL ": "Kore"}
    told = zip(names, codes, strict=True)
    wrong = {(name, code) for name, code in told for start in begin if name.startswith(start) and code != begin[start]}
    # These three Unicode's Scripts.txt itself says to be of no one script.
    assert wrong == {("GREEK NUMERAL SIGN", "Zyyy"), ("ARABIC TATWEEL", "Zyyy"), ("JAVANESE PANGRANGKEP", "Zyyy")}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The quick brown fox", "Latn"),
        ("Съешь ещё этих мягких булок", "Cyrl"),
        ("今天天气很好，我们去公园。", "Hani"),
        ("今日は天気がいいですね", "Jpan"),
        ("カタカナ", "Jpan"),
        ("안녕하세요", "Kore"),
        ("大韓民國 헌법 第一條", "Kore"),
        ("السلام عليكم", "Arab"),
        ("नमस्ते दुनिया", "Deva"),
        ("สวัสดีชาวโลก", "Thai"),
        ("Ωμέγα", "Grek"),
        ("ＡＢＣ", "Latn"),
        ("𝐇𝐞𝐥𝐥𝐨", "Zyyy"),
    ],
)
def test_known_texts_have_their_script(text, code):
    assert told(text) == [(code, 1.0)]


def test_the_share_is_of_letters_alone():
    assert told("abc где 123 !?", "abcd Я") == [("Cyrl", 0.5), ("Latn", 0.8)]


def test_one_kana_in_a_chinese_text_does_not_make_it_japanese():
    assert told("优の良品" + "今天天气很好" * 3)[0][0] == "Hani"


def test_what_has_no_letter_and_what_is_missing_have_no_script():
    assert told(None, "", "123 !\0\n😀‍\u200d") == [(None, None)] * 3
    assert script(pa.array([], pa.large_string()))["script"].to_pylist() == []


def test_every_script_that_is_told_has_a_name():
    assert all(len(code) == 4 and name for code, name in NAMES.items())


def test_bytes_that_are_no_text_do_no_harm():
    broken = pa.array([b"abc", b"\xff\xe2\x82", b"\xf4\xbf\xbf\xbf", b"abc"], pa.large_binary())
    column = pa.LargeStringArray.from_buffers(4, broken.buffers()[1], broken.buffers()[2])
    assert script(column)["script"][0].as_py() == script(column)["script"][3].as_py() == "Latn"


def test_the_table_fits_its_codes():
    assert scripts._table().max() == scripts.NO_LETTER and len(NAMES) < scripts.NO_LETTER


LANGUAGES = sorted((DATA / "languages").glob("*.txt"))


@pytest.mark.skipif(not LANGUAGES, reason="../shared/data is not here")
def test_each_language_is_written_in_its_script():
    found = told(*(file.read_text() for file in LANGUAGES))
    assert {file.stem: code for file, (code, _) in zip(LANGUAGES, found, strict=True)} == {
        file.stem: OF_LANGUAGES.get(file.stem, "Latn") for file in LANGUAGES
    }
    assert min(share for _, share in found) > 0.9
