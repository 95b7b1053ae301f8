"""Tables of any kind as a survey reads them: texts, numbers, truth values, and JSON for what is nested."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tilth.applied import PARENTS
from tilth.record import ID, JSON, ORIGIN, TEXT, flat, shown

OURS = {"id": ID, "origin": ORIGIN, "parents": PARENTS, "partner": ID}
"""Columns that we made; a user's own column of such a name has another type."""


def own(field: pa.Field) -> bool:
    """Whether a column is one of ours, and no part of the data."""
    return field.name in OURS and (field.type == OURS[field.name] or field.name in ("origin", "parents"))


def is_json(field: pa.Field) -> bool:
    """Whether the values of a column are JSON texts."""
    return bool(field.metadata and field.metadata.get(b"tilth") == JSON[b"tilth"])


def type_name(field: pa.Field) -> str:
    """What a column's type is called."""
    return "json" if is_json(field) else str(field.type).replace("large_", "")


def plain(table: pa.Table) -> pa.Table:
    """The same rows with every column as int64, double, bool, large_string or JSON; the type it had stays in the field's metadata."""
    columns, fields = [], []
    for field in table.schema:
        array = flat(table[field.name])
        metadata = dict(field.metadata or {}) | {b"type": (field.metadata or {}).get(b"type", type_name(field).encode())}
        if not own(field):
            array, nested = _plain(array)
            metadata |= JSON if nested else {}
        columns.append(array)
        fields.append(pa.field(field.name, array.type, metadata=metadata))
    return pa.table(columns, pa.schema(fields))


def _plain(array: pa.Array) -> tuple[pa.Array, bool]:
    """The values, and whether they are JSON texts now."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(array.storage)
    if pa.types.is_dictionary(kind):
        values = array.dictionary
        if pa.types.is_string_view(values.type):  # as Polars has its categories; Arrow cannot take from views
            array = pa.DictionaryArray.from_arrays(array.indices, values.cast(TEXT))
        return _plain(array.dictionary_decode())
    if pa.types.is_nested(kind):
        return pa.array([None if value is None else _written(value) for value in array.to_pylist()], TEXT), True
    if pa.types.is_null(kind):
        return pa.nulls(len(array), TEXT), False
    if kind == TEXT or pa.types.is_boolean(kind):
        return array, False
    if pa.types.is_integer(kind) and kind != pa.uint64():
        return pc.cast(array, pa.int64()), False
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or kind == pa.uint64():
        return pc.cast(array, pa.float64(), safe=False), False
    if pa.types.is_string(kind) or pa.types.is_string_view(kind) or pa.types.is_temporal(kind):
        return _texts(array), False
    return pa.array([None if value is None else _bytes(value) for value in array.to_pylist()], TEXT), False


def _bytes(value: bytes) -> str:
    """How many bytes, and a short digest by which equal ones are known."""
    return f"{len(value):,} bytes {blake2b(value, digest_size=6).hexdigest()}"


def _texts(array: pa.Array) -> pa.Array:
    return pc.cast(pc.cast(array, pa.int64()), TEXT) if pa.types.is_duration(array.type) else pc.cast(array, TEXT)


def _written(value: Any) -> str:
    """A nested value as JSON; what JSON does not have, as its text."""
    return msgspec.json.encode(_texts_in(value), enc_hook=str).decode()


def _texts_in(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _texts_in(one) for key, one in value.items() if one is not None or len(value) < 50}
    if isinstance(value, list):
        return [_texts_in(one) for one in value]
    if isinstance(value, bytes):
        return shown(value) if len(value) == 16 else value.decode("utf-8", "replace")
    return value
