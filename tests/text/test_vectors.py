"""Vectors of whole numbers: their cosines are exact, and near those of the embeddings."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.text.vectors import LENGTH, cosines, drawn, fingerprints, joined, of_texts, prepare, rounded, squares

SEEDS = st.integers(0, 1 << 32)


def embeddings(seed, rows=20, width=64):
    return np.random.default_rng(seed).standard_normal((rows, width)).astype(np.float32)


def exact(ones, others):
    """Cosines in Python's whole numbers, of which none is too long."""
    products = ones.astype(object) @ others.astype(object).T
    lengths = np.array([[float(one @ one) * float(other @ other) for other in others.astype(object)] for one in ones.astype(object)])
    return products.astype(float) / np.sqrt(lengths)


@settings(deadline=None, max_examples=30)
@given(SEEDS, st.sampled_from([1, 3, 32, 256, 1024]))
def test_no_vector_is_longer_than_4096_so_every_product_is_exact(seed, width):
    found = rounded(embeddings(seed, 8, width) ** 3)
    assert (squares(found) <= LENGTH**2).all()
    assert (cosines(found, found) == exact(found, found)).all()


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_rounding_moves_a_cosine_by_less_than_a_thousandth(seed):
    given_ = embeddings(seed, 30, 384).astype(np.float64)
    unit = given_ / np.linalg.norm(given_, axis=1, keepdims=True)
    found = rounded(given_)
    assert np.abs(cosines(found, found) - unit @ unit.T).max() < 0.001


def test_a_vector_and_itself_have_the_cosine_1_and_stretching_changes_nothing():
    found = rounded(embeddings(1))
    assert (np.diag(cosines(found, found)) == 1.0).all()
    assert (rounded(embeddings(1) * np.float32(4)) == found).all()


def test_what_has_no_direction_is_zeros_and_like_nothing():
    odd = np.array([[0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0], [3.0, 4.0]])
    found = rounded(odd)
    assert not found[:3].any()
    assert (cosines(found, found)[:3] == 0).all()
    assert squares(found).tolist()[:3] == [0, 0, 0]


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_a_sample_is_the_same_in_any_order_and_drawn_in_parts(seed):
    found = rounded(embeddings(seed, 50, 8))
    found = np.concatenate([found, found[:10], np.zeros((3, 8), np.int16)])
    whole = drawn(found, 20)
    turned = found[np.random.default_rng(seed).permutation(len(found))]
    assert (drawn(turned, 20) == whole).all()
    assert (drawn(np.concatenate([drawn(turned[:30], 20), turned[30:]]), 20) == whole).all()
    assert len(np.unique(fingerprints(whole))) == 20
    assert whole.any(axis=1).all()


def test_texts_that_are_nothing_are_not_encoded_and_equal_ones_once():
    asked = []

    def encode(texts):
        asked.append(list(texts))
        return np.array([[len(text), 1.0] for text in texts], np.float32)

    found = of_texts(pa.array(["abc", None, "", " \n\t\u00a0", "d", "abc"], pa.large_string()), encode, 2)
    assert asked == [["abc", "d"]]
    assert found.any(axis=1).tolist() == [True, False, False, False, True, True]
    assert (found[0] == found[5]).all()


@pytest.mark.parametrize("texts", [[], [None], ["", " "]])
def test_nothing_is_encoded_where_there_is_no_text(texts):
    found = of_texts(pa.array(texts, pa.large_string()), lambda _: pytest.fail("it was asked"), 4)
    assert found.shape == (len(texts), 4)
    assert not found.any()


def test_several_columns_are_one_text():
    assert joined([pa.array(["a", None]), pa.array(["b", "c"])]).to_pylist() == ["a\nb", "\nc"]
    assert joined([pa.array(["a", None])]).to_pylist() == ["a", None]


def test_kernels_are_compiled_before_workers_start():
    prepare()
    assert squares(np.array([[3, 4]], np.int16)).tolist() == [25]
