"""What is kept of every row, and which rows are drawn."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tilth.execute.narrow import READ, SAMPLE, Narrow, common, narrowed, rows_at
from tilth.execute.sides import COLUMN, Side, of_files


def side(path: Path, rows: list[dict]) -> Side:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return of_files(str(path))


def whole(rows: pa.Table, read: np.ndarray, text: str | None) -> tuple[list[dict], list[bool], str | None]:
    return rows.to_pylist(), read.tolist(), text


def narrow(one: Side, other: Side | None = None) -> Narrow:
    return narrowed(one, common(one.columns, (other or one).columns), whole)


def test_rows_are_told_apart_by_their_text_alone_where_they_have_one(tmp_path):
    found = narrow(side(tmp_path / "a.jsonl", [{"text": "a", "n": 1}, {"text": "a", "n": 2}, {"text": "b", "n": 1}]))
    assert found.content[0] == found.content[1] != found.content[2]
    assert (found.cells[0] != found.cells[1]).tolist() == [False, True]


def test_rows_without_a_text_are_told_apart_by_all_columns(tmp_path):
    rows = [{"a": "x", "b": "yz"}, {"a": "xy", "b": "z"}, {"a": "x", "b": None}, {"a": "x", "b": ""}, {"a": "x", "b": "-"}]
    assert len(np.unique(narrow(side(tmp_path / "a.jsonl", rows)).content.view("S16"))) == 5


def test_a_value_has_one_hash_whatever_its_type_on_the_other_side(tmp_path):
    a, b = side(tmp_path / "a.jsonl", [{"n": 5, "k": 7}]), side(tmp_path / "b.jsonl", [{"n": 5.0, "k": "7"}, {"n": -0.5, "k": "x"}])
    left, right = narrow(a, b), narrowed(b, common(a.columns, b.columns), whole)
    assert left.content[0] == right.content[0] and (left.cells[0] == right.cells[0]).all()
    assert common(a.columns, b.columns).retyped == {"n": ("int64", "double"), "k": ("int64", "string")}


def test_zero_has_one_sign(tmp_path):
    found = narrow(side(tmp_path / "a.jsonl", [{"n": 0.0}, {"n": -0.0}, {"n": 0.5}]))
    assert found.content[0] == found.content[1] and found.cells[0] == found.cells[1]


def test_columns_of_any_name_are_compared(tmp_path):
    found = narrow(side(tmp_path / "a.jsonl", [{"a 'b'": 1, "Text": 2, "text": "x", "select": 3}]))
    assert sorted(found.filled) == sorted(["a 'b'", "Text", "text", "select"]) and found.cells.shape == (1, 4)


def test_ids_of_a_column_are_16_bytes_each(tmp_path):
    found = narrow(side(tmp_path / "a.jsonl", [{"id": "a", "n": 1}, {"id": "b", "n": 1}, {"id": "a", "n": 2}]))
    keys = found.known_by[COLUMN]
    assert keys.dtype == np.dtype("V16") and keys[0] == keys[2] != keys[1]


def test_blank_and_empty_values_are_not_filled(tmp_path):
    found = narrow(side(tmp_path / "a.jsonl", [{"a": "x"}, {"a": " \n"}, {"a": ""}, {"a": None}, {"a": " y"}]))
    assert found.filled == {"a": 2}


@pytest.mark.parametrize("rows", [0, 1, 30])
def test_a_small_side_is_taken_whole(tmp_path, rows):
    one = side(tmp_path / "a.jsonl", [{"text": f"row {n}"} for n in range(max(1, rows))])
    one = one if rows else replace(one, rows=0, sections=[])
    found = narrow(one)
    assert [row["text"] for batch, *_ in found.taken for row in batch] == [f"row {n}" for n in range(rows)]
    assert found.sampled == rows == found.rows and all(all(read) for _, read, _ in found.taken)


def test_of_a_large_side_a_sample_is_taken_from_all_over(tmp_path):
    one = side(tmp_path / "a.jsonl", [{"n": n} for n in range(2 * SAMPLE)])
    found = narrow(one)
    taken = np.array([row["n"] for batch, *_ in found.taken for row in batch])
    assert len(taken) == len(set(taken.tolist())) == SAMPLE == found.sampled
    assert sum(sum(read) for _, read, _ in found.taken) == READ
    assert np.abs(np.quantile(taken, [0.25, 0.5, 0.75]) / (2 * SAMPLE) - [0.25, 0.5, 0.75]).max() < 0.01
    assert taken.tolist() == [row["n"] for batch, *_ in narrow(one).taken for row in batch]


def test_rows_are_found_again_by_their_numbers(tmp_path):
    one = side(tmp_path / "a.jsonl", [{"text": f"{n} " + "word " * 20_000} for n in range(200)])
    ends = narrow(one).ends
    assert len(ends) > 1
    wanted = [0, 3, int(ends[0]) - 1, int(ends[0]), 199]
    found = rows_at(one, ends, wanted)
    assert [int(found[number]["text"].split()[0]) for number in wanted] == wanted
