"""Arrow columns of any type as columns of a settled type: exact, or refused row by row.

Dates and times become ISO 8601 texts, decimals and durations their digits, bytes the text that they
are in UTF-8 (16 bytes of fixed size, such as our ids, the letters by which we show them), lists,
structs and maps JSON. JSON knows no NaN: inside of nested values it becomes null.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tilth.record import ID, JSON, TEXT, flat, shown
from tilth.steps.source._types import ARROW, Misfit, arrow_type, fit, fit_text

Faults = dict[int, str]
"""For a row that cannot be read, the reason."""

NESTED = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list, pa.types.is_struct, pa.types.is_map)
TIMES = (pa.types.is_timestamp, pa.types.is_date, pa.types.is_time)
BYTES = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
NATURAL: dict[str, Callable[[pa.DataType], bool]] = {
    "bool": pa.types.is_boolean,
    "int64": pa.types.is_integer,
    "float64": pa.types.is_floating,
    "string": pa.types.is_large_string,
}
"""The Arrow types that Arrow itself carries over to a settled type as we would."""


def _is(kind: pa.DataType, tests: tuple[Callable[[pa.DataType], bool], ...]) -> bool:
    return any(test(kind) for test in tests)


def kind_of(told: pa.Field) -> str:
    """The settled type for an Arrow type; `long` for integers that may be beyond what a double holds."""
    kind = told.type
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return kind_of(pa.field(told.name, kind.value_type))
    if isinstance(kind, pa.BaseExtensionType):
        return kind_of(pa.field(told.name, kind.storage_type))
    if _is(kind, TEXTS):
        return "json" if (told.metadata or {}).get(b"tilth") == JSON[b"tilth"] else "string"
    if pa.types.is_integer(kind):
        return "long" if kind.bit_width == 64 else "int64"
    plain = {"null": pa.types.is_null, "bool": pa.types.is_boolean, "float64": pa.types.is_floating}
    found = next((name for name, test in plain.items() if test(kind)), "")
    return found or ("json" if _is(kind, NESTED) else "string")


def settle(column: pa.Array | pa.ChunkedArray, told: pa.Field, word: str, faults: Faults) -> pa.Array:
    """The column as one of the type `word` (of `_types.fit`); rows that cannot be are null and in `faults`."""
    array = _plain(flat(column))
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), arrow_type(word))
    if _is(array.type, NESTED):
        return _nested(array, word, faults)
    if _is(array.type, BYTES):
        array = _decoded(array, faults)
    elif _is(array.type, TEXTS):
        array = _valid(array, faults)
    if NATURAL.get(word, pa.types.is_null)(array.type) or (word == "json" and kind_of(told) == "json"):
        try:
            return pc.cast(array, ARROW[word])
        except pa.ArrowInvalid:
            pass  # an integer of 64 bits without sign; value by value it is seen which
    return _fitted(array, word, faults)


def _plain(array: pa.Array) -> pa.Array:
    """Without dictionaries and extensions; what has no JSON of its own as text."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(array.storage)
    if pa.types.is_dictionary(kind):
        return _plain(array.dictionary_decode())
    if pa.types.is_run_end_encoded(kind):
        return _plain(pc.run_end_decode(array))
    if _is(kind, TIMES):
        return pc.replace_substring(pc.cast(array, TEXT), " ", "T", max_replacements=1)
    if pa.types.is_duration(kind):
        return pc.cast(pc.cast(array, pa.int64()), TEXT)
    if pa.types.is_decimal(kind):
        return pc.cast(array, TEXT)
    return array


def _valid(array: pa.Array, faults: Faults) -> pa.Array:
    """Texts whose bytes are UTF-8; Arrow's own readers do not look."""
    texts = pc.cast(array, TEXT)
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        return _decoded(pc.cast(texts, pa.large_binary()), faults)
    return texts


def _decoded(array: pa.Array, faults: Faults) -> pa.Array:
    values: list[str | None] = []
    for row, value in enumerate(array.to_pylist()):
        try:
            values.append(None if value is None else shown(value) if array.type == ID else value.decode())
        except UnicodeDecodeError as error:
            values.append(None)
            faults.setdefault(row, f"holds bytes that are not valid UTF-8 ({value[error.start]:#04x})")
    return pa.array(values, TEXT)


def _nested(array: pa.Array, word: str, faults: Faults) -> pa.Array:
    """Lists, structs and maps as JSON; a map is a list of pairs, as its keys need not be texts."""
    stored, values = pc.cast(array, _storable(array.type)), list[str | None]()
    for row in range(len(array)):
        try:
            value = stored[row].as_py()
            if word not in ("json", "JSON", "string"):
                fit(value, word, str)
            values.append(None if value is None else msgspec.json.encode(_texts_in(value, stored.type)).decode())
        except (UnicodeError, Misfit) as error:
            values.append(None)
            faults.setdefault(row, str(error) if isinstance(error, Misfit) else "holds bytes that are not valid UTF-8")
    return pa.nulls(len(array), arrow_type(word)) if word in ("int64", "float64", "bool") else pa.array(values, TEXT)


def _storable(kind: pa.DataType) -> pa.DataType:
    """The nested type with times and decimals as texts, as Python knows no nanoseconds and JSON no decimals."""
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(told.name, _storable(told.type)) for told in kind])
    if pa.types.is_map(kind):
        return pa.map_(_storable(kind.key_type), _storable(kind.item_type))
    if _is(kind, NESTED):
        return pa.list_(_storable(kind.value_type))
    if pa.types.is_dictionary(kind):
        return _storable(kind.value_type)
    return pa.string() if _is(kind, TIMES) or pa.types.is_decimal(kind) else kind


def _texts_in(value: Any, kind: pa.DataType) -> Any:
    """The value with bytes as texts. Raises UnicodeDecodeError."""
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return {told.name: _texts_in(value[told.name], told.type) for told in kind}
    if pa.types.is_map(kind):
        return [[_texts_in(key, kind.key_type), _texts_in(item, kind.item_type)] for key, item in value]
    if _is(kind, NESTED):
        return [_texts_in(item, kind.value_type) for item in value]
    return value if not isinstance(value, bytes) else shown(value) if kind == ID else value.decode()


def _fitted(array: pa.Array, word: str, faults: Faults) -> pa.Array:
    """Value by value: numbers and truth values among texts, and what the recipe says."""
    values: list[Any] = []
    for row, value in enumerate(array.to_pylist()):
        try:
            told = word == "JSON" and isinstance(value, str)
            values.append(fit_text(value, word) if told else fit(value, word, partial(_literal, value)))
        except Misfit as error:
            values.append(None)
            faults.setdefault(row, str(error))
    return pa.array(values, arrow_type(word))


def _literal(value: Any) -> str:
    return msgspec.json.encode(value).decode()
