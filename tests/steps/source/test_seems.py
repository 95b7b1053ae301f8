"""What files seem to be."""

import gzip
import json
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tilth.errors import AskedWrong
from tilth.steps.source.files import Files

ROWS = [{"text": f"Row {n} has words; and more, in it", "n": n} for n in range(20)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)
TABLE = "name,age\n" + "".join(f"Jürgen {n},{n}\n" for n in range(20))


def seen(tmp_path, name: str, content: bytes) -> tuple[dict, int, int]:
    """Settings that are guessed, rows, and bad records."""
    (tmp_path / name).write_bytes(content)
    files, words = Files(path=name).as_it_seems(tmp_path)
    settings = files.model_dump(exclude_unset=True, exclude={"path"})
    assert len(words) == len(settings)
    found = files.sample(tmp_path, 1 << 20)
    return settings, sum(read.table.num_rows for read in found.reads), sum(len(read.bad) for read in found.reads)


@pytest.mark.parametrize(
    ("name", "content", "settings"),
    [
        ("a.jsonl", LINES.encode(), {}),
        ("a.csv", TABLE.encode(), {}),
        ("a.jsonl", gzip.compress(LINES.encode()), {}),
        ("a.jsonl", b"\xef\xbb\xbf" + LINES.encode(), {}),
        ("a.csv", TABLE.encode("utf-16"), {}),
        ("a.jsonl", json.dumps(ROWS).encode(), {"format": "json"}),
        ("a.txt", json.dumps(ROWS, indent=1).encode(), {"format": "json"}),
        ("a.txt", LINES.encode(), {"format": "jsonl"}),
        ("data", LINES.encode(), {"format": "jsonl"}),
        ("a.txt", TABLE.encode(), {"format": "csv"}),
        ("a.csv", TABLE.replace(",", ";").encode(), {"csv": {"delimiter": ";"}}),
        ("a.txt", TABLE.replace(",", "\t").encode(), {"format": "tsv"}),
        ("a.csv", TABLE.encode("cp1252"), {"encoding": "cp1252"}),
        ("a.csv", TABLE.encode("utf-16-le"), {"encoding": "utf-16-le"}),
        ("a.jsonl", LINES.encode("utf-16-be"), {"encoding": "utf-16-be"}),
        ("a.dat", TABLE.replace(",", "|").encode(), {"format": "csv", "csv": {"delimiter": "|"}}),
    ],
)
def test_a_file_is_read_as_what_it_is_whatever_its_name(tmp_path, name: str, content: bytes, settings: dict) -> None:
    assert seen(tmp_path, name, content) == (settings, 20, 0)


@pytest.mark.parametrize(
    ("text", "rows", "count"), [("One.\nTwo.\nThree.\nFour.\n", "line", 4), ("One.\n\nTwo\ngoes on.\n\nThree.\n", "paragraph", 3)]
)
def test_a_single_text_is_read_by_lines_or_paragraphs(tmp_path, text: str, rows: str, count: int) -> None:
    assert seen(tmp_path, "a.txt", text.encode()) == ({"rows": rows}, count, 0)
    assert seen(tmp_path, "a.log", text.encode()) == ({"format": "text", "rows": rows}, count, 0)


def test_several_small_texts_are_documents(tmp_path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("One.\nTwo.\nThree.\n")
    files, words = Files(path="*.txt").as_it_seems(tmp_path)
    assert files.rows == "file" and words == []


def test_parquet_is_known_under_any_name(tmp_path) -> None:
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "a.csv")
    files, words = Files(path="a.csv").as_it_seems(tmp_path)
    assert files.format == "parquet" and words == ["`a.csv` holds Parquet; a recipe says so with `format: parquet`."]


def test_what_is_no_data_is_refused_with_what_to_do(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("a.txt", "One")
    with pytest.raises(AskedWrong, match="a zip archive.*Unpack or export it first"):
        Files(path="a.zip").as_it_seems(tmp_path)
    (tmp_path / "a.bin").write_bytes(bytes(range(256)))
    with pytest.raises(AskedWrong, match="Neither its name nor its beginning"):
        Files(path="a.bin").as_it_seems(tmp_path)


def test_one_wrong_byte_among_many_letters_is_damage_and_no_encoding(tmp_path) -> None:
    settings, rows, bad = seen(tmp_path, "a.csv", TABLE.encode() + b"J\xffrg,3\n")
    assert (settings, rows, bad) == ({}, 20, 1)


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.txt", "a.json", "a.parquet", "a"])
def test_an_empty_file_has_no_rows(tmp_path, name: str) -> None:
    assert seen(tmp_path, name, b"")[1:] == (0, 0)


def test_lines_of_a_chat_or_a_log_are_no_table_though_all_have_a_comma(tmp_path) -> None:
    lines = "".join(f"0{day}.05.23, 09:5{day} - Ann: good morning\n" for day in range(1, 9))
    assert seen(tmp_path, "chat.txt", lines.encode())[0] == {"rows": "line"}


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n" + bytes(99), b"\xff\xd8\xff\xe0" + bytes(99)])
def test_an_image_under_the_name_of_a_text_is_refused(tmp_path, content: bytes) -> None:
    with pytest.raises(AskedWrong, match="image, which cannot be read"):
        seen(tmp_path, "picture.txt", content)
