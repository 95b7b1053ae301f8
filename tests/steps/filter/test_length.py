"""filter.length: which rows stay, at the bounds and beyond, and what is told of the others."""

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pydantic import ValidationError

from tilth.errors import NotThere
from tilth.frames import to_batch
from tilth.judging import judge
from tilth.steps.filter.length import Length


def kept(texts, **settings):
    return Length.model_validate(settings)({"text": texts})["text"]


def verdict(step, **columns):
    batch = to_batch(columns)
    checks = step.checks()
    return judge(checks, {check.measure.column: batch.take(check.measure) for check in checks}, len(batch))


def test_limits_include_their_bound():
    assert kept(["ab", "abc", "abcd", "abcde", "éé中"], characters={"at_least": 3, "at_most": 4}) == ["abc", "abcd", "éé中"]
    assert kept(["a b", "a", " a  b c ", ""], words={"at_least": 2, "at_most": 2}) == ["a b"]


def test_the_verdict_tells_rule_value_and_limit():
    told = verdict(Length(characters={"at_least": 2, "at_most": 5}, words={"at_most": 2}), text=["a", "a b c", "ab", "abcdef"])
    assert [told.rules[rule] if rule >= 0 else None for rule in told.failed] == ["characters", "words", None, "characters"]
    assert told.value[[0, 1, 3]].tolist() == [1, 3, 6]
    assert told.limit[[0, 1, 3]].tolist() == [2, 2, 5]


def test_what_cannot_be_judged_stays():
    assert kept([None, "这里没有空格", "a"], words={"at_least": 2}) == [None, "这里没有空格"]


def test_every_field_must_lie_within():
    step = Length(fields=("title", "text"), characters={"at_least": 2})
    assert step({"title": ["ab", "a", "ab"], "text": ["ab", "ab", "a"]}) == {"title": ["ab"], "text": ["ab"]}
    told = verdict(step, title=["ab", "a", "ab"], text=["ab", "ab", "a"])
    assert [told.rules[rule] for rule in told.failed[1:]] == ["characters(title)", "characters"]


@pytest.mark.parametrize("frame", [pa.table, pd.DataFrame, pl.DataFrame])
def test_any_frame_comes_in_and_the_same_kind_goes_out(frame):
    out = Length(words={"at_least": 2})(frame({"text": ["a b", "a"], "n": [1, 2]}))
    assert type(out) is type(frame({}))
    assert pa.table(out).to_pydict() == {"text": ["a b"], "n": [1]}


def test_a_column_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(NotThere, match="no column `title`. Columns: id, text"):
        Length(words={"at_least": 1}, fields=("title",))({"text": ["a"]})


def test_limits_only_decide():
    step, other = Length(words={"at_least": 1}), Length(characters={"at_most": 9})
    assert step.identity() == other.identity()
    assert step.deciding() != other.deciding()
    assert [check.measure.identity() for check in step.checks()] == [check.measure.identity() for check in other.checks()]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "No limit is given"),
        ({"words": {}}, "No limit is given"),
        ({"words": {"at_least": 3, "at_most": 2}}, "`words` can be no number"),
        ({"words": {"at_lest": 3}}, "Extra inputs"),
        ({"words": {"at_least": float("nan")}}, "finite"),
        ({"words": {"at_least": 1}, "fields": []}, "at least 1 item"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, told):
    with pytest.raises(ValidationError, match=told):
        Length.model_validate(settings)
