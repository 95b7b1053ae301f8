"""Parquet and Arrow files, whole and in parts."""

import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from tilth.errors import AskedWrong
from tilth.steps.source._parquet import read, spans, survey
from tilth.steps.source._part import Part

ROWS = pa.table({"text": [f"row {n}" for n in range(100)], "n": range(100)})


def write(path, kind, table=ROWS):
    if kind == "parquet":
        pq.write_table(table, path, row_group_size=7)
    elif kind == "feather":
        pyarrow.feather.write_feather(table, str(path), chunksize=7)
    else:
        with (pa.ipc.new_stream if kind == "stream" else pa.ipc.new_file)(str(path), table.schema) as writer:
            writer.write_table(table, max_chunksize=7)


@pytest.mark.parametrize("kind", ["parquet", "feather", "file", "stream"])
@pytest.mark.parametrize("shard_bytes", [1, 300, 1 << 30])
def test_any_cut_into_groups_gives_the_same_rows(kind, shard_bytes, tmp_path):
    path = tmp_path / "x"
    write(path, kind)
    rows, first = [], 1
    cuts = spans(str(path), shard_bytes)
    for start, stop in cuts:
        part = Part(str(path), "x", start, stop, first, rows=5)
        told = survey(part)
        assert told.types == {"text": "string", "n": "int64"}
        for found in read(part, {"text": "string", "n": "int64"}):
            rows += pa.table({"origin": found.origin, **found.columns}).to_pylist()
        first += told.records
    assert [(row["text"], row["n"]) for row in rows] == [(f"row {n}", n) for n in range(100)]
    assert [row["origin"]["record"] for row in rows] == list(range(1, 101)) and len(cuts) == (
        15 if shard_bytes == 1 and kind != "stream" else len(cuts)
    )


def test_integers_beyond_a_double_are_looked_up(tmp_path):
    path = tmp_path / "x.parquet"
    for value, kind in ((2**53, "int64"), (2**53 + 1, "long"), (2**63, "string")):
        pq.write_table(pa.table({"n": pa.array([1, value], pa.uint64())}), path)
        assert survey(Part(str(path), "x")).types == {"n": kind}


def test_two_columns_of_one_name_are_refused(tmp_path):
    path = tmp_path / "x.arrow"
    write(path, "file", pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]))
    with pytest.raises(AskedWrong, match="Two columns have the name a"):
        survey(Part(str(path), "x"))


def test_an_empty_file_has_no_rows(tmp_path):
    (tmp_path / "x.parquet").touch()
    part = Part(str(tmp_path / "x.parquet"), "x")
    assert survey(part).records == 0 and list(read(part, {})) == []


def test_a_damaged_file_is_one_part(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and nothing else")
    assert spans(str(tmp_path / "x.parquet"), 1) == [(0, None)]
