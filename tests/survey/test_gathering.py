"""What is gathered of rows, in one piece or in many."""

import pickle
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.record import ORIGIN, Bad
from tilth.survey import prose
from tilth.survey.facts import Reach, Survey
from tilth.survey.gathering import Gathering, planned
from tilth.survey.kept import Kept, place_of, priorities
from tilth.survey.telling import told

TEXTS = [f"Row {n} tells a story about the number {n * n}, and {'then ' * (n % 7)}it ends." for n in range(300)]
TABLE = pa.table(
    {
        "origin": pa.array([{"file": "a.jsonl", "record": n + 1, "offset": n * 50} for n in range(300)], ORIGIN),
        "text": pa.array([*TEXTS[:290], *TEXTS[:10]], pa.large_string()),
        "price": pa.array([float(n) if n % 2 else None for n in range(300)]),
        "kind": pa.array(["a", "b", "c"] * 100, pa.large_string()),
        "tags": pa.array([["x"] * (n % 4) for n in range(300)]),
    }
)
BAD = Bad("a.jsonl", 7, 300, "is not JSON")


def gathered(parts: int) -> Survey:
    size = TABLE.num_rows // parts
    whole: Gathering | None = None
    for begin in range(0, TABLE.num_rows, size):
        one = pickle.loads(pickle.dumps(Gathering(prose=("text",))))
        one.add(TABLE.slice(begin, size), [BAD] if begin == 0 else [])
        if whole is None:
            whole = one
        else:
            whole.join(one)
    assert whole is not None
    return told("it", Reach(rows=whole.rows), whole)


def test_a_survey_does_not_depend_on_how_rows_come() -> None:
    assert gathered(1) == gathered(5)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(0, 300), max_size=5).map(sorted))
def test_a_whole_in_parts_tells_what_one_sample_of_all_rows_does(edges: list[int]) -> None:
    sample, whole = Gathering(), planned(TABLE)
    sample.add(TABLE)
    for begin, end in pairwise([0, *edges, 300]):
        part = pickle.loads(pickle.dumps(whole.following()))
        part.add(TABLE.slice(begin, (end - begin) // 2))
        part.add(TABLE.slice(begin + (end - begin) // 2, end - begin - (end - begin) // 2))
        part.pack()
        whole.join(part)
    reach = Reach(rows=300)
    assert told("it", reach, whole) == told("it", reach, sample)


def test_rows_are_told_with_everything_that_is_known() -> None:
    one = gathered(3)
    assert (one.reach.rows, one.text, one.format, one.bad) == (300, "text", "text", 1)
    assert [column.kind for column in one.columns] == ["text", "number", "category", "list"]
    text = one.texts[0]
    assert text.copies is not None and text.copies.exact.rows == 10 and text.copies.near is not None and text.copies.near.rows >= 10
    assert text.languages[0][0] == "en" and text.scripts == [("Latn", 300)]
    assert text.characters.greatest == max(map(len, TEXTS)) and text.tokens.total == sum(len(value) for value in TABLE["text"].to_pylist()) / 4
    assert {rule.rule: rule.breaks.rows for rule in text.quality}["words"] == 300
    assert text.remarkable[0].why == "the longest text" and text.remarkable[0].place.startswith("a.jsonl:")
    assert one.bad_examples == ["record 7 of a.jsonl: is not JSON"]


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"text": pa.array([], pa.large_string())}),
        pa.table({"text": pa.nulls(5)}),
        pa.table({"text": pa.array([None, "", " "], pa.large_string())}),
        pa.table({"a": pa.array([{"b": [1, None]}] * 3), "c": pa.array([[], None, [{"x": 1}]]), "d": [b"\xff", None, b""]}),
        pa.table({"n": [float("nan"), float("inf"), -float("inf")], "m": [None, None, 1]}),
        pa.table({"text": ["one"]}),
        pa.table({"text": ["x" * 3_000_000, "y"]}),
        pa.table({}),
    ],
)
def test_no_table_is_too_odd_to_be_told(table: pa.Table) -> None:
    gathering = Gathering()
    gathering.add(table)
    one = told("odd", Reach(rows=gathering.rows), gathering)
    assert len(one.columns) == table.num_columns
    for column in one.columns:
        assert sum(column.held.values()) == table.num_rows


def test_a_column_that_comes_later_was_null_before() -> None:
    one, other = Gathering(), Gathering()
    one.add(pa.table({"a": [1, 2]}))
    other.add(pa.table({"b": [3]}))
    one.join(other)
    assert {name: (cells.rows, cells.held["null"]) for name, cells in one.cells.items()} == {"a": (3, 1), "b": (3, 2)}


def test_the_sample_keeps_so_many_rows_whatever_their_order() -> None:
    forward, backward = Kept(most=40), Kept(most=40)
    for begin in range(0, 300, 30):
        forward.add(TABLE.slice(begin, 30), begin, priorities(TABLE.slice(begin, 30), begin))
        backward.add(TABLE.slice(270 - begin, 30), 270 - begin, priorities(TABLE.slice(270 - begin, 30), 270 - begin))
    assert forward.table().num_rows == 40
    assert forward.table()["text"].to_pylist() == backward.table()["text"].to_pylist()


def test_a_place_is_a_record_or_a_byte_where_records_were_not_counted() -> None:
    origin = pa.array([{"file": "a", "record": 3, "offset": 9}, {"file": "a", "record": None, "offset": 1234}], ORIGIN)
    table = pa.table({"origin": origin})
    assert [place_of(table, row) for row in (0, 1)] == ["a:3", "a, byte 1,234"]
    assert place_of(pa.table({"a": [1]}), 0) == ""


def test_texts_inside_lists_and_messages_are_joined() -> None:
    column = pa.array(['["a", "b"]', '[{"role": "user", "content": "c"}]', None, '{"from": "gpt", "value": "d"}', "3"], pa.large_string())
    assert prose.strings(column).to_pylist() == ["a\nb", "c", None, "d", ""]
