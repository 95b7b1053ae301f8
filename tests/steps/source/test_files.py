"""source.files: from paths to rows, in any cut into shards."""

import bz2
import gzip
import json
import lzma
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.errors import AskedWrong, NotThere
from tilth.record import JSON, ORIGIN
from tilth.steps.source import files
from tilth.steps.source.files import Files

DATA = Path(__file__).parents[4] / "shared" / "data"
PACKERS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstandard.compress}
ROWS = [{"text": f"row {n} é", "n": n, "share": n / 4, "tags": ["a", str(n)], "gone": None if n % 2 else "x"} for n in range(50)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()


def walked(source, folder, shard_bytes=1 << 30, rows=7):
    """What a run does: survey every shard, settle the types, read each with the number of its first record."""
    shards = source.shards(Path(folder), shard_bytes)
    surveys = [source.survey(shard) for shard in shards]
    types = source.settle(surveys)
    tables, bad, first, last = [], [], 1, ""
    for shard, told in zip(shards, surveys, strict=True):
        first = first if shard.file == last else 1
        reads = list(source.read(shard, types, first, rows))
        assert sum(len(read.table) + len(read.bad) for read in reads) == told.records
        tables += [read.table for read in reads]
        bad += [one for read in reads for one in read.bad]
        first, last = first + told.records, shard.file
    table = pa.concat_tables(tables)
    places = [(one["file"], one["offset"]) for one in table["origin"].to_pylist()]
    assert len(set(places)) == len(places) and list(types) == [name for name in table.column_names if name != "origin"]
    return table, bad


def written(folder, kind):
    if kind in (".jsonl", ".json"):
        data = LINES if kind == ".jsonl" else json.dumps(ROWS).encode()
    elif kind in (".csv", ".tsv"):
        mark = "," if kind == ".csv" else "\t"
        data = "".join(
            mark.join(map(str, (row["text"], row["n"], row["share"]))) + "\n" for row in [{"text": "text", "n": "n", "share": "share"}, *ROWS]
        ).encode()
    elif kind in (".txt", ".md"):
        data = "\n".join(row["text"] for row in ROWS).encode()
    else:
        table, sink = pa.Table.from_pylist(ROWS), pa.BufferOutputStream()
        if kind == ".parquet":
            pq.write_table(table, sink, row_group_size=9)
        else:
            with (pa.ipc.new_file if kind == ".arrow" else pa.ipc.new_stream)(sink, table.schema) as writer:
                writer.write_table(table, max_chunksize=9)
        data = sink.getvalue().to_pybytes()
    return data


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize("kind", [".jsonl", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".arrows", ".txt", ".md"])
def test_every_format_in_every_packing_gives_the_rows(kind, packed, tmp_path):
    (tmp_path / f"x{kind}{packed}").write_bytes(PACKERS[packed](written(tmp_path, kind)))
    table, bad = walked(Files(path=f"x{kind}{packed}", rows="line"), tmp_path)
    assert table["text"].to_pylist() == [row["text"] for row in ROWS] and not bad
    assert table["origin"].to_pylist()[0]["file"] == f"x{kind}{packed}" and table.schema.field("origin").type == ORIGIN
    if kind not in (".txt", ".md"):
        assert table["n"].to_pylist() == [row["n"] for row in ROWS] and table.schema.field("n").type == pa.int64()
        assert table["share"].to_pylist() == [row["share"] for row in ROWS] and table.schema.field("share").type == pa.float64()
    if kind in (".jsonl", ".json", ".parquet", ".arrow"):
        assert [json.loads(value) for value in table["tags"].to_pylist()] == [row["tags"] for row in ROWS]
        assert table.schema.field("tags").metadata == JSON and table["gone"].null_count == 25


MIXED = st.lists(
    st.sampled_from(
        [
            b'{"text": "a"}',
            b'{"text": "b", "n": 1}',
            b'{"n": 1.50}',
            b'{"n": "x"}',
            b"",
            b"  ",
            b"no",
            b'{"text": 7, "m": [1]}',
            b"\xff",
            b'{"id": 3}',
        ]
    ),
    max_size=15,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=MIXED, end=st.sampled_from([b"\n", b"\r\n"]), last=st.booleans(), shard_bytes=st.integers(1, 60), rows=st.integers(1, 4))
def test_any_cut_into_shards_gives_the_same_rows_places_and_bad_records(lines, end, last, shard_bytes, rows, tmp_path):
    (tmp_path / "x.jsonl").write_bytes(end.join(lines) + (end if last else b""))
    source = Files(path="x.jsonl")
    whole, bad = walked(source, tmp_path)
    cut, cut_bad = walked(source, tmp_path, shard_bytes, rows)
    assert cut.combine_chunks().equals(whole.combine_chunks(), check_metadata=True)
    assert [(one.record, one.offset, one.reason) for one in cut_bad] == [(one.record, one.offset, one.reason) for one in bad]


def test_a_type_is_settled_over_all_files(tmp_path):
    for name, values in {"a": ["1"], "b": ["2.50"], "c": ['"x"'], "d": ["true"]}.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(f'{{"v": {value}, "text": "t"}}\n' for value in values))
    assert walked(Files(path="[ab].jsonl"), tmp_path)[0]["v"].to_pylist() == [1.0, 2.5]
    assert walked(Files(path="*.jsonl"), tmp_path)[0]["v"].to_pylist() == ["1", "2.50", "x", "true"]
    (tmp_path / "e.csv").write_text("v,text\n007,t\n")
    assert walked(Files(path="."), tmp_path)[0]["v"].to_pylist() == ["1", "2.50", "x", "true", "007"]


def test_paths_make_columns_and_files_with_other_columns_have_nulls(tmp_path):
    for name in ("news_en", "news_de", "blog_en"):
        (tmp_path / f"{name}.txt").write_text(name)
    (tmp_path / "other.jsonl").write_text('{"text": "other", "kind": "own"}\n')
    table, _ = walked(Files(path=["{kind}_{language}.txt", "other.jsonl"]), tmp_path)
    assert table.select(["text", "kind", "language", "original_kind"]).to_pylist() == [
        {"text": "blog_en", "kind": "blog", "language": "en", "original_kind": None},
        {"text": "news_de", "kind": "news", "language": "de", "original_kind": None},
        {"text": "news_en", "kind": "news", "language": "en", "original_kind": None},
        {"text": "other", "kind": None, "language": None, "original_kind": "own"},
    ]


def test_many_small_files_are_grouped_so_that_one_more_changes_one_group(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MANY", 50)
    monkeypatch.setattr(files, "GROUPED", 8)
    for number in range(200):
        (tmp_path / f"{number:03}.txt").write_text(f"text {number}")
    source = Files(path="{name}.txt", rows="line")
    before = source.shards(tmp_path, 1 << 20)
    table, _ = walked(source, tmp_path)
    assert table["name"].to_pylist() == [f"{number:03}" for number in range(200)]
    assert table["text"].to_pylist() == [f"text {number}" for number in range(200)]
    assert [one["file"] for one in table["origin"].to_pylist()] == [f"{number:03}.txt" for number in range(200)]
    (tmp_path / "100b.txt").write_text("one more")
    after = source.shards(tmp_path, 1 << 20)
    assert 10 < len(before) < 60 and len([shard for shard in after if shard not in before]) <= 2


def test_a_file_among_a_hundred_is_a_shard(tmp_path):
    for number in range(100):
        (tmp_path / f"{number}.jsonl").write_text('{"text": "x"}\n')
    before = Files(path=".").shards(tmp_path, 1 << 20)
    (tmp_path / "new.jsonl").write_text('{"text": "x"}\n')
    after = Files(path=".").shards(tmp_path, 1 << 20)
    assert len(before) == 100 and [shard.file for shard in after if shard not in before] == ["new.jsonl"]


@pytest.mark.parametrize("name", ["x.docx", "x", "x.gz"])
def test_a_name_that_tells_no_format_is_told_with_those_that_do(name, tmp_path):
    (tmp_path / name).write_text("x")
    with pytest.raises(AskedWrong, match=r"Known endings: .jsonl.*say `format:`"):
        Files(path=name).shards(tmp_path, 1 << 20)
    assert walked(Files(path=name, format="text"), tmp_path)[0].num_rows in (0, 1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"encoding": "utf-88"}, "no encoding that Python knows"),
        ({"text": "{{ title"}, "template cannot be read"),
        ({"mapping": {"a": "{% for %}{{ x }}"}}, "template cannot be read"),
        ({"columns": {"a": "money"}}, "Input should be"),
        ({"bad_records": {"at_most": 2}}, "less than or equal to 1"),
        ({"rowz": "line"}, "Extra inputs"),
    ],
)
def test_settings_are_checked_when_they_are_written(wrong, message):
    with pytest.raises(ValidationError, match=message):
        Files(path="x", **wrong)


def test_what_only_decides_stands_apart():
    one, other = Files(path="x"), Files(path="x", bad_records={"at_most": 0.5})
    assert one.identity() == other.identity() and other.bad_share() == 0.5 and other.deciding() == {"bad_records": {"at_most": 0.5}}


def test_ids_may_come_from_a_column(tmp_path):
    (tmp_path / "x.jsonl").write_text('{"id": "k1", "text": "a"}\n')
    source = Files(path="x.jsonl", id="id")
    assert walked(source, tmp_path)[0][source.key_column()].to_pylist() == ["k1"]


def test_a_file_that_vanishes_and_one_that_is_closed_are_told(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(LINES)
    source = Files(path="x.jsonl")
    shards = source.shards(tmp_path, 1 << 30)
    path.unlink()
    with pytest.raises(NotThere, match="is gone"):
        source.survey(shards[0])
    path.touch(mode=0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(AskedWrong, match="may not be read"):
        source.shards(tmp_path, 1 << 30)


def test_empty_files_are_no_mistake(tmp_path):
    for name in ("a.jsonl", "b.csv", "c.parquet", "d.txt", "e.json", "f.jsonl.gz", "g.arrow"):
        (tmp_path / name).touch()
    table, bad = walked(Files(path="."), tmp_path)
    assert table.num_rows == 0 and not bad


def test_memory_is_bounded_by_pieces_not_by_the_file(tmp_path):
    (tmp_path / "x.jsonl").write_bytes(b'{"text": "' + b"x" * 50_000 + b'"}\n' * 1)
    (tmp_path / "y.jsonl").write_bytes((b'{"text": "' + b"x" * 50_000 + b'"}\n') * 800)
    source = Files(path="y.jsonl")
    shard = source.shards(tmp_path, 1 << 30)[0]
    sizes = [read.table.nbytes for read in source.read(shard, {"text": "string"}, 1, 100_000)]
    assert len(sizes) > 5 and max(sizes) < 32 << 20


@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")
@pytest.mark.parametrize(
    ("path", "rows", "options"),
    [
        ("instructions/*.jsonl.gz", 10_486, {"text": "{{ instruction or question }}"}),
        ("duplicates/msr-para-train.tsv", 3576, {}),
        ("fairness/adult.csv.gz", 32_561, {}),
        ("languages/{code}.txt", None, {"rows": "line"}),
        ("web/*.jsonl*", None, {}),
    ],
)
def test_real_files_are_read_without_loss(path, rows, options):
    table, bad = walked(Files(path=path, **options), DATA, 300_000, 1000)
    assert not bad and table.num_rows == (rows or table.num_rows) > 0
