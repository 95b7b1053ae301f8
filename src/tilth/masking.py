"""Something else in the place of spans that nobody must read.

What stands for a value is derived from an HMAC (RFC 2104, SHA-256) of it under a key from the environment, so the same
value is the same everywhere, and nobody without the key can tell which it was, or try values out.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tilth.errors import BooksDoNotBalance, Missing
from tilth.record import SPANS, TEXT, flat
from tilth.surrogates import same, surrogate

Manner = Literal["tag", "mask", "surrogate", "hash"]

KEYED: tuple[Manner, ...] = ("surrogate", "hash")
"""The manners that need a key."""

KEY = "TILTH_REDACTION_KEY"
"""The variable of the environment that holds the key."""

LEAST = 16
"""Characters that a key has at least: shorter ones can be guessed."""


def key() -> bytes:
    """The key. Raises Missing when there is none, or too short a one."""
    found = os.environ.get(KEY, "")
    if len(found) < LEAST:
        raise Missing(
            f"What stands for hidden values needs a key, and {KEY} {'is not set' if not found else f'has only {len(found)} characters'}.",
            accepted=f"A secret of at least {LEAST} characters, in the environment or in `.env`; it is stored nowhere.",
            remedy=f"`export {KEY}=$(openssl rand -hex 32)`, and keep it where you keep secrets: with another key other values stand there.",
        )
    return found.encode()


def key_mark() -> str:
    """Sixteen hexadecimal digits that tell one key from another, and tell nothing of it."""
    return hmac.digest(key(), b"tilth redaction", hashlib.sha256)[:8].hex()


def checked(texts: pa.LargeStringArray, spans: pa.Table) -> pa.Table:
    """The spans as `tilth.record.SPANS`. Raises BooksDoNotBalance where one does not lie in a text, between two characters."""
    if not isinstance(spans, pa.Table) or not set(SPANS.names) <= set(spans.schema.names) or any(spans[name].null_count for name in SPANS.names):
        told = ", ".join(spans.schema.names) if isinstance(spans, pa.Table) else type(spans).__name__
        raise BooksDoNotBalance(f"Spans are told as {told}.", accepted=f"A table of {', '.join(SPANS.names)}, without nulls.")
    spans = spans.select(SPANS.names).cast(SPANS)
    rows, starts, stops = (np.asarray(flat(spans[name])) for name in ("row", "start_byte", "stop_byte"))
    if len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < len(texts):
        raise BooksDoNotBalance(f"A span is of text {int(rows.min() if rows.min() < 0 else rows.max()):,}, of {len(texts):,} texts.")
    sizes = np.asarray(pc.fill_null(pc.binary_length(texts), 0), np.int64)[rows]
    odd = (starts < 0) | (starts >= stops) | (stops > sizes)
    if len(rows) and not odd.any():
        begins = np.frombuffer(texts.buffers()[1], "<i8")[texts.offset :][rows]
        bytes_ = np.append(np.frombuffer(texts.buffers()[2], np.uint8), 0)
        for edge in (starts, stops):
            odd |= (edge < sizes) & (bytes_[begins + np.minimum(edge, sizes)] & 0xC0 == 0x80)
    if odd.any():
        one = int(np.flatnonzero(odd)[0])
        raise BooksDoNotBalance(
            f"A span is the bytes {starts[one]:,}–{stops[one]:,} of a text of {sizes[one]:,} bytes.",
            accepted="Places from 0 to the end of the text, each between two characters, the first before the second.",
        )
    return spans


def joined(spans: pa.Table) -> pa.Table:
    """The spans in order; of those that overlap is made one, of the kind of the first, so that nothing of either stays visible."""
    found: list[list[Any]] = []
    ordered = spans.sort_by([("row", "ascending"), ("start_byte", "ascending"), ("stop_byte", "descending")])
    for row, kind, start, stop in zip(*(ordered[name].to_pylist() for name in SPANS.names), strict=True):
        if found and found[-1][0] == row and start < found[-1][3]:
            found[-1][3] = max(stop, found[-1][3])
        else:
            found.append([row, kind, start, stop])
    return pa.table({name: [one[place] for one in found] for place, name in enumerate(SPANS.names)}, schema=SPANS)


def put(texts: pa.LargeStringArray, spans: pa.Table, manner: Manner) -> pa.LargeStringArray:
    """The texts with something else in the place of each span (`tilth.record.SPANS`); what overlaps is one span (`joined`)."""
    spans = joined(checked(texts, spans))
    if not spans.num_rows:
        return texts
    write = _writer(manner)
    touched = pc.unique(spans["row"]).to_pylist()
    before = dict(zip(touched, pc.cast(texts.take(pa.array(touched)), pa.large_binary()).to_pylist(), strict=True))
    parts: dict[int, list[str]] = {row: [] for row in touched}
    ends = dict.fromkeys(touched, 0)
    for row, kind, start, stop in zip(*(spans[name].to_pylist() for name in SPANS.names), strict=True):
        parts[row] += [before[row][ends[row] : start].decode(), write(kind, before[row][start:stop].decode())]
        ends[row] = stop
    for row in touched:
        parts[row].append(before[row][ends[row] :].decode())
    mask = np.zeros(len(texts), np.bool_)
    mask[touched] = True
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(["".join(parts[row]) for row in touched], TEXT))


def tag(kind: str, found: str = "") -> str:
    """`[EMAIL]`."""
    return f"[{kind.upper()}]"


def _mask(kind: str, found: str) -> str:
    """As many `*` as it has characters, line ends being left."""
    return "".join(one if one in "\r\n" else "*" for one in found)


def _hash(secret: bytes, kind: str, found: str) -> str:
    return f"[{kind.upper()}:{_drawn(secret, kind, found)[:6].hex()}]"


def _surrogate(secret: bytes, kind: str, found: str) -> str:
    return surrogate(kind, found, _drawn(secret, kind, found)) or _hash(secret, kind, found)


def _drawn(secret: bytes, kind: str, found: str) -> bytes:
    """Thirty-two bytes that are the same for the same value, however it is written."""
    return hmac.digest(secret, f"{kind}\0{same(kind, found)}".encode(), hashlib.sha256)


def _writer(manner: Manner) -> Callable[[str, str], str]:
    if manner == "tag":
        return tag
    if manner == "mask":
        return _mask
    return partial(_surrogate if manner == "surrogate" else _hash, key())
