"""Windows of a text: no character is lost, none is parted, and none has too many tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.counting import token_counts, token_spans
from tilth.model.windowing import spans_of, windows


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return tiny_tokenizer(tmp_path_factory.mktemp("tokenizer"))


@given(st.text(alphabet=st.one_of(st.sampled_from("the and on 👩‍👧 é"), st.characters(codec="utf-8"))), st.integers(8, 20), st.integers(0, 7))
def test_every_character_is_in_a_window_and_no_window_is_too_long(tokenizer, text, tokens, overlap):
    found = windows(tokenizer, text, tokens, overlap)
    assert found[0][0] == 0 and found[-1][1] == len(text)
    for (start, stop), (following, end) in zip(found, found[1:], strict=False):
        assert start < following <= stop < end
    assert all(count <= tokens for count in token_counts(tokenizer, [text[start:stop] for start, stop in found]))
    if not overlap:
        assert "".join(text[start:stop] for start, stop in found) == text


def test_a_token_is_shared_as_often_as_the_overlap_says():
    text = "abcdefghijkl" * 8
    pieces = [(place, place + 1) for place in range(len(text))]
    for tokens, overlap, times in ((16, 0, 1), (16, 8, 2), (16, 12, 4)):
        found = spans_of(text, pieces, (tokens, overlap), len)
        seen = [sum(start <= place < stop for start, stop in found) for place in range(16, len(text) - 16)]
        assert set(seen) == {times}
    assert spans_of("", [], (16, 8), len) == [(0, 0)] and spans_of("abc", pieces[:3], (16, 8), len) == [(0, 3)]


def test_the_last_window_is_never_one_that_was_seen_whole():
    text = "a" * 24
    found = spans_of(text, [(place, place + 1) for place in range(24)], (16, 8), len)
    assert found == [(0, 16), (8, 24)]


def test_white_space_belongs_to_the_token_after_it(tokenizer):
    text = "the and the and the and the and the and"
    found = windows(tokenizer, text, 4, 0)
    assert [text[start:stop] for start, stop in found][1][0] == " "
    assert sum(token_counts(tokenizer, [text[start:stop] for start, stop in found])) == len(token_spans(tokenizer, text))


def test_a_character_of_many_tokens_is_not_parted_even_where_it_is_too_long(tokenizer):
    text = "😀" * 5
    assert [text[start:stop] for start, stop in windows(tokenizer, text, 3, 0)] == ["😀"] * 5
    assert [text[start:stop] for start, stop in windows(tokenizer, text, 9, 4)] == ["😀😀"] * 4
