"""Keys: the digest of what was asked. What cannot be named is refused, never guessed at.

The encoding is canonical: one value has one form, and two values have two. Mappings are sorted by
key; lengths come before contents; every value carries a tag of its type, so that 1, 1.0, "1" and
true differ. A permissive fallback (such as `repr`) would let an address in memory fork a key, so
there is none.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from typing import Any


def key_of(value: Any) -> str:
    """The key of a value: 40 hexadecimal digits (blake2b, 160 bits) of its canonical encoding.

    Accepts None, bool, int, float (not NaN), str, bytes, and lists, tuples and mappings of them.
    Raises TypeError for anything else: it could not be named the same way tomorrow.
    """
    return hashlib.blake2b(encode(value), digest_size=20).hexdigest()


def encode(value: Any) -> bytes:
    """The canonical bytes of a value."""
    match value:
        case None:
            return b"n"
        case bool():
            return b"t" if value else b"f"
        case int():
            return _framed(b"i", str(value).encode())
        case float():
            if value != value:
                raise TypeError("A key cannot hold NaN: it differs from itself.")
            return b"d" + struct.pack("<d", value + 0.0)
        case str():
            return _framed(b"s", value.encode())
        case bytes():
            return _framed(b"b", value)
        case list() | tuple():
            return _framed(b"l", b"".join(encode(item) for item in value))
        case Mapping():
            return _framed(b"m", b"".join(encode(name) + encode(value[name]) for name in sorted(value, key=_name)))
        case _:
            raise TypeError(f"A key cannot hold {type(value).__name__} ({value!r:.80}): only None, bool, int, float, str, bytes, lists and mappings.")


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"A key cannot hold a mapping with the name {name!r}: names are strings.")
    return name


def _framed(tag: bytes, body: bytes) -> bytes:
    return tag + struct.pack("<Q", len(body)) + body
