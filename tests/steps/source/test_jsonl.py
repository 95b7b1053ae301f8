"""JSON Lines: typed decoding finds what a plain JSON reader finds, and keeps literals."""

import json

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tilth.steps.source._jsonl import read, survey, why_not
from tilth.steps.source._part import Part

SCALARS = st.none() | st.booleans() | st.integers(-(2**65), 2**65) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
OBJECTS = st.dictionaries(
    st.sampled_from(["a", "b c", "class", "ü", '"q"', "back\\slash", "tab\t"]), SCALARS | st.lists(SCALARS, max_size=2), max_size=4
)


def rows_of(found):
    return pa.table({"origin": found.origin, **found.columns}).to_pylist()


def whole(tmp_path, lines, wanted):
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8", newline="")
    found = list(read(Part(str(path), "x.jsonl", rows=3), wanted))
    return [row for one in found for row in rows_of(one)], [bad for one in found for bad in one.bad]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(OBJECTS, max_size=12))
def test_every_object_comes_back_as_json(tmp_path, objects):
    names = sorted({name for one in objects for name in one})
    rows, bad = whole(tmp_path, list(map(json.dumps, objects)), dict.fromkeys(names, "json"))
    told = [{name: json.loads(value) for name, value in row.items() if name != "origin" and value is not None} for row in rows]
    assert told == [{name: value for name, value in one.items() if value is not None} for one in objects]
    assert not bad


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(OBJECTS, max_size=12), st.integers(1, 5))
def test_the_survey_does_not_depend_on_blocks(tmp_path, objects, rows):
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(map(json.dumps, objects)))
    one, other = survey(Part(str(path), "x.jsonl", rows=rows)), survey(Part(str(path), "x.jsonl"))
    assert one == other and one.records == len(objects)
    assert list(one.types) == list(dict.fromkeys(name for each in objects for name in each))


def test_a_string_column_keeps_the_literals_of_numbers(tmp_path):
    rows, _ = whole(
        tmp_path, ['{"a": 1.50}', '{"a": "x"}', '{"a": 1E2}', '{"a": true}', '{"a": null}', "{}", '{"a": 123456789012345678901}'], {"a": "string"}
    )
    assert [row["a"] for row in rows] == ["1.50", "x", "1E2", "true", None, None, "123456789012345678901"]


def test_a_json_column_keeps_every_digit(tmp_path):
    rows, _ = whole(tmp_path, ['{"a": [1.50, 12345678901234567890123]}', '{"a": "x"}', '{"a": null}'], {"a": "json"})
    assert [row["a"] for row in rows] == ["[1.50, 12345678901234567890123]", '"x"', None]


def test_places_are_those_of_the_raw_file(tmp_path):
    rows, bad = whole(tmp_path, ['{"a": 1}', "", "no", '{"a": 2}'], {"a": "int64"})
    assert [row["origin"] for row in rows] == [{"file": "x.jsonl", "record": 1, "offset": 0}, {"file": "x.jsonl", "record": 3, "offset": 13}]
    assert [(one.record, one.offset, one.raw) for one in bad] == [(2, 10, b"no")]


def test_of_equal_keys_the_last_counts(tmp_path):
    rows, _ = whole(tmp_path, ['{"a": 1, "a": 2}', '{"a": "x", "a": 3}'], {"a": "int64"})
    assert [row["a"] for row in rows] == [2, 3]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\xff", "not valid UTF-8 (byte 1"),
        (b'{"a": "\\ud800"}', "half of a surrogate pair"),
        (b'{"a": NaN}', "NaN"),
        (b"<xml>", "begins with `<xml>`"),
    ]
    + [(b"[" * 10**6, "nested too deeply"), (b'{"a": 1', "is not JSON")],
)
def test_a_reason_tells_a_person_what_to_look_for(line, reason):
    assert reason in why_not(line, ValueError("JSON is malformed: something (byte 3)"))
