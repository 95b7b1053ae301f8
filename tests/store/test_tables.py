"""Tables: their content does not depend on where batches, files or row groups were cut."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.record import ORIGIN
from tilth.store.tables import TableDigest, TableWriter, columns_of, read_batches, read_table, write_table

ROW = st.fixed_dictionaries(
    {
        "text": st.none() | st.text(max_size=8),
        "number": st.none() | st.integers(-5, 5),
        "real": st.none() | st.floats(width=32, allow_nan=True),
        "flag": st.none() | st.booleans(),
        "id": st.binary(min_size=16, max_size=16),
        "list": st.none() | st.lists(st.text(max_size=2), max_size=2),
        "origin": st.fixed_dictionaries({"file": st.text(max_size=3), "record": st.integers(0, 9), "offset": st.integers(0, 9)}),
    }
)
SCHEMA = pa.schema(
    {
        "text": pa.large_string(),
        "number": pa.int64(),
        "real": pa.float64(),
        "flag": pa.bool_(),
        "id": pa.binary(16),
        "list": pa.list_(pa.string()),
        "origin": ORIGIN,
    }
)


def content(*tables: pa.Table) -> str:
    digest = TableDigest(SCHEMA)
    for table in tables:
        digest.update(table)
    return digest.hexdigest()


@given(st.lists(ROW, max_size=12), st.integers(0, 12))
def test_content_does_not_depend_on_cuts(rows: list[dict[str, object]], cut: int) -> None:
    table = pa.Table.from_pylist(rows, SCHEMA)
    assert content(table) == content(table.slice(0, cut), table.slice(cut))


@given(st.lists(ROW, min_size=1, max_size=6), st.lists(ROW, min_size=1, max_size=6))
def test_other_rows_have_other_content(one: list[dict[str, object]], other: list[dict[str, object]]) -> None:
    same = repr(pa.Table.from_pylist(one, SCHEMA).to_pylist()).replace("-0.0", "0.0") == repr(
        pa.Table.from_pylist(other, SCHEMA).to_pylist()
    ).replace("-0.0", "0.0")
    assert (content(pa.Table.from_pylist(one, SCHEMA)) == content(pa.Table.from_pylist(other, SCHEMA))) == same


@pytest.mark.parametrize(("one", "other"), [([0.0], [-0.0]), ([float("nan")], [-float("nan")])])
def test_numbers_that_are_one_value_are_one_content(one: list[float], other: list[float]) -> None:
    schema = pa.schema({"real": pa.float64()})
    digests = [TableDigest(schema), TableDigest(schema)]
    for digest, values in zip(digests, (one, other), strict=True):
        digest.update(pa.table({"real": values}, schema=schema))
    assert digests[0].hexdigest() == digests[1].hexdigest()


def test_null_is_not_empty_and_text_does_not_flow_over() -> None:
    schema = pa.schema({"text": pa.large_string()})

    def of(values: list[str | None]) -> str:
        digest = TableDigest(schema)
        digest.update(pa.table({"text": values}, schema=schema))
        return digest.hexdigest()

    assert len({of([None]), of([""]), of(["ab", "c"]), of(["a", "bc"]), of(["abc"])}) == 5


def test_a_written_table_is_read_back_piece_by_piece(tmp_path: Path) -> None:
    table = pa.table({"number": pa.array(range(1000), pa.int64())})
    written = write_table(tmp_path / "a.parquet", table)
    assert read_table(tmp_path / "a.parquet").equals(table)
    pieces = list(read_batches(tmp_path / "a.parquet", 300))
    assert [piece.num_rows for piece in pieces] == [300, 300, 300, 100]
    digest = TableDigest(table.schema)
    for piece in pieces:
        digest.update(piece)
    assert digest.hexdigest() == written


def test_row_groups_are_closed_by_size_so_readers_hold_little(tmp_path: Path) -> None:
    table = pa.table({"text": pa.array(["x" * 1_000_000] * 10, pa.large_string())})
    with TableWriter(tmp_path / "a.parquet", table.schema) as writer:
        for _ in range(15):
            writer.write(table)
    assert pq.ParquetFile(tmp_path / "a.parquet").num_row_groups == 3


def test_columns_are_told_with_json_apart_from_text(tmp_path: Path) -> None:
    schema = pa.schema([pa.field("text", pa.large_string()), pa.field("meta", pa.large_string(), metadata={b"tilth": b"json"})])
    write_table(tmp_path / "a.parquet", schema.empty_table())
    assert columns_of(tmp_path / "a.parquet") == {"text": "large_string", "meta": "json"}


@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_that_cannot_be_written_to_its_end_is_an_error_and_not_the_end_of_the_process(tmp_path, chunked):
    # With content-defined chunks, Arrow ends the process when a write fails: a full disk then said nothing.
    code = f"""import pathlib, resource, random
import pyarrow as pa
from tilth.store.tables import TableWriter
draw = random.Random(1)
table = pa.table({{"text": pa.array([draw.randbytes(500).hex() for _ in range(6000)], pa.large_string())}})
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    with TableWriter(pathlib.Path({str(tmp_path / "t.parquet")!r}), table.schema, chunked={chunked}) as writer:
        writer.write(table)
except OSError as error:
    print(error.errno == 27)"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "True\n"), ended.stderr


@pytest.mark.parametrize("kind", [pa.list_(pa.uint64()), pa.large_list(pa.binary(16)), pa.list_(pa.float16(), 2), pa.list_(pa.list_(pa.int64()))])
def test_lists_have_the_same_content_once_they_were_written(tmp_path: Path, kind: pa.DataType) -> None:
    value = {"uint64": [1, 2**63], "fixed_size_binary[16]": [b"a" * 16, b"b" * 16], "halffloat": [0.5, -1.0]}.get(str(kind.value_type), [[3], []])
    table = pa.table({"a": pa.array([value, None, value], kind)})
    content = write_table(tmp_path / "a.parquet", table)
    read = TableDigest(read_table(tmp_path / "a.parquet").schema)
    for piece in (read_table(tmp_path / "a.parquet").slice(0, 1), read_table(tmp_path / "a.parquet").slice(1)):
        read.update(piece)
    assert read.hexdigest() == content
    assert write_table(tmp_path / "b.parquet", table.slice(0, 2)) != content
