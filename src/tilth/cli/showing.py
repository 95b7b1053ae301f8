"""Rows in words: where each is from, its columns, its text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from tilth.cli.drawing import wrapped
from tilth.cli.lines import block, number, one_line, paint
from tilth.cli.telling import SHARES, likeness, valued
from tilth.record import shown
from tilth.survey.columns import is_chat

COLUMNS = 40
"""So many columns of a row are shown beside its text."""

DECISION = ("rule", "value", "limit", "found", "partner")


def plain_rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    """The rows, ids as letters."""
    for row in table.to_pylist():
        yield {name: shown(value) if isinstance(value, bytes) and len(value) == 16 else value for name, value in row.items()}


def rows_in_words(table: pa.Table, text: str | None, first: int) -> Iterator[str]:
    """The rows, with their numbers; `text`: the column that is shown as a text, `first`: how many rows are before them."""
    for place, row in enumerate(plain_rows(table), first + 1):
        yield ""
        yield from _row(place, row, text)


def _row(place: int, row: Mapping[str, Any], text: str | None) -> Iterator[str]:
    head = [_place(row["origin"])] if isinstance(row.get("origin"), Mapping) else []
    head += [str(row["id"])] if isinstance(row.get("id"), str) and "origin" in row else []
    yield paint("  ".join([f"{place:,}", *head]), "bold")
    if row.get("rule") and "limit" in row:
        yield f"  dropped: {_decision(row)}"
    long = text if isinstance(row.get(text or ""), str) else None
    hidden = {"origin", "parents", long, "step", *(("id",) if isinstance(row.get("id"), str) else ()), *(DECISION if "limit" in row else ())}
    others = [f"{one_line(name, 40)}: {one_line(_compact(value))}" for name, value in row.items() if name not in hidden]
    if others:
        more = [f"… and {len(others) - COLUMNS:,} more columns"] if len(others) > COLUMNS else []
        yield wrapped("  ".join([*others[:COLUMNS], *more]))
    if text is not None and text in row and (long is not None or row[text] is None):
        yield block(_spoken(row[text]), indent="  ") if row[text] is not None else "  (no text)"


def _compact(value: Any) -> Any:
    """A value of JSON on one line, however its file sets it."""
    return re.sub(r"\n\s*", " ", value) if isinstance(value, str) and value[:1] in ("{", "[") else value


def _spoken(text: str) -> str:
    """A conversation as who says what, a turn a paragraph; any other text as it is."""
    if not text.startswith("["):
        return text
    try:
        turns = json.loads(text)
    except ValueError:
        return text
    if not is_chat(turns):
        return text
    return "\n".join(f"{turn.get('role', turn.get('from'))}: {_said(turn)}" for turn in turns)


def _said(turn: Mapping[str, Any]) -> str:
    said = turn.get("content", turn.get("value"))
    calls = [json.dumps(turn["tool_calls"], ensure_ascii=False)] if turn.get("tool_calls") else []
    return " ".join([said if isinstance(said, str) else json.dumps(said, ensure_ascii=False), *calls] if said is not None else calls)


def _place(origin: Mapping[str, Any]) -> str:
    """Where a row stands; one from the middle of a file by its byte."""
    where = origin["record"] if origin["record"] is not None else f" byte {origin['offset']:,}"
    return f"{one_line(origin['file'], 100)}:{where}"


def _decision(row: Mapping[str, Any]) -> str:
    said = f"rule {one_line(row['rule'])}"
    found = "" if row["found"] is None else f", found {one_line(row['found'])}"
    if row["partner"] is not None:
        value = "" if row["value"] is None else f", {likeness(row['rule'])} {number(row['value'])}"
        return f"{said}{value}{found}, {'of the item' if row['rule'] in SHARES else 'in favour of'} {row['partner']}"
    if found:
        return said + found
    value, limit = (valued(row["rule"], row[name]) for name in ("value", "limit"))
    return said if row["value"] is None else f"{said}, {value} where the limit is {limit}"
