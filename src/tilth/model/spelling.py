"""Tokens as people read them, each by itself.

A tokenizer writes its pieces in letters of its own: byte-level ones a letter for each byte, others ▁ for
a blank. Here each piece becomes the text that it stands for. A piece may hold a part of a character:
those bytes are written out, as `⟨C3⟩`.
"""

from __future__ import annotations

import re
from typing import Any

WRITTEN_OUT = {0xDC00 + byte: f"⟨{byte:02X}⟩" for byte in range(128, 256)}
"""What stands for bytes that are no whole character: Python's `surrogateescape` puts them there (PEP 383)."""

BYTE = re.compile("<0x([0-9A-F]{2})>")
"""A piece that is a byte, as tokenizers with a byte fallback write it."""


def alphabet() -> list[str]:
    """The letter by which byte-level tokenizers write each byte, in the order of bytes (Radford et al. 2019)."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    rest = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(rest)) for byte in range(256)]


def text_of(data: bytes) -> str:
    """Bytes as text; those that are no whole character are written out."""
    return data.decode("utf-8", "surrogateescape").translate(WRITTEN_OUT)


class Spelling:
    """The texts of a tokenizer's tokens. `fast`: a tokenizer of the package tokenizers."""

    def __init__(self, fast: Any) -> None:
        self._fast = fast
        self._control = {number: token.content for number, token in fast.get_added_tokens_decoder().items()}
        self._bytes = {letter: byte for byte, letter in enumerate(alphabet())} if "ByteLevel" in repr(fast.decoder) else {}
        self._known: dict[int, str] = {}

    def __getitem__(self, number: int) -> str:
        """The text of a token; of a number that is none, `⟨n⟩`."""
        if number not in self._known:
            self._known[number] = self._control.get(number) or self._spelled(self._fast.id_to_token(number), number)
        return self._known[number]

    def _spelled(self, piece: str | None, number: int) -> str:
        if piece is None:
            return f"⟨{number}⟩"
        if self._bytes and all(letter in self._bytes for letter in piece):
            return text_of(bytes(self._bytes[letter] for letter in piece))
        byte = BYTE.fullmatch(piece)
        return text_of(bytes([int(byte[1], 16)])) if byte else piece.replace("▁", " ")

    def text(self, numbers: list[int]) -> str:
        """Tokens as one text, control tokens written out."""
        return str(self._fast.decode(numbers, skip_special_tokens=False))
