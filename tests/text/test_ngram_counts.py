"""Counting a model: nothing but the texts matters, neither their order nor how they come."""

import hashlib

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.twins import FEW_TOKENS
from tilth.errors import NothingLeft
from tilth.text.ngram_counts import count


def written(columns, folder, order=3):
    folder.mkdir(exist_ok=True)
    count([pa.array(texts, pa.large_string()) for texts in columns], order).write(folder)
    return {file.name: hashlib.blake2b(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


@settings(deadline=None, max_examples=25)
@given(st.lists(FEW_TOKENS, min_size=1, max_size=8), st.randoms(use_true_random=False), st.integers(0, 8))
def test_the_model_is_the_same_in_any_order_and_in_any_batches(tmp_path_factory, texts, chance, cut):
    texts = [*texts, "a word"]
    shuffled = texts[:]
    chance.shuffle(shuffled)
    folder = tmp_path_factory.mktemp("models")
    assert written([texts], folder / "one") == written([shuffled[:cut], [], shuffled[cut:]], folder / "other")


def test_counts_are_told(tmp_path):
    model = count([pa.array(["a b a", "b"], pa.large_string())], 2)
    assert model.totals[:3].tolist() == [2, 6, 3], "four words and two ends, of three kinds"
    assert len(model.single) == 3 and 0 < model.single.sum() < 1


def test_without_a_word_there_is_no_model():
    with pytest.raises(NothingLeft, match="no word"):
        count([pa.array([None, "", " \n"], pa.large_string())], 3)
    with pytest.raises(NothingLeft):
        count([], 3)
