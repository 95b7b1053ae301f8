"""filter.where: what an expression keeps, and what is refused before any data is seen."""

import pickle
import subprocess
import sys

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.errors import NotThere, RecipeError, StepFailed
from tilth.frames import to_batch
from tilth.judging import judge
from tilth.steps.filter.where import Where

ROWS = {
    "text": ["one", "two", "three"],
    "price": [1.5, None, 3.0],
    "two words": [1, 2, 3],
    "tags": [["a"], ["a", "b"], None],
    "origin": [{"file": "a.md", "record": 1}, {"file": "b.txt", "record": 2}, {"file": "c.md", "record": 3}],
    "meta": ['{"lang": "en"}', '{"lang": "de"}', None],
    "current_date": [1, 2, 3],
}


def kept(sql):
    return Where(sql=sql)(ROWS)["text"]


@pytest.mark.parametrize(
    ("sql", "stay"),
    [
        ("price >= 1.5 and price < 3", ["one"]),
        ("price >= 3.0", ["three"]),
        ("not (price > 2)", ["one"]),  # unknown is not true either way
        ("price is null", ["two"]),
        ("coalesce(price, 9) > 2", ["two", "three"]),
        ('"two words" between 2 and 3', ["two", "three"]),
        ("origin.file like '%.md'", ["one", "three"]),
        ("origin['record'] = 2 or text in ('three')", ["two", "three"]),
        ("meta->>'lang' = 'en'", ["one"]),
        ("list_contains(tags, 'b')", ["two"]),
        ("len(list_filter(tags, lambda tag: tag <> 'a')) = 1", ["two"]),
        ("[upper(tag) for tag in tags if tag = 'b'] = ['B']", ["two"]),
        ("case when price is null then true else false end", ["two"]),
        ("try_cast(text as int) > 1", []),
        ("if(price > 2, true, false)", ["three"]),
        ("list_min(tags) = 'a' and length(text) = 3", ["one", "two"]),
        ("current_date = 2", ["two"]),  # a column of that name is a column
        ("price > 1 -- a note", ["one", "three"]),
    ],
)
def test_rows_stay_of_which_it_is_true(sql, stay):
    assert kept(sql) == stay


def test_the_verdict_tells_the_rule_and_that_it_was_not_true():
    batch, (check,) = to_batch(ROWS), Where(sql="price > 2").checks()
    told = judge((check,), {check.measure.column: batch.take(check.measure)}, len(batch))
    assert (told.rules, told.failed.tolist()) == (("where",), [0, 0, -1])
    assert (told.value[0], told.limit[0]) == (0, 1)


def test_the_measure_names_its_columns_and_is_known_by_its_expression():
    (check,) = Where(sql="price > 1 and lower(origin.file) <> text and price < 9").checks()
    assert check.measure.columns == ("price", "origin", "text")
    assert check.measure.key == "price > 1 and lower(origin.file) <> text and price < 9"
    assert check.measure.identity() != Where(sql="price > 2").checks()[0].measure.identity()


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("price >=", "no SQL expression: syntax error at its end"),
        ("price > 1 = = 2", "syntax error at its character"),
        ("price > 1; drop table x", "syntax error at its character 10"),
        ("1) from x where (price = 1", "more than one expression"),
        ("price > 1), (price < 2", "more than one expression"),
        ("1 = 1", "names no column"),
        ("", "names no column|syntax error at its end"),
        ("exists(select 1)", "a subquery"),
        ("price in (select 1)", "a subquery"),
        ("sum(price) > 1", "`sum` looks at many rows"),
        ("count(*) > price", "`count` looks at many rows"),
        ("geomean(price) > 1", "`geomean` looks at many rows"),
        ("row_number() over () > price", "a window function"),
        ("columns(*) > price", r"has `\*`"),
        ("price > ?", "a parameter"),
        ("#1 > price", "a column by its number"),
        ("read_text('x') = text", "reads a table or file"),
        ("unnest(tags) = text", "makes several rows of one"),
        ("lenght(text) > 1", "no function `lenght`. Did you mean `length`"),
        ("Price > price", "differ only in case"),
        *((f"{call} = price", "does not depend on the row alone") for call in ("random()", "now()", "uuid()", "today()", "current_setting('x')")),
        *((f"{call} = price", "does not depend on the row alone") for call in ("age(d)", "ago(d)", "getvariable('x')", "version()", "nextval('s')")),
        *((f"{call} = price", "does not depend on the row alone") for call in ("current_localtimestamp()", "get_current_time()", "error('x')")),
    ],
)
def test_what_is_no_question_to_one_row_is_refused_before_any_data_is_seen(sql, told):
    with pytest.raises(ValidationError, match=told):
        Where(sql=sql)


def test_a_column_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(NotThere, match="no column `pirce`. Columns: id, text, price, two words"):
        kept("pirce > 1")
    with pytest.raises(NotThere, match="no column `books`"):
        kept('text = "books"')


@pytest.mark.parametrize(
    ("sql", "error", "told"),
    [
        ("price", RecipeError, "neither true nor false"),
        ("tags > 1", RecipeError, r"does not suit the columns: .*It names: tags \(list<"),
        ("meta.lang = 'en'", RecipeError, "column->>'member'"),
        ("cast(text as int) > 1", StepFailed, "Could not convert string 'one' to INT32.*try_cast"),
    ],
)
def test_what_does_not_suit_the_data_says_why_and_what_to_do(sql, error, told):
    with pytest.raises(error, match=told):
        kept(sql)


@pytest.mark.parametrize("frame", [pa.table, pd.DataFrame, pl.DataFrame])
def test_any_frame_comes_in_and_the_same_kind_goes_out(frame):
    out = Where(sql="price < 2")(frame({"text": ["a", "b", "c"], "price": [1.0, None, 3.0]}))
    assert type(out) is type(frame({}))
    assert pa.table(out).to_pydict() == {"text": ["a"], "price": [1.0]}


def test_no_rows_are_no_trouble():
    assert Where(sql="price < 2")(pa.table({"price": pa.array([], pa.float64())})).num_rows == 0


@settings(deadline=None)
@given(st.lists(st.integers(-9, 9) | st.none(), max_size=40), st.integers(-9, 9))
def test_each_row_is_asked_in_its_place(numbers, limit):
    column = pa.array(numbers, pa.int64())
    assert Where(sql=f"n >= {limit}")(pa.table({"n": column}))["n"].to_pylist() == [n for n in numbers if n is not None and n >= limit]


def test_the_time_zone_of_the_machine_changes_nothing():
    code = """import datetime, pyarrow as pa
from tilth.steps.filter.where import Where
instant = datetime.datetime(2024, 1, 1, 23, 30, tzinfo=datetime.UTC)
print(Where(sql="day(seen) = 1")(pa.table({"seen": pa.array([instant], pa.timestamp("us", "UTC"))})).num_rows)"""
    runs = [
        subprocess.run([sys.executable, "-c", code], env={"TZ": zone}, capture_output=True, text=True, check=True) for zone in ("Asia/Tokyo", "UTC")
    ]
    assert [run.stdout for run in runs] == ["1\n", "1\n"]


def test_the_measure_can_be_sent_to_a_worker():
    (check,) = Where(sql="price > 2").checks()
    sent = pickle.loads(pickle.dumps(check.measure.of))
    assert sent(pa.array([1.0, 3.0, None]))["where"].to_pylist() == [0, 1, 0]


def test_it_may_be_written_bare():
    assert Where.bare == "sql"
