"""The types that a column may have, and how a value is carried over to one exactly, or refused.

    null < bool < int64 < float64 < string < json

A column gets the narrowest type that holds every value of every shard. A wider type takes over what
a narrower one holds without loss: `true` is 1 among integers; an integer among floats must be one
that a double holds exactly (up to 2**53 either way: beyond it, `long` in this file, the column
becomes a string); a number or a truth value in a string column is the literal that stood in the
file (`1.50` stays `1.50`); a value in a json column is its JSON. An integer of more than 64 bits is a
string, so that no digit is lost. A number with a fraction or an exponent is the nearest double.

A type said in the recipe (`columns: {price: number}`) is not widened: a value that does not fit is a
`Misfit`, and its record is quarantined. It is lenient towards texts: `" 12"` is the integer 12.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec
import pyarrow as pa

from tilth.record import JSON

Declared = Literal["text", "string", "integer", "number", "boolean", "json"]

WIDTH = {"null": 0, "bool": 1, "int64": 2, "long": 3, "float64": 4, "string": 5, "json": 6}
"""`long`: an integer that int64 holds and a double does not. Only surveys speak of it."""

SETTLED = {"text": "string", "string": "string", "integer": "int64", "number": "float64", "boolean": "bool", "json": "json"}
"""The type of a column for the word that the recipe uses."""

WISHED = {"text": "string", "string": "string", "integer": "an integer", "number": "a number", "boolean": "true or false", "json": "JSON"}
"""The same as a word for `fit`, which is more lenient towards a type that the recipe says."""

ARROW = {"bool": pa.bool_(), "int64": pa.int64(), "float64": pa.float64(), "string": pa.large_string(), "json": pa.large_string()}
EXACT, INT64 = 2**53, 2**63
INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
TRUTHS = {"true": True, "false": False}


class Misfit(ValueError):
    """A value that a column of this type cannot hold. The text is the reason, to be read by a user."""


def field(name: str, kind: str) -> pa.Field:
    """The Arrow field of a column of a settled type."""
    return pa.field(name, ARROW[kind], metadata=JSON if kind == "json" else None)


def arrow_type(word: str) -> pa.DataType:
    """The Arrow type that holds values of a settled type, or of one that the recipe said."""
    said = {"an integer": "int64", "a number": "float64", "true or false": "bool", "JSON": "json"}
    return ARROW[said.get(word, word)]


def join(one: str, other: str) -> str:
    """The narrowest type that holds the values of both."""
    if {one, other} == {"long", "float64"}:
        return "string"
    return max(one, other, key=WIDTH.__getitem__)


def join_into(types: dict[str, str], found: Mapping[str, str]) -> None:
    """Widen `types` by what was found; a new column comes last."""
    for name, kind in found.items():
        known = types.get(name)
        if known != kind:
            types[name] = kind if known is None else join(known, kind)


def type_of(value: Any) -> str:
    """The narrowest type that holds a JSON value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64" if -EXACT <= value <= EXACT else "long" if -INT64 <= value < INT64 else "string"
    if isinstance(value, float):
        return "float64"
    return "string" if isinstance(value, str) else "json"


def type_of_text(text: str) -> str:
    """The narrowest type for a cell of a table of texts. Only what JSON would write counts as a number:
    `007` and `+1` stay texts, for a number would not give them back."""
    if not text:
        return "null"
    if text in TRUTHS:
        return "bool"
    if INTEGER.fullmatch(text) and text != "-0":
        return type_of(int(text)) if len(text) <= 20 else "string"
    return "float64" if NUMBER.fullmatch(text) and math.isfinite(float(text)) else "string"


def type_of_texts(texts: Iterable[str], known: str) -> str:
    """The narrowest type for cells beside what is `known` of their column."""
    for text in texts:
        if known in ("string", "json"):
            return known
        known = join(known, type_of_text(text))
    return known


def fit(value: Any, word: str, literal: Callable[[], str]) -> Any:
    """A JSON value as a value of a type. `literal` gives the text that stood in the file.

    Raises: Misfit where the type cannot hold it.
    """
    if value is None:
        return None
    if word == "string":
        return value if isinstance(value, str) else literal()
    if word in ("json", "JSON"):
        return literal()
    if isinstance(value, str) and word not in ARROW:
        value = _read(value, word)
    fitted = FITTERS[word](value)
    if fitted is None:
        raise Misfit(f"{_short(value)} is not {_named(word)}")
    return fitted


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _int64(value: Any) -> int | None:
    return int(value) if isinstance(value, int) and -INT64 <= value < INT64 else None


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    return _int64(int(value) if isinstance(value, float) and value.is_integer() else value)


def _float64(value: Any) -> float | None:
    whole = isinstance(value, int) and -EXACT <= value <= EXACT
    return float(value) if whole or isinstance(value, float) else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    return float(value) if isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**1023) else None


FITTERS: dict[str, Callable[[Any], Any]] = {
    "bool": _truth,
    "int64": _int64,
    "float64": _float64,
    "true or false": _truth,
    "an integer": _integer,
    "a number": _number,
}
"""How a value becomes one of a type: settled (exact), or said by the recipe (the nearest double, but no
truth value as a number). None where it cannot."""


def _read(text: str, word: str) -> Any:
    """The number or truth value that a text spells, for a type that the recipe said; else the text."""
    bare = text.strip()
    if word == "true or false":
        return TRUTHS.get(bare.lower(), text)
    try:
        return int(bare) if re.fullmatch(r"[+-]?[0-9]+", bare) else _finite(float(bare), text)
    except ValueError:
        return text


def _finite(number: float, text: str) -> float | str:
    return number if math.isfinite(number) else text


def fit_text(text: str, word: str) -> Any:
    """A cell of a table of texts as a value of a type; an empty cell is null.

    Raises: Misfit where the type cannot hold it.
    """
    if not text or word == "string":
        return text or None
    if word == "JSON":
        return _checked_json(text)
    if word == "json":
        return text if type_of_text(text) in ("bool", "int64", "long", "float64") else quoted(text)
    if word not in ARROW:
        return fit(text, word, lambda: text)
    kind = type_of_text(text)
    value = TRUTHS[text] if kind == "bool" else text if kind == "string" else int(text) if kind in ("int64", "long") else float(text)
    return fit(value, word, lambda: text)


def quoted(text: str) -> str:
    """A text as JSON."""
    return msgspec.json.encode(text).decode()


def _checked_json(text: str) -> str:
    try:
        msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Misfit(f"{_short(text)} is not JSON") from error
    return text


def _short(value: Any) -> str:
    shown = repr(value) if isinstance(value, str) else msgspec.json.encode(value).decode()
    return shown if len(shown) <= 60 else shown[:57] + "…"


def _named(word: str) -> str:
    return {"int64": "an integer of 64 bits", "float64": "a number", "bool": "true or false"}.get(word, word)
