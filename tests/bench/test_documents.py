"""Documents that are repeated stay what they were, but for the order of some words."""

from collections import Counter

from bench.documents import exchanged
from bench.works.near import searched

TEXT = "The quick brown fox\njumps over the lazy dog, and " + " ".join(f"word{number}" for number in range(200)) + ".\n\nThe end."


def test_exchanging_words_keeps_every_word_and_every_space():
    varied = exchanged(TEXT, 1, 0.25)
    assert varied != TEXT and len(varied) == len(TEXT) and varied.count("\n") == TEXT.count("\n")
    assert Counter(varied.split()) == Counter(TEXT.split())


def test_the_same_turn_gives_the_same_text_and_another_turn_another():
    assert exchanged(TEXT, 1, 0.25) == exchanged(TEXT, 1, 0.25) != exchanged(TEXT, 2, 0.25)


def test_a_light_exchange_is_a_near_duplicate_and_a_heavy_one_is_not():
    assert searched([TEXT, exchanged(TEXT, 1, 0.005)], 0.8).dropped == {1: 0}
    assert searched([TEXT, exchanged(TEXT, 1, 0.25)], 0.8).dropped == {}


def test_the_exhaustive_search_drops_only_in_favour_of_rows_that_stay():
    words = [f"w{number}" for number in range(54)]
    chain = [" ".join(words[first : first + 50]) for first in (0, 2, 4)]  # neighbours share 44 of 48 shingles, the ends 42 of 50
    truth = searched(chain, 0.9)
    assert truth.dropped == {1: 0} and truth.similarity(0, 1) > 0.9 > truth.similarity(0, 2)
