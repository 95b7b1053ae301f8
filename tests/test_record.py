"""What flows along the path: ids, batches, edits, and the digest of a row's content."""

import json
import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import BooksDoNotBalance, NotThere
from tilth.record import (
    ID,
    JSON,
    TEXT,
    Batch,
    Measure,
    Verdict,
    as_ids,
    coded,
    flat,
    id_array,
    ids_of_values,
    make_ids,
    read_id,
    row_digests,
    shown,
    texts,
)

IDS = st.binary(min_size=16, max_size=16)
VALUE = st.none() | st.text(max_size=6)
NUMBER = st.none() | st.floats()


def batch(**columns: list[object]) -> Batch:
    """A batch of these columns; text where they are texts."""
    rows = len(next(iter(columns.values())))
    arrays = {name: pa.array(values, TEXT if all(isinstance(one, str | None) for one in values) else None) for name, values in columns.items()}
    return Batch(pa.table({"id": id_array(make_ids("toy", "", range(rows))), **arrays}))


def upper(array: pa.LargeStringArray) -> pa.LargeStringArray:
    return pc.utf8_upper(array)


# Ids


def test_ids_are_the_same_tomorrow() -> None:
    assert make_ids("docs.source.files", "a.jsonl", [0])[0].hex() == "c0150d52a3f8a8946f991d77eecb124b"
    assert ids_of_values([7, "7"]) == ids_of_values(["7", 7]), "the text of a value counts, not its type"


def test_ids_differ_by_place_file_and_offset() -> None:
    places = [("a", "f", 0), ("b", "f", 0), ("a", "g", 0), ("a", "f", 1), ("af", "", 0), ("", "af", 0)]
    assert len({make_ids(place, file, [offset])[0] for place, file, offset in places}) == len(places)
    assert make_ids("a", "f", [3, 9]) == [*make_ids("a", "f", [3]), *make_ids("a", "f", [9])]


@given(IDS)
def test_what_is_shown_can_be_read(row_id: bytes) -> None:
    letters = shown(row_id)
    assert len(letters) == 26 and letters == letters.lower()
    assert read_id(letters) == read_id(f" {letters.upper()}\n") == row_id


@pytest.mark.parametrize("letters", ["", "abc", "a" * 25, "a" * 27, "1" * 26, "ä" * 26, "a" * 26 + "!"])
def test_letters_that_are_no_id_are_refused(letters: str) -> None:
    with pytest.raises(NotThere, match="is not a row's id"):
        read_id(letters)


@given(st.lists(IDS, max_size=9), st.integers(0, 9), st.booleans())
def test_ids_go_to_numpy_and_back(ids: list[bytes], cut: int, chunked: bool) -> None:
    array = pa.array(ids, ID)
    column = pa.chunked_array([array[:cut], array[cut:]], ID) if chunked else array
    found = as_ids(column)
    assert [bytes(one) for one in found] == ids
    assert id_array(found).equals(array) and id_array(ids).equals(array)
    assert [bytes(one) for one in as_ids(array[cut:])] == ids[cut:], "a slice is not its whole"


# Batches


def test_a_column_is_one_array_and_a_missing_one_names_those_there_are() -> None:
    table = pa.concat_tables([batch(text=["a"]).table, batch(text=["b"]).table])
    assert Batch(table)["text"].to_pylist() == ["a", "b"]
    with pytest.raises(NotThere, match="no column `title`. Columns: id, text"):
        Batch(table)["title"]


def test_of_no_chunks_comes_an_empty_array_of_the_same_type() -> None:
    assert flat(pa.chunked_array([], TEXT)).equals(pa.array([], TEXT))
    assert texts(pa.array([1, None, 2])).to_pylist() == ["1", None, "2"]


def test_what_was_measured_is_not_measured_again() -> None:
    walks: list[tuple[str, ...]] = []

    def walk(*arrays: pa.Array) -> dict[str, pa.Array]:
        walks.append(tuple(array[0].as_py() for array in arrays))
        return {"long": pc.utf8_length(arrays[0]), "blank": pc.equal(arrays[0], "")}

    one = batch(text=["a", "bb"], title=["c", "d"])
    assert one.take(Measure("long", walk)).to_pylist() == [1, 2]
    assert one.take(Measure("blank", walk)).to_pylist() == [False, False]
    assert walks == [("a",)], "a family shares one walk"
    assert one.take(Measure("long", walk, ("title",))).to_pylist() == [1, 1]
    assert one.once(walk, "text", "title") is one.once(walk, "text", "title")
    assert walks == [("a",), ("c",), ("a", "c")]
    one.keep(np.array([False, True])).take(Measure("long", walk))
    assert walks[-1] == ("bb",), "other rows are another batch"


def test_setting_a_column_keeps_its_place_and_what_it_is() -> None:
    table = pa.table({"id": id_array(make_ids("a", "", [0])), "meta": ["{}"], "n": [1]})
    before = Batch(table.set_column(1, pa.field("meta", TEXT, metadata=JSON), pa.array(["{}"], TEXT)))
    after = before.with_columns({"meta": pa.array(['{"a":1}'], TEXT), "new": pa.array([2])})
    assert after.table.column_names == ["id", "meta", "n", "new"]
    assert after.table.schema.field("meta").metadata == JSON
    assert before["meta"].to_pylist() == ["{}"], "a batch does not change"
    with pytest.raises(BooksDoNotBalance, match="1 rows went in and 2 values of `n` came out"):
        before.with_columns({"n": pa.array([1, 2])})


@given(st.lists(st.booleans(), max_size=20))
def test_rows_are_kept_in_order(mask: list[bool]) -> None:
    rows = batch(n=list(range(len(mask))))
    assert rows.keep(np.array(mask, np.bool_))["n"].to_pylist() == [number for number, stays in enumerate(mask) if stays]


# Edits


def test_an_edit_changes_the_named_columns_and_leaves_nulls() -> None:
    edited = batch(text=["a", None], title=["b", "c"], n=[1, 2]).edit(["text", "title"], upper)
    assert {name: array.to_pylist() for name, array in edited.items()} == {"text": ["A", None], "title": ["B", "C"]}


ODD = [
    '{"messages": [ {"role":"user","content":"hi"}, {"content":null}, {"content":7}, {"role":"x"} ]}',
    '[{"content":"HI",  "n": 1.10}]',
    '[{"content": "ä"}]',
    "[]",
    "{}",
    "null",
    '"content"',
    None,
]


def test_an_edit_reaches_into_json_and_keeps_the_bytes_of_rows_it_did_not_change() -> None:
    new = batch(messages=list(ODD)).edit(["messages[].content"], upper)["messages"].to_pylist()
    assert new[:2] == ODD[:2], "one is no list, the other is upper case already: its spaces and its 1.10 stay"
    assert json.loads(new[2]) == [{"content": "Ä"}]
    assert new[3:] == ODD[3:]


def test_several_paths_into_one_column_are_all_edited() -> None:
    rows = batch(meta=['{"title":"a","tags":["b","c",3,["d"]],"deep":{"title":"e"},"title2":"f"}'])
    edited = rows.edit(["meta.title", "meta.tags[]", "meta.deep.title", "meta.none.title"], upper)
    assert json.loads(edited["meta"][0].as_py()) == {"title": "A", "tags": ["B", "C", 3, ["d"]], "deep": {"title": "E"}, "title2": "f"}


@given(st.lists(st.none() | st.lists(st.text(max_size=4) | st.none() | st.integers(), max_size=4), max_size=6))
def test_what_an_edit_finds_and_changes_are_the_same_texts(rows: list[list[object] | None]) -> None:
    written = [None if row is None else json.dumps([{"content": one} for one in row]) for row in rows]
    seen: list[str] = []

    def backwards(array: pa.LargeStringArray) -> pa.LargeStringArray:
        seen.extend(array.to_pylist())
        return pc.utf8_reverse(array)

    new = batch(messages=written).edit(["messages[].content"], backwards)["messages"].to_pylist()
    assert seen == [one for row in rows if row is not None for one in row if isinstance(one, str)]
    mended = [None if row is None else [{"content": one[::-1] if isinstance(one, str) else one} for one in row] for row in rows]
    assert [None if one is None else json.loads(one) for one in new] == mended


# Measures and verdicts


def test_two_measures_never_share_a_column() -> None:
    def of(*_: pa.Array) -> dict[str, pa.Array]:
        return {}

    some = [Measure("words", of), Measure("words", of, ("title",)), Measure("words", of, ("text", "title")), Measure("words", of, key="a")]
    some += [Measure("words", of, key="b"), Measure("lines", of)]
    assert some[0].column == "words" and some[1].column == "words(title)"
    assert len({one.column for one in some}) == len(some)
    assert Measure("words", of, revision=2).identity() != some[0].identity()


def test_a_row_that_no_rule_failed_is_kept() -> None:
    blank = np.full(3, np.nan)
    assert Verdict(("a", "b"), np.array([-1, 0, 1], np.int16), blank, blank).kept.tolist() == [True, False, False]


# The content of a row


def digests(rows: list[dict[str, object]], schema: pa.Schema) -> list[bytes]:
    return row_digests(pa.Table.from_pylist(rows, schema))


ROWS = st.lists(st.fixed_dictionaries({"text": VALUE, "n": NUMBER, "b": st.none() | st.booleans()}), max_size=12)
SCHEMA = pa.schema([("text", TEXT), ("n", pa.float64()), ("b", pa.bool_())])


@given(ROWS, st.integers(0, 12), st.integers(0, 12))
def test_a_row_has_one_digest_wherever_it_was_cut(rows: list[dict[str, object]], one: int, other: int) -> None:
    table = pa.Table.from_pylist(rows, SCHEMA)
    whole = row_digests(table)
    first, last = sorted((one, other))
    pieces = [table.slice(0, first), table.slice(first, last - first), table.slice(last)]
    assert [digest for piece in pieces for digest in row_digests(piece)] == whole
    assert row_digests(pa.concat_tables(pieces)) == whole
    assert row_digests(table.select(["b", "text", "n"])) == whole, "in the order of names"
    assert row_digests(table.set_column(0, "text", table["text"].cast(pa.string()))) == whole
    assert row_digests(table.add_column(0, "id", id_array(make_ids("any", "", range(len(rows)))))) == whole


def same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    return one == other


@given(ROWS)
def test_two_rows_have_one_digest_exactly_if_their_values_are_the_same(rows: list[dict[str, object]]) -> None:
    found = digests(rows, SCHEMA)
    assert len(found) == len(rows)
    for here, one in zip(rows, found, strict=True):
        for there, other in zip(rows, found, strict=True):
            assert (one == other) == all(same(here[name], there[name]) for name in here)


APART = [
    ([None, ""], TEXT),
    ([None, 0.0], pa.float64()),
    ([None, math.nan], pa.float64()),
    ([None, False], pa.bool_()),
    ([0, None, 1], pa.int64()),
    ([math.inf, -math.inf, 1.7976931348623157e308], pa.float64()),
]


@pytest.mark.parametrize(("values", "kind"), APART)
def test_null_differs_from_every_value(values: list[object], kind: pa.DataType) -> None:
    assert len(set(row_digests(pa.table({"a": pa.array(values, kind)})))) == len(values)


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32()])
def test_zero_and_nan_are_one_value_each_whatever_their_bits(kind: pa.DataType) -> None:
    bits = np.frombuffer(np.array([0x7FF8000000000000, 0x7FF8000000000001, 0xFFF8000000000000], "<u8").tobytes(), "<f8")
    zeros = row_digests(pa.table({"a": pa.array([0.0, -0.0], kind)}))
    assert zeros[0] == zeros[1]
    assert len(set(row_digests(pa.table({"a": pa.array(bits)})))) == 1


def test_texts_do_not_run_into_each_other() -> None:
    table = pa.table({"a": ["ab", "a", None, ""], "b": ["c", "bc", "", None]})
    assert len(set(row_digests(table))) == 4


def test_rows_of_nothing_but_ids_have_a_digest_each() -> None:
    assert len(row_digests(pa.table({"id": id_array(make_ids("a", "", range(3)))}))) == 3


def test_values_are_numbered_in_their_order_and_null_is_none() -> None:
    names, kind = coded(pa.array(["b", None, "a", "b"]))
    assert names == ["a", "b"] and kind.tolist() == [1, -1, 0, 1]
    names, kind = coded(pa.array([None, None], pa.large_string()))
    assert names == [] and kind.tolist() == [-1, -1]
