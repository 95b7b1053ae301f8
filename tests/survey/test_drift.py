"""What moved between two tables, and what only seems to have."""

import numpy as np
import pyarrow as pa
import pytest

from tilth.survey.drift import MOST_LABELS, OTHERS, Values, joined, shifts, take

WORDS = np.array("the soil of a garden holds water and roots that feed on it for years".split())


def table(rng: np.random.Generator, rows: int = 800, **changed: pa.Array) -> pa.Table:
    told = {
        "text": [" ".join(rng.choice(WORDS, rng.integers(8, 40))) for _ in range(rows)],
        "price": rng.lognormal(2, 1, rows),
        "kind": rng.choice(["seed", "tool", "pot"], rows, p=[0.5, 0.3, 0.2]),
        "sold": rng.random(rows) < 0.4,
    }
    return pa.table({**told, **changed})


def values(one: pa.Table, read: int | None = None) -> Values:
    filled = {name: (one.num_rows - one[name].null_count, one.num_rows) for name in one.column_names}
    mask = np.arange(one.num_rows) < (one.num_rows if read is None else read)
    pieces = [(one.slice(first, 300), mask[first : first + 300]) for first in range(0, one.num_rows, 300)]
    return joined([take(piece, inside, "text") for piece, inside in pieces], filled)


def by_name(a: Values, b: Values):
    return {(one.column, one.measure): one for one in shifts(a, b)}


def test_a_table_has_not_moved_from_itself():
    same = values(table(np.random.default_rng(1)))
    found = shifts(same, same)
    assert found and all(one.value == 0 and one.p == 1 and one.noise for one in found)


def test_two_draws_of_one_source_differ_by_noise_alone():
    rng = np.random.default_rng(2)
    assert sum(not one.noise for _ in range(10) for one in shifts(values(table(rng)), values(table(rng)))) <= 3


def test_every_number_that_is_told_of_a_text_is_compared():
    rng = np.random.default_rng(3)
    names = {measure for column, measure in by_name(values(table(rng)), values(table(rng))) if column == "text"}
    assert {"characters", "words", "tokens", "mean_word_length", "top_2_gram", "duplicate_10_grams", "ended_lines", "language"} <= names


def test_numbers_that_rise_are_found_with_their_medians():
    rng = np.random.default_rng(4)
    found = by_name(values(table(rng)), values(table(rng, price=pa.array(rng.lognormal(2.5, 1, 800)))))["price", "value"]
    assert not found.noise and found.statistic == "kolmogorov_smirnov" and found.rows == (800, 800)
    assert 0.12 < found.value < 0.28 and found.low < 0.1974 < found.high  # 2 Φ(¼) − 1, the distance of the two distributions
    assert found.before == pytest.approx(np.exp(2), rel=0.15) and found.after == pytest.approx(np.exp(2.5), rel=0.15)


def test_labels_that_become_frequent_are_named_first():
    rng = np.random.default_rng(5)
    kinds = pa.array(rng.choice(["seed", "tool", "pot"], 800, p=[0.2, 0.3, 0.5]))
    found = by_name(values(table(rng)), values(table(rng, kind=kinds)))
    assert not found["kind", "label"].noise and {label for label, *_ in found["kind", "label"].labels[:2]} == {"seed", "pot"}
    assert found["kind", "label"].value == pytest.approx(0.3, abs=0.06)
    assert ("kind", "characters") not in found


def test_truth_values_are_labels():
    rng = np.random.default_rng(6)
    found = by_name(values(table(rng)), values(table(rng, sold=pa.array(rng.random(800) < 0.7))))["sold", "label"]
    assert not found.noise and found.value == pytest.approx(0.3, abs=0.06)


def test_texts_that_differ_from_row_to_row_are_measured_by_their_length_alone():
    rng = np.random.default_rng(7)
    titles = [pa.array([f"title {number} {'x' * number}" for number in rng.integers(0, most, 800)]) for most in (60, 100)]
    found = by_name(values(table(rng, title=titles[0])), values(table(rng, title=titles[1])))
    assert not found["title", "characters"].noise and ("title", "label") not in found and ("title", "words") not in found


def test_what_is_less_filled_is_found():
    rng = np.random.default_rng(8)
    half = pa.array([value if keep else None for value, keep in zip(rng.random(800), rng.random(800) < 0.5, strict=True)])
    found = by_name(values(table(rng)), values(table(rng, price=half)))["price", "filled"]
    assert found.before == 1 and found.after == pytest.approx(0.5, abs=0.06)
    assert not found.noise and found.low < found.value < found.high < -0.4


def test_a_column_that_is_always_or_never_filled_says_nothing_about_that():
    a = values(pa.table({"text": ["a b"] * 20, "none": pa.nulls(20, pa.string())}))
    assert not {("text", "filled"), ("none", "filled")} & set(by_name(a, a))


def test_labels_beyond_the_most_frequent_count_as_one():
    rng = np.random.default_rng(9)
    many = [pa.array([f"label {number}" for number in rng.zipf(1.6, 800) % 70]) for _ in range(2)]
    repeated = [pa.table({"kind": pa.concat_arrays([one] * 4)}) for one in many]
    a, b = (values(one) for one in repeated)
    assert len(a.labels["kind", "label"] + b.labels["kind", "label"]) > MOST_LABELS
    found = by_name(a, b)["kind", "label"]
    assert found.rows == (3200, 3200) and all(label != OTHERS or x != y for label, x, y in found.labels)


def test_only_the_rows_that_are_to_be_read_are_read():
    rng = np.random.default_rng(10)
    a, b = values(table(rng), read=200), values(table(rng), read=100)
    found = by_name(a, b)
    assert found["text", "words"].rows == (200, 100) and found["text", "characters"].rows == (800, 800)


def test_numbers_that_are_none_are_left_out():
    odd = pa.table({"price": [1.0, float("nan"), float("inf"), None, 2.0]})
    assert values(odd).numbers["price", "value"].tolist() == [1.0, 2.0]


def test_a_language_that_comes_in_is_named():
    english = "The garden is full of flowers and the water runs down to the river every morning."
    german = "Der Garten ist voller Blumen und das Wasser fließt jeden Morgen hinunter zum Fluss."
    a, b = values(pa.table({"text": [english] * 100})), values(pa.table({"text": [english] * 70 + [german] * 30}))
    found = by_name(a, b)["text", "language"]
    assert not found.noise and {label for label, *_ in found.labels} == {"de", "en"} and found.value == pytest.approx(0.3)
