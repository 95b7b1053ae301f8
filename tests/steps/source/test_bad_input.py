"""The table of bad input: what is wrong, in which format, what is quarantined where and why, what is kept.

Each case is a file with good records around a bad one. A line of the table tells the family, the
kind, the file's name and bytes, the texts that are kept, and for each bad record its number, its byte
and words of the reason.
"""

import bz2
import gzip
import io
import lzma
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest
import zstandard

from tilth.steps.source.files import Files

A, B = b'{"text": "a"}\n', b'{"text": "b"}\n'
LONG = b"x" * 5000


@dataclass(frozen=True)
class Case:
    family: str
    kind: str
    file: str
    data: bytes
    kept: list[Any]
    bad: list[tuple[int, int, str]]
    settings: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.family}: {self.kind} in {self.file}"


def jsonl(family: str, kind: str, line: bytes, why: str, **settings: Any) -> Case:
    """A bad line between two good ones."""
    return Case(family, kind, "rows.jsonl", A + line + b"\n" + B, ["a", "b"], [(2, len(A), why)], settings)


def table(family: str, kind: str, line: bytes, why: str, file: str = "rows.csv", **settings: Any) -> Case:
    """A bad row of a table between two good ones."""
    comma = b"\t" if file.endswith(".tsv") else b","
    head, one, two = (comma.join(cells) + b"\n" for cells in ((b"text", b"n"), (b"a", b"1"), (b"b", b"2")))
    return Case(family, kind, file, head + one + line + b"\n" + two, ["a", "b"], [(2, len(head + one), why)], settings)


def lines(family: str, kind: str, line: bytes, why: str, file: str = "rows.txt", **settings: Any) -> Case:
    """A bad line of text between two good ones."""
    return Case(family, kind, file, b"a\n" + line + b"\nb\n", ["a", "b"], [(2, 2, why)], {"rows": "line", **settings})


def parquet(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def arrow(table: pa.Table, *, stream: bool = False) -> bytes:
    sink = io.BytesIO()
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=1)
    return sink.getvalue()


def unchecked(*texts: bytes) -> pa.Array:
    """A string column whose bytes nobody checked, as other writers make them."""
    whole = pa.array(texts, pa.binary())
    return pa.Array.from_buffers(pa.string(), len(texts), whole.buffers())


def damaged(data: bytes, mark: bytes) -> bytes:
    """The bytes with those of `mark` broken."""
    assert mark in data
    return data.replace(mark, b"\xff" * len(mark))


BYTES = pa.table({"text": pa.array([b"a", b"\xff\xfe", b"b"], pa.binary())})
WRONG = pa.table({"text": unchecked(b"a", b"\xff\xfe", b"b")})
NUL = pa.table({"text": ["a", "x\0y", "b"]})
NESTED = pa.table({"text": ["a", "x", "b"], "more": pa.array([[b"1"], [b"\xff"], None], pa.list_(pa.binary()))})
TEXTS = pa.table({"text": ["a", "marked-xyz", "b"], "n": ["1", "much", "2"]})
PAGES = damaged(parquet(TEXTS, row_group_size=1, compression="zstd"), b"\x28\xb5\x2f\xfd")
THREE = A + B + b'{"text": "c"}\n'
PLAIN = [f"{i * 7919 % 100_003} {i * i * 31 % 1_000_003}" for i in range(100_000)]
NOISE = "".join(f'{{"text": "{text}"}}\n' for text in PLAIN).encode()
PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard.ZstdCompressor(write_checksum=True).compress}

SYNTAX = [
    jsonl("syntax", "no JSON", b"hello", "begins with `hello`"),
    jsonl("syntax", "cut in the middle", b'{"text": "x', "is not JSON"),
    jsonl("syntax", "a comma too many", b'{"text": "x",}', "is not JSON"),
    jsonl("syntax", "single quotes", b"{'text': 'x'}", "is not JSON"),
    jsonl("syntax", "two objects", b'{"text": "x"} {"text": "y"}', "is not JSON"),
    jsonl("syntax", "a number with a leading zero", b'{"text": "x", "n": 01}', "is not JSON"),
    jsonl("syntax", "a raw tab in a string", b'{"text": "x\ty"}', "is not JSON"),
    jsonl("syntax", "an unknown escape", b'{"text": "\\x41"}', "is not JSON"),
    jsonl("syntax", "a wrong letter deep inside", b'{"text": "x", "m": {"a": [1,,2]}}', "is not JSON"),
    Case("syntax", "a wrong letter", "rows.json", b'[{"text": "a"}, {"text": x}, {"text": "b"}]', ["a"], [(2, 16, "what follows was not read")]),
    Case("syntax", "a comma is missing", "rows.json", b'[{"text": "a"} {"text": "b"}]', ["a"], [(2, 15, "a comma is missing")]),
    Case("syntax", "never closed", "rows.json", b'[{"text": "a"},\n{"text": "b"}', ["a", "b"], [(3, 29, "before the array")]),
    Case("syntax", "more after the array", "rows.json", b'[{"text": "a"}]\n[]', ["a"], [(2, 16, "after the array")]),
]
SHAPE = [
    jsonl("shape", "a list", b'["text", "x"]', "is a list, not an object"),
    jsonl("shape", "a number", b"17", "is a number, not an object"),
    jsonl("shape", "a string", b'"x"', "is a string, not an object"),
    jsonl("shape", "null", b"null", "is null, not an object"),
    jsonl("shape", "nested too deeply", b'{"text": "x", "m": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
    Case("shape", "a number in an array", "rows.json", b'[{"text": "a"}, 7, {"text": "b"}]', ["a", "b"], [(2, 16, "is a number")]),
    Case("shape", "a lone value", "rows.json", b"17", [], [(1, 0, "is a number")]),
    table("shape", "a cell too few", b"x", "has 1 cells where the header has 2"),
    table("shape", "a cell too many", b"x,1,2", "has 3 cells where the header has 2"),
    table("shape", "a cell too many", b"x\t1\t2", "has 3 cells", "rows.tsv"),
    table("shape", "a quote never closed", b'"x,1', "never closed"),
    table("shape", "letters after a closing quote", b'"x"y,1', "after a closing quote"),
    table("shape", "a carriage return in a line", b"x\ry,1", "a carriage return"),
]
ENCODING = [
    jsonl("encoding", "Latin-1", b'{"text": "caf\xe9"}', "not valid UTF-8 (byte 14 of the record is 0xe9)"),
    jsonl("encoding", "Latin-1 in a key", b'{"caf\xe9": 1}', "not valid UTF-8"),
    jsonl("encoding", "Latin-1 deep inside", b'{"text": "x", "m": {"a": "\xe9"}}', "not valid UTF-8"),
    jsonl("encoding", "a surrogate as bytes", b'{"text": "\xed\xa0\x80"}', "not valid UTF-8"),
    jsonl("encoding", "half a surrogate pair", b'{"text": "\\ud83d"}', "half of a surrogate pair"),
    jsonl("encoding", "half a surrogate pair deep inside", b'{"text": "x", "m": ["\\ude00"]}', "half of a surrogate pair"),
    jsonl("encoding", "an overlong slash", b'{"text": "\xc0\xaf"}', "not valid UTF-8"),
    table("encoding", "Latin-1", b"caf\xe9,3", "not valid utf-8 (it holds the byte 0xe9)"),
    table("encoding", "Latin-1", b"caf\xe9\t3", "not valid utf-8", "rows.tsv"),
    lines("encoding", "Latin-1", b"caf\xe9", "not valid utf-8 (byte 4"),
    lines("encoding", "Latin-1", b"caf\xe9", "not valid utf-8", "rows.md"),
    lines("encoding", "a byte that cp1252 lacks", b"caf\x81", "not valid cp1252", encoding="cp1252"),
    Case("encoding", "Latin-1", "page.txt", b"caf\xe9", [], [(1, 0, "not valid utf-8")]),
    Case(
        "encoding",
        "half a surrogate pair in UTF-16",
        "rows.jsonl",
        "\ufeff".encode("utf-16-le") + (A + b'{"text": "').decode().encode("utf-16-le") + b"\x3d\xd8" + ('"}\n' + B.decode()).encode("utf-16-le"),
        ["a", "b"],
        [(2, len(A), "not valid UTF-8")],
    ),
    Case("encoding", "bytes", "rows.parquet", parquet(BYTES), ["a", "b"], [(2, 2, "`text`: holds bytes that are not valid UTF-8 (0xff)")]),
    Case("encoding", "a string column of bytes", "rows.parquet", parquet(WRONG), ["a", "b"], [(2, 2, "not valid UTF-8")]),
    Case("encoding", "a string column of bytes", "rows.arrow", arrow(WRONG), ["a", "b"], [(2, 2, "not valid UTF-8")]),
    Case("encoding", "bytes in a list", "rows.parquet", parquet(NESTED), ["a", "b"], [(2, 2, "`more`: holds bytes")]),
]
NULS = [
    jsonl("NUL", "in a text", b'{"text": "x\\u0000y"}', "`text` holds a NUL"),
    jsonl("NUL", "raw", b'{"text": "x\x00y"}', "is not JSON"),
    jsonl("NUL", "deep inside", b'{"text": "x", "m": {"a": "\\u0000"}}', "`m` holds a NUL"),
    jsonl("NUL", "a line of them", b"\0" * 30, "is not JSON"),
    table("NUL", "in a cell", b"x\0y,3", "`text` holds a NUL"),
    lines("NUL", "in a line", b"x\0y", "`text` holds a NUL"),
    Case("NUL", "in a text", "rows.parquet", parquet(NUL), ["a", "b"], [(2, 2, "`text` holds a NUL")]),
    Case("NUL", "in a text", "rows.arrow", arrow(NUL, stream=True), ["a", "b"], [(2, 2, "`text` holds a NUL")]),
]
NUMBERS = [
    jsonl("numbers", "NaN", b'{"text": "x", "n": NaN}', "holds NaN"),
    jsonl("numbers", "Infinity", b'{"text": "x", "n": -Infinity}', "Infinity"),
    jsonl("numbers", "beyond a double", b'{"text": "x", "n": 1e999}', "beyond the range of a double"),
    jsonl("numbers", "beyond a double, deep inside", b'{"text": "x", "m": [1e999]}', "beyond the range of a double"),
    jsonl("numbers", "of five thousand digits", b'{"text": "x", "n": ' + b"1" * 5000 + b"}", "is not JSON"),
]
TYPES = [
    jsonl("types", "a text for a number", b'{"text": "x", "n": "much"}', "`n`: 'much' is not a number", columns={"n": "number"}),
    jsonl("types", "a list for a number", b'{"text": "x", "n": [1]}', "`n`: [1] is not a number", columns={"n": "number"}),
    jsonl("types", "truth for a number", b'{"text": "x", "n": true}', "`n`: true is not a number", columns={"n": "number"}),
    jsonl("types", "a fraction for an integer", b'{"text": "x", "n": 1.5}', "`n`: 1.5 is not an integer", columns={"n": "integer"}),
    jsonl("types", "65 bits for an integer", b'{"text": "x", "n": 18446744073709551616}', "is not an integer", columns={"n": "integer"}),
    jsonl("types", "a word for a truth", b'{"text": "x", "n": "maybe"}', "`n`: 'maybe' is not true or false", columns={"n": "boolean"}),
    table("types", "a text for an integer", b"x,much", "`n`: 'much' is not an integer", columns={"n": "integer"}),
    table("types", "no JSON for JSON", b"x,{", "`n`: '{' is not JSON", columns={"n": "json"}),
    Case(
        "types",
        "a text for a number",
        "rows.parquet",
        parquet(TEXTS),
        ["a", "b"],
        [(2, 2, "`n`: 'much' is not a number")],
        {"columns": {"n": "number"}},
    ),
    jsonl(
        "types",
        "what a template cannot do",
        b'{"text": "x", "n": "1"}',
        "the template fails",
        mapping={"twice": "{{ 1 if n is not defined else n / 2 }}"},
    ),
]
SIZE = [
    jsonl("size", "a record too long", b'{"text": "' + LONG + b'"}', "is longer than 1,000 bytes (5,012)", longest_record=1000),
    table("size", "a record too long", LONG + b",3", "is longer than 1,000 bytes (5,002)", longest_record=1000),
    lines("size", "a line too long", LONG, "is longer than 1,000 bytes (5,000)", longest_record=1000),
    Case(
        "size",
        "a paragraph too long",
        "rows.txt",
        b"a\n\n" + b"x\n" * 600 + b"\nb\n",
        ["a", "b"],
        [(2, 3, "longer than")],
        {"rows": "paragraph", "longest_record": 1000},
    ),
    Case("size", "a file too long", "page.txt", LONG, [], [(1, 0, "is longer than 1,000 bytes")], {"longest_record": 1000}),
    Case(
        "size",
        "a record too long",
        "rows.json",
        b'[{"text": "a"}, "' + LONG + b'", {"text": "b"}]',
        ["a", "b"],
        [(2, 16, "is longer than 1,000 bytes")],
        {"longest_record": 1000},
    ),
]
PACKED = [
    *(
        Case("packing", "cut off", f"rows.jsonl.{end}", pack(THREE)[:-1], ["a", "b", "c"], [(4, len(THREE), "cut off")])
        for end, pack in PACKERS.items()
    ),
    *(Case("packing", "another inside", f"rows.jsonl.{end}", A, [], [(1, 0, "but is not")]) for end in PACKERS),
    *(
        Case("packing", "rubbish behind", f"rows.jsonl.{end}", pack(THREE) + b"rubbish" * 9, ["a", "b", "c"], [(4, len(THREE), "damaged")])
        for end, pack in PACKERS.items()
    ),
    Case(
        "packing", "a checksum that is wrong", "rows.jsonl.gz", gzip.compress(THREE)[:-8] + b"\1" * 8, ["a", "b", "c"], [(4, len(THREE), "damaged")]
    ),
    Case("packing", "cut off", "rows.csv.gz", gzip.compress(b"text\na\nb\n")[:-4], ["a", "b"], [(3, 9, "cut off")]),
    Case("packing", "cut off", "page.txt.xz", lzma.compress(b"a")[:-4], [], [(1, 0, "cut off")]),
    Case("packing", "cut off", "rows.parquet.gz", gzip.compress(parquet(TEXTS))[:-9], [], [(1, 1, "cut off")]),
    Case("packing", "cut off", "rows.json.gz", gzip.compress(b'[{"text": "a"}]')[:-4], ["a"], [(2, 15, "cut off")]),
]
WRONG_KIND = [
    Case(
        "wrong kind", "CSV", "rows.jsonl", b"text,n\na,1\n", [], [(1, 0, "begins with `text,n`"), (2, 7, "begins with `a,1`; a line of JSON Lines")]
    ),
    Case("wrong kind", "Parquet", "rows.jsonl", parquet(TEXTS), [], [(1, 0, "the file holds Parquet")]),
    Case("wrong kind", "Parquet", "rows.csv", parquet(TEXTS), [], [(1, 0, "the file holds Parquet")]),
    Case("wrong kind", "Arrow", "page.txt", arrow(TEXTS), [], [(1, 0, "the file holds Arrow")]),
    Case("wrong kind", "a zip archive", "rows.json", b"PK\3\4" + b"\0" * 40, [], [(1, 0, "the file holds a zip archive")]),
    Case("wrong kind", "PDF", "rows.txt", b"%PDF-1.7\n", [], [(1, 0, "the file holds PDF")], {"rows": "line"}),
    Case("wrong kind", "JSON Lines", "rows.parquet", A, [], [(1, 1, "cannot be read (it is neither Parquet nor Arrow)")]),
    Case("wrong kind", "JSON Lines", "rows.arrow", A, [], [(1, 1, "cannot be read")]),
]
DAMAGE = [
    Case("damage", "cut off", "rows.parquet", parquet(TEXTS)[:-20], [], [(1, 1, "cannot be read")]),
    Case("damage", "a page", "rows.parquet", PAGES, [], [(n, n, "group") for n in (1, 2, 3)]),
    Case("damage", "the first version of Feather", "rows.feather", b"FEA1" + b"\0" * 40, [], [(1, 1, "first version")]),
    Case("damage", "cut off", "rows.arrow", arrow(TEXTS)[:-20], [], [(1, 1, "cannot be read")]),
    Case("damage", "cut off", "rows.arrows", arrow(TEXTS, stream=True)[:-150], ["a", "marked-xyz"], [(3, 3, "breaks off")]),
]  # fmt: skip
CASES = [*SYNTAX, *SHAPE, *ENCODING, *NULS, *NUMBERS, *TYPES, *SIZE, *PACKED, *WRONG_KIND, *DAMAGE]


def surveyed_and_read(source: Files, folder: Any) -> tuple[int, list[Any], list[Any]]:
    shards = source.shards(folder, 1 << 30)
    surveys = [source.survey(shard) for shard in shards]
    types = source.settle(surveys)
    reads = [read for shard in shards for read in source.read(shard, types, 1, 4096)]
    texts = [text for read in reads if "text" in read.table.column_names for text in read.table["text"].to_pylist()]
    return sum(one.records for one in surveys), texts, [bad for read in reads for bad in read.bad]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_bad_is_quarantined_and_all_that_is_good_is_kept(case: Case, tmp_path):
    (tmp_path / case.file).write_bytes(case.data)
    records, texts, bad = surveyed_and_read(Files(path=case.file, **case.settings), tmp_path)

    assert records == len(texts) + len(bad)
    assert texts == case.kept
    assert [(one.record, one.offset) for one in bad] == [(record, offset) for record, offset, _ in case.bad]
    assert all(words in one.reason for one, (_, _, words) in zip(bad, case.bad, strict=True)), [one.reason for one in bad]
    assert all(one.file == case.file for one in bad)


@pytest.mark.parametrize("end", PACKERS)
def test_a_packed_file_that_breaks_off_anywhere_keeps_what_was_before(end, tmp_path):
    packed = PACKERS[end](NOISE)
    for share in (0.3, 0.6, 0.9):
        (tmp_path / f"rows.jsonl.{end}").write_bytes(packed[: int(len(packed) * share)])
        records, texts, bad = surveyed_and_read(Files(path=f"rows.jsonl.{end}"), tmp_path)
        assert texts == PLAIN[: len(texts)] and len(texts) > len(PLAIN) * (share - 0.4)
        assert records == len(texts) + 1
        assert [(one.record, "cut off" in one.reason) for one in bad] == [(len(texts) + 1, True)]


def test_of_an_open_quote_only_its_own_line_is_blamed(tmp_path):
    (tmp_path / "rows.csv").write_text('text,n\na,1\n"x,1\nb,2\nc,3\n')
    _, texts, bad = surveyed_and_read(Files(path="rows.csv"), tmp_path)
    assert (texts, [(one.record, one.offset, one.raw) for one in bad]) == (["a", "b", "c"], [(2, 11, b'"x,1')])


def test_the_table_is_as_long_as_was_promised():
    assert len({(case.family, case.kind) for case in CASES}) >= 40
    assert len({case.family for case in CASES}) >= 8
