"""What is told about a tokenizer is counted, not guessed."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from tokenizers import Tokenizer

from tilth.fakes.sentences import SENTENCES
from tilth.fakes.tokenizer import END, tiny_tokenizer
from tilth.model.tokenizer import Plan, learn
from tilth.model.vocabulary import longest, measure, split_terms, usage


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


def test_the_use_of_a_vocabulary_is_counted_entry_by_entry(tiny):
    found = measure(tiny, ["aaaaa", "bbb\n", "cc", "é"], None)
    told = found["vocabulary"]
    assert told["tokens"] == found["tokens"] == 13
    assert told["top"][:3] == [["a", 5], ["b", 3], ["c", 2]] and told["ranks"] == [[1, 5], [2, 3], [3, 2], [4, 1], [5, 1], [6, 1]]
    assert told["coverage"] == [[0.5, 2], [0.9, 5], [0.99, 6]]
    assert ["⏎", 1] in told["rare"][:3] and told["rare"][-1] == ["a", 5]
    assert told["unused"] == tiny.get_vocab_size() - 6 == tiny.get_vocab_size() - found["used"]


def test_spaces_in_tokens_are_seen(tiny):
    assert measure(tiny, [" the the"], None)["vocabulary"]["top"] == [["·the", 2]]


@given(st.lists(st.integers(0, 9), max_size=12))
def test_coverage_is_the_least_number_of_entries_that_make_up_the_share(tiny, times):
    told = usage(tiny, np.array(times, np.int64))
    ranked = sorted((count for count in times if count), reverse=True)
    assert told["unused"] == times.count(0) and told["tokens"] == sum(times)
    assert [entry for entry, _ in told["coverage"]] == ([0.5, 0.9, 0.99] if ranked else [])
    for (_, entries), per_cent in zip(told["coverage"], (50, 90, 99), strict=False):
        assert 100 * sum(ranked[:entries]) >= per_cent * sum(times) > 100 * sum(ranked[: entries - 1])
    assert told["ranks"] == [[place + 1, count] for place, count in enumerate(ranked)]


def test_a_long_curve_is_thinned(tiny):
    told = usage(tiny, np.arange(5000, 0, -1)[: tiny.get_vocab_size()])
    ranks = [rank for rank, _ in told["ranks"]]
    assert len(ranks) <= 100 and ranks == sorted(set(ranks)) and (ranks[0], ranks[-1]) == (1, tiny.get_vocab_size())
    assert (len(told["top"]), len(told["rare"])) == (20, 20) and told["rare"][0][1] == 5001 - tiny.get_vocab_size()
