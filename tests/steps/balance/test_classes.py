"""balance.classes: rows dropped, copied or weighed until classes are as asked."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.errors import NothingLeft
from tilth.record import Batch, ids_of_values
from tilth.steps.balance.classes import Classes

LABELS = ["rare"] * 3 + ["some"] * 20 + ["many"] * 77
MANY = st.lists(st.sampled_from(["a", "b", "c", None]), max_size=60)


def batch(labels):
    ids = pa.array(ids_of_values(range(len(labels))), pa.binary(16))
    texts = pa.array([f"text {number}" for number in range(len(labels))], pa.large_string())
    return Batch(pa.table({"id": ids, "text": texts, "label": pa.array(labels, pa.large_string())}))


def decided(step, labels):
    return step.decide(step.sketch(batch(labels)))


def counted(step, labels):
    """How many rows of each class there are afterwards."""
    return Counter(step(batch(labels).table)["label"].to_pylist())


@pytest.mark.parametrize(
    ("said", "rows"),
    [
        ({"how": "undersample"}, {"rare": 3, "some": 3, "many": 3}),
        ({"how": "undersample", "to": 10}, {"rare": 3, "some": 10, "many": 10}),
        ({"how": "undersample", "to": {"many": 40}}, {"rare": 3, "some": 20, "many": 40}),
        ({"how": "undersample", "to": {"many": 0.5}}, {"rare": 3, "some": 20, "many": 23}),
        ({"how": "oversample"}, {"rare": 77, "some": 77, "many": 77}),
        ({"how": "oversample", "to": 50}, {"rare": 50, "some": 50, "many": 77}),
        ({"how": "oversample", "to": {"rare": 11}}, {"rare": 11, "some": 20, "many": 77}),
        ({"how": "weights"}, {"rare": 3, "some": 20, "many": 77}),
    ],
)
def test_counts_are_exact(said, rows):
    assert counted(Classes(by="label", **said), LABELS) == rows


def test_copies_are_even_and_the_rest_goes_by_lot():
    outcome = decided(Classes(by="label", how="oversample", to=50), LABELS)
    assert sorted(outcome.copies[:3].tolist()) == [16, 17, 17]
    assert sorted(Counter(outcome.copies[3:23].tolist()).items()) == [(2, 10), (3, 10)]
    assert outcome.copies[23:].tolist() == [1] * 77 and outcome.facts["most_copies"] == 17
    other = decided(Classes(by="label", how="oversample", to=50, seed=1), LABELS)
    assert other.copies.tolist() != outcome.copies.tolist() and other.copies.sum() == outcome.copies.sum()


def test_a_copy_has_an_id_of_its_own_and_the_first_as_its_parent():
    table = Classes(by="label", how="oversample", to={"rare": 7})(batch(LABELS).table)
    ids, parents = table["id"].to_pylist(), table["parents"].to_pylist()
    assert len(set(ids)) == 104 and sum(found is not None for found in parents) == 4
    assert {found[0] for found in parents if found} <= set(ids)


def test_weights_make_classes_equal_and_their_mean_is_one():
    table = Classes(by="label", how="weights")(batch([*LABELS, None]).table)
    weights = np.asarray(table["weight"])
    sums = [weights[np.asarray(table["label"]) == label].sum() for label in ("rare", "some", "many")]
    assert sums == pytest.approx([100 / 3] * 3)
    assert weights.mean() == pytest.approx(1) and weights[-1] == 1
    tilted = decided(Classes(by="label", how="weights", to={"rare": 0.5}, column="w"), LABELS).columns["w"].to_numpy()
    assert tilted[:3].sum() == pytest.approx(50) and tilted.mean() == pytest.approx(1)


@settings(deadline=None)
@given(MANY, st.sampled_from(["undersample", "oversample"]), st.integers(1, 9), st.randoms())
def test_the_order_of_rows_and_their_cut_into_batches_change_nothing(labels, how, to, chance):
    step, whole = Classes(by="label", how=how, to=to), batch(labels)
    outcome = step.decide(step.sketch(whole))
    order = list(range(len(labels)))
    chance.shuffle(order)
    moved = step.decide(step.sketch(Batch(whole.table.take(pa.array(order, pa.int64())))))
    pieces = pa.concat_tables([step.sketch(Batch(whole.table.slice(first, 7))) for first in range(0, len(labels) + 1, 7)])
    for told, places in ((moved, order), (step.decide(pieces), slice(None))):
        assert told.part.tolist() == outcome.part[places].tolist()
        assert how == "undersample" or told.copies.tolist() == outcome.copies[places].tolist()


@settings(deadline=None)
@given(MANY, st.sampled_from(["undersample", "oversample"]), st.integers(1, 9))
def test_every_row_is_in_one_place_and_each_class_has_what_the_facts_say(labels, how, to):
    outcome = decided(Classes(by="label", how=how, to=to), labels)
    wanted = Counter(label for label, part in zip(labels, outcome.part, strict=True) if part >= 0)
    if how == "oversample":
        assert (outcome.part == 0).all()
        wanted = Counter({label: sum(int(n) for n, one in zip(outcome.copies, labels, strict=True) if one == label) for label in set(labels)})
    assert {one["kind"]: one["after"] for one in outcome.facts["class_rows"]} == {label: n for label, n in wanted.items() if label is not None}
    assert wanted[None] == labels.count(None) == outcome.facts["not_judged"]
    limit = min if how == "undersample" else max
    assert all(wanted[label] == limit(to, labels.count(label)) for label in set(labels) - {None})


def test_a_class_may_be_an_expression_over_numbers():
    table = pa.table({"text": [str(number) for number in range(10)], "price": list(range(10))})
    assert Classes(by="price >= 8", how="undersample")(table).num_rows == 4
    assert Counter(Classes(by="price % 2", how="oversample", to={"1": 9})(table)["price"].to_pylist())[0] == 1


def test_a_dropped_row_tells_its_place_and_the_limit():
    outcome = decided(Classes(by="label", how="undersample", to={"many": 70}), LABELS)
    falls = outcome.part < 0
    assert outcome.rule == "too_many" and sorted(outcome.value[falls].tolist()) == [71, 72, 73, 74, 75, 76, 77]
    assert set(outcome.limit[falls].tolist()) == {70}


def test_a_class_that_is_not_there_is_refused():
    with pytest.raises(NothingLeft, match="No row is of the class `raer`"):
        decided(Classes(by="label", how="oversample", to={"raer": 10}), LABELS)


@pytest.mark.parametrize("wrong", [{"to": "largest"}, {"to": 0}, {"to": {"a": 0.7, "b": 0.7}}, {"to": {}}, {"how": "double"}, {"by": "count(*)"}])
def test_what_cannot_be_is_refused_when_the_step_is_made(wrong):
    with pytest.raises(ValidationError):
        Classes(**{"by": "label", "how": "undersample", **wrong})


def test_how_and_how_many_only_decide():
    step = Classes(by="label", how="weights")
    assert step.deciding() == {"how": "weights", "to": None} and step.reads() == ("label", "text")


def test_a_column_whose_name_is_a_word_of_sql_is_a_column():
    rows = {"text": list("abcd"), "group": ["x", "x", "x", "y"]}
    assert Classes(by="group", how="undersample")(rows)["group"].count("x") == 1
    with pytest.raises(ValidationError):
        Classes(by="group by x", how="undersample")
