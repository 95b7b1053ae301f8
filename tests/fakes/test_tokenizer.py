"""The tiny tokenizer is real: Transformers loads it, and it loses nothing."""

import hypothesis.strategies as st
import pytest
from hypothesis import given
from transformers import AutoTokenizer

from tilth.fakes.tokenizer import alphabet, tiny_tokenizer


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return AutoTokenizer.from_pretrained(tiny_tokenizer(tmp_path_factory.mktemp("tiny")))


def test_it_has_pad_end_all_bytes_and_ten_merges(tokenizer):
    assert len(tokenizer) == 2 + 256 + 10
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.bos_token_id) == (0, 1, 1)


def test_every_byte_has_a_letter_of_its_own():
    assert len(set(alphabet())) == 256


@given(st.text())
def test_any_text_comes_back(tokenizer, text):
    ids = tokenizer(text, add_special_tokens=False).input_ids
    assert tokenizer.decode(ids) == text


def test_merges_are_used(tokenizer):
    assert len(tokenizer(" the", add_special_tokens=False).input_ids) == 1
