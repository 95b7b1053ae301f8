"""Dates as people and machines write them: ISO 8601, seconds since 1970, the e-mail's and the newspaper's forms.

The date is read as it is written: no clock is moved to another zone. What could be two dates, such as 03/04/2021, is
none, unless a form is given that says which.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
NAMES = {
    name: number for number, name in enumerate("january february march april may june july august september october november december".split(), 1)
}

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ,].*)?", re.DOTALL)
_SOLID = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T\d{4,6}Z?|\d{6})?")
_MONTH = re.compile(r"(\d{4})[-/](\d{2})")
_YEAR = re.compile(r"[12]\d{3}")
_NUMBERS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:[T ,].*)?", re.DOTALL)
_DAY_FIRST = re.compile(r"(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})(?:st|nd|rd|th)?[\s-]+([A-Za-z]{3,9})\.?,?[\s-]+(\d{4})(?:[\s,].*)?", re.DOTALL)
_MONTH_FIRST = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?([A-Za-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(?:\d{2}:\d{2}:\d{2}\s+)?(\d{4})(?:[\s,].*)?", re.DOTALL
)
_SECONDS = re.compile(r"-?\d{9,19}(?:\.\d+)?")

BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
SCALES = ((1e11, 1), (1e14, 1_000), (1e17, 1_000_000), (1e20, 1_000_000_000))
"""Seconds, milliseconds, microseconds and nanoseconds since 1970, told apart by their size: below 1e11 seconds is the year 5138."""


def days(column: pa.Array, form: str | None = None) -> pa.Array:
    """The day of each value as a number, 2021-03-04 being 20210304; null where it is none. `form`: how texts are written,
    in the letters of `strptime`, where that is not told by themselves."""
    kind = column.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return pc.cast(pc.strftime(column, format="%Y%m%d"), pa.int64())
    read: Callable[[str], int | None] = (lambda text: _formed(text, form)) if form else read_day
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return pa.array([None if value is None or value != value else read(f"{value:.0f}") for value in column.to_pylist()], pa.int64())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.array([None if value is None else read(value.strip()) for value in column.to_pylist()], pa.int64())
    return pa.nulls(len(column), pa.int64())


def number(day: date) -> int:
    """A day as a number: 2021-03-04 is 20210304."""
    return day.year * 10000 + day.month * 100 + day.day


def between(day: int, other: int) -> int:
    """How many days lie from one day to another, both as numbers."""
    return (_date(other) - _date(day)).days


def _date(day: int) -> date:
    return date(day // 10000, day // 100 % 100, day % 100)


@lru_cache(maxsize=1 << 16)
def read_day(text: str) -> int | None:
    """The day that a text tells, as a number; None where it tells none, or could tell two."""
    if found := _ISO.fullmatch(text) or _SOLID.fullmatch(text):
        return _checked(found[1], found[2], found[3])
    if found := _MONTH.fullmatch(text):
        return _checked(found[1], found[2], "1")
    if _YEAR.fullmatch(text):
        return _checked(text, "1", "1")
    if _SECONDS.fullmatch(text):
        return _since_1970(float(text))
    if found := _NUMBERS.fullmatch(text):
        return _ordered(*found.groups())
    if found := _DAY_FIRST.fullmatch(text):
        return _checked(found[3], _month(found[2]), found[1])
    if found := _MONTH_FIRST.fullmatch(text):
        return _checked(found[3], _month(found[1]), found[2])
    return None


def _checked(year: str, month: str, day: str) -> int | None:
    try:
        return number(date(int(year), int(month), int(day)))
    except ValueError:
        return None


def _month(name: str) -> str:
    """The number of a month by its English name, whole or its first three letters (and Sept)."""
    small = name.lower()
    return str(NAMES.get(small) or (9 if small == "sept" else MONTHS.get(small, 0)))


def _ordered(first: str, mark: str, second: str, year: str) -> int | None:
    """Day and month where it is told which is which: by a number above 12, by being the same, or by the dots of 31.12.2021."""
    if mark == "." or int(first) > 12 or first == second:
        return _checked(year, second, first)
    return _checked(year, first, second) if int(second) > 12 else None


def _since_1970(value: float) -> int | None:
    scale = next((scale for below, scale in SCALES if abs(value) < below), None)
    return None if scale is None else number((BEGIN + timedelta(seconds=value / scale)).date())


@lru_cache(maxsize=1 << 16)
def _formed(text: str, form: str) -> int | None:
    try:
        return number(datetime.strptime(text, form).date())  # noqa: DTZ007  the day as it is written
    except ValueError:
        return None
