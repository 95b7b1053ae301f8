"""CSV and TSV."""

import csv
import io

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tilth.errors import AskedWrong
from tilth.steps.source._csv import read, survey
from tilth.steps.source._part import Part

COMMA = {"delimiter": ",", "quote": '"', "header": True}
CELLS = st.text(alphabet='ab",\n\r é', max_size=5)


def whole(path, options=COMMA, wanted=None):
    part = Part(str(path), path.name, rows=2, options=options)
    told = survey(part)
    found = list(read(part, wanted or dict.fromkeys(told.types, "string")))
    rows, bad = (
        [row for one in found for row in pa.table({"origin": one.origin, **one.columns}).to_pylist()],
        [bad for one in found for bad in one.bad],
    )
    assert told.records == len(rows) + len(bad)
    return rows, bad, told.types


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=6), end=st.sampled_from(["\n", "\r\n"]))
def test_what_a_writer_of_csv_writes_is_what_is_read(rows, end, tmp_path):
    told = io.StringIO(newline="")
    csv.writer(told, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([("x", "y"), *rows])
    path = tmp_path / "x.csv"
    path.write_bytes(told.getvalue().encode())
    found, bad, _ = whole(path)
    assert [(row["x"] or "", row["y"] or "") for row in found] == rows
    offsets = [row["origin"]["offset"] for row in found]
    assert all(path.read_bytes()[offset:].startswith(b'"') for offset in offsets) and offsets == sorted(set(offsets))
    assert not bad


def test_types_are_settled_from_texts(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b,c,d,e,f\n1,007,1.5,true,,1\n2,1,2,false,,x\n")
    rows, _, types = whole(path, wanted={"a": "int64", "b": "string", "c": "float64", "d": "bool", "e": "string", "f": "string", "absent": "int64"})
    assert types == {"a": "int64", "b": "string", "c": "float64", "d": "bool", "e": "null", "f": "string"}
    assert [list(row.values())[1:] for row in rows] == [[1, "007", 1.5, True, None, "1", None], [2, "1", 2.0, False, None, "x", None]]


def test_a_truth_value_among_numbers_is_0_or_1(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a\n5\ntrue\n")
    rows, _, types = whole(path, wanted={"a": "int64"})
    assert types == {"a": "int64"} and [row["a"] for row in rows] == [5, 1]


def test_tsv_has_no_quotes(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text('a\tb\n"He said\tso\n5" nails\t"\n')
    rows, bad, _ = whole(path, {"delimiter": "\t", "quote": "", "header": True})
    assert [(row["a"], row["b"]) for row in rows] == [('"He said', "so"), ('5" nails', '"')]
    assert not bad


def test_a_table_without_a_header_and_a_column_without_a_name(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("1,2\n3,4\n")
    rows, _, _ = whole(path, {**COMMA, "header": False})
    assert [(row["column_1"], row["column_2"]) for row in rows] == [("1", "2"), ("3", "4")]
    path.write_text(",b\n3,4\n")
    assert list(whole(path)[2]) == ["column_1", "b"]


@pytest.mark.parametrize(
    ("header", "found"), [(b"a,b,a", "`a` more than once"), (b"caf\xe9", "not valid utf-8"), (b'"a"b,c', "after a closing quote")]
)
def test_a_header_that_names_no_columns_is_refused(header, found, tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(header + b"\n1,2,3\n")
    with pytest.raises(AskedWrong, match=found):
        whole(path)


def test_files_with_nothing_in_them(tmp_path):
    path = tmp_path / "x.csv"
    for data in (b"", b"\n\n", b"a,b\n"):
        path.write_bytes(data)
        assert whole(path)[:2] == ([], [])


def test_many_lines_that_look_quoted_cost_a_record_each(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n" + '"open,1\nfine,2\n' * 50)
    rows, bad, _ = whole(path)
    assert len(rows) == 50 and len(bad) == 50
    assert {one.raw for one in bad} == {b'"open,1'}
