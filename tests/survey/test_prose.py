"""Columns of texts."""

from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.survey.prose import PIECE, Prose, limit_in_words, measure


@settings(deadline=None, max_examples=25)
@given(st.lists(st.one_of(st.none(), st.text(max_size=30)), min_size=1, max_size=12))
def test_whatever_texts_come_they_are_counted(values: list[str | None]) -> None:
    prose = Prose("it")
    with ThreadPoolExecutor(2) as pool:
        measures = prose.add(pa.array(values, pa.large_string()), lambda row: (row, ""), pool)
    there = [value for value in values if value]
    assert prose.rows == prose.characters.n == len(there) and prose.characters.total == sum(map(len, there))
    assert prose.copies.repeats == len(there) - len({*there})
    assert all(len(column) == len(values) for column in measures.values())
    assert [one.characters for one in prose.longest] == sorted(map(len, there), reverse=True)[:3]


def test_texts_are_measured_in_pieces_as_they_are_at_once() -> None:
    column = pa.array([f"{n} words and more of them. " * 40_000 for n in range(12)], pa.large_string())
    assert column.nbytes > 2 * PIECE
    with ThreadPoolExecutor(2) as pool:
        measures, _, digested = measure(column, pool)
        assert measures["words"].to_pylist() == [6 * 40_000] * 12 and len({*digested.tolist()}) == 12


def test_personal_data_are_counted_and_nothing_of_them_is_told() -> None:
    prose = Prose("it")
    with ThreadPoolExecutor(1) as pool:
        prose.add(pa.array(["Write to jane.roe@example.org or to jane@example.com"], pa.large_string()), lambda row: (row, ""), pool)
    told = prose.told([], None, [], [], whole=True)
    assert told.personal == {"email": (1, 2)}


def test_limits_are_written_as_people_do() -> None:
    assert [limit_in_words(50, 100_000), limit_in_words(0.8, None), limit_in_words(None, 0)] == ["50 to 100,000", "at least 0.8", "at most 0"]
