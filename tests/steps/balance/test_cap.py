"""balance.cap: exact counts in every bucket, a fair weighted draw, and the case of the product prices."""

import gzip
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.errors import NotThere
from tilth.record import Batch, ids_of_values
from tilth.steps.balance.cap import Cap

PRICES = {"bucket": "round(price)", "at_most": 1200, "unless": "price >= 240", "weights": {"category": {"Automotive": 1, "other": 5}}, "seed": 42}
REAL = Path(__file__).parents[4] / "shared" / "data" / "products" / "priced_text_3837.jsonl.gz"
CATEGORIES = ["Automotive", "Electronics", "Office", "Tools", "Phones", "Toys", "Appliances", "Instruments"]


def rows(**columns):
    count = len(next(iter(columns.values())))
    return Batch(pa.table({"id": pa.array(ids_of_values(range(count)), pa.binary(16)), **columns}))


def decided(step, batch):
    return step.decide(step.sketch(batch))


def labelled(labels):
    """A row for each label, its text its number."""
    return rows(text=pa.array([str(number) for number in range(len(labels))], pa.large_string()), label=pa.array(labels, pa.large_string()))


@pytest.fixture(scope="module")
def products():
    """120,000 products of the shape of the guide's: eight categories, most of them automotive, prices 1 to 999, few of them dear."""
    draw = np.random.default_rng(1)
    prices = np.round(np.clip(np.exp(draw.normal(3.2, 0.9, 120_000)), 1, 999), 2)
    category = draw.choice(CATEGORIES, len(prices), p=[0.4, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05])
    texts = pa.array([f"product {number}" for number in range(len(prices))], pa.large_string())
    return rows(text=texts, price=pa.array(prices), category=pa.array(category.tolist(), pa.large_string()))


def test_every_slot_below_240_has_at_most_1200_and_every_dearer_row_stays(products):
    outcome = decided(Cap(**PRICES), products)
    price = np.asarray(products["price"])
    slot, kept = np.floor(price + 0.5).astype(int), outcome.part >= 0
    before, after = Counter(slot[price < 240].tolist()), Counter(slot[kept & (price < 240)].tolist())
    assert max(before.values()) > 3000, "some slots are full"
    assert after == {one: min(count, 1200) for one, count in before.items()}
    assert kept[price >= 240].all()
    assert outcome.facts["mean_bucket"]["after"] > outcome.facts["mean_bucket"]["before"]
    assert {one["kind"]: one["after"] for one in outcome.facts["bucket_rows"]} == Counter(slot[kept].tolist())


def test_full_slots_hold_fewer_automotive_parts_than_they_had(products):
    outcome = decided(Cap(**PRICES), products)
    light, heavy = outcome.facts["weight_rows"]
    assert (light["kind"], heavy["kind"]) == (1.0, 5.0)
    assert light["before"] + heavy["before"] == 120_000
    full = np.floor(np.asarray(products["price"]) + 0.5) == 15
    automotive = np.asarray(products["category"]) == "Automotive"
    assert 0.38 < automotive[full].mean() < 0.42 and automotive[full & (outcome.part >= 0)].mean() < 0.22


@pytest.mark.skipif(not REAL.exists(), reason="../shared/data is not here")
def test_real_prices_are_capped_exactly():
    with gzip.open(REAL, "rt") as lines:
        found = [json.loads(line) for line in lines]
    columns = {"text": pa.array([row["text"] for row in found], pa.large_string()), "price": pa.array([float(row["price"]) for row in found])}
    batch = rows(**columns, category=pa.array([row["category"] for row in found], pa.large_string()))
    kept = decided(Cap(**{**PRICES, "at_most": 12}), batch).part >= 0
    price = np.asarray(batch["price"])
    slots = np.floor(price + 0.5).astype(int)
    before, after = Counter(slots[price < 240].tolist()), Counter(slots[kept & (price < 240)].tolist())
    assert len(found) == 3837 and max(before.values()) > 90
    assert after == {one: min(count, 12) for one, count in before.items()} and kept[price >= 240].all()
    assert decided(Cap(**PRICES), batch).part.min() == 0, "no slot has 1,200 products"


def test_over_many_seeds_each_row_is_drawn_as_often_as_by_drawing_one_after_the_other():
    # The guide draws with numpy's choice without replacement, by probabilities: the same law, and there the order of rows matters.
    seeds, buckets = 20, 300
    batch = rows(
        text=pa.array([str(row) for row in range(12 * buckets)], pa.large_string()),
        bucket=pa.array([row // 12 for row in range(12 * buckets)]),
        label=pa.array((["light"] * 6 + ["heavy"] * 6) * buckets, pa.large_string()),
    )
    hits = np.zeros(12)
    for seed in range(seeds):
        step = Cap(bucket="bucket", at_most=4, weights={"label": {"light": 1, "heavy": 5}}, seed=seed)
        hits += (decided(step, batch).part.reshape(buckets, 12) >= 0).sum(axis=0)
    draw, told = np.random.default_rng(0), np.zeros(12)
    for _ in range(seeds * buckets):
        told[draw.choice(12, 4, replace=False, p=np.array([1 / 36] * 6 + [5 / 36] * 6))] += 1
    share, expected = hits / (seeds * buckets), told / (seeds * buckets)
    light, heavy = share[:6].mean(), share[6:].mean()
    assert share.sum() == pytest.approx(4)
    assert (light, heavy) == pytest.approx((expected[:6].mean(), expected[6:].mean()), abs=0.012)
    assert (heavy / (1 - heavy)) / (light / (1 - light)) > 5, "without replacement the odds are above the ratio of weights"
    assert share[:6] == pytest.approx(light, abs=0.03) and share[6:] == pytest.approx(heavy, abs=0.03), "equal weights are drawn alike"


@settings(deadline=None)
@given(st.lists(st.sampled_from("abc"), max_size=60), st.integers(1, 8), st.integers(0, 3), st.randoms())
def test_the_order_of_rows_and_their_cut_into_batches_change_nothing(labels, at_most, seed, chance):
    step, batch = Cap(bucket="label", at_most=at_most, seed=seed), labelled(labels)
    outcome = decided(step, batch)
    order = list(range(len(labels)))
    chance.shuffle(order)
    moved = decided(step, Batch(batch.table.take(pa.array(order, pa.int64()))))
    assert moved.part.tolist() == outcome.part[order].tolist()
    pieces = pa.concat_tables([step.sketch(Batch(batch.table.slice(first, 7))) for first in range(0, len(labels) + 1, 7)])
    assert step.decide(pieces).part.tolist() == outcome.part.tolist()
    assert Counter(np.array(labels)[outcome.part >= 0].tolist()) == {one: min(count, at_most) for one, count in Counter(labels).items()}


@settings(deadline=None)
@given(st.lists(st.sampled_from("ab"), min_size=1, max_size=60), st.integers(1, 9))
def test_a_greater_cap_keeps_what_a_smaller_one_keeps(labels, at_most):
    few, many = (decided(Cap(bucket="label", at_most=most), labelled(labels)).part >= 0 for most in (at_most, at_most + 3))
    assert (many | ~few).all()


def test_rows_without_a_bucket_stay_and_are_told():
    outcome = decided(Cap(bucket="label", at_most=1), labelled(["a", None, "a", None, "b"]))
    assert outcome.part[[1, 3, 4]].tolist() == [0, 0, 0] and (outcome.part < 0).sum() == 1
    assert outcome.facts["not_judged"] == 2 and outcome.facts["buckets"] == 2


def test_rows_that_stay_anyhow_take_no_room():
    outcome = decided(Cap(bucket="label", at_most=2, unless="text >= '5'"), labelled(["a"] * 10))
    assert (outcome.part[:5] >= 0).sum() == 2 and (outcome.part[5:] >= 0).all()


def test_a_dropped_row_tells_its_place_in_the_draw():
    outcome = decided(Cap(bucket="label", at_most=3), labelled(["a"] * 8))
    assert outcome.rule == "too_many"
    assert sorted(outcome.value[outcome.part < 0].tolist()) == [4, 5, 6, 7, 8] and set(outcome.limit[outcome.part < 0].tolist()) == {3}
    assert np.isnan(outcome.value[outcome.part >= 0]).all()


def test_other_is_every_value_that_is_not_named_and_weights_of_columns_multiply():
    batch = rows(text=pa.array(list("abcd"), pa.large_string()), kind=pa.array(["x", "y", None, "x"], pa.large_string()), size=pa.array([1, 2, 1, 2]))
    step = Cap(bucket="kind", at_most=1, weights={"kind": {"x": 2, "other": 3}, "size": {"2": 10}})
    assert step.sketch(batch)["weight"].to_pylist() == [2, 30, 3, 20]


def test_no_rows_are_no_trouble():
    outcome = decided(Cap(bucket="label", at_most=3), labelled([]))
    assert len(outcome.part) == 0 and outcome.facts["bucket_rows"] == []


def test_alone_on_a_table_it_gives_the_rows_that_stay():
    assert len(Cap(bucket="label", at_most=2)({"text": list("abcde"), "label": ["x"] * 4 + ["y"]})["text"]) == 3


def test_it_reads_what_its_expressions_name():
    assert Cap(**PRICES).reads() == ("price", "category", "text")
    with pytest.raises(NotThere, match="no column `prize`"):
        Cap(bucket="prize", at_most=1)({"text": ["a"]})


def test_how_many_stay_only_decides():
    assert Cap(**PRICES).deciding() == {"at_most": 1200}
    assert "at_most" not in Cap(**PRICES).identity()


@pytest.mark.parametrize(
    "wrong", [{"at_most": 0}, {"bucket": "sum(price)"}, {"unless": "random() > price"}, {"weights": {"a": {"b": 0}}}, {"weights": {"a": {}}}]
)
def test_what_cannot_be_is_refused_when_the_step_is_made(wrong):
    with pytest.raises(ValidationError):
        Cap(**{"bucket": "price", "at_most": 3, **wrong})
