"""filter.freshness: by the calendar, and never by the clock."""

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest
from pydantic import ValidationError

from tilth.frames import to_batch
from tilth.step import judge
from tilth.steps.filter.freshness import Freshness

DATES = ["2019-12-31", "2020-01-01", "Thu, 04 Mar 2021 05:06:07 GMT", "3/4/2021", None, "soon", "1700000000"]


def stays(dates, **settings):
    step = Freshness.model_validate({"column": "when", **settings})
    return step(pd.DataFrame({"row": range(len(dates)), "when": dates}))["row"].tolist()


def test_rows_outside_the_days_are_dropped_and_what_is_no_date_is_not_judged():
    assert stays(DATES, date={"at_least": "2020-01-01"}) == [1, 2, 3, 4, 5, 6]
    assert stays(DATES, date={"at_least": date(2020, 1, 1), "at_most": "2021-12-31"}) == [1, 2, 3, 4, 5]
    assert stays(DATES, date={"at_most": "2020-01-01"}) == [0, 1, 3, 4, 5]


def test_an_age_is_counted_in_days_on_the_day_that_is_said():
    dates = ["2024-02-29", "2024-03-01", "2024-03-02"]
    assert stays(dates, as_of="2024-03-01", age={"at_most": 0}) == [1, 2]
    assert stays(dates, as_of="2024-03-01", age={"at_least": 0, "at_most": 1}) == [0, 1]


def test_the_decision_names_the_rule_the_day_and_the_limit():
    step = Freshness.model_validate({"column": "when", "date": {"at_least": "2020-01-01"}, "as_of": "2024-01-01", "age": {"at_most": 1000}})
    batch = to_batch(pa.table({"when": ["2019-06-30", "2020-06-30", "2023-06-30"]}))
    checks = step.checks()
    verdict = judge(checks, {check.measure.column: batch.take(check.measure) for check in checks}, len(batch))
    assert verdict.rules == ("date", "age_in_days")
    assert verdict.failed.tolist() == [0, 1, -1]
    assert verdict.value.tolist()[:2] == [20190630, 1280]
    assert verdict.limit.tolist()[:2] == [20200101, 1000]


def test_a_form_tells_what_could_be_two_dates():
    assert stays(["3/4/2021"], date={"at_most": "2021-03-31"}, form="%d/%m/%Y") == []
    assert stays(["3/4/2021"], date={"at_most": "2021-03-31"}, form="%m/%d/%Y") == [0]


def test_limits_decide_without_changing_what_is_measured():
    one = Freshness.model_validate({"column": "when", "date": {"at_least": "2020-01-01"}})
    other = Freshness.model_validate({"column": "when", "date": {"at_most": "2021-01-01"}})
    assert one.identity() == other.identity()
    assert [check.measure.identity() for check in one.checks()] == [check.measure.identity() for check in other.checks()]


def test_the_form_and_the_day_of_the_age_enter_the_measure():
    plain, formed = (Freshness.model_validate({"column": "when", "date": {"at_least": "2020-01-01"}, "form": form}) for form in (None, "%Y"))
    assert plain.checks()[0].measure.column != formed.checks()[0].measure.column
    ages = [
        Freshness.model_validate({"column": "when", "as_of": day, "age": {"at_most": 9}}).checks()[1].measure for day in ("2020-01-01", "2020-01-02")
    ]
    assert ages[0].identity() != ages[1].identity()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "No limit"),
        ({"age": {"at_most": 9}}, "as_of"),
        ({"date": {"at_least": "2021-01-01", "at_most": "2020-01-01"}}, "every row would be dropped"),
        ({"date": {"at_least": "2021-02-30"}}, "date"),
        ({"as_of": "2020-01-01", "age": {"at_least": 5, "at_most": 4}}, "every row would be dropped"),
    ],
)
def test_what_cannot_be_is_refused(settings, said):
    with pytest.raises(ValidationError, match=said):
        Freshness.model_validate({"column": "when", **settings})
