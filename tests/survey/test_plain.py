"""Tables of any kind as a survey reads them."""

import datetime
import decimal
import json

import pyarrow as pa

from tilth.record import ID, ORIGIN
from tilth.survey.plain import is_json, own, plain, type_name


def test_every_kind_of_column_becomes_text_number_truth_or_json() -> None:
    table = pa.table(
        {
            "list": pa.array([[1, 2], None]),
            "struct": pa.array([{"a": datetime.date(2024, 1, 2)}, {"a": None}]),
            "decimal": pa.array([decimal.Decimal("1.50"), None]),
            "category": pa.array(["a", "a"]).dictionary_encode(),
            "bytes": pa.array([b"abc", None]),
            "time": pa.array([1, 2], pa.timestamp("s")),
            "null": pa.nulls(2),
            "small": pa.array([1, 2], pa.uint8()),
        }
    )
    found = plain(table)
    assert [str(one.type) for one in found.schema] == ["large_string", "large_string", "double", *["large_string"] * 4, "int64"]
    assert [one.name for one in found.schema if is_json(one)] == ["list", "struct"]
    assert json.loads(found["struct"][0].as_py()) == {"a": "2024-01-02"} and found["list"][1].as_py() is None
    assert found["bytes"][0].as_py().startswith("3 bytes ")
    assert found.schema.field("category").metadata[b"type"].startswith(b"dictionary")


def test_bytes_of_one_length_that_differ_stay_different() -> None:
    found = plain(pa.table({"bytes": pa.array([b"abc", b"abd", b"abc"])}))["bytes"].to_pylist()
    assert found[0] == found[2] != found[1]


def test_categories_as_polars_has_them_are_texts() -> None:
    views = pa.DictionaryArray.from_arrays(pa.array([1, 0, None], pa.uint32()), pa.array(["de", "en"], pa.string_view()))
    assert plain(pa.table({"lang": views}))["lang"].to_pylist() == ["en", "de", None]


def test_our_own_columns_are_known_by_name_and_type() -> None:
    assert own(pa.field("id", ID)) and own(pa.field("origin", ORIGIN))
    assert not own(pa.field("id", pa.int64())) and not own(pa.field("text", pa.large_string()))
    assert type_name(pa.field("a", pa.large_string())) == "string"
