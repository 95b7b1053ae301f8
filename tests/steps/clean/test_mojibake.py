"""Wrong decoding is undone, and correct text of every language is not touched."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.steps.clean._mojibake import repaired

LANGUAGES = Path(__file__).parents[3].parent / "shared" / "data" / "languages"
UNDEFINED = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
WINDOWS = [chr(byte) if byte in UNDEFINED else bytes([byte]).decode("cp1252") for byte in range(256)]

KNOWN_DAMAGE = re.compile("[\x80-\x9f]|MÃ¤rz|ï¿½|[a-z]â€™| â€[˜™]")
"""What a reader finds misread in the language files themselves."""


def misread(text):
    """UTF-8 read as Windows-1252, as browsers do it."""
    return "".join(WINDOWS[byte] for byte in text.encode())


def sentences():
    if not LANGUAGES.is_dir():
        pytest.skip("needs ../shared/data/languages")
    for file in sorted(LANGUAGES.glob("*.txt")):
        for line in file.read_text("utf-8").split("\n"):
            yield file.stem, line


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("cafÃ©", "café"),
        ("donâ€™t â€œquoteâ€\x9d", "don’t “quote”"),
        ("11. MÃ¤rz in Ã–sterreich", "11. März in Österreich"),
        ("20Â°C, Â£5, a\u00a0Â©", "20°C, £5, a\u00a0©"),
        ("Ã\u00a0 la carte", "à la carte"),
        ("dziÄ™kujÄ™, siÄ…", "dziękuję, sią"),
        ("Å‚adny SÅ‚owo", "ładny Słowo"),
        ("ÐŸÑ€Ð¸Ð²ÐµÑ‚, Ð¸ Ð¼Ð¸Ñ€", "Привет, и мир"),
        ("â‚¬ 5 â„¢ ðŸ˜€", "€ 5 ™ 😀"),
        ("ï»¿head", "\ufeffhead"),
        ("BMWÂ\xa0Z4 Â» NESTLEÂ®", "BMW\xa0Z4 » NESTLE®"),
        ("ObiÂ’s", "Obi’s"),
        ("l\x92homme", "l’homme"),
        ("â\x80\x93", "–"),
    ],
)
def test_what_was_misread_is_read_again(wrong, right):
    assert repaired(wrong) == right


@pytest.mark.parametrize(
    "text",
    [
        "FJALË” - Sht",
        "„víš“",
        "hâlâ…”",
        "IRMÃ…",
        "MARCHÉ» et",
        "café…»",
        "Å\u00a0gjøre",
        "HYVÄ–ja",
        "Fuß»",
        "«olá»—disse",
        "Lukáš™",
        "IKEÅ’s",
        "ÀÁÂÃÄÅ",
        "HÂLÂ\xa0DÜNYÂ»",
        "« Â\xa0»",
        "La lettre Â\xa0: à lire",
    ],
)
def test_correct_text_that_looks_like_it_is_left(text):
    assert repaired(text) == text


def test_correct_sentences_of_75_languages_are_left():
    changed = [(code, line) for code, line in sentences() if repaired(line) != line]
    assert [pair for pair in changed if not KNOWN_DAMAGE.search(pair[1])] == []
    assert {code for code, _ in changed} == {"de", "fi", "fr", "lg", "nb", "pl", "ro"}


@pytest.mark.parametrize("wrongly", [misread, lambda text: text.encode().decode("latin-1")])
def test_nearly_every_misread_sentence_is_restored(wrongly):
    lines = [line for _, line in sentences() if not line.isascii() and not KNOWN_DAMAGE.search(line)]
    restored = sum(repaired(wrongly(line)) == line for line in lines)
    assert restored > 0.99 * len(lines) > 5000


@given(st.text(alphabet=st.characters(max_codepoint=0x7F)))
def test_ascii_is_left(text):
    assert repaired(text) == text


@given(st.text(alphabet=st.characters(min_codepoint=0xA0, exclude_categories=["Cs"]), min_size=3, max_size=20))
def test_whole_words_outside_ascii_come_back(text):
    assert repaired(misread(text)) == text
