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


def test_a_conversation_is_shown_as_who_says_what() -> None:
    turns = '[{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}]'
    said = "\n".join(rows_in_words(pa.table({"messages": [turns], "m": ['{\n  "a": 1\n}']}), "messages", 0))
    assert "  user: Why?\n  assistant: Because." in said and 'm: { "a": 1 }' in said and "role" not in said


def test_of_very_many_columns_only_some_are_shown() -> None:
    said = "\n".join(rows_in_words(pa.table({f"c{n}": [n] for n in range(100)}), None, 0))
    assert "c39: 39" in said and "c40" not in said and "… and 60 more columns" in said


def test_ids_are_letters() -> None:
    assert next(plain_rows(ROWS))["id"] == "a" * 26


def test_a_row_is_shown_with_its_number_its_place_and_its_text() -> None:
    said = "\n".join(rows_in_words(ROWS, "text", 10))
    assert "11  a:3  " + "a" * 26 in said and "12  a: byte 99" in said
    assert "One ⟨ESC⟩[31m" in said and "(no text)" in said and "n: 1" in said and "\x1b" not in said


def test_a_row_that_fell_for_another_one_tells_how_alike_they_are_and_for_an_item_how_much_of_it_is_there() -> None:
    books = {"rule": ["near_text", "question", "same_text"], "value": [0.9, 0.75, None], "limit": [0.8, 0.5, None], "partner": ["b" * 26] * 3}
    found = pa.array([None, "exam: bytes of text 3–9", None])
    said = "\n".join(rows_in_words(pa.table({"text": ["x", "y", "z"], **books, "found": found}), "text", 0))
    assert f"rule near_text, similarity 0.9, in favour of {'b' * 26}" in said
    assert f"rule question, share 0.75, found exam: bytes of text 3–9, of the item {'b' * 26}" in said
    assert f"rule same_text, in favour of {'b' * 26}" in said


def test_a_day_is_shown_as_a_day() -> None:
    books = {"rule": ["date", "words"], "value": [20210304.0, 1234.0], "limit": [20220101.0, 2000.0], "partner": pa.array([None, None], pa.string())}
    said = "\n".join(rows_in_words(pa.table({"text": ["x", "y"], **books, "found": pa.array([None, None], pa.string())}), "text", 0))
    assert "rule date, 2021-03-04 where the limit is 2022-01-01" in said and "rule words, 1,234 where the limit is 2,000" in said
