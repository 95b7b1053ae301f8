"""Text by file, paragraph and line, in one part or many."""

import re

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tilth.steps.source._part import Part
from tilth.steps.source._text import read, survey

TEXT = st.lists(st.sampled_from([b"a", b"bb ", b"\n", b"\n\n", b" ", b"\r\n", "é".encode()]), max_size=30).map(b"".join)


def whole(path, rows, edges=(0, None)):
    told, first = [], 1
    for start, stop in zip(edges, edges[1:], strict=False):
        part = Part(str(path), path.name, start, stop, first, 2, options={"rows": rows})
        first += survey(part).records
        told += [row for one in read(part, {"text": "string"}) for row in pa.table({"origin": one.origin, **one.columns}).to_pylist()]
    assert first == len(told) + 1
    return told


@pytest.mark.parametrize("rows", ["line", "paragraph"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=TEXT, size=st.integers(1, 12))
def test_any_cut_into_parts_gives_the_same_records(rows, data, size, tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(data)
    once = whole(path, rows)
    assert whole(path, rows, [*range(0, max(1, len(data)), size), None]) == once
    lines = [line.removesuffix("\r") for line in data.decode().split("\n")]
    if rows == "line":
        assert [row["text"] for row in once] == [line for line in lines if line.strip()]
    else:
        blocks = re.split(r"\n(?:[ \r]*\n)+", "\n" + "\n".join(line if line.strip() else "" for line in lines) + "\n\n")
        assert [row["text"] for row in once] == [block.strip("\n") for block in blocks if block.strip()]
    assert all(data[row["origin"]["offset"] :].startswith(row["text"][:1].encode()) for row in once)


def test_a_file_is_a_record_and_an_empty_one_none(tmp_path):
    path = tmp_path / "page.md"
    path.write_bytes(b"\xef\xbb\xbf# Title\r\n\r\nText\n")
    assert whole(path, "file") == [{"origin": {"file": "page.md", "record": 1, "offset": 0}, "text": "# Title\r\n\r\nText\n"}]
    path.write_bytes(b" \n")
    assert whole(path, "file") == []
