"""split.random: exact counts, lots that no other row can change, equal rows together."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.errors import NothingLeft
from tilth.pairs import compare
from tilth.record import Batch, ids_of_values
from tilth.steps.split.random import Random


def batch(texts, **columns):
    ids = pa.array(ids_of_values(range(len(texts))), pa.binary(16))
    return Batch(pa.table({"id": ids, "text": pa.array(texts, pa.large_string()), **columns}))


def decided(step, texts):
    return step.decide(step.sketch(batch(texts)))


def part_of(step, texts):
    """Text → the name of its part, or None where it was dropped."""
    outcome = decided(step, texts)
    return {text: outcome.parts[part] if part >= 0 else None for text, part in zip(texts, outcome.part.tolist(), strict=True)}


WORDS = [f"text {number}" for number in range(1000)]


@pytest.mark.parametrize(
    ("settings", "rows"),
    [
        ({"validation": 300, "test": 300}, {"train": 400, "validation": 300, "test": 300}),
        ({"train": 700, "test": 20}, {"train": 700, "test": 20}),
        ({"test": 0.1}, {"train": 900, "test": 100}),
        ({"train": 0.8, "validation": 0.1, "test": 0.1}, {"train": 800, "validation": 100, "test": 100}),
        ({"validation": 0.15, "test": 7}, {"train": 843, "validation": 150, "test": 7}),
        ({"train": 10}, {"train": 10}),
        ({"test": 5, "validation": 0}, {"train": 995, "validation": 0, "test": 5}),
    ],
)
def test_counts_and_fractions_are_exact(settings, rows):
    outcome = decided(Random(**settings), WORDS)
    assert outcome.facts["rows"] == rows
    assert outcome.facts["short"] == {}
    assert outcome.parts == tuple(rows)
    assert [int((outcome.part == number).sum()) for number in range(len(rows))] == list(rows.values())


def test_rows_that_nobody_asked_for_are_dropped_with_a_reason():
    outcome = decided(Random(train=700, test=20), WORDS)
    assert (outcome.part < 0).sum() == 280
    assert outcome.rule == "not_drawn"


@given(st.integers(4, 400))
def test_fractions_that_make_up_the_whole_take_every_row(rows):
    outcome = decided(Random(train=0.4, validation=0.35, test=0.25), [str(row) for row in range(rows)] * 2)
    assert (outcome.part >= 0).all()


def test_a_row_inserted_at_the_top_moves_at_most_one_row_out_of_each_part():
    step = Random(validation=100, test=100)
    before, after = part_of(step, WORDS), part_of(step, ["a new first line", *WORDS])
    assert sum(before[text] != after[text] for text in WORDS) <= 2


def test_the_order_of_rows_and_their_ids_do_not_matter():
    step = Random(validation=100, test=0.2)
    assert part_of(step, WORDS) == part_of(step, WORDS[::-1])


def test_another_count_for_validation_moves_no_test_row():
    tests = [{text for text, part in part_of(Random(validation=count, test=50), WORDS).items() if part == "test"} for count in (1, 300)]
    assert tests[0] == tests[1]


def test_seed_and_address_draw_other_lots():
    drawn = [part_of(Random(test=100, **settings), WORDS) for settings in ({}, {"seed": 1}, {"salt": "docs.split.random"})]
    assert drawn[0] != drawn[1] != drawn[2] != drawn[0]
    assert drawn[0] == part_of(Random(test=100), WORDS)


def test_lots_are_even():
    hits = sum(int(decided(Random(test=0.5, seed=seed), WORDS).part[:100].sum()) for seed in range(50))
    assert 2300 < hits < 2700


@given(st.lists(st.sampled_from("abcdefghijkl"), min_size=6, max_size=60), st.integers(1, 3), st.integers(0, 5))
def test_equal_rows_are_never_divided_and_every_row_has_one_place(texts, test, seed):
    try:
        outcome = decided(Random(test=test, seed=seed), texts)
    except NothingLeft:
        return
    places = {}
    for text, part in zip(texts, outcome.part.tolist(), strict=True):
        assert places.setdefault(text, part) == part
    got = outcome.facts["rows"]
    assert sum(got.values()) == len(texts)
    assert got["test"] == test - outcome.facts["short"].get("test", 0) <= test
    too_large = [texts.count(text) for text, part in places.items() if part == 0]
    assert all(size > test - got["test"] for size in too_large), "a group that fits was passed over"


def test_equal_texts_stay_together_whatever_else_their_rows_say():
    texts = ["same"] * 3 + WORDS[:7]
    rows = batch(texts, line=list(range(10)))
    lots = Random(test=3).sketch(rows)["lot"].to_pylist()
    assert len(set(lots)) == 8
    assert len(set(Random(test=3, content=("text", "line")).sketch(rows)["lot"].to_pylist())) == 10
    assert Random(test=3, content=("text", "line")).reads() == ("text", "line")


def test_rows_without_text_are_drawn_by_all_they_have():
    rows = Batch(pa.table({"id": pa.array(ids_of_values(range(3)), pa.binary(16)), "messages": ["a", "b", "a"]}))
    lots = Random(test=1).sketch(rows)["lot"].to_pylist()
    assert lots[0] == lots[2] != lots[1]


def test_the_cut_into_batches_does_not_matter():
    step, whole = Random(test=100), batch(WORDS)
    pieces = pa.concat_tables([step.sketch(Batch(whole.table.slice(start, 77))) for start in range(0, 1000, 77)])
    assert np.array_equal(step.decide(pieces).part, step.decide(step.sketch(whole)).part)


@pytest.mark.parametrize(
    ("settings", "rows", "said"),
    [
        ({"validation": 300, "test": 300}, 408, r"600 rows are asked for \(test 300, validation 300\), and 408 came to the split\."),
        ({"validation": 300, "test": 300}, 600, r"`train` is to have the rest of 600 rows, and that leaves it none\."),
        ({"test": 0.1}, 5, r"`test` is to have 0\.1 of 5 rows"),
        ({"test": 0.1}, 0, r"of 0 rows"),
    ],
)
def test_more_than_there_is_is_refused_with_the_numbers(settings, rows, said):
    with pytest.raises(NothingLeft, match=said) as raised:
        decided(Random(**settings), WORDS[:rows])
    assert raised.value.exit_code == 3


def test_a_group_larger_than_its_part_is_refused_when_it_leaves_the_part_empty():
    with pytest.raises(NothingLeft, match="larger than that"):
        decided(Random(test=2), ["a", "a", "a", "b", "b", "b"])
    assert decided(Random(test=2), ["a", "a", "a", "b", "b", "b", "c"]).facts["short"] == {"test": 1}


def test_a_group_larger_than_every_part_is_refused():
    with pytest.raises(NothingLeft, match="3 of 4 rows are equal, nearly the same or share passages, and the largest part is to have 2"):
        decided(Random(test=2), ["a", "a", "a", "b"])


SENTENCES = [" ".join(f"word{place}of{number}" for place in range(40)) for number in range(200)]


def near_parts(step, texts):
    """For each text the part it goes to, its neighbours compared."""
    rows = batch(texts)
    sketches = step.sketch(rows)
    return step.decide(sketches, compare(step.comparison(), sketches, rows))


def test_rows_that_are_nearly_the_same_go_to_one_part():
    copies = [f"{text} and an end" for text in SENTENCES]
    outcome = near_parts(Random(test=100, content=("text",)), SENTENCES + copies)
    assert (outcome.part[:200] == outcome.part[200:]).all()
    assert outcome.facts["groups"] == 200
    assert outcome.facts["rows"] == {"train": 300, "test": 100}


def test_where_only_equal_rows_are_to_go_together_nearly_equal_ones_are_apart():
    step = Random(test=100, near=None, passages=None)
    assert step.comparison() is None
    outcome = decided(step, SENTENCES + [f"{text} and an end" for text in SENTENCES])
    assert (outcome.part[:200] != outcome.part[200:]).any()


def test_rows_that_hang_together_by_others_are_one_group():
    words = [f"w{number}" for number in range(60)]
    chain = [" ".join(words[start : start + 40]) for start in range(0, 12, 2)]  # each shares 34 of 38 runs with the next
    outcome = near_parts(Random(test=1), [*chain, "alone"])
    assert outcome.facts["largest_group"] == 6
    assert outcome.part.tolist() == [0] * 6 + [1]


def test_rows_without_a_text_are_split_by_their_content():
    rows = Batch(batch(["a", "b", "c"], price=pa.array([1, 2, 3])).table.drop_columns(["text"]))
    step = Random(test=1)
    sketches = step.sketch(rows)
    assert step.decide(sketches, compare(step.comparison(), sketches, rows)).facts["rows"] == {"train": 2, "test": 1}


def test_rows_whose_text_is_null_are_split_by_their_other_columns():
    rows = batch([None, None, "c", None], price=pa.array([1, 2, 1, 1]))
    step = Random(test=1)
    sketches = step.sketch(rows)
    lots = sketches["lot"].to_pylist()
    assert lots[0] == lots[3] and len({*lots}) == 3
    assert step.decide(sketches, compare(step.comparison(), sketches, rows)).facts["rows"] == {"train": 3, "test": 1}


@pytest.mark.parametrize("wrong", [{}, {"test": -1}, {"test": 1.5}, {"test": 1.0}, {"test": True}, {"train": 0.9, "test": 0.2}, {"testing": 3}])
def test_what_cannot_be_is_refused_when_the_step_is_made(wrong):
    with pytest.raises(ValidationError):
        Random(**wrong)


def test_alone_on_a_table_it_gives_a_mapping_from_part_to_table():
    parts = Random(test=1)(pd.DataFrame({"text": ["a", "b", "c"]}))
    assert sorted([*parts["train"]["text"], *parts["test"]["text"]]) == ["a", "b", "c"]
    assert len(parts["test"]) == 1


def test_counts_only_decide_and_all_else_is_identity():
    step = Random(test=1, seed=3, salt="docs.split.random")
    passages = [{"words": 13, "share": 0.5, "common": 10}, 1]
    told = {"content": [], "near": [0.8, 1], "passages": passages, "seed": 3, "salt": "docs.split.random"}
    assert step.identity() == {"step": "split.random", "revision": 4, **told}
    assert step.deciding() == {"train": None, "validation": None, "test": 1}
