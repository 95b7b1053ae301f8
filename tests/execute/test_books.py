"""The books: a line for each row that was dropped, edited or quarantined, and for no other."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st

from tilth.execute.books import QUARANTINE, decisions, edits, outcome_lines, quarantine
from tilth.judging import judge
from tilth.record import DECISIONS, JSON, TEXT, Bad, Batch, Check, Measure, Outcome, as_ids, id_array, make_ids

TEXTS = st.lists(st.none() | st.text(max_size=5), min_size=1, max_size=9)


def ids_of(rows: int) -> list[bytes]:
    return make_ids("toy", "", range(rows))


def rows_of(**columns: pa.Array) -> Batch:
    return Batch(pa.table({"id": id_array(ids_of(len(next(iter(columns.values()))))), **columns}))


@given(st.lists(st.tuples(st.none() | st.integers(0, 9), st.booleans()), max_size=20))
def test_every_row_that_was_in_and_fell_has_one_line_with_its_reason(rows: list[tuple[int | None, bool]]) -> None:
    values, still = pa.array([value for value, _ in rows], pa.int64()), np.array([stays for _, stays in rows], np.bool_)
    checks = [Check("low", Measure("m", dict), at_least=3), Check("high", Measure("m", dict), at_most=6)]
    ids = ids_of(len(rows))
    table = decisions("docs.filter.x", as_ids(id_array(ids)), judge(checks, {"m": values}, len(rows)), still)
    assert table.schema == DECISIONS
    found = {line["id"]: line for line in table.to_pylist()}
    fallen = {row_id: value for row_id, (value, stays) in zip(ids, rows, strict=True) if stays and value is not None and not 3 <= value <= 6}
    assert table.num_rows == len(found) and set(found) == set(fallen)
    for row_id, value in fallen.items():
        line = found[row_id]
        assert (line["action"], line["step"], line["value"]) == ("dropped", "docs.filter.x", value)
        assert (line["rule"], line["limit"]) == (("low", 3) if value < 3 else ("high", 6))
        assert line["found"] is None and line["partner"] is None


def test_a_label_is_told_as_what_was_found() -> None:
    verdict = judge([Check("lang", Measure("l", dict), among=("en",))], {"l": pa.array(["en", "de"])}, 2)
    (line,) = decisions("s", as_ids(id_array(ids_of(2))), verdict, np.ones(2, np.bool_)).to_pylist()
    assert (line["found"], line["value"], line["limit"]) == ("de", None, None)


def test_a_duplicate_names_its_partner_and_a_kept_row_has_no_line() -> None:
    ids = as_ids(id_array(ids_of(3)))
    partner = np.zeros(3, ids.dtype)
    partner[2] = ids[0]
    blank = np.array([np.nan, np.nan, 1.0])
    (line,) = outcome_lines("docs.dedup.exact", ids, Outcome(("",), np.array([0, 0, -1], np.int16), "same_text", blank, blank, partner)).to_pylist()
    assert line["id"] == bytes(ids[2]) and line["partner"] == bytes(ids[0])
    assert (line["rule"], line["value"]) == ("same_text", 1.0)
    assert outcome_lines("s", ids, Outcome(("",), np.zeros(3, np.int16))).num_rows == 0


@given(TEXTS, st.data())
def test_an_edit_is_a_row_whose_text_is_another_than_before(before: list[str | None], data: st.DataObject) -> None:
    after = data.draw(st.lists(st.none() | st.text(max_size=5), min_size=len(before), max_size=len(before)))
    old = rows_of(text=pa.array(before, TEXT))
    table, places = edits("docs.clean.x", old, old.with_columns({"text": pa.array(after, TEXT)}), ("text",))
    changed = [number for number, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    assert [line["id"] for line in table.to_pylist()] == [ids_of(len(before))[number] for number in changed]
    assert [line["value"] for line in table.to_pylist()] == [len(after[one] or "") - len(before[one] or "") for one in changed]
    assert {name: list(some) for name, some in places.items()} == ({"text": changed} if changed else {})
    assert table.schema == DECISIONS


def test_a_new_column_is_no_edit_and_each_changed_column_is_told() -> None:
    old = rows_of(text=pa.array(["a", "b"], TEXT), n=pa.array([1, 2]))
    new = old.with_columns({"text": pa.array(["a", "c"], TEXT), "n": pa.array([2, 3]), "made": pa.array([1, 1])})
    table, places = edits("s", old, new, ("text", "n", "made"))
    assert [(line["rule"], line["value"]) for line in table.to_pylist()] == [("text", 0.0), ("n", None), ("n", None)]
    assert sorted(places) == ["n", "text"]


def test_a_number_that_is_none_is_the_same_before_and_after() -> None:
    old = rows_of(n=pa.array([float("nan"), 1.0, None]))
    table, _ = edits("s", old, old.with_columns({"n": pa.array([float("nan"), 2.0, None])}), ("n",))
    assert [line["id"] for line in table.to_pylist()] == [ids_of(3)[1]]


def test_edits_inside_json_count_its_characters() -> None:
    table = pa.table({"id": id_array(ids_of(1)), "meta": pa.array(['{"a":"x"}'], TEXT)})
    old = Batch(table.set_column(1, pa.field("meta", TEXT, metadata=JSON), table["meta"]))
    told, _ = edits("s", old, old.with_columns(old.edit(["meta.a"], lambda array: pc.binary_repeat(array, 3))), ("meta",))
    assert told["value"].to_pylist() == [2.0]


def test_a_bad_record_is_kept_with_its_place_its_reason_and_its_bytes() -> None:
    bad = [Bad("a.jsonl", 3, 40, "is not JSON", b"\xff{"), Bad("b.jsonl", 1, 0, "is too long")]
    table = quarantine(ids_of(2), bad)
    assert table.schema == QUARANTINE
    assert table.to_pylist()[0] == {
        "id": ids_of(2)[0],
        "origin": {"file": "a.jsonl", "record": 3, "offset": 40},
        "reason": "is not JSON",
        "raw": b"\xff{",
    }
    assert quarantine([], []).num_rows == 0
