"""What cutting documents and rows would cost, counted as one would by hand."""

from collections import Counter
from itertools import combinations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from tilth.model.examples import Example, write
from tilth.model.packing import best_fit
from tilth.model.sequences import Setting, of_examples, packed, widest


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


def row(number, length, answer):
    learned = np.arange(length) >= length - answer
    return Example(number, np.zeros(length, np.int32), learned, ((length - answer, length),))


def examples(folder, lengths):
    return write(folder, [row(number, length, min(5, length)) for number, length in enumerate(lengths)], {})


@given(st.lists(st.integers(1, 50), min_size=1, max_size=7), st.integers(1, 8), st.none() | st.integers(1, 4))
def test_the_width_of_a_line_is_the_mean_over_all_batches(sizes, batch, at_once):
    drawn = min(batch, len(sizes))
    each = min(at_once or drawn, drawn)
    every = [size for some in combinations(sizes, drawn) for size in sorted(some, reverse=True)[::each]]
    assert widest(np.array(sizes), batch, at_once) == pytest.approx(sum(every) / len(every))


def test_batches_that_are_drawn_are_as_wide_as_was_foretold():
    generator = np.random.default_rng(5)
    sizes = generator.integers(1, 4000, 3000)
    drawn = [np.sort(generator.choice(sizes, 64, replace=False))[::-1][::16].mean() for _ in range(2000)]
    assert widest(sizes, 64, 16) == pytest.approx(np.mean(drawn), rel=0.005)


def test_rows_tell_what_each_length_costs_and_what_packing_makes_of_it(tmp_path):
    rows = examples(tmp_path / "all", [60, 60, 60, 100, 200])
    told = of_examples(rows, rows, Setting(length=256, batch=5, packed=False))
    assert (told["rows"], told["tokens"], told["cut"], told["padded"]) == (5, 480, 0, 5 * 200 - 480)
    assert told["by_length"] == [
        [64, 2, 36 + 136, pytest.approx(12 / 320)],
        [128, 1, 72, pytest.approx(232 / 640)],
        [256, 0, 0, pytest.approx(800 / 1280)],
    ]
    assert told["advice"][1] == {
        "length": 128,
        "rows": 1,
        "tokens": 72,
        "answer_tokens": 5,
        "terminators": 1,
        "padded": pytest.approx(1 - 408 / (5 * 128)),
        "lines": 4,
        "filled": pytest.approx(408 / (4 * 128)),
        "speed_up": pytest.approx(5 / 4),
    }
    assert (told["recommended"], told["reason"]) == (256, "All 5 rows fit; the longest has 200 tokens.")


def test_what_is_fed_is_told_beside_what_came(tmp_path):
    rows, fed = examples(tmp_path / "all", [60, 60, 60, 100, 200]), examples(tmp_path / "fed", [60, 60, 60, 100])
    told = of_examples(rows, fed, Setting(length=128, batch=2, packed=True))
    assert (told["rows"], told["used"], told["packed"], told["cut"]) == (5, 128, True, 200)
    lines = [sum(fed.lengths[number] for number in line) for line in best_fit(fed.lengths, 128)]
    every = [max(some) for some in combinations(lines, 2)]
    assert told["padded"] == round(len(lines) * sum(every) / len(every) - sum(lines))
    assert of_examples(examples(tmp_path / "none", []), fed, Setting(128, 2, packed=True)) == {}


def test_a_model_without_a_limit_uses_no_length(tmp_path):
    rows = examples(tmp_path, [60, 100])
    told = of_examples(rows, rows, Setting(length=1 << 30, batch=2, packed=False, most=1 << 30))
    assert told["used"] is None and [one["length"] for one in told["advice"]] == [64, 128]


def test_pairs_share_lines_of_twice_the_length(tmp_path):
    pairs = examples(tmp_path / "all", [60, 100, 60, 20])
    told = of_examples(pairs, pairs, Setting(length=128, batch=1, packed=True, together=2))
    assert (told["rows"], told["tokens"]) == (2, 240)
    assert [(one["length"], one["rows"], one["lines"]) for one in told["advice"]] == [(64, 1, 2), (128, 0, 1)]


@pytest.mark.parametrize(
    ("long", "most", "recommended", "reason"),
    [
        (100, None, 128, "All 2,000 rows fit; the longest has 100 tokens."),
        (5000, None, 64, "1 of 2,000 rows (0.05%) is longer; only a length of 5,000 would fit all, 78.1 times as much."),
        (5000, 96, 64, "1 of 2,000 rows (0.05%) is longer; only a length of 5,000 would fit all, 78.1 times as much."),
        (5000, 40, 40, "2,000 of 2,000 rows (100.00%) are longer, and the model sees no more at once; the longest row has 5,000 tokens."),
    ],
)
def test_a_length_is_recommended_with_its_reason(tmp_path, long, most, recommended, reason):
    rows = examples(tmp_path, [50] * 1999 + [long])
    told = of_examples(rows, rows, Setting(length=5000, batch=4, packed=True, most=most))
    assert (told["recommended"], told["reason"]) == (recommended, reason)
    assert most is None or all(one["length"] <= most or one["length"] == 5000 for one in told["advice"])
