"""split.group: whole groups in one part, and a check for what still leaks."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.errors import DataRefused, NothingLeft
from tilth.pairs import compare
from tilth.record import Batch, ids_of_values
from tilth.steps.split.group import Group


def batch(authors, texts=None):
    ids = pa.array(ids_of_values(range(len(authors))), pa.binary(16))
    told = pa.array(texts or [f"text {number}" for number in range(len(authors))], pa.large_string())
    return Batch(pa.table({"id": ids, "text": told, "author": pa.array(authors, pa.large_string())}))


def decided(step, rows):
    sketches, comparison = step.sketch(rows), step.comparison()
    return step.decide(sketches) if comparison is None else step.decide(sketches, compare(comparison, sketches, rows))


AUTHORS = [f"author {number % 100}" for number in range(1000)]


@settings(deadline=None)
@given(st.lists(st.sampled_from([*"abcdefgh", None]), min_size=4, max_size=60), st.integers(1, 6), st.integers(0, 3), st.randoms())
def test_groups_are_never_divided_whatever_the_order_and_the_cut(authors, test, seed, chance):
    step, rows = Group(by="author", test=test, seed=seed, near=None), batch(authors)
    try:
        outcome = decided(step, rows)
    except NothingLeft:
        return
    places = {}
    for author, part in zip(authors, outcome.part.tolist(), strict=True):
        assert author is None or places.setdefault(author, part) == part
    assert outcome.facts["rows"]["test"] == test - outcome.facts["short"].get("test", 0)
    assert sum(outcome.facts["rows"].values()) == len(authors)
    order = list(range(len(authors)))
    chance.shuffle(order)
    assert decided(step, Batch(rows.table.take(pa.array(order)))).part.tolist() == outcome.part[order].tolist()
    pieces = pa.concat_tables([step.sketch(Batch(rows.table.slice(first, 7))) for first in range(0, len(authors), 7)])
    assert step.decide(pieces).part.tolist() == outcome.part.tolist()


def test_a_new_row_of_a_group_moves_no_other_group():
    before = decided(Group(by="author", test=100, near=None), batch(AUTHORS))
    after = decided(Group(by="author", test=100, near=None), batch([*AUTHORS, "author 7"]))
    moved = {author for author, one, other in zip(AUTHORS, before.part, after.part, strict=False) if one != other}
    assert len(moved) <= 2


def test_rows_without_a_group_are_drawn_by_themselves():
    outcome = decided(Group(by="author", test=30, near=None), batch([None] * 100))
    assert outcome.facts["rows"] == {"train": 70, "test": 30} and outcome.facts["groups"] == 100


def test_several_columns_make_a_group():
    rows = Batch(batch(["a", "a", "b", None]).table.append_column("site", pa.array(["x", "y", "x", None])))
    lots = Group(by=("author", "site"), test=1).sketch(rows)["lot"].to_pylist()
    assert len(set(lots)) == 4
    lots = Group(by="author", test=1).sketch(rows)["lot"].to_pylist()
    assert lots[0] == lots[1] and len(set(lots)) == 3


LONG = [" ".join(f"word{place}of{number}" for place in range(40)) for number in range(200)]


def test_what_was_copied_from_group_to_group_is_refused_by_default():
    rows = batch(AUTHORS[:100] * 2, [*LONG[:100], *(f"{text} and an end" for text in LONG[:100])])
    assert decided(Group(by="author", test=20), rows).facts["leaks"]["rows"] == {}, "a copy within a group is no leak"
    copied = batch([f"a{number}" for number in range(200)], [*LONG[:100], *(f"{text} and an end" for text in LONG[:100])])
    with pytest.raises(
        DataRefused,
        match=r"rows have their like in a part .*, equal or at least 0.8 alike, or at least 50% of a row of it in long passages: train → test",
    ):
        decided(Group(by="author", test=20), copied)


def test_under_drop_the_row_of_the_earlier_part_goes():
    copied = batch([f"a{number}" for number in range(200)], [*LONG[:100], *(f"{text} and an end" for text in LONG[:100])])
    outcome = decided(Group(by="author", test=20, validation=20, leaks="drop"), copied)
    assert outcome.facts["rows"]["test"] == 20
    kept = {part: {row % 100 for row in np.flatnonzero(outcome.part == number)} for number, part in enumerate(outcome.parts)}
    assert not kept["train"] & kept["test"] and not kept["train"] & kept["validation"] and not kept["validation"] & kept["test"]
    fell = np.flatnonzero(outcome.part < 0)
    ids = ids_of_values(range(200))
    assert len(fell) and all(outcome.partner[row].tobytes() == ids[(row + 100) % 200] for row in fell)
    assert {outcome.rules[one] for one in outcome.which[fell]} == {"leak"} and (outcome.value[fell] > 0.8).all()


def test_under_keep_it_is_only_told():
    copied = batch([f"a{number}" for number in range(200)], LONG[:100] * 2)
    outcome = decided(Group(by="author", test=20, near=None, leaks="keep"), copied)
    assert (outcome.part >= 0).all() and sum(outcome.facts["leaks"]["rows"].values()) > 10


def test_a_group_that_no_part_can_hold_is_refused():
    with pytest.raises(NothingLeft, match="8 of 10 rows are of one group, and the largest part is to have 7"):
        decided(Group(by="author", test=3, near=None), batch(["a"] * 8 + ["b", "c"]))
    with pytest.raises(NothingLeft, match="Every group that was left is larger"):
        decided(Group(by="author", test=3, near=None), batch(["a"] * 5 + ["b"] * 5))


def test_leaks_and_counts_only_decide():
    step = Group(by="author", test=0.1)
    assert step.deciding() == {"train": None, "validation": None, "test": 0.1, "leaks": "refuse"}
    assert step.parts() == ("train", "test") and step.reads() == ("author", "text")


@pytest.mark.parametrize("wrong", [{"test": 1}, {"by": "a"}, {"by": "a", "test": 1, "leaks": "ignore"}])
def test_what_cannot_be_is_refused_when_the_step_is_made(wrong):
    with pytest.raises(ValidationError):
        Group(**wrong)
