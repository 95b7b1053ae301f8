"""JSON Lines: one object a line.

Decoding is typed: once the columns are known, msgspec decodes a line straight into a struct of them
and refuses whatever does not fit. Only a line that is refused is looked at in Python: it may be bad,
it may widen a column (survey), or it may hold a number where the column is a string (read).
A key that comes twice in an object counts with its last value.
"""

from __future__ import annotations

import json
import math
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Annotated, Any

import msgspec
import pyarrow as pa

from tilth.record import Bad
from tilth.step import Survey
from tilth.steps.source._lines import Block, blocks
from tilth.steps.source._part import Found, Part, Reading
from tilth.steps.source._types import EXACT, INT64, Misfit, arrow_type, fit, join_into, type_of

ANY = msgspec.json.Decoder()
LITERALS = msgspec.json.Decoder(dict[str, msgspec.Raw])
REFUSED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Misfit)

Exact = Annotated[int, msgspec.Meta(ge=-EXACT, le=EXACT)]
Int64 = Annotated[int, msgspec.Meta(ge=-INT64, le=INT64 - 1)]
NOTHING_NEW: dict[str, Any] = {
    "null": None,
    "bool": bool | None,
    "int64": bool | Exact | None,
    "long": bool | Int64 | None,
    "float64": bool | Exact | float | None,
    "string": bool | int | float | str | None,
    "json": msgspec.Raw,
}
"""For a column of a type, the values that do not widen it."""

AS_IT_IS: dict[str, Any] = {
    "bool": bool | None,
    "int64": Int64 | None,
    "float64": float | None,
    "string": str | None,
    "json": msgspec.Raw,
}
"""For a column of a type, the values that go into it unchanged; all others take the slow way."""

ESCAPED = re.compile(r'["\\\x00-\x1f]')
"""What JSON writes with a backslash inside a string (RFC 8259, section 7)."""

UNSAID = "a key that is not looked for, 3f1c9e0ab7d24c58"
"""In place of such a key: a name that no data has."""

Decode = Callable[[bytes], Any]


def survey(part: Part) -> Survey:
    """Count the records that begin in the part, good or bad, and find the types of all that parse."""
    return survey_blocks(islice(blocks(part), part.most))


def survey_blocks(some: Iterable[Block]) -> Survey:
    """The same for JSON texts that stand in blocks."""
    types: dict[str, str] = {}
    records, size, decode = 0, 0, _learner(types)
    for block in some:
        records += len(block.lines)
        size += sum(map(len, block.lines))
        before = dict(types)
        _watch(block, decode)
        if types != before:
            decode = _learner(types)
    return Survey(records=records, types=types, size=size)


def _watch(block: Block, decode: Decode) -> None:
    lines = [line for place, line in enumerate(block.lines) if place not in block.faults] if block.faults else block.lines
    deque(map(decode, lines), maxlen=0)


def _learner(types: dict[str, str]) -> Decode:
    """A function that widens `types` by a line; a line that brings nothing new costs only its decoding."""
    struct = _struct({name: NOTHING_NEW[kind] for name, kind in types.items()})
    known = msgspec.json.Decoder(struct).decode

    def learn(line: bytes) -> None:
        try:
            known(line)
        except REFUSED:
            join_into(types, _types_in(line))

    return learn


def _types_in(line: bytes) -> dict[str, str]:
    try:
        value = ANY.decode(line)
    except REFUSED:
        return {}
    return {name: type_of(held) for name, held in value.items()} if isinstance(value, dict) else {}


def _struct(fields: Mapping[str, Any]) -> type[msgspec.Struct]:
    """A struct with a field `f0`, `f1` … for each name, whatever letters the name is made of.

    A key without a field is refused: msgspec would pass over its value without looking for mistakes in it. It cannot
    look for a key that JSON writes with a backslash; that one is refused too, and its line is read value by value."""
    told = [(f"f{place}", kind, None) for place, kind in enumerate(fields.values())]
    names = {f"f{place}": f"{UNSAID} {place}" if ESCAPED.search(name) else name for place, name in enumerate(fields)}
    return msgspec.defstruct("Row", told, rename=names, forbid_unknown_fields=True, gc=False)


def read(part: Part, wanted: Mapping[str, str]) -> Reading:
    """The records of the part. `wanted` tells for each column the type (a word of `_types.fit`)."""
    return read_blocks(part, wanted, blocks(part))


def read_blocks(part: Part, wanted: Mapping[str, str], some: Iterable[Block]) -> Reading:
    """The same for JSON texts that stand in blocks."""
    decode = _reader(tuple(wanted.items()))
    number = part.first
    for block in some:
        rows, places, bad = _decoded(part, block, decode, number)
        columns = {name: _column(rows, place, word) for place, (name, word) in enumerate(wanted.items())}
        origin = part.origin([number + place for place in places], [block.offsets[place] for place in places])
        yield Found(origin, columns, bad)
        number += len(block.lines)


def _decoded(part: Part, block: Block, decode: Decode, number: int) -> tuple[list[Any], Iterable[int], list[Bad]]:
    """The rows of a block, the places of their lines in it, and the lines that are bad."""
    if not block.faults:
        try:
            return list(map(decode, block.lines)), range(len(block.lines)), []
        except REFUSED:
            pass  # now line by line, to find which one it was
    rows, places, bad = [], [], []
    for place, line in enumerate(block.lines):
        reason = block.faults.get(place, "")
        try:
            if not reason:
                rows.append(decode(line))
                places.append(place)
        except REFUSED as error:
            reason = why_not(line, error)
        if reason:
            bad.append(part.bad(number + place, block.offsets[place], reason, line))
    return rows, places, bad


@lru_cache(maxsize=64)
def _reader(wanted: tuple[tuple[str, str], ...]) -> Decode:
    """A function that makes a row of a line: typed at once where it can, value by value where it must."""
    kinds = {"an integer": Int64 | None, "a number": float | None, "true or false": bool | None, "JSON": msgspec.Raw, **AS_IT_IS}
    struct: Any = _struct({name: kinds[word] for name, word in wanted})
    typed = msgspec.json.Decoder(struct).decode
    nested = [f"f{place}" for place, (_, word) in enumerate(wanted) if kinds[word] is msgspec.Raw]

    def row(line: bytes) -> Any:
        try:
            made = typed(line)
        except REFUSED:
            return struct(*_values(line, wanted))
        for name in nested:
            if getattr(made, name) is not None:
                ANY.decode(getattr(made, name))
        return made

    return row


def _values(line: bytes, wanted: Iterable[tuple[str, str]]) -> list[Any]:
    """The values of a line, each carried over to its type, or Misfit."""
    found = ANY.decode(line)
    if not isinstance(found, dict):
        raise Misfit(f"is {_kind(found)}, not an object")
    literals = LITERALS.decode(line)
    return [_value(found.get(name), literals.get(name), name, word) for name, word in wanted]


def _value(value: Any, literal: msgspec.Raw | None, name: str, word: str) -> Any:
    try:
        return fit(value, word, lambda: bytes(literal or b"").decode())
    except Misfit as error:
        raise Misfit(f"`{name}`: {error}") from error


def _column(rows: list[Any], place: int, word: str) -> pa.Array:
    values: Iterator[Any] = (getattr(row, f"f{place}") for row in rows)
    if word in ("json", "JSON"):
        values = (_json_text(value) for value in values)
    return pa.array(list(values), arrow_type(word))


def _json_text(value: Any) -> str | None:
    """The JSON of a value; an absent one and `null` are null."""
    text = value if isinstance(value, str) or value is None else bytes(value).decode()
    return None if text == "null" else text


def _kind(value: Any) -> str:
    names = {list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def why_not(line: bytes, error: Exception) -> str:
    """The reason, in a user's words, why a line is no record."""
    if isinstance(error, Misfit):
        return str(error)
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    try:
        text = line.decode()
        return _loose(json.loads(text), error)
    except UnicodeDecodeError as wrong:
        return f"is not valid UTF-8 (byte {wrong.start + 1} of the record is {line[wrong.start]:#04x})"
    except RecursionError:
        return "is nested too deeply"
    except ValueError:
        begins = line.lstrip()[:1]
        if begins not in (b"{", b"["):
            return f"is not JSON: it begins with `{line.lstrip()[:20].decode('utf-8', 'replace')}`; a line of JSON Lines begins with `{{`"
        return f"is not JSON ({str(error).removeprefix('JSON is malformed: ')})"


def _loose(value: Any, error: Exception) -> str:
    """Why something that Python reads as JSON is none."""
    if not isinstance(value, dict):
        return f"is {_kind(value)}, not an object"
    for held in _scalars(value):
        if isinstance(held, str) and any("\ud800" <= letter <= "\udfff" for letter in held):
            return "holds half of a surrogate pair, which is no character"
        if isinstance(held, float) and not math.isfinite(held):
            return "holds NaN, Infinity or a number beyond the range of a double, which are not JSON"
    return f"is not JSON ({error})"


def _scalars(value: Any) -> Iterator[Any]:
    stack = [value]
    while stack:
        top = stack.pop()
        if isinstance(top, dict):
            stack.extend([*top.keys(), *top.values()])
        elif isinstance(top, list):
            stack.extend(top)
        else:
            yield top
