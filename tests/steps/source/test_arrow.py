"""Arrow columns of every type as columns of a settled type."""

import datetime
import decimal

import pyarrow as pa
import pytest

from tilth.record import ID, JSON, shown
from tilth.steps.source._arrow import kind_of, settle

DAY = datetime.date(2024, 2, 29)
MOMENT = pa.array([1_709_210_096_123_456_789], pa.timestamp("ns"))


@pytest.mark.parametrize(
    ("array", "kind", "value"),
    [
        (pa.array([1], pa.int8()), "int64", 1),
        (pa.array([1], pa.uint32()), "int64", 1),
        (pa.array([2**62], pa.int64()), "long", 2**62),
        (pa.array([0.5], pa.float16()), "float64", 0.5),
        (pa.array([True]), "bool", True),
        (pa.array(["x"], pa.string_view()), "string", "x"),
        (pa.array(["x"]).dictionary_encode(), "string", "x"),
        (pa.RunEndEncodedArray.from_arrays([1], [7]), "long", 7),
        (pa.array([b"x"], pa.binary()), "string", "x"),
        (pa.array([bytes(16)], ID), "string", shown(bytes(16))),
        (pa.array([DAY]), "string", "2024-02-29"),
        (MOMENT, "string", "2024-02-29T12:34:56.123456789"),
        (MOMENT.cast(pa.timestamp("ns", "UTC")), "string", "2024-02-29T12:34:56.123456789Z"),
        (pa.array([datetime.time(1, 2, 3)]), "string", "01:02:03.000000"),
        (pa.array([decimal.Decimal("1.50")]), "string", "1.50"),
        (pa.array([5], pa.duration("s")), "string", "5"),
        (pa.array([[1, None]]), "json", "[1,null]"),
        (pa.array([{"a": DAY, "b": [b"x"]}]), "json", '{"a":"2024-02-29","b":["x"]}'),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), "json", '[["k",1]]'),
        (pa.array([[{"t": decimal.Decimal("1.50")}]]), "json", '[{"t":"1.50"}]'),
        (pa.array([None]), "null", None),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else None,
)
def test_every_type_has_its_place(array, kind, value):
    told = pa.field("x", array.type)
    assert kind_of(told) == kind
    faults = {}
    word = {"long": "int64", "null": "string"}.get(kind, kind)
    assert settle(array, told, word, faults).to_pylist() == [value] and not faults


def test_our_own_json_columns_stay_json():
    told = pa.field("x", pa.large_string(), metadata=JSON)
    assert kind_of(told) == "json"
    assert settle(pa.array(['{"a": 1}'], pa.large_string()), told, "json", {}).to_pylist() == ['{"a": 1}']
    assert settle(pa.array(["a"]), pa.field("x", pa.string()), "json", {}).to_pylist() == ['"a"']


def test_what_does_not_fit_is_told_row_by_row():
    faults = {}
    found = settle(pa.array([2**63, 1], pa.uint64()), pa.field("x", pa.uint64()), "int64", faults)
    assert found.to_pylist() == [None, 1] and faults == {0: "9223372036854775808 is not an integer of 64 bits"}
    faults = {}
    assert settle(pa.array([2**53 + 1, 2]), pa.field("x", pa.int64()), "float64", faults).to_pylist() == [None, 2.0] and list(faults) == [0]
    faults = {}
    assert settle(pa.array([[1]]), pa.field("x", pa.list_(pa.int64())), "an integer", faults).to_pylist() == [None] and list(faults) == [0]


def test_texts_that_the_recipe_calls_json_must_be():
    faults = {}
    assert settle(pa.array(['{"a": 1}', "{"]), pa.field("x", pa.string()), "JSON", faults).to_pylist() == ['{"a": 1}', None]
    assert list(faults) == [1]
