"""What cutting documents would cost, counted as one would by hand."""

from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis import given

from tilth.model.sequences import packed


def test_each_length_tells_what_it_would_lose_and_waste():
    told = packed({10: 3, 200: 1, 300: 2}, 64, 5)
    assert (told["rows"], told["tokens"]) == (6, 830)
    assert told["by_length"] == [
        [64, 3, 136 + 2 * 236, pytest.approx(3 * 54 / 384)],
        [128, 3, 72 + 2 * 172, pytest.approx(3 * 118 / 768)],
        [256, 2, 2 * 44, pytest.approx((3 * 246 + 56) / 1536)],
        [512, 0, 0, pytest.approx((3 * 502 + 312 + 2 * 212) / 3072)],
    ]
    assert (told["used"], told["packed"], told["cut"], told["padded"]) == (64, True, 0, 5)


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=60), st.integers(2, 2048))
def test_the_table_is_what_documents_one_by_one_give(lengths, context):
    told = packed(Counter(lengths), context, 0)
    assert (told["rows"], told["tokens"], sum(told["counts"])) == (len(lengths), sum(lengths), len(lengths))
    assert len(told["edges"]) == len(told["counts"]) + 1 and told["edges"] == sorted(set(told["edges"]))
    assert told["edges"][0] <= min(lengths) and max(lengths) < told["edges"][-1]
    tried = [row[0] for row in told["by_length"]]
    assert tried == sorted(set(tried)) and context in tried and 128 in tried
    assert max(tried) >= max(lengths) and all(length & (length - 1) == 0 for length in tried if length != context)
    for length, longer, lost, padded in told["by_length"]:
        assert longer == sum(one > length for one in lengths)
        assert lost == sum(max(0, one - length) for one in lengths)
        assert padded == pytest.approx(sum(max(0, length - one) for one in lengths) / (length * len(lengths)))
