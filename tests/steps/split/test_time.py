"""split.time: the newest to the test, instants undivided, rows without a date and leaks refused."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.errors import DataRefused, NothingLeft, RecipeError
from tilth.pairs import compare
from tilth.record import Batch, ids_of_values
from tilth.steps.split.time import Time


def batch(dates, texts=None):
    ids = pa.array(ids_of_values(range(len(dates))), pa.binary(16))
    told = pa.array(texts or [f"text {number}" for number in range(len(dates))], pa.large_string())
    return Batch(pa.table({"id": ids, "text": told, "date": dates if isinstance(dates, pa.Array) else pa.array(dates)}))


def decided(step, rows):
    sketches, comparison = step.sketch(rows), step.comparison()
    return step.decide(sketches) if comparison is None else step.decide(sketches, compare(comparison, sketches, rows))


DAYS = [f"2024-{1 + number % 12:02}-{1 + number % 28:02}" for number in range(840)]


def test_a_date_puts_every_row_from_then_on_into_the_part():
    outcome = decided(Time(column="date", validation="2024-06-01", test="2024-10", near=None), batch(DAYS))
    assert outcome.part.tolist() == [2 if day >= "2024-10-01" else 1 if day >= "2024-06-01" else 0 for day in DAYS]
    assert outcome.facts["spans"]["test"] == [min(day for day in DAYS if day >= "2024-10"), max(DAYS)]
    assert outcome.facts["rows"]["train"] == sum(day < "2024-06-01" for day in DAYS)


@settings(deadline=None)
@given(st.lists(st.integers(0, 12), min_size=3, max_size=60), st.integers(1, 20), st.integers(1, 20), st.randoms())
def test_parts_follow_each_other_in_time_and_no_instant_is_divided(years, test, validation, chance):
    step, rows = Time(column="date", test=test, validation=validation, near=None), batch(years)
    try:
        outcome = decided(step, rows)
    except NothingLeft:
        return
    when = {part: {year for year, one in zip(years, outcome.part, strict=True) if one == number} for number, part in enumerate(outcome.parts)}
    assert max(when["train"]) < min(when["validation"]) and max(when["validation"]) < min(when["test"])
    got, short = outcome.facts["rows"], outcome.facts["short"]
    assert got["test"] == test - short.get("test", 0) and got["validation"] == validation - short.get("validation", 0)
    assert not short.get("test") or years.count(max(when["validation"])) > short["test"], "what fits is taken"
    order = list(range(len(years)))
    chance.shuffle(order)
    assert decided(step, Batch(rows.table.take(pa.array(order)))).part.tolist() == outcome.part[order].tolist()
    pieces = pa.concat_tables([step.sketch(Batch(rows.table.slice(first, 7))) for first in range(0, len(years), 7)])
    assert step.decide(pieces).part.tolist() == outcome.part.tolist()


def test_fractions_and_counts_are_of_the_newest_rows():
    dates = [f"2024-01-01T{number // 60:02}:{number % 60:02}" for number in range(1000)]
    outcome = decided(Time(column="date", validation=50, test=0.1, near=None), batch(dates))
    assert outcome.part.tolist() == [0] * 850 + [1] * 50 + [2] * 100
    older = decided(Time(column="date", train=500, test=0.1, near=None), batch(dates))
    assert older.part.tolist() == [-1] * 400 + [0] * 500 + [1] * 100 and older.rules[older.which[0]] == "not_drawn"


def test_zones_are_heeded():
    dates = ["2024-01-01T00:30:00+02:00", "2023-12-31T23:00:00Z"]
    assert decided(Time(column="date", test=1, near=None), batch(dates)).part.tolist() == [0, 1]


def test_numbers_order_rows_but_have_no_dates():
    assert decided(Time(column="date", test=1, near=None), batch([2020, 2024, 2022])).part.tolist() == [0, 1, 0]
    with pytest.raises(RecipeError, match="`date` holds numbers, and 2024-01-01 is a date"):
        decided(Time(column="date", test="2024-01-01", near=None), batch([2020, 2024]))


MISSING = ["2024-01-01", "2024-01-02", None, "soon", "2024-01-03"]


def test_rows_without_a_date_are_refused_and_some_are_shown():
    with pytest.raises(DataRefused, match=r"2 of 5 rows have no date in `date` that can be read, such as [a-z2-7]{26}, [a-z2-7]{26}\.") as raised:
        decided(Time(column="date", test=1, near=None), batch(MISSING))
    assert raised.value.exit_code == 3 and "undated: train" in raised.value.remedy


def test_rows_without_a_date_go_where_it_is_said():
    trained = decided(Time(column="date", test=1, undated="train", near=None), batch(MISSING))
    assert trained.part.tolist() == [0, 0, 0, 0, 1] and trained.facts["undated"] == 2
    dropped = decided(Time(column="date", test=1, undated="drop", near=None), batch(MISSING))
    assert dropped.part.tolist() == [0, 0, -1, -1, 1] and [dropped.rules[one] for one in dropped.which[2:4]] == ["undated"] * 2
    assert dropped.facts["rows"] == {"train": 2, "test": 1}


def test_dates_are_read_as_they_are_written():
    outcome = decided(Time(column="date", test=1, format="%m %d, %Y", near=None), batch(["07 5, 2014", "01 9, 2015", "12 1, 2013"]))
    assert outcome.part.tolist() == [0, 1, 0]


def test_a_part_without_rows_is_refused():
    with pytest.raises(NothingLeft, match="`test` is to have 2030 of 5 rows.*No row that was left is of that time"):
        decided(Time(column="date", test="2030", near=None), batch(DAYS[:5]))
    with pytest.raises(NothingLeft, match="newest instant"):
        decided(Time(column="date", test=2, near=None), batch(["2024-01-01"] * 3 + ["2023-01-01"]))


LONG = [" ".join(f"word{place}of{number}" for place in range(40)) for number in range(60)]


def test_a_text_that_was_published_again_is_refused_dropped_or_told():
    rows = batch([f"2024-01-{1 + number % 28:02}" for number in range(60)] + ["2025-01-01"] * 5, [*LONG, *(f"{text} again" for text in LONG[:5])])
    with pytest.raises(DataRefused, match=r"5 rows have their like .*: train → test 5\. All: "):
        decided(Time(column="date", test="2025-01-01"), rows)
    dropped = decided(Time(column="date", test="2025-01-01", leaks="drop"), rows)
    assert dropped.part.tolist() == [-1] * 5 + [0] * 55 + [1] * 5 and dropped.rules[dropped.which[0]] == "leak"
    assert dropped.facts["rows"] == {"train": 55, "test": 5}
    assert decided(Time(column="date", test="2025-01-01", leaks="keep"), rows).facts["leaks"]["rows"] == {"train → test": 5}


def test_a_part_that_leaked_away_is_refused():
    rows = batch(["2024-01-01"] * 2 + ["2025-01-01"] * 2, [LONG[0], LONG[1], LONG[0], LONG[1]])
    with pytest.raises(NothingLeft, match="`train` is to have the rest.*leaked into a later part"):
        decided(Time(column="date", test="2025", leaks="drop"), rows)


def test_what_only_decides_is_apart():
    step = Time(column="date", test="2025")
    assert set(step.deciding()) == {"train", "validation", "test", "undated", "leaks"} and step.reads() == ("date", "text")
    assert step.parts() == ("train", "test")


@pytest.mark.parametrize("wrong", [{}, {"test": "soon"}, {"test": "2024-01-01", "validation": "2024-02-01"}, {"test": -1}, {"test": 1.5}])
def test_what_cannot_be_is_refused_when_the_step_is_made(wrong):
    with pytest.raises(ValidationError):
        Time(column="date", **wrong)
