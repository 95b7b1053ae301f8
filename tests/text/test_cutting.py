"""Texts that are made shorter where a reader would end."""

import hypothesis.strategies as st
import pytest
from hypothesis import example, given

from tilth.text.cutting import cut_text

TEXT = "The mill stands. It was built in 1713! Who built it? Nobody knows"
MIXED = st.text(st.sampled_from("ab .!?\n\t中文。、かなゞ「」ไทยำก่าแ한글é\u0301\u200d👩🏽🇨🇭က္ကေ(),9"), max_size=40)


def at_most(length):
    return lambda text: len(text) <= length


def test_a_text_that_fits_stays_as_it_is():
    assert cut_text("  a  b \n", at_most(8)) == "  a  b \n"


@pytest.mark.parametrize(
    ("length", "side", "at", "kept"),
    [
        (40, "right", "sentence", "The mill stands. It was built in 1713!"),
        (37, "right", "sentence", "The mill stands."),
        (37, "right", "word", "The mill stands. It was built in"),
        (15, "right", "sentence", "The mill"),
        (2, "right", "sentence", ""),
        (40, "left", "sentence", "Who built it? Nobody knows"),
        (20, "left", "sentence", "Nobody knows"),
        (20, "left", "word", "it? Nobody knows"),
        (11, "left", "sentence", "knows"),
        (4, "left", "word", ""),
    ],
)
def test_sentences_go_before_words_and_words_stay_whole(length, side, at, kept):
    assert cut_text(TEXT, at_most(length), side, at) == kept


def test_scripts_without_spaces_are_cut_between_characters():
    assert cut_text("我住在苏黎世。你呢？", at_most(7)) == "我住在苏黎世。"
    assert cut_text("我住在苏黎世。你呢？", at_most(6)) == "我住在苏黎", "a mark that closes goes with the character before it"
    assert cut_text("我用GPU写字", at_most(4)) == "我用", "a word of Latin letters is not taken apart"
    assert cut_text("我住在苏黎世。你呢？", at_most(2), "left") == "呢？"
    assert cut_text("น้ำแข็ง", at_most(5)) == "น้ำ", "a vowel that is written first stays with its consonant"


@given(MIXED, st.integers(0, 40), st.sampled_from(["left", "right"]), st.sampled_from(["sentence", "word"]))
@example("é中" + "\u0301" + "文", 2, "right", "word")
def test_what_is_kept_is_an_end_of_the_text_that_fits_and_no_word_is_cut(text, length, side, at):
    kept = cut_text(text, at_most(length), side, at)
    assert len(kept) <= length
    assert text.startswith(kept) if side == "right" else text.endswith(kept)
    rest = text[len(kept) :] if side == "right" else text[: len(text) - len(kept)]
    if kept and rest:
        before, after = (kept[-1], rest[0]) if side == "right" else (rest[-1], kept[0])
        assert not (before.isascii() and before.isalnum() and after.isascii() and after.isalnum())
        assert not (kept[-1] if side == "right" else kept[0]).isspace() or side == "left"


@given(MIXED, st.integers(0, 40), st.sampled_from(["left", "right"]))
def test_no_character_as_readers_see_it_is_taken_apart(text, length, side):
    graphemes = pytest.importorskip("uniseg.graphemecluster", reason="uniseg, of the extra `dialects`, tells the clusters of UAX 29")
    kept = cut_text(text, at_most(length), side, "word")
    bounds = set(graphemes.grapheme_cluster_boundaries(text)) | {0, len(text)}
    assert (len(kept) if side == "right" else len(text) - len(kept)) in bounds


@given(st.lists(st.sampled_from(["one", "two.", "three!", "four"]), min_size=1, max_size=30), st.integers(0, 150))
def test_as_much_is_kept_as_fits(words, length):
    text = " ".join(words)
    wanted = max((" ".join(words[:count]) for count in range(len(words) + 1) if len(" ".join(words[:count])) <= length), key=len)
    assert cut_text(text, at_most(length), at="word") == wanted


def test_a_long_text_is_tried_few_times():
    tried = []
    kept = cut_text("word " * 100_000, lambda text: tried.append(text) or len(text) < 250_000, at="word")
    assert len(kept) == 249_999 and len(tried) <= 18
