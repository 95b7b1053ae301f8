"""Dates in the forms that people and machines write, and those that are none because they could be two."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.text.dates import between, days, number, read_day


@pytest.mark.parametrize(
    "text",
    [
        "2021-03-04", "2021/3/4", "2021.03.04", "20210304", "20210304T050607Z", "2021-03-04T05:06:07+08:00", "2021-03-04 23:59:59.999",
        "Thu, 04 Mar 2021 05:06:07 GMT", "Thu, 4 Mar 2021 05:06:07 -0700", "4 March 2021", "4th March, 2021", "04-Mar-2021", "March 4, 2021",
        "Mar. 4 2021", "Thursday, March 4th, 2021", "Thu Mar 04 05:06:07 2021", "04.03.2021", "4.3.2021 05:06",
        "1614834367", "1614834367.25", "1614834367000", "1614834367000000", "1614834367000000000",
    ],
)  # fmt: skip
def test_a_date_is_read_in_the_forms_that_are_about(text):
    assert read_day(text) == 20210304


@pytest.mark.parametrize(
    ("text", "day"),
    [("2021", 20210101), ("2021-03", 20210301), ("2021/03", 20210301), ("14/3/2021", 20210314), ("3/14/2021", 20210314), ("05/05/2021", 20210505)],
)
def test_a_month_or_a_year_is_its_first_day_and_a_number_above_12_is_a_day(text, day):
    assert read_day(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3/4/2021",
        "03-04-2021",
        "yesterday",
        "2021-13-01",
        "2021-02-30",
        "31.02.2021",
        "99",
        "12345678901234567890",
        "Octember 3, 2020",
        "0000-01-01",
        "٢٠٢١-",
    ],
)
def test_what_is_no_date_or_could_be_two_is_none(text):
    assert read_day(text) is None


@given(st.dates(date(1000, 1, 1), date(9999, 12, 31)))
def test_every_day_is_read_back_from_iso_8601(day):
    assert read_day(day.isoformat()) == number(day)
    assert read_day(day.strftime("%d %B %Y").zfill(2)) == number(day)


@given(st.dates(date(1900, 1, 1)), st.integers(-4000, 4000))
def test_days_are_counted_by_the_calendar(day, count):
    try:
        other = day + timedelta(days=count)
    except OverflowError:
        return
    assert between(number(day), number(other)) == count


@given(st.text(max_size=40))
def test_any_text_gives_a_day_or_none(text):
    found = read_day(text)
    assert found is None or 10000 < found < 99999999


def test_a_form_says_which_number_is_the_day():
    column = pa.array(["03/04/2021", "2021-03-04", None])
    assert days(column, "%d/%m/%Y").to_pylist() == [20210403, None, None]
    assert days(column, "%m/%d/%Y").to_pylist() == [20210304, None, None]


def test_columns_of_every_type_are_read():
    moment = datetime(2021, 3, 4, 23, 30, tzinfo=UTC)
    for kind in (pa.date32(), pa.timestamp("s"), pa.timestamp("ns", "UTC"), pa.date64()):
        assert days(pa.array([moment.date() if pa.types.is_date(kind) else moment, None], kind)).to_pylist() == [20210304, None]
    assert days(pa.array([1614834367, 2021, 20210304, None])).to_pylist() == [20210304, 20210101, 20210304, None]
    assert days(pa.array([1614834367000.0, float("nan")])).to_pylist() == [20210304, None]
    assert days(pa.array([True, None])).to_pylist() == [None, None]
    assert days(pa.nulls(2)).to_pylist() == [None, None]
