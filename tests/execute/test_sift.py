"""Choosing among rows."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import UsageError
from tilth.execute.sift import search, where

ASKED = [("n > 1", [3, 2]), ("text IS NULL", [1]), ("length(text) = 4 -- short", [2]), ("n > 1 OR false", [3, 2])]
ROWS = pa.table({"text": ["Apple", None, "pear"], "n": [3, 1, 2], "id": pa.array([b"a" * 16, b"b" * 16, b"c" * 16], pa.binary(16))})


@pytest.mark.parametrize(
    ("asked", "found"), [("n > 1", [3, 2]), ("text IS NULL", [1]), ("length(text) = 4 -- short", [2]), ("n > 1 OR false", [3, 2])]
)
def test_rows_for_which_a_condition_is_true_in_their_order(asked: str, found: list[int]) -> None:
    assert where(ROWS, asked)["n"].to_pylist() == found


@pytest.mark.parametrize("asked", ["m > 1", "n >", "n > 1) or (select", "text + 1 = 2", "read_text('/etc/hostname') = ''"])
def test_what_cannot_be_asked_is_refused_with_the_columns(asked: str) -> None:
    with pytest.raises(UsageError, match="A condition on the columns text, n, id") as error:
        where(ROWS, asked)
    assert asked in error.value.found


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("txt = 'a'", "there is no column `txt`. Did you mean `text`?"),
        ("zzz = 'a'", "there is no column `zzz`. A condition on"),
        ("n >", "it ends too early."),
    ],
)
def test_a_misspelt_condition_is_told_in_plain_words(asked: str, told: str) -> None:
    with pytest.raises(UsageError) as error:
        where(ROWS, asked)
    assert f"`{asked}` cannot be asked: {told}" in str(error.value)


def test_a_text_is_found_in_any_column_whatever_its_case() -> None:
    assert search(ROWS, "APP")["n"].to_pylist() == [3]
    assert search(ROWS.append_column("b", [["x", "y", "PEAR"]]), "pear")["n"].to_pylist() == [2]
    assert search(ROWS, "nowhere").num_rows == 0


@given(st.lists(st.text(max_size=5), max_size=8), st.text(alphabet="abc.*[(\\", min_size=1, max_size=2))
def test_a_text_is_no_pattern(texts: list[str], wanted: str) -> None:
    rows = pa.table({"text": pa.array(texts, pa.large_string())})
    assert search(rows, wanted)["text"].to_pylist() == [text for text in texts if wanted in text.lower()]
