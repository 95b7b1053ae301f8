"""`filter.freshness`: rows by the date in one of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date as Day
from functools import cache, partial
from typing import Annotated, Self

import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from tilth.record import Check, Measure
from tilth.step import Filter, Limit, Range, Settings
from tilth.steps.filter._limits import possible
from tilth.text import dates


class _Days(Settings):
    """Limits by the calendar, both included."""

    at_least: Day | None = None
    """The first day that stays: `2020-01-01`; null: no limit."""
    at_most: Day | None = None
    """The last day that stays; null: no limit."""


class Freshness(Filter):
    """Keeps a row if the date in a column lies within limits, or is young enough on a day that is said.

    The measure `date` is the day as a number, 2021-03-04 being 20210304; with `as_of` there is also `age_in_days`, which
    is below 0 for a later date. No clock is asked: the same recipe decides the same tomorrow.

    Read are dates and times of Parquet and Arrow; ISO 8601 (`2021-03-04`, `2021-03-04T05:06:07+08:00`, `20210304`; a month
    or a year alone is its first day); seconds, milliseconds, microseconds or nanoseconds since 1970, by their size;
    `Thu, 04 Mar 2021 …` as in e-mails, `4 March 2021`, `March 4, 2021`; `04.03.2021`, the day first; `3/14/2021` and
    `14/3/2021`. A date is taken as it is written, in its own time zone. `3/4/2021` could be two dates, so it is none,
    unless `form` tells. A row whose date is null or cannot be read is not judged, and stays: its measure is null.
    """

    column: str
    """The column that holds the date."""
    date: Annotated[_Days, Limit] = _Days()
    """From which day to which: `{at_least: 2020-01-01, at_most: 2023-12-31}`, or one of the two."""
    as_of: Day | None = None
    """The day on which the age is measured, such as the day on which the data was taken: `2024-06-30`."""
    age: Annotated[Range, Limit] = Range()
    """How old in days a row may be on that day: `{at_most: 365}`."""
    form: str | None = Field(default=None, min_length=2)
    """How the texts are written, in the letters of Python's `strptime`: `%d/%m/%Y`."""

    @field_validator("age")
    @classmethod
    def _can_be(cls, limits: Range) -> Range:
        return possible("age", limits)

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        low, high = self.date.at_least, self.date.at_most
        if low is not None and high is not None and low > high:
            raise ValueError(f"`date` cannot be from {low} to {high}, so every row would be dropped.")
        if self.age != Range() and self.as_of is None:
            raise ValueError("An `age` is measured on a day: say `as_of: 2024-06-30`, the day on which the data was taken.")
        if low is None and high is None and self.age == Range():
            raise ValueError("No limit is given, so every row would stay. Give `date: {at_least: 2020-01-01}`, or `as_of` and `age: {at_most: 365}`.")
        return self

    def checks(self) -> tuple[Check, ...]:
        low, high = (None if day is None else dates.number(day) for day in (self.date.at_least, self.date.at_most))
        told = (Check("date", Measure("date", _family(self.form), (self.column,), self.form or ""), low, high),)
        if self.as_of is None:
            return told
        age = Measure("age_in_days", _aged(self.form, self.as_of), (self.column,), f"{self.form or ''} as of {self.as_of}")
        return *told, Check("age_in_days", age, self.age.at_least, self.age.at_most)


def _dates(column: pa.Array, form: str | None) -> Mapping[str, pa.Array]:
    return {"date": dates.days(column, form)}


def _ages(column: pa.Array, form: str | None, as_of: int) -> Mapping[str, pa.Array]:
    days = dates.days(column, form).to_pylist()
    return {"age_in_days": pa.array([None if day is None else dates.between(day, as_of) for day in days], pa.int64())}


@cache
def _family(form: str | None) -> partial[Mapping[str, pa.Array]]:
    return partial(_dates, form=form)


@cache
def _aged(form: str | None, as_of: Day) -> partial[Mapping[str, pa.Array]]:
    return partial(_ages, form=form, as_of=dates.number(as_of))
