"""Rows that hold long passages of others: found in every split."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.errors import DataRefused, NothingLeft
from tilth.pairs import NOTHING, compare
from tilth.record import Batch, ids_of_values
from tilth.steps.split._leaks import compared_by
from tilth.steps.split._passages import NAME, NONE, Passages, sampled, shared, together
from tilth.steps.split.group import Group
from tilth.steps.split.random import Random
from tilth.steps.split.stratified import Stratified
from tilth.steps.split.time import Time


def words(first, count):
    return " ".join(f"w{number}" for number in range(first, first + count))


ITEMS = [words(1000 * number, 25) for number in range(40)]
DOCUMENTS = [f"{words(1000 * number + 100, 150)}\n{item}\n{words(1000 * number + 500, 150)}" for number, item in enumerate(ITEMS)]
TEXTS = [*ITEMS, *DOCUMENTS]


def batch(texts, **columns):
    ids = pa.array(ids_of_values(range(len(texts))), pa.binary(16))
    return Batch(pa.table({"id": ids, "text": pa.array(texts, pa.large_string()), **columns}))


def decided(step, rows):
    sketches, comparison = step.sketch(rows), step.comparison()
    return step.decide(sketches, NOTHING if comparison is None else compare(comparison, sketches, rows))


def named(texts):
    return batch(texts, author=pa.array([f"author {number}" for number in range(len(texts))]), date=pa.array(range(len(texts), 0, -1)))


DRAWN = [Random(test=20, content=("text",)), Stratified(by="kind", test=20)]
JUDGED = [Group(by="author", test=40), Time(column="date", test=20)]


@pytest.mark.parametrize("step", DRAWN, ids=lambda step: step.name())
def test_a_row_and_the_document_in_which_it_stands_are_drawn_together(step):
    outcome = decided(step, batch(TEXTS, kind=pa.array(["one"] * 80)))
    assert (outcome.part[:40] == outcome.part[40:]).all()
    assert outcome.facts["rows"] == {"train": 60, "test": 20} and outcome.facts["groups"] == 40 and outcome.facts["leaks"]["held"] == 40


@pytest.mark.parametrize("step", DRAWN, ids=lambda step: step.name())
def test_without_passages_they_are_drawn_apart_as_before(step):
    step = type(step)(**{**step.model_dump(exclude_unset=True), "passages": None})
    rows = batch(TEXTS, kind=pa.array(["one"] * 80))
    outcome = decided(step, rows)
    assert NAME not in step.sketch(rows).column_names and "held" not in outcome.facts["leaks"]
    assert (outcome.part[:40] != outcome.part[40:]).any()


@pytest.mark.parametrize("step", JUDGED, ids=lambda step: step.name())
def test_a_document_of_train_that_holds_a_row_of_the_test_is_refused_with_pairs_shown(step):
    with pytest.raises(DataRefused, match=r"or at least 50% of a row of it in long passages: train → test \d+\.") as raised:
        decided(step, named(TEXTS))
    assert raised.value.exit_code == 3
    shown = re.findall(r"(\w{26}) \(train\) holds 100% of (\w{26}) \(test\)", raised.value.found)
    count = int(re.findall(r"train → test (\d+)\.", raised.value.found)[0])
    assert count > 5 and len(shown) == min(count, 10)


@pytest.mark.parametrize("step", JUDGED, ids=lambda step: step.name())
def test_under_drop_the_document_falls_and_the_row_of_the_test_stays(step):
    outcome = decided(type(step)(**{**step.model_dump(exclude_unset=True), "leaks": "drop"}), named(TEXTS))
    fell = np.flatnonzero(outcome.part < 0)
    assert len(fell) and (fell >= 40).all() and (outcome.part[fell - 40] == 1).all()
    assert {outcome.rules[which] for which in outcome.which[fell]} == {"passage"} and (outcome.value[fell] == 1).all()
    assert outcome.facts["leaks"]["by_passages"] == len(fell) and outcome.facts["rows"]["test"] == step.test


def test_a_row_of_train_that_stands_in_a_document_of_the_test_is_no_leak():
    outcome = decided(Time(column="date", test=40), batch([*DOCUMENTS, *ITEMS], date=pa.array([2] * 40 + [1] * 40)))
    assert outcome.facts["leaks"]["rows"] == {}


def test_a_template_around_every_row_is_no_passage():
    texts = [f"{words(0, 60)} {words(1000 * number, 8)} {words(100, 40)}" for number in range(1, 41)]
    assert decided(Time(column="date", test=10, near=None), named(texts)).facts["leaks"]["rows"] == {}
    assert decided(Random(test=10, near=None), batch(texts)).facts["largest_group"] == 1


def test_copies_of_a_document_count_as_one_row_towards_what_is_common():
    texts = [*ITEMS[:1], *DOCUMENTS[:1] * 30, *ITEMS[5:25]]
    assert len(shared(*sketched(texts), Passages()).held) == 1


def sketched(texts, passages=None):
    step = Random(test=1, content=("text",), passages=passages or Passages())
    sketches = step.sketch(batch(texts))
    return sketches, sketches["lot"]


PLANS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans()), min_size=4, max_size=14)


@settings(deadline=None)
@given(PLANS, st.integers(1, 3), st.randoms())
def test_neither_the_order_nor_the_cut_of_rows_matters(plans, test, chance):
    texts = [words(100 * one, 30) + (f" {words(100 * other, 30)}" if both else "") for one, other, both in plans]
    steps = [Random(test=test, near=None), Group(by="author", test=test, near=None, leaks="drop")]
    rows = named(texts)
    order = list(range(len(texts)))
    chance.shuffle(order)
    for step in steps:
        try:
            outcome = decided(step, rows)
        except NothingLeft:
            with pytest.raises(NothingLeft):
                decided(step, Batch(rows.table.take(pa.array(order))))
            continue
        moved = decided(step, Batch(rows.table.take(pa.array(order))))
        assert moved.part.tolist() == outcome.part[order].tolist() and moved.facts == outcome.facts
        pieces = pa.concat_tables([step.sketch(Batch(rows.table.slice(first, 3))) for first in range(0, len(texts), 3)])
        assert step.decide(pieces).part.tolist() == outcome.part.tolist()


def test_columns_that_hold_no_texts_are_left_out_and_rows_without_any_have_no_samples():
    rows = batch([None, words(0, 20)], title=pa.array(["a", None]), price=pa.array([1.5, 2.0]), tags=pa.array([["a"], ["b"]]))
    assert [len(one) for one in sampled(rows, ("price", "title", "text", "tags"), Passages())[NAME].to_pylist()] == [0, 1]
    assert sampled(rows, ("price", "tags"), Passages()) == {} == sampled(rows, ("text",), None)
    step = Random(test=1, content=("price", "tags"), near=None)
    assert step.decide(step.sketch(rows)).facts["rows"] == {"train": 1, "test": 1}


def test_a_passage_may_reach_over_several_columns():
    rows = batch([words(10, 10), words(0, 20)], title=pa.array([words(0, 10), ""]))
    one, other = sampled(rows, ("title", "text"), Passages())[NAME].to_pylist()
    assert one == other and len(one) == 1


def test_where_nothing_is_shared_the_pairs_are_those_that_were_compared():
    assert len(together(NOTHING, NONE).later) == 0
    assert shared(batch(["a"]).table, batch(["a"])["id"], Passages()) is NONE
    assert compared_by(None, None) == {} and compared_by(None, Passages())["passages"][0] == {"words": 13, "share": 0.5, "common": 10}


@pytest.mark.parametrize("wrong", [{"words": 4}, {"share": 0}, {"share": 1.1}, {"common": 1}, {"least": 3}])
def test_what_cannot_be_is_refused_when_the_step_is_made(wrong):
    with pytest.raises(ValueError):
        Random(test=1, passages=wrong)
