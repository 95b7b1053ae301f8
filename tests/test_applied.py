"""What a Whole decided, done to a table: nothing else than what was decided happens to a row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.applied import apply, copy_id, cut_rows, cuts_of, multiplied, without
from tilth.errors import BooksDoNotBalance
from tilth.record import CUTS, ID, TEXT, Batch, Outcome, id_array, make_ids


def rows(texts: list[str]) -> pa.Table:
    return pa.table(
        {"id": id_array(make_ids("a", "b", range(len(texts)))), "text": pa.array(texts, TEXT), "n": pa.array(range(len(texts)), pa.int64())}
    )


def cuts(spans: list[tuple[int, int, int]]) -> pa.Table:
    every = [{"row": row, "column": "text", "start": start, "stop": stop, "partner": None} for row, start, stop in spans]
    return pa.Table.from_pylist(every, CUTS)


@st.composite
def cut_texts(draw: st.DrawFn) -> tuple[list[str], list[tuple[int, int, int]]]:
    """Texts, and spans in characters, in order and without overlaps."""
    texts = draw(st.lists(st.text(max_size=12), min_size=1, max_size=5))
    spans = []
    for row, text in enumerate(texts):
        ends = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
        spans += [(row, start, stop) for start, stop in zip(ends[::2], ends[1::2], strict=False)]
    return texts, spans


@given(cut_texts())
def test_what_is_left_is_the_text_without_the_spans(told: tuple[list[str], list[tuple[int, int, int]]]) -> None:
    texts, spans = told
    marked = [[*text] for text in texts]
    for row, start, stop in spans:
        marked[row][start:stop] = [""] * (stop - start)
    in_bytes = [(row, len(texts[row][:start].encode()), len(texts[row][:stop].encode())) for row, start, stop in spans]
    left = without(rows(texts), cuts(in_bytes))
    assert left["text"].to_pylist() == ["".join(one) for one in marked]
    assert left["n"].to_pylist() == list(range(len(texts)))


@pytest.mark.parametrize("spans", [[(0, 2, 4), (0, 3, 5)], [(1, 0, 1), (0, 0, 1)], [(0, 2, 2)]])
def test_spans_that_overlap_or_are_out_of_order_are_a_mistake(spans: list[tuple[int, int, int]]) -> None:
    with pytest.raises(BooksDoNotBalance):
        without(rows(["abcdef", "gh"]), cuts(spans))


def test_each_further_copy_has_an_id_of_its_own_and_its_parent() -> None:
    table = rows(["a", "b", "c"])
    made = pa.concat_tables(multiplied(table, np.array([1, 3, 1])))
    first, second, third = table["id"].to_pylist()
    assert made["text"].to_pylist() == ["a", "b", "b", "b", "c"]
    assert made["id"].to_pylist() == [first, second, copy_id(second, 1), copy_id(second, 2), third]
    assert made["parents"].to_pylist() == [None, None, [second], [second], None]
    assert len(set(made["id"].to_pylist())) == 5


def test_a_copy_of_a_copy_names_the_copy() -> None:
    (once,) = multiplied(rows(["a"]), np.array([2]))
    (twice,) = multiplied(once, np.array([1, 2]))
    assert twice["parents"].to_pylist() == [None, [once["id"][0].as_py()], [once["id"][1].as_py()]]


def test_a_row_that_stays_is_wanted_at_least_once() -> None:
    with pytest.raises(BooksDoNotBalance):
        apply(Outcome(("",), np.zeros(1, np.int16), copies=np.array([0])), Batch(rows(["a"])))


@given(st.lists(st.integers(1, 9), max_size=6), st.integers(1, 5))
def test_copies_are_made_a_few_at_a_time_and_are_the_same(copies: list[int], most: int) -> None:
    table, wanted = rows([f"text {number}" for number in range(len(copies))]), np.array(copies, np.int64)
    some = list(multiplied(table, wanted, "docs.balance.classes", most))
    assert all(one.num_rows <= most for one in some)
    assert pa.concat_tables(some).equals(pa.concat_tables(multiplied(table, wanted, "docs.balance.classes")))


def test_a_row_that_was_copied_is_copied_again_under_other_ids() -> None:
    (once,) = multiplied(rows(["a"]), np.array([2]), "docs.balance.classes")
    (twice,) = multiplied(once, np.array([2, 2]), "docs.balance.classes[2]")
    assert len(set(twice["id"].to_pylist())) == 4


@pytest.mark.parametrize("spans", [[(0, 0, 9)], [(0, -1, 2)], [(0, 1, 2)], [(0, 0, 1)]])
def test_a_span_that_is_no_part_of_the_text_is_a_mistake(spans: list[tuple[int, int, int]]) -> None:
    with pytest.raises(BooksDoNotBalance):
        without(rows(["üb"]), cuts(spans))


def test_rows_go_to_their_parts_cut_and_copied_and_with_their_columns() -> None:
    told = Outcome(
        ("",), np.array([0, -1, 0], np.int16), copies=np.array([2, 9, 1]), cuts=cuts([(0, 0, 1), (1, 0, 1)]), columns={"w": pa.array([0.5, 1, 2])}
    )
    kept = apply(told, Batch(rows(["ab", "cd", "ef"])))[""].table
    assert kept["text"].to_pylist() == ["b", "b", "ef"] and kept["w"].to_pylist() == [0.5, 0.5, 2]


def test_every_row_is_decided() -> None:
    with pytest.raises(BooksDoNotBalance):
        apply(Outcome(("",), np.zeros(1, np.int16)), Batch(rows(["a", "b"])))


def test_spans_of_some_rows_are_numbered_from_the_first_of_them() -> None:
    every = cuts([(0, 0, 1), (3, 0, 2), (3, 3, 4), (7, 1, 2)])
    assert cuts_of(every, 2, 4)["row"].to_pylist() == [1, 1]
    (name, touched, lost, partners), *rest = cut_rows(every)
    assert (name, touched.tolist(), lost.tolist(), rest) == ("text", [0, 3, 7], [1, 3, 1], [])
    assert partners.type == ID and partners.null_count == 3
