"""Some records of files, evenly taken."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tilth.steps.source.files import Files

ROWS = [{"n": n, "text": f"row {n} " + "word " * (n % 9)} for n in range(30_000)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


def numbers(found) -> list[int]:
    return [value for read in found.reads for value in read.table["n"].to_pylist()]


@pytest.mark.parametrize("packed", [False, True])
def test_pieces_lie_evenly_over_lines_and_the_first_and_the_last_are_in(tmp_path, packed: bool) -> None:
    (tmp_path / "a.jsonl").write_bytes(gzip.compress(LINES.encode()) if packed else LINES.encode())
    found = Files(path="a.jsonl").sample(tmp_path, 100_000)
    taken = numbers(found)
    assert taken[0] == 0 and taken[-1] == 29_999 and taken == sorted(set(taken)) and 1000 < len(taken) < 5000
    assert all(any(low <= one < low + 3000 for one in taken) for low in range(0, 30_000, 3000))
    assert found.rows_in_all == pytest.approx(30_000, rel=0.05) and found.estimated and found.how.startswith("16 pieces")


def test_what_is_not_much_more_is_read_as_a_whole(tmp_path) -> None:
    (tmp_path / "a.jsonl").write_text(LINES)
    found = Files(path="a.jsonl").sample(tmp_path, len(LINES))
    assert numbers(found) == list(range(30_000)) and (found.how, found.rows_in_all, found.estimated) == ("", 30_000, False)


def test_a_table_of_texts_is_read_from_its_beginning_and_says_so(tmp_path) -> None:
    big = "n,text\n" + "".join(f"{n},{'word ' * 40}\n" for n in range(60_000))
    (tmp_path / "a.csv").write_text(big)
    found = Files(path="a.csv").sample(tmp_path, 1_000_000)
    taken = numbers(found)
    assert taken == list(range(len(taken))) and len(taken) < 60_000
    assert "such a file is read from its beginning" in found.how and found.rows_in_all == pytest.approx(60_000, rel=0.05)


@pytest.mark.parametrize("groups", [1, 40])
def test_of_parquet_the_rows_are_known_and_groups_lie_evenly(tmp_path, groups: int) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet", row_group_size=-(-30_000 // groups), compression="none", use_dictionary=False)
    found = Files(path="a.parquet").sample(tmp_path, 100_000)
    taken = numbers(found)
    assert (found.rows_in_all, found.estimated) == (30_000, False) and 0 < len(taken) < 15_000 and "row group" in found.how
    assert groups == 1 or taken[-1] >= 29_250
    records = [one["record"] for read in found.reads for one in read.table["origin"].to_pylist()]
    assert records == [one + 1 for one in taken]


def test_of_many_small_files_some_are_read_evenly(tmp_path) -> None:
    for number in range(300):
        (tmp_path / f"{number:03}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS[number * 100 : number * 100 + 100]))
    found = Files(path="*.jsonl").sample(tmp_path, 200_000)
    taken = numbers(found)
    assert taken[0] == 0 and taken[-1] >= 28_000 and len(taken) < 10_000 and "of 300 files" in found.how


def test_a_packed_table_is_read_from_its_beginning(tmp_path) -> None:
    big = "n,text\n" + "".join(f"{n},{'word ' * 40}\n" for n in range(60_000))
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(big.encode()))
    found = Files(path="a.csv.gz").sample(tmp_path, 1_000_000)
    assert numbers(found)[:3] == [0, 1, 2] and "a packed file is read from its beginning" in found.how
    assert found.rows_in_all == pytest.approx(60_000, rel=0.2)


def test_a_column_of_bytes_is_left_out_of_a_table_that_is_else_good(tmp_path) -> None:
    pq.write_table(pa.table({"n": [1, 2], "image": [b"\xff\xd8", b"\xff\xd9"]}), tmp_path / "a.parquet")
    found = Files(path="a.parquet").sample(tmp_path, 1000)
    assert numbers(found) == [1, 2] and found.left_out == ["image"]


def test_a_cut_off_parquet_file_is_one_bad_record(tmp_path) -> None:
    pq.write_table(pa.table({"text": ["one text"] * 500}), tmp_path / "whole.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "whole.parquet").read_bytes()[:200])
    found = Files(path="cut.parquet").sample(tmp_path, 1 << 20)
    assert [len(read.bad) for read in found.reads if read.bad] == [1] and found.left_out == []
