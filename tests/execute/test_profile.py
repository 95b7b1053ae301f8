"""What a table holds."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.execute.profile import lengths, profile
from tilth.record import JSON

ROWS = pa.table(
    {"text": ["a b", "a b", None, "日本"], "n": [1, None, 3, 1], "meta": ["{}", "{}", "{}", None], "none": [None] * 4},
    schema=pa.schema([("text", pa.large_string()), ("n", pa.int64()), pa.field("meta", pa.large_string(), metadata=JSON), ("none", pa.null())]),
)
NO_TEXTS = [pa.table({"n": [1]}), *(pa.table({"text": pa.array(texts, pa.string())}) for texts in ([], [None]))]


def test_columns_tell_type_share_of_values_and_how_many_differ() -> None:
    text, n, meta, none = profile(ROWS).columns
    assert (text.type, text.filled, text.distinct, list(text.examples)) == ("string", 0.75, 2, ["a b", "日本"])
    assert (n.type, n.filled, n.distinct, n.least, n.greatest) == ("int64", 0.75, 2, 1, 3)
    assert (meta.type, meta.distinct) == ("json", 1)
    assert (none.filled, none.distinct, list(none.examples)) == (0.0, None, [])


def test_lengths_and_duplicates_are_of_the_texts_that_are_there() -> None:
    found = profile(ROWS)
    characters, words = found.lengths
    assert (characters.of, characters.least, characters.median, characters.greatest, characters.total) == ("characters", 2, 3.0, 3, 8)
    assert (words.least, words.greatest) == (1, 2)
    assert found.duplicates == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "table", [pa.table({"n": [1]}), pa.table({"text": pa.array([], pa.string())}), pa.table({"text": pa.array([None], pa.string())})]
)
def test_without_texts_there_are_no_lengths(table: pa.Table) -> None:
    assert profile(table).lengths == [] and profile(table).duplicates is None


def test_where_no_column_is_called_text_the_longest_is_taken() -> None:
    assert profile(pa.table({"a": ["x"], "b": ["longer"]})).text == "b"


@given(st.lists(st.integers(0, 10**7), min_size=1))
def test_every_text_is_in_one_bin(values: list[int]) -> None:
    told = lengths("characters", np.array(values))
    assert sum(told.counts) == len(values)
    assert len(told.edges) == len(told.counts) + 1
    assert (told.least, told.greatest, told.total) == (min(values), max(values), sum(values))
