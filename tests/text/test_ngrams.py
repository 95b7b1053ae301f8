"""The likelihood of texts to a counted model, beside the same model in plain Python."""

import math
import unicodedata
from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.twins import FEW_TOKENS, TEXTS
from tilth.text import MEASURES
from tilth.text.characters import UNSPACED, classes
from tilth.text.ngram_counts import count
from tilth.text.ngrams import CODES, five_digits, likelihood, load

END = "</s>"


def words_of(text):
    """The words of a text, as the docstring of `tilth.text.ngrams` says it."""
    found, together = [], False
    for character in text:
        category = unicodedata.category(character)
        if character.isspace():
            together = False
            continue
        alone = category[0] not in "LMN" or bool(classes()[ord(character)] & UNSPACED)
        written = "0" if category == "Nd" else character.lower()[0] if category[0] in "LMN" else character
        if together and not alone:
            found[-1] += written
        else:
            found.append(written)
        together = not alone
    return found


class Twin:
    """Witten and Bell's model in dictionaries, over a lowest distribution."""

    def __init__(self, streams, order, lowest):
        self.order, self.lowest = order, lowest
        self.counts, self.follow = Counter(), defaultdict(set)
        self.totals = Counter()
        for stream in streams:
            history = ("<s>",) * (order - 1)
            for symbol in stream:
                for length in range(order):
                    before = history[len(history) - length :]
                    self.counts[before, symbol] += 1
                    self.totals[before] += 1
                    self.follow[before].add(symbol)
                history = (*history, symbol)[-(order - 1) :] if order > 1 else ()

    def chance(self, symbol, history):
        chance = self.lowest(symbol)
        for length in range(self.order):
            before = history[len(history) - length :]
            kinds = len(self.follow[before])
            if kinds:
                chance = (self.counts[before, symbol] + kinds * chance) / (self.totals[before] + kinds)
        return chance

    def nats(self, stream):
        history, nats = ("<s>",) * (self.order - 1), 0.0
        for symbol in stream:
            nats -= math.log(self.chance(symbol, history))
            history = (*history, symbol)[-(self.order - 1) :] if self.order > 1 else ()
        return nats


def twin(reference, order, texts):
    streams = [[*words, END] for text in reference if text and (words := words_of(text))]
    different = sorted({word for stream in streams for word in stream})
    spelling = Twin([[*("" if word == END else word), END] for word in different], 5, lambda _: 1 / CODES)
    model = Twin(streams, order, lambda word: math.exp(-spelling.nats([*("" if word == END else word), END])))
    return [None if not (words := words_of(text)) else math.exp(model.nats([*words, END]) / (len(words) + 1)) for text in texts]


def column(texts):
    return pa.array(texts, pa.large_string())


REFERENCE = ["The cat sat on the mat. The dog sat, too.", "A cat and a dog; 12 dogs!", None, "", "中文和中文 e\u0301 ไทย", "the cat sat"]


@settings(deadline=None, max_examples=40)
@given(st.lists(TEXTS | FEW_TOKENS, max_size=3), st.lists(FEW_TOKENS, max_size=4), st.integers(1, 4))
@example(["the cat sat on the dog", "xyz the", "中文", "", "42 dogs"], [], 3)
def test_the_perplexity_is_that_of_plain_python(texts, more, order):
    model = count([column([*REFERENCE, *more[:2]]), column(more[2:])], order)
    found = likelihood(model, column(texts))["perplexity"].to_pylist()
    for text, perplexity in zip(twin([*REFERENCE, *more], order, texts), found, strict=True):
        assert (text is None) == (perplexity is None)
        assert perplexity is None or perplexity == pytest.approx(min(text, 1e300), rel=6e-5)


def test_the_measures_are_those_that_the_table_explains_and_have_five_digits():
    found = likelihood(count([column(REFERENCE)], 3), column(["the cat", None, " "]))
    assert set(found) <= set(MEASURES)
    assert found["perplexity"].null_count == found["bits_per_character"].null_count == 2
    assert found["perplexity"][0].as_py() == float(f"{found['perplexity'][0].as_py():.5g}")
    assert five_digits(np.array([123456.7, 0.000123456])).tolist() == [123460.0, 0.00012346]


def test_words_in_another_order_and_strange_words_surprise_more():
    prose = ["the old man went to the sea and the sea was calm and the man was old"] * 3 + ["the sea was old and the man went to the calm"] * 2
    model = count([column(prose)], 3)
    same, shuffled, strange = likelihood(model, column(["the man was old", "old was man the", "qzx kjw vvq xxk"]))["perplexity"].to_pylist()
    assert same < shuffled < strange


def test_a_word_of_a_megabyte_has_a_finite_perplexity():
    (perplexity,) = likelihood(count([column(REFERENCE)], 3), column(["q" * 1_000_000]))["perplexity"].to_pylist()
    assert perplexity == 1e300


def test_a_model_that_was_written_is_read_as_it_was(tmp_path):
    model = count([column(REFERENCE)], 3)
    model.write(tmp_path)
    texts = column(["the cat", "a strange dog"])
    assert likelihood(load(tmp_path), texts)["perplexity"].equals(likelihood(model, texts)["perplexity"])
