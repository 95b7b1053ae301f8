"""Codes of languages: whatever it is called, one language has one code."""

import pytest

from tilth.text import iso639
from tilth.text.iso639 import code_of, is_code, nearest

KNOWN = {"en", "de", "no", "zh", "he", "ja", "ms", "haw"}


@pytest.mark.parametrize(
    ("label", "code"),
    [
        *(("en", "en"), ("EN", "en"), ("eng", "en"), ("eng_Latn", "en"), ("__label__en", "en"), ("__label__eng_Latn", "en"), ("en-GB", "en")),
        *(("nb", "no"), ("nn", "no"), ("nob_Latn", "no"), ("nno", "no"), ("no", "no")),
        *(("zh-Hant", "zh"), ("cmn_Hani", "zh"), ("yue_Hani", "zh"), ("wuu", "zh"), ("zho", "zh")),
        *(("iw", "he"), ("jw", "jv"), ("in", "id"), ("bh", "bho"), ("ger", "de"), ("sr-ME", "sr")),
        *(("zsm_Latn", "ms"), ("arb_Arab", "ar"), ("arz", "ar"), ("swh", "sw"), ("uzn_Cyrl", "uz"), ("ekk", "et"), ("fil", "tl")),
        *(("haw", "haw"), ("gsw_Latn", "gsw"), ("zxx", "zxx"), ("hr", "hr"), ("bs", "bs"), ("hbs", "hbs")),
        *(("", ""), ("high_quality", "high_quality"), ("__label__gsw", "gsw")),
    ],
)
def test_a_label_means_one_code(label, code):
    assert code_of(label) == code and code_of(code) == code


def test_the_codes_of_iso_639_1_are_pairwise_different_and_their_own():
    codes = iso639._ISO
    assert len(set(codes.values())) == len(codes) == 181
    assert all(is_code(two) and code_of(two) == two and not is_code(three) for three, two in codes.items())


def test_every_variety_leads_to_a_code_and_none_is_one_itself():
    for other in iso639._CODES:
        assert is_code(code_of(other)) and not is_code(other), other


@pytest.mark.parametrize("word", ["eng", "nb", "zh-Hant", "iw", "xx", "EN", "english", "", "e", "engl", "e1", "日本"])
def test_what_is_written_otherwise_is_no_code(word):
    assert not is_code(word)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        *(("eng", "en"), ("english", "en"), (" English ", "en"), ("Germann", "de"), ("nb", "no"), ("NO", "no"), ("zh-TW", "zh")),
        *(("jp", "ja"), ("iw", "he"), ("zsm", "ms"), ("klingon", None), ("fr", None), ("xx", None), ("", None)),
    ],
)
def test_the_code_that_was_meant(word, code):
    assert nearest(word, KNOWN) == code
