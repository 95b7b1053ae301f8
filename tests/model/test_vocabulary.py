"""What is told about a tokenizer is counted, not guessed."""

import pytest
from tokenizers import Tokenizer

from tilth.fakes.sentences import SENTENCES
from tilth.fakes.tokenizer import END, tiny_tokenizer
from tilth.model.tokenizer import Plan, learn
from tilth.model.vocabulary import longest, measure, split_terms


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return Tokenizer.from_file(str(tiny_tokenizer(tmp_path_factory.mktemp("tiny")) / "tokenizer.json"))


def test_bytes_and_tokens_are_those_of_the_texts(tiny):
    found = measure(tiny, ["abc", "é", ""], None)
    assert (found["documents"], found["bytes"], found["tokens"], found["bytes_per_token"]) == (3, 5, 5, 1.0)
    assert found["used"] == 5
    assert found["unknown_rate"] == 0.0


def test_the_most_frequent_tokens_come_first_and_are_readable(tiny):
    assert measure(tiny, [" the the at"], None)["top_tokens"] == [[" the", 2], [" ", 1], ["at", 1]]


def test_control_tokens_in_texts_are_letters_while_measuring_and_tokens_after(tiny):
    assert END not in [token for token, _ in measure(tiny, [END], None)["top_tokens"]]
    assert tiny.encode(END).ids == [1]


def test_unknown_tokens_are_a_share_of_all():
    made = learn(Plan("wordpiece", 120, 2, ("<unk>",), "<unk>"), lambda: SENTENCES)
    found = measure(made, ["cat 漢 漢 cat"], "<unk>")
    assert found["unknown_rate"] == pytest.approx(2 / found["tokens"])


def test_terms_are_told_piece_by_piece(tiny):
    assert split_terms(tiny, [" the and", "hm"]) == {" the and": [" the", " and"], "hm": ["h", "m"]}


def test_a_range_tells_how_many_numbers_are_one_token(tiny):
    found = split_terms(tiny, ["8..12"])["8..12"]
    assert (found["numbers"], found["one_token"], found["tokens"]) == (5, 2, {"1": 2, "2": 3})
    assert found["examples"]["10"] == ["1", "0"]


def test_the_longest_tokens_come_first(tiny):
    assert longest(tiny)[:3] == ["<|endoftext|>", "<|pad|>", " and"]


def test_no_text_is_no_division_by_zero(tiny):
    assert measure(tiny, [], None)["bytes_per_token"] == 0.0
