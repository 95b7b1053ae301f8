"""Rows in words."""

import pyarrow as pa

from tilth.cli.showing import plain_rows, rows_in_words
from tilth.record import ID, ORIGIN

ROWS = pa.table(
    {
        "id": pa.array([bytes(16), bytes(16)], ID),
        "origin": pa.array([{"file": "a", "record": 3, "offset": 9}, {"file": "a", "record": None, "offset": 99}], ORIGIN),
        "text": pa.array(["One \x1b[31m", None], pa.large_string()),
        "n": [1, None],
    }
)


def test_ids_are_letters() -> None:
    assert next(plain_rows(ROWS))["id"] == "a" * 26


def test_a_row_is_shown_with_its_number_its_place_and_its_text() -> None:
    said = "\n".join(rows_in_words(ROWS, "text", 10))
    assert "11  a:3  " + "a" * 26 in said and "12  a: byte 99" in said
    assert "One ⟨ESC⟩[31m" in said and "(no text)" in said and "n: 1" in said and "\x1b" not in said
