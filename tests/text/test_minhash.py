"""MinHash bands: how they are derived, how often similar texts agree in one, and what is told of texts without words."""

import json
import os
import random
import subprocess
import sys
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.twins import TEXTS, shingled
from tilth.text.minhash import MOST_HASHES, Banding, band_keys, banding

GOLDEN = ["the quick brown fox jumps over the lazy dog", "the quick", "中文没有空格的一个句子"]
TOLD = [
    [[14107266235508554792, 10117957465404993457, 5568489153086183548], [8323954501121349052, 2985903560059971196, 16560328055415400004]],
    [5, 1, 4],
]
"""The keys and sizes of these texts in two bands of three rows; they change only with `tilth.text.near.REVISION`."""


def keys(texts, bands=4, rows=2):
    """For each text its keys."""
    found, sizes = band_keys(pa.array(texts, pa.large_string()), Banding(bands, rows))
    return list(map(tuple, found.T.tolist())), sizes.tolist()


def planted(similarity, random, shingles=90):
    """Two texts whose shingles have about a similarity, and the exact one: a text, and one that changes from a place on."""
    words = [f"w{random.getrandbits(48):x}" for _ in range(shingles + 4)]
    shared = round(2 * similarity * shingles / (1 + similarity))
    other = words[: shared + 4] + [f"w{random.getrandbits(48):x}" for _ in range(shingles - shared)]
    one, two = shingled(" ".join(words)), shingled(" ".join(other))
    return " ".join(words), " ".join(other), len(one & two) / len(one | two)


@pytest.mark.parametrize("similarity", [0.5, 0.8, 0.9])
def test_bands_agree_as_often_as_the_formula_says(similarity):
    draw, pairs, used = random.Random(7), 4000, Banding(4, 3)
    texts = [planted(similarity, draw) for _ in range(pairs)]
    exact = texts[0][2]
    assert {told for _, _, told in texts} == {exact}
    ones, others = (band_keys(pa.array([text[side] for text in texts], pa.large_string()), used)[0] for side in (0, 1))
    agree = (ones == others).mean(axis=1)
    share = exact**used.rows
    five_sigmas = 5 * (share * (1 - share) / pairs) ** 0.5
    assert (abs(agree - share) < five_sigmas).all(), "each band agrees as often as it should"
    found = (ones == others).any(axis=0).mean()
    expected = used.detection(exact)
    assert abs(found - expected) < 5 * (expected * (1 - expected) / pairs) ** 0.5, "and bands do not depend on each other"


def test_texts_without_a_common_shingle_never_agree():
    draw = random.Random(3)
    found, _ = band_keys(pa.array([" ".join(f"{draw.getrandbits(48):x}" for _ in range(9)) for _ in range(20_000)]), Banding(8, 2))
    assert max(Counter(np.concatenate(found).tolist()).values()) == 1


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_texts_with_the_same_shingles_have_the_same_keys_and_others_have_not(texts):
    found, sizes = keys(texts, bands=2, rows=32)
    plain = [shingled(text) for text in texts]
    for one in range(len(texts)):
        assert (sizes[one] == 0) == (not plain[one]) and sizes[one] >= len(plain[one])
        for other in range(one):
            if plain[one] == plain[other]:
                assert found[one] == found[other]
            elif not plain[one] & plain[other] and plain[one] and plain[other]:
                assert not set(found[one]) & set(found[other])


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=6), st.integers(1, 4))
def test_a_text_has_the_same_keys_in_whatever_company(texts, cut):
    whole = keys(texts)
    parts = [keys(texts[start : start + cut]) for start in range(0, len(texts), cut)]
    assert whole == (sum((found for found, _ in parts), []), sum((sizes for _, sizes in parts), []))


def test_a_short_text_has_keys_of_its_own():
    # datatrove gives texts of fewer than five words no signature; bigcode's share one, and all but one of them fall.
    found, sizes = keys(["one", "two words", "now three words", "one", "four words are here", "five words are in it"])
    assert sizes == [1] * 6
    assert found[0] == found[3] and len(set(found)) == 5


def test_a_null_and_a_text_without_words_have_no_shingles():
    hidden = pa.array(["hidden", "b"], pa.large_string())
    null = pa.LargeStringArray.from_buffers(2, hidden.buffers()[1], hidden.buffers()[2], pa.py_buffer(b"\x02"))
    assert band_keys(null, Banding(1, 1))[1].tolist() == [0, 1]
    assert keys([None, "", " \n", "?!", "a"])[1] == [0, 0, 0, 0, 1]
    assert band_keys(pa.array([], pa.large_string()), Banding(3, 2))[0].shape == (3, 0)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=5))
def test_bytes_that_are_no_text_do_no_harm_even_to_their_neighbours(rows):
    rows = [b"one two", *rows, b"one two"]
    broken = pa.array(rows, pa.large_binary())
    column = pa.LargeStringArray.from_buffers(len(rows), broken.buffers()[1], broken.buffers()[2])
    found, sizes = band_keys(column, Banding(3, 2))
    assert (found[:, 0] == found[:, -1]).all() and sizes[0] == sizes[-1] == 1


def test_keys_are_the_same_on_every_machine_and_under_every_hash_seed():
    code = f"""import pyarrow as pa
from tilth.text.minhash import Banding, band_keys
print([part.tolist() for part in band_keys(pa.array({GOLDEN!r}), Banding(2, 3))])"""
    runs = [
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True) for seed in "01"
    ]
    assert runs[0].stdout == runs[1].stdout
    assert json.loads(runs[0].stdout) == TOLD


@pytest.mark.parametrize("recall", [0.5, 0.9, 0.99, 0.999])
@pytest.mark.parametrize("similarity", [0.3, 0.5, 0.7, 0.8, 0.9, 0.99, 1.0])
def test_derived_bands_keep_the_promised_recall_with_the_longest_bands(similarity, recall):
    found = banding(similarity, recall)
    assert found.detection(similarity) >= recall
    assert found.bands == 1 or Banding(found.bands - 1, found.rows).detection(similarity) < recall, "no band is there for nothing"
    longer = [Banding(bands, rows) for rows in range(found.rows + 1, MOST_HASHES + 1) for bands in range(1, MOST_HASHES // rows + 1)]
    assert all(other.detection(similarity) < recall for other in longer)


def test_where_no_banding_is_short_enough_there_is_one_of_single_rows():
    found = banding(0.01, 0.99)
    assert found == Banding(459, 1) and found.detection(0.01) >= 0.99


def test_the_detection_curve_is_that_of_the_books():
    # The table in Leskovec, Rajaraman, Ullman: 20 bands of 5 rows.
    told = [round(Banding(20, 5).detection(number / 10), 4) for number in range(2, 9)]
    assert told == [0.0064, 0.0475, 0.186, 0.4701, 0.8019, 0.9748, 0.9996]
