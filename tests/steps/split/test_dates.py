"""Instants read from texts, dates and numbers."""

import datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import RecipeError
from tilth.steps.split._dates import INSTANT, instant, instants, written

DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1970-01-02", DAY),
        ("1971", 365 * DAY),
        ("1970-02", 31 * DAY),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1970-01-01 00:00:00.000001", 1),
        (" 1970-01-01T00:00:01Z ", 1_000_000),
        ("1969-12-31T23:59:59Z", -1_000_000),
        ("0001-01-01", -719162 * DAY),
        ("yesterday", None),
        ("1970-13-01", None),
        ("", None),
    ],
)
def test_iso_dates_are_read_and_nothing_else_is_guessed(text, micros):
    assert instant(text) == micros


def test_other_ways_of_writing_are_said():
    assert instant("01 2, 1970", "%m %d, %Y") == DAY
    assert instant("1970-01-02", "%m %d, %Y") is None


@given(st.datetimes(timezones=st.just(datetime.UTC)))
def test_what_is_written_is_read_again(when):
    number = instant(when.isoformat())
    assert number is not None and instant(written(number, is_date=True)) == number


def test_dates_and_times_of_every_kind_are_the_same_instants():
    day = datetime.date(1970, 1, 2)
    noon = datetime.datetime(1970, 1, 2, tzinfo=datetime.UTC)
    columns = [pa.array([day, None]), pa.array([noon, None]), pa.array([day, None]).cast(pa.timestamp("s")), pa.array(["1970-01-02", "?"])]
    for column in columns:
        assert instants(column, "when", None).cast(pa.int64()).to_pylist() == [DAY, None]
    assert instants(pa.nulls(2), "when", None).type == INSTANT


def test_numbers_order_rows_as_they_are():
    assert instants(pa.array([2020, None], pa.int32()), "year", None).to_pylist() == [2020, None]
    assert instants(pa.array([1.5, float("nan")]), "x", None).to_pylist() == [1.5, None]
    assert written(2020, is_date=False) == "2020" and written(1.5, is_date=False) == "1.5"


def test_what_is_no_time_is_refused():
    with pytest.raises(RecipeError, match="`flag` holds bool, which is no time"):
        instants(pa.array([True]), "flag", None)
