"""split.stratified: every class in every part by its share, near-duplicates together."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.errors import NothingLeft
from tilth.pairs import compare
from tilth.record import Batch, ids_of_values
from tilth.steps.split.stratified import Stratified, _filled

LABELS = ["common"] * 700 + ["some"] * 270 + ["rare"] * 30


def batch(labels, texts=None, **columns):
    ids = pa.array(ids_of_values(range(len(labels))), pa.binary(16))
    told = pa.array(texts or [f"text {number}" for number in range(len(labels))], pa.large_string())
    return Batch(pa.table({"id": ids, "text": told, "label": pa.array(labels, pa.large_string()), **columns}))


def decided(step, rows):
    sketches, comparison = step.sketch(rows), step.comparison()
    return step.decide(sketches) if comparison is None else step.decide(sketches, compare(comparison, sketches, rows))


def by_class(outcome, labels):
    """Rows of each class in each part."""
    return {part: Counter(label for label, one in zip(labels, outcome.part, strict=True) if one == n) for n, part in enumerate(outcome.parts)}


def test_every_part_has_of_every_class_its_share():
    told = by_class(decided(Stratified(by="label", validation=0.1, test=100, near=None), batch(LABELS)), LABELS)
    assert told["test"] == told["validation"] == {"common": 70, "some": 27, "rare": 3}
    assert told["train"] == {"common": 560, "some": 216, "rare": 24}


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=4, max_size=120), st.integers(1, 30), st.integers(1, 30), st.integers(0, 3))
def test_counts_are_exact_and_each_class_is_less_than_one_row_off(labels, test, validation, seed):
    if test + validation >= len(labels):
        return
    outcome = decided(Stratified(by="label", test=test, validation=validation, seed=seed, near=None), batch(labels))
    told = by_class(outcome, labels)
    assert outcome.facts["rows"] == {"train": len(labels) - test - validation, "validation": validation, "test": test}
    assert outcome.facts["short"] == {} and (outcome.part >= 0).all()
    assert all(abs(told["test"][label] - Fraction(test * count, len(labels))) < 1 for label, count in Counter(labels).items())


@settings(deadline=None)
@given(st.lists(st.sampled_from("abc"), min_size=6, max_size=60), st.integers(1, 5), st.randoms())
def test_the_order_of_rows_and_their_cut_into_batches_change_nothing(labels, test, chance):
    step, rows = Stratified(by="label", test=test, near=None), batch(labels)
    outcome = decided(step, rows)
    order = list(range(len(labels)))
    chance.shuffle(order)
    assert decided(step, Batch(rows.table.take(pa.array(order)))).part.tolist() == outcome.part[order].tolist()
    pieces = pa.concat_tables([step.sketch(Batch(rows.table.slice(first, 7))) for first in range(0, len(labels), 7)])
    assert step.decide(pieces).part.tolist() == outcome.part.tolist()


def test_another_count_for_validation_moves_no_test_row():
    tests = [decided(Stratified(by="label", test=50, validation=count, near=None), batch(LABELS)).part == 2 for count in (10, 300)]
    assert (tests[0] == tests[1]).all()


def test_classes_of_one_row_each_are_drawn_by_lot_and_not_by_name():
    labels = [f"{number:04}" for number in range(1000)]
    for seed in (0, 1):
        part = decided(Stratified(by="label", test=100, seed=seed, near=None), batch(labels)).part
        assert 30 < part[:500].sum() < 70 and part.sum() == 100


def test_rows_that_nobody_asked_for_are_dropped_in_the_same_shares():
    outcome = decided(Stratified(by="label", train=500, test=100, near=None), batch(LABELS))
    assert outcome.rule == "not_drawn" and (outcome.part < 0).sum() == 400
    assert by_class(outcome, LABELS)["train"] == {"common": 350, "some": 135, "rare": 15}


def test_rows_that_are_nearly_the_same_are_never_divided():
    words = [" ".join(f"word{place}of{number}" for place in range(40)) for number in range(100)]
    texts = words + [f"{text} and an end" for text in words]
    labels = [("a", "b", "c", "d")[number % 4] for number in range(100)] * 2
    labels[150] = "a"  # like number 50, which is of class c: a group of two classes
    outcome = decided(Stratified(by="label", test=40), batch(labels, texts))
    assert (outcome.part[:100] == outcome.part[100:]).all()
    assert outcome.facts["leaks"] == {"pairs": 100, "across_parts": 0, "held": 200, "skipped": 0}
    assert outcome.facts["rows"]["test"] == 40 - outcome.facts["short"].get("test", 0) >= 38


def test_a_group_of_two_classes_takes_room_in_both():
    outcome = decided(Stratified(by="label", test=0.5, near=None), batch(["a", "b"] * 20, ["same"] * 2 + [str(n) for n in range(38)]))
    assert by_class(outcome, ["a", "b"] * 20)["test"] == {"a": 10, "b": 10}
    assert outcome.part[0] == outcome.part[1]


def test_rows_without_a_class_are_a_class_and_several_columns_make_one():
    labels = ["a"] * 10 + [None] * 10
    rows = batch(labels, kind=pa.array([1, 2] * 10))
    facts = decided(Stratified(by=("label", "kind"), test=0.2, near=None), rows).facts
    assert facts["classes"] == 4 and dict(map(tuple, [(name, tuple(parts.values())) for name, parts in facts["class_rows"]]))["null · 1"] == (4, 1)
    told = by_class(decided(Stratified(by="label", test=0.2, near=None), rows), labels)
    assert told["test"] == {"a": 2, None: 2}


def test_the_facts_tell_which_parts_lack_a_class():
    facts = decided(Stratified(by="label", test=0.1, near=None), batch(["a"] * 38 + ["b"] * 2)).facts
    assert facts["classes_missing"] == {"train": 0, "test": 1}
    assert facts["class_rows"] == [["a", {"train": 34, "test": 4}], ["b", {"train": 2, "test": 0}]]


def test_a_group_larger_than_every_part_is_refused():
    with pytest.raises(NothingLeft, match="3 of 4 rows are equal, nearly the same or share passages, and the largest part is to have 2"):
        decided(Stratified(by="label", test=2, near=None), batch(["a"] * 4, ["x", "x", "x", "y"]))


def test_counts_only_decide():
    step = Stratified(by="label", test=0.1, seed=3)
    assert step.deciding() == {"train": None, "validation": None, "test": 0.1} and step.parts() == ("train", "test")
    assert step.reads() == ("label", "text") and step.identity()["near"][0] == 0.8


@pytest.mark.parametrize("wrong", [{}, {"by": "a"}, {"by": (), "test": 1}, {"by": "a", "test": 0.7, "train": 0.7}])
def test_what_cannot_be_is_refused_when_the_step_is_made(wrong):
    with pytest.raises(ValidationError):
        Stratified(**wrong)


def test_a_class_with_many_rows_is_drawn_from_evenly():
    hits = np.zeros(700)
    for seed in range(40):
        hits += decided(Stratified(by="label", test=0.5, seed=seed, near=None), batch(LABELS)).part[:700]
    assert hits.sum() == 40 * 350 and 0.42 < hits[:100].mean() / 40 < 0.58


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from("abcd")), min_size=1, max_size=40), st.data())
def test_groups_are_placed_as_if_one_after_the_other(rows, data):
    _, group_of = np.unique([group for group, _ in rows], return_inverse=True)
    names, class_of = np.unique([name for _, name in rows], return_inverse=True)
    rooms = {part: [data.draw(st.integers(0, 6)) for _ in names] for part in (1, 0)}
    left = {part: list(room) for part, room in rooms.items()}
    wanted = []
    for group in range(int(group_of.max()) + 1):
        held = Counter(class_of[group_of == group].tolist())
        place = next((part for part, room in left.items() if all(count <= room[kind] for kind, count in held.items())), -1)
        wanted.append(place)
        for kind, count in held.items() if place >= 0 else ():
            left[place][kind] -= count
    assert _filled(group_of, class_of, np.bincount(group_of), rooms).tolist() == wanted
