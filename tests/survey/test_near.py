"""Near copies among texts."""

import pyarrow as pa

from tilth.survey.near import largest, near_copies
from tilth.survey.tally import Tally, digests_of

LONG = "The quick brown fox jumps over the lazy dog and runs through the wide green forest until the sun goes down behind the hills of the north "


def texts(*values: str | None) -> pa.Array:
    return pa.array(values, pa.large_string())


def test_copies_and_near_copies_are_found_and_others_are_not() -> None:
    others = [f"A text about number {n} which shares with no other one more than {n * n} words or so, {n} {n}" for n in range(5)]
    told = near_copies(texts(LONG * 2, LONG * 2, LONG * 2 + "again", *others))
    assert told is not None and (told.rows, told.of) == (2, 8)


def test_nothing_is_compared_where_there_is_one_text_or_none() -> None:
    assert near_copies(texts("a")) is None and near_copies(texts(None, None)) is None


def test_the_texts_that_are_there_most_often_are_told_by_how_they_begin() -> None:
    column, tally = texts("b", "a", "a", "b", "a", "c"), Tally(10)
    tally.add(digests_of(column))
    assert largest(column, tally) == [("a", 3), ("b", 2)]
