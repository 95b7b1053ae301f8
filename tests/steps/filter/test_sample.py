"""filter.sample: exactly so many rows, by lots that no order and no shard changes."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.frames import to_batch
from tilth.steps.filter.sample import Sample

TEXTS = [f"text number {number}" for number in range(200)]


def drawn(texts, **settings):
    kinds = settings.pop("kinds", None)
    return Sample.model_validate(settings)({"text": texts, **({"kind": kinds} if kinds else {})})["text"]


def test_so_many_rows_stay_as_asked():
    assert len(drawn(TEXTS, rows=17)) == 17 and len(drawn(TEXTS, share=0.1)) == 20
    assert len(drawn(TEXTS[:3], share=0.5)) == 2, "a half is rounded upwards"
    assert drawn(TEXTS, rows=500) == TEXTS


@settings(deadline=None, max_examples=30)
@given(st.permutations(TEXTS[:60]), st.integers(1, 60))
def test_the_order_of_rows_changes_nothing_about_who_is_drawn(texts, rows):
    assert sorted(drawn(texts, rows=rows)) == sorted(drawn(TEXTS[:60], rows=rows))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=5))
def test_shards_and_batches_change_nothing(sizes):
    step, batch = Sample(rows=20), to_batch({"text": TEXTS[:100]})
    parts, begin = [], 0
    for size in [*sizes, 1000]:
        parts.append(step.sketch(to_batch(batch.table.slice(begin, size))))
        begin += size
    together = pa.concat_tables(parts)
    assert together.equals(step.sketch(batch)) and (step.decide(together).part == step.decide(step.sketch(batch)).part).all()


def test_a_larger_sample_holds_every_row_of_a_smaller_one():
    assert set(drawn(TEXTS, rows=10)) < set(drawn(TEXTS, rows=50)) < set(drawn(TEXTS, share=0.5))


def test_another_seed_and_another_place_draw_others():
    one = drawn(TEXTS, rows=50)
    assert one == drawn(TEXTS, rows=50) != drawn(TEXTS, rows=50, seed=1)
    assert drawn(TEXTS, rows=50, salt="docs.filter.sample") != one


def test_of_each_class_so_many_stay_and_rows_without_one_are_a_class():
    kinds = ["a"] * 100 + ["b"] * 60 + [None] * 37 + ["c"] * 3
    step = Sample(rows=10, by="kind")
    out = step({"text": TEXTS, "kind": kinds})
    assert {kind: out["kind"].count(kind) for kind in ("a", "b", "c", None)} == {"a": 10, "b": 10, "c": 3, None: 10}
    facts = step.decide(step.sketch(to_batch({"text": TEXTS, "kind": kinds}))).facts
    assert facts["short"] == 7 and facts["drawn"] == 33
    assert facts["classes"][2] == {"class": "c", "rows": 3, "drawn": 3}


def test_of_a_share_every_class_keeps_its_proportion_and_the_sum_is_exact():
    out = Sample(share=0.1, by="kind")({"text": TEXTS, "kind": ["a"] * 105 + ["b"] * 95})
    assert len(out["text"]) == 20 and out["kind"].count("a") in (10, 11)


def test_the_outcome_tells_the_place_in_the_draw_and_how_many_were_drawn():
    step = Sample(rows=3)
    told = step.decide(step.sketch(to_batch({"text": TEXTS[:5]})))
    assert told.rule == "not_drawn" and sorted(told.value[told.part < 0]) == [4, 5] and set(told.limit[told.part < 0]) == {3}


def test_the_number_of_rows_only_decides():
    one, other = Sample(rows=3), Sample(rows=9)
    assert one.identity() == other.identity() and one.deciding() != other.deciding()


@pytest.mark.parametrize("settings", [{}, {"rows": 3, "share": 0.5}, {"rows": 0}, {"share": 1.0}, {"share": 0}])
def test_what_cannot_be_is_refused(settings):
    with pytest.raises(ValidationError):
        Sample.model_validate(settings)


def test_no_rows_are_no_trouble():
    assert drawn(pa.array([], pa.large_string()).to_pylist(), rows=3) == []
