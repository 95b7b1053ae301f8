"""Near-duplicates among the rows of a batch: sketches, candidates in the order of keeping, sets and similarities."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.twins import shingled
from tilth.errors import AskedWrong
from tilth.pairs import compare
from tilth.record import Batch, ids_of_values
from tilth.text.minhash import Banding
from tilth.text.near import Near, keeping_order, prepare
from tilth.text.neighbours import unpacked

NEAR = Near(Banding(6, 2), ("text",), 0.3)
PHRASES = st.lists(st.sampled_from("a b c d e".split()), max_size=9).map(" ".join)


def batch(**columns):
    rows = len(next(iter(columns.values())))
    return Batch(pa.table({"id": pa.array(ids_of_values(range(rows)), pa.binary(16)), **columns}))


def sketched(rows, near=NEAR, **more):
    return pa.table({"id": rows["id"], **near.sketch(rows), **more})


def candidates(near, sketches, foreign=0):
    found = near.candidates(sketches, foreign)
    return [pair for pairs in found for pair in zip(*map(np.ndarray.tolist, unpacked(pairs)), strict=True)], found.facts


def test_a_sketch_has_the_shingles_and_a_key_for_each_band():
    found = NEAR.sketch(batch(text=["a b", None, "!"]))
    assert list(found) == ["shingles", "band_00", "band_01", "band_02", "band_03", "band_04", "band_05"]
    assert found["shingles"].to_pylist() == [1, 0, 0] and found["band_00"].type == pa.uint64()
    assert {len(column) for column in found.values()} == {3}


@settings(deadline=None)
@given(st.lists(PHRASES | st.none(), min_size=1, max_size=40))
def test_every_pair_that_is_told_has_its_exact_similarity_and_the_same_text_is_always_found(texts):
    rows = batch(text=pa.array(texts, pa.large_string()))
    compared = compare(NEAR, sketched(rows), rows)
    plain = [shingled(text or "") for text in texts]
    told = dict(zip(zip(compared.later.tolist(), compared.sooner.tolist(), strict=True), compared.similarity.tolist(), strict=True))
    assert len(told) == len(compared.similarity)
    for (later, sooner), alike in told.items():
        assert later > sooner and alike == len(plain[later] & plain[sooner]) / len(plain[later] | plain[sooner]) >= NEAR.at_least
    if len(texts) <= 33:
        same = {(later, sooner) for later in range(len(texts)) for sooner in range(later) if plain[later] == plain[sooner] != set()}
        assert same <= set(told)


def test_the_order_of_keeping_is_that_of_claims_and_then_of_rows():
    claims = pa.array([1.0, None, 3.0, 3.0, float("nan"), float("-inf"), float("inf")])
    sketches = pa.table({"claim": claims})
    assert keeping_order(sketches, 0).tolist() == [6, 2, 3, 0, 1, 4, 5]
    assert keeping_order(sketches, 2).tolist() == [0, 1, 6, 2, 3, 4, 5], "rows of other datasets come first, as they stand"
    assert keeping_order(pa.table({"n": [5, 6]}), 0).tolist() == [0, 1]


def test_of_a_pair_the_row_that_is_kept_sooner_is_the_sooner_one():
    rows = batch(text=["a b c", "a b c", "d"])
    assert candidates(NEAR, sketched(rows))[0] == [(1, 0)]
    assert candidates(NEAR, sketched(rows, claim=pa.array([1.0, 2.0, 3.0])))[0] == [(0, 1)]


def test_rows_of_other_datasets_are_not_compared_with_each_other():
    rows = batch(text=["a b c"] * 5)
    pairs, _ = candidates(NEAR, sketched(rows), foreign=3)
    assert sorted(pairs) == [(3, 0), (3, 1), (3, 2), (4, 0), (4, 1), (4, 2), (4, 3)]
    assert candidates(NEAR, sketched(rows), foreign=5)[0] == []


def test_pairs_among_the_rows_of_other_datasets_are_not_told_as_skipped():
    rows = batch(text=["a b c"] * 40)
    one = Near(Banding(1, 1), ("text",), 0.3)
    assert candidates(one, sketched(rows, one))[1] == {"skipped": sum(place - 33 for place in range(33, 40))}
    assert candidates(one, sketched(rows, one), foreign=40)[1] == {"skipped": 0}
    assert candidates(one, sketched(rows, one), foreign=39)[1] == {"skipped": 39 - 33}


def test_sketches_of_rows_without_a_text_give_no_pairs():
    assert candidates(NEAR, pa.table({"id": batch(n=[1, 2])["id"]})) == ([], {"skipped": 0})
    assert candidates(NEAR, sketched(batch(text=pa.array([], pa.large_string())))) == ([], {"skipped": 0})


def test_several_fields_are_joined_and_numbers_are_their_text():
    near = Near(Banding(6, 2), ("title", "n"), 0.5)
    rows = batch(title=["a b", None, "a b 1", "a b", None], n=[1, 1, None, 1, None])
    plain = [shingled(text) for text in ("a b\n1", "\n1", "a b 1\n", "a b\n1", "\n")]
    values, counts = near.sets(rows)
    assert counts.tolist() == list(map(len, plain)) == [1, 1, 1, 1, 0]
    assert len(set(values.tolist())) == 2
    assert near.reads() == ("title", "n")


def test_a_list_is_no_text():
    with pytest.raises(AskedWrong, match="column of list<"):
        NEAR.sketch(batch(text=[["a"], ["b"]]))


def test_the_identity_is_all_that_pairs_depend_on():
    ones = [NEAR, Near(Banding(2, 6), ("text",), 0.3), Near(Banding(6, 2), ("title",), 0.3), Near(Banding(6, 2), ("text",), 0.5)]
    ones += [Near(Banding(6, 2), ("text",), 0.3, "apart"), Near(Banding(6, 2), ("text",), 0.3, "contained")]
    assert len({str(one.identity()) for one in ones}) == 6
    assert "facts" not in NEAR.identity(), "what was stored before there were facts stays good"


def test_rows_that_their_facts_tell_apart_have_a_negative_similarity():
    texts = ["seen in Rome by ten men and more", "seen in Oslo by ten men and more", "seen in rome by ten men and more", "seen by ten men and more"]
    rows = batch(text=texts)
    told = {}
    for facts in ("together", "apart", "contained"):
        near = Near(Banding(64, 1), ("text",), 0.1, facts)
        compared = compare(near, sketched(rows, near), rows)
        pairs = zip(compared.later.tolist(), compared.sooner.tolist(), compared.similarity.tolist(), strict=True)
        told[facts] = {(later, sooner): alike for later, sooner, alike in pairs}
    assert set(told["together"]) == set(told["apart"]) == set(told["contained"]) >= {(1, 0), (2, 0), (2, 1)}
    for pair, alike in told["together"].items():
        assert abs(told["apart"][pair]) == abs(told["contained"][pair]) == alike > 0
    assert [pair for pair, alike in told["apart"].items() if alike > 0] == [(2, 0), *([(3, 2)] if (3, 2) in told["apart"] else [])]
    assert {pair for pair, alike in told["contained"].items() if alike < 0} == {(1, 0)}


def test_rows_of_one_template_with_the_same_facts_are_candidates_however_many_differ():
    texts = [f"the report of day {number % 60} is the same as all others that came before and after it" for number in range(120)]
    near, rows = Near(Banding(1, 1), ("text",), 0.1, "apart"), batch(text=texts)
    pairs, _ = candidates(near, sketched(rows, near))
    assert {(60 + day, day) for day in range(60)} <= set(pairs)


def test_sets_hold_shingles_and_then_words():
    near, rows = Near(Banding(6, 2), ("text",), 0.3, "apart"), batch(text=["a b c d e Rome", None, "x"])
    (values, counts), (shingles, sizes) = near.sets(rows), NEAR.sets(rows)
    begins = np.cumsum(counts) - counts
    for row, begin in enumerate(begins):
        some = values[begin : begin + counts[row]].tolist()
        assert some == sorted(some)
        plain = shingles[sizes[:row].sum() : sizes[: row + 1].sum()].tolist()
        assert some[: sizes[row]] == [one >> 1 for one in plain] and all(one >> 63 for one in some[sizes[row] :])
    assert (counts - sizes).tolist() == [6, 0, 1]


def test_all_kernels_are_compiled_before_workers_start():
    prepare()
    rows = batch(text=["a"])
    assert NEAR.sets(rows)[1].tolist() == [1]
