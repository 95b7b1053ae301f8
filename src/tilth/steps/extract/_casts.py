"""Values of records as values of a type: which notations are read, and what is a misfit."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import msgspec
import pyarrow as pa

from tilth.text.dates import days

Type = Literal["text", "number", "integer", "boolean", "date"]

ARROW: dict[Type, pa.DataType] = {
    "text": pa.large_string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.large_string(),
}
KINDS: dict[Type, str] = {"text": "string", "number": "float64", "integer": "int64", "boolean": "bool", "date": "string"}
"""The types of columns, as Arrow and as the runner calls them."""

DIGITS = re.compile(r"([+-]?)(?:([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]*)?|(\.[0-9]+))([eE][+-]?[0-9]{1,4})?", re.ASCII)
"""A number as it is read: `1299`, `1,299.00`, `.5`, `-3e2`. A comma parts thousands, and nothing else."""

TRUTHS = {"true": True, "yes": True, "false": False, "no": False}
INT64 = 1 << 63


class Misfit(ValueError):
    """A value that is there and is none of the type."""


def at(value: Any, path: Sequence[str]) -> Any:
    """What stands at a path inside a value: `Brand` is a member, `[]` every item of a list. None where nothing does.

    A text that a path leads into is read as JSON. Raises Misfit where the path leads into something else than what it says."""
    if value is None or not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(value, str):
        value = _json(value)
    if head == "[]":
        if not isinstance(value, list):
            raise Misfit
        return [found for found in (at(item, rest) for item in value) if found is not None]
    if not isinstance(value, Mapping):
        raise Misfit
    return at(value.get(head), rest)


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Misfit from error


def cast(value: Any, kind: Type, join: str | None) -> Any:
    """The value as one of the type; None where there is none. Raises Misfit."""
    if isinstance(value, list) and join is not None:
        value = join.join(_text(item) for item in value if item is not None)
    if value is None or (kind != "text" and isinstance(value, str) and not value.strip()):
        return None
    return _CASTS[kind](value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return msgspec.json.encode(value).decode()
    if isinstance(value, date):
        return value.isoformat()
    raise Misfit


def _decimal(value: Any) -> Decimal:
    """The exact value of a number, or of the text that writes one: a sign, a currency sign in front of the digits or behind them, and
    white space beside these."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Misfit
    if not isinstance(value, str):
        return Decimal(value)
    found = DIGITS.fullmatch(_without_currency(value))
    if found is None:
        raise Misfit
    return Decimal(found[0].replace(",", ""))


def _without_currency(text: str) -> str:
    """The text without one currency sign at an end of it or behind its sign, and without the white space around that."""
    bare = text.strip()
    sign = bare[:1] if bare[:1] in ("+", "-") else ""
    rest = bare[len(sign) :].lstrip() if sign else bare
    if rest and unicodedata.category(rest[0]) == "Sc":
        after = rest[1:].lstrip()
        return after if not sign else sign + after
    if rest and unicodedata.category(rest[-1]) == "Sc":
        rest = rest[:-1].rstrip()
    return sign + rest


def _number(value: Any) -> float:
    found = float(_decimal(value))
    if not math.isfinite(found):
        raise Misfit
    return found


def _integer(value: Any) -> int:
    exact = _decimal(value)
    if not exact.is_finite() or not -INT64 <= exact < INT64 or exact != exact.to_integral_value():
        raise Misfit
    return int(exact)


def _boolean(value: Any) -> bool:
    found = TRUTHS.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise Misfit
    return found


def _date(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | date):
        raise Misfit
    day = days(pa.array([value]))[0].as_py()
    if day is None:
        raise Misfit
    return f"{day // 10000:04}-{day // 100 % 100:02}-{day % 100:02}"


_CASTS: dict[Type, Callable[[Any], Any]] = {"text": _text, "number": _number, "integer": _integer, "boolean": _boolean, "date": _date}
