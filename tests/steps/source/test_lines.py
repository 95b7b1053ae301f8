"""Lines and their places, however the file is cut into parts and pieces."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tilth.steps.source import _open
from tilth.steps.source._lines import blocks, raw_blocks
from tilth.steps.source._part import Part

TEXT = st.lists(st.sampled_from([b"a", b"bb", b"\n", b" ", b"\r\n", b"longer line"]), max_size=30).map(b"".join)
SLOW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def told(some):
    return [
        (line, offset, block.faults.get(n, "")) for block in some for n, (line, offset) in enumerate(zip(block.lines, block.offsets, strict=True))
    ]


@SLOW
@given(data=TEXT, size=st.integers(1, 20), piece=st.integers(1, 20), rows=st.integers(1, 4))
def test_any_cut_into_parts_gives_the_lines_of_the_file(data, size, piece, rows, tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(data)
    whole = Part(str(path), "x.txt", rows=rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_open, "PIECE", piece)
        parts = [replace(whole, start=start, stop=start + size) for start in range(0, max(1, len(data)), size)]
        found = [line for part in parts for line in told(raw_blocks(part))]
    lines = data.split(b"\n")[: None if data and not data.endswith(b"\n") else -1]
    assert [line for line, _, _ in found] == lines
    assert all(data[offset : offset + len(line)] == line for line, offset, _ in found)


@SLOW
@given(data=TEXT, piece=st.integers(1, 9))
def test_a_line_too_long_is_told_with_its_length_and_is_not_held(data, piece, tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_open, "PIECE", piece)
        found = told(blocks(Part(str(path), "x.txt", longest=4)))
    kept = [line for line in data.split(b"\n") if line.strip() or len(line) > 4]
    assert [len(line) if not fault else fault for line, _, fault in found] == [
        len(line) if len(line) <= 4 else f"is longer than 4 bytes ({len(line)})" for line in kept
    ]


def test_blank_lines_are_left_out_and_the_byte_order_mark_is_no_text(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(b"\xef\xbb\xbfa\n\n \t\nb")
    assert told(blocks(Part(str(path), "x.txt"))) == [(b"a", 0, ""), (b"b", 9, "")]
