"""Mojibake, planted in good text of many languages and looked for in good text."""

import gzip
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.twins import ANY_TEXT, DATA
from tilth.text.damage import damage
from tilth.text.mojibake import BEHIND_A_BREVE, BEHIND_L_ACUTE, BEHIND_WORDS, OPENERS

PIECES = [
    "Ã©",
    "â€™",
    "â€",
    "Ð¿",
    "Ñ€",
    "РџСЂРё",
    "É”",
    "né »",
    "Ã ",
    "a",
    "A",
    " ",
    "«",
    "»",
    "Ø",
    "½",
    "ï»¿",
    "ðŸ˜€",
    "á»›",
    "√©",
    "Ô",
    "Ç",
    "Ă",
    "©",
    "Ľ",
]
PIECES += ["вЂ", "‚Äô", "锟斤拷", "├", "®", "Â", "Ã", "\xa0", "\x80", "\x9d", "…", "’", "š", "ì•ˆ", ".", "Å", "Ä", "ГЎ", "\xad", "É", "à", "¤", "¨"]
TEXTS = ANY_TEXT | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def counts(texts):
    return damage(pa.array(texts, pa.large_string()))["mojibake"].to_pylist()


def is_read_from(character, *encodings):
    """Whether one of these encodings reads the character from a byte of 80 to BF."""
    for encoding in encodings:
        try:
            if len(byte := character.encode(encoding)) == 1 and 0x80 <= byte[0] < 0xC0:
                return True
        except UnicodeEncodeError:
            continue
    return False


def is_trail(text, at):
    return at < len(text) and is_read_from(text[at], "cp1252", "latin-1")


def is_odd(character):
    return is_read_from(character, "cp1252", "latin-1") and character not in BEHIND_WORDS


def is_letter(text, at):
    return 0 <= at < len(text) and text[at] < "\u3000" and unicodedata.category(text[at]) in ("Lu", "Ll", "Lo")


def is_small(text, at):
    return is_letter(text, at) and unicodedata.category(text[at]) != "Lu"


def is_capital(text, at):
    return is_letter(text, at) and unicodedata.category(text[at]) == "Lu"


def ending(text, at, chained):
    """Where a mojibake that begins here ends, None where none does; by the rules that the module tells."""
    two, three, before, code = text[at : at + 2], text[at : at + 3], at - 1, ord(text[at])
    if three[1:] == "斤拷" and text[at] == "锟":
        return at + 3
    if 0xC2 <= code <= 0xF4:
        return western(text, at, chained)
    if text[at] in "РС":
        pairs = [text[place : place + 2] for place in (at, at + 2, at + 4)]
        good = [len(pair) == 2 and pair[0] in "РС" and is_read_from(pair[1], "cp1251") for pair in pairs]
        return at + 2 if all(good) or (chained and good[0]) else None
    if two[0] == "‚" and two[1:] == "Ä":
        return at + 3 if three[2:] and three[2] in "ôúùìî¶¢ò" else None
    rest = two[1:] or "\0"
    small = before >= 0 and "a" <= text[before] <= "z"
    known = [two in ("вЂ", "ΓÇ"), two[0] == "√" and small and rest >= "\x80", two[0] == "├" and rest > "\xa0" and not "\u2500" <= rest < "\u25a0"]
    known += [two[0] == "Ă" and ord(rest) in BEHIND_A_BREVE, two[0] == "Ĺ" and ord(rest) in BEHIND_L_ACUTE]
    return at + 2 if any(known) else None


def western(text, at, chained):
    code, before = text[at], at - 1
    earlier = text[before] if at else "\0"
    if not is_trail(text, at + 1):
        follower = text[at + 1 : at + 2]
        spaced = follower == " " and ((code in "ÃÂ" and "a" <= earlier <= "z") or (code == "Â" and earlier in ".,;:!?"))
        return at + 2 if spaced or (code == "Ô" and follower == "Ç" and not is_capital(text, before)) else None
    if code < "à":
        return at + 2 if code in "ÂÃÄÅÆÎÏÐÑÔÕÖ×ØÙÚÛ" and pair(text, at, chained) else None
    if code == "â" and text[at + 1] in "€\x80":
        return at + 2 + is_trail(text, at + 2)
    if not is_trail(text, at + 2):
        return None
    if code >= "ð":
        return at + 3 + is_trail(text, at + 3) if code == "ð" and text[at + 1] in "Ÿ\x9f\x90" else None
    odd = is_odd(text[at + 1]) or is_odd(text[at + 2])
    vietnamese = code == "á" and text[at + 1] in "»º" and is_letter(text, at + 3) and is_letter(text, before)
    bom = text[at : at + 3] == "ï»¿"
    return at + 3 if chained or (odd and text[at + 1] != "\xa0") or (not odd and (bom or vietnamese)) else None


def pair(text, at, chained):
    follower, before = text[at + 2 : at + 3], at - 1
    if "Ô" <= text[at] <= "Û":
        return chained or (is_odd(text[at + 1]) and "Ô" <= follower <= "Û")
    if chained or is_odd(text[at + 1]):
        return True
    lettered = is_letter(text, at + 2) and text[at + 1] not in "\xa0\xad"
    if text[at] in "ÂÃ":
        return lettered or not (is_capital(text, before) or (at and text[before] in OPENERS))
    return lettered or is_small(text, before)


def twin(text):
    ended, count = -1, 0
    for at in range(len(text)):
        end = ending(text, at, at == ended)
        if end is not None:
            ended, count = end, count + 1
    return count


@settings(deadline=None, max_examples=400)
@given(st.lists(TEXTS, max_size=6))
@example(["Ã", "Â", "â", "â€", "ð", "ðŸ", "Р", "РџСЂ", "‚", "‚Ä", "锟", "锟斤", "√", "├", "в", "Ô"])
def test_mojibake_is_counted_as_plain_python_counts_it(texts):
    assert counts(texts) == [twin(text) for text in texts]


SENTENCES = {
    "cp1252": ["Le café est déjà fermé.", "Das Mädchen trägt große Schuhe.", "It’s “fine” – really…", "El niño comió piñón.", "Não há informação."],
    "latin-1": [
        "Žluťoučký kůň úpěl",
        "Πού είναι η βιβλιοθήκη;",
        "Привет, как дела?",
        "מה שלומך היום",
        "كيف حالك اليوم",
        "今天天气很好",
        "Tiếng Việt rất đẹp",
        "Ես խոսում եմ հայերեն",
    ],
    "cp1251": ["Привет, как дела?", "Это очень важно."],
    "mac_roman": ["It’s a café, isn’t it?"],
}


@pytest.mark.parametrize(("encoding", "sentence"), [(encoding, one) for encoding, some in SENTENCES.items() for one in some])
def test_utf8_read_in_another_encoding_is_seen(encoding, sentence):
    damaged = sentence.encode().decode(encoding, "replace")
    assert counts([sentence, damaged])[0] == 0 < counts([damaged])[0]


@pytest.mark.parametrize(
    "sentence",
    [
        "«\xa0Il est né\xa0» dit-elle. L’été… “CAFÉ” à 5\xa0€, «É»",
        "A AMANHû e IRMÔ, SÃO PAULO… NÃO!",
        "XÃ\xa0HỘI, CHÂU ÂU, “Ô TÔ” Việt Nam: “Ã”",
        "FRUMOASĂŞI în România „Îl văd”",
        "La letra «Ñ» de ESPAÑA; ¿QUÉ? «Sí»",
        "uděláš“ řekl. Víš…",
        "Ø½ inch, 2×¼, 3×½ m²; 20 °C ± 1 µm",
        "MYYTÄVÄ… PÅ™ „Ä“ ‚Ärger‘",
        "Сёстры и Рёва, РІК, Україна: РЄ",
        "√2 ≈ 1.41, ├── src │ └── é.py",
        "5\xa0000\xa0€ – “quoted” text’s end… ™ ® ©",
    ],
)
def test_good_text_is_not_taken_for_damaged(sentence):
    assert counts([sentence]) == [0]


LANGUAGES = sorted((DATA / "languages").glob("*.txt"))
REALLY_DAMAGED = {"de": 1, "lg": 5, "ro": 1}
"""Lines of the files that are damaged indeed, by eye: MÃ¤rz, yâ€™abantu, ï¿½n."""


@pytest.mark.skipif(not LANGUAGES, reason="../shared/data is not here")
def test_of_sentences_in_75_languages_those_are_flagged_that_are_damaged():
    flagged = {file.stem: sum(one > 0 for one in counts(file.read_text().splitlines())) for file in LANGUAGES}
    assert {code: rows for code, rows in flagged.items() if rows} == REALLY_DAMAGED


@pytest.mark.skipif(not LANGUAGES, reason="../shared/data is not here")
def test_planted_mojibake_is_found_in_nearly_every_line():
    lines = [line for file in LANGUAGES if file.stem not in REALLY_DAMAGED for line in file.read_text().splitlines() if not line.isascii()]
    for encoding, least in (("latin-1", 0.995), ("cp1252", 0.98)):
        found = counts([line.encode().decode(encoding, "replace") for line in lines])
        assert sum(one > 0 for one in found) / len(lines) > least


@pytest.mark.skipif(not (DATA / "books").exists(), reason="../shared/data is not here")
def test_no_novel_has_mojibake():
    texts = [gzip.open(file, "rt").read() for file in sorted((DATA / "books").glob("*.gz"))]
    assert set(counts(texts)) == {0}
