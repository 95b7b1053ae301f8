"""Tokens counted by the tokenizer in a folder."""

import pytest
from tokenizers import Tokenizer

from tilth.errors import Missing
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model import counting
from tilth.model.counting import token_counts


def test_tokens_are_those_that_the_tokenizer_makes_and_none_is_added(tmp_path):
    folder = tiny_tokenizer(tmp_path / "tiny")
    texts = ["the and on", "", None, "höher", "x" * 1000]
    plain = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert token_counts(folder, texts) == [len(plain.encode(text or "", add_special_tokens=False).ids) for text in texts]
    assert token_counts(folder, texts)[:3] == [3, 0, 0]


def test_the_letters_of_a_control_token_are_counted_as_letters(tmp_path):
    folder = tiny_tokenizer(tmp_path / "tiny")
    assert token_counts(folder, ["<|endoftext|>"])[0] > 5


def test_a_long_list_is_counted_in_pieces(tmp_path):
    folder = tiny_tokenizer(tmp_path / "tiny")
    texts = ["a" * (number % 7) for number in range(2 * counting.AT_ONCE + 3)]
    assert token_counts(folder, texts) == [number % 7 for number in range(len(texts))]


def test_a_tokenizer_that_cuts_or_fills_up_counts_all_the_same(tmp_path):
    folder = tiny_tokenizer(tmp_path / "tiny")
    cutting = Tokenizer.from_file(str(folder / "tokenizer.json"))
    cutting.enable_truncation(4)
    cutting.enable_padding(length=6)
    cutting.save(str(folder / "tokenizer.json"))
    assert token_counts(folder, ["x" * 9, "x"]) == [9, 1]


def test_a_folder_without_a_tokenizer_file_is_refused_with_a_way_out(tmp_path):
    with pytest.raises(Missing, match="save_pretrained"):
        token_counts(tmp_path, ["a"])
