"""A `.json` file: one array of records, or one record after another however they are broken into lines.

A wrong letter leaves no way to tell where the next record begins, so what follows it is one bad
record. A file whose first line is a whole record is JSON Lines under another name and is read as such.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice, takewhile

from tilth.step import Survey
from tilth.steps.source import _jsonl
from tilth.steps.source._lines import Block
from tilth.steps.source._open import UTF8, BrokenOff, foreign, head_of, pieces
from tilth.steps.source._part import Part, Reading

BLANK = " \t\r\n"


def survey(part: Part) -> Survey:
    """Count the records and find the types of all that parse."""
    return _jsonl.survey(part) if _is_lines(part) else _jsonl.survey_blocks(islice(_blocks(part), part.most))


def read(part: Part, wanted: Mapping[str, str]) -> Reading:
    """The records of the file."""
    return _jsonl.read(part, wanted) if _is_lines(part) else _jsonl.read_blocks(part, wanted, _blocks(part))


def _is_lines(part: Part) -> bool:
    """Whether the first line that is not blank is a whole object, or the file no text at all."""
    if foreign(head_of(part.path)):
        return True
    try:
        head = next(pieces(part.path, part.encoding), b"").removeprefix(UTF8).lstrip()
        return isinstance(json.loads(head.partition(b"\n")[0]), dict)
    except (ValueError, RecursionError, BrokenOff):
        return False


def _blocks(part: Part) -> Iterator[Block]:
    lines, offsets, faults = list[bytes](), list[int](), dict[int, str]()
    for raw, offset, reason in _Values(part):
        if reason:
            faults[len(lines)] = reason
        lines.append(raw)
        offsets.append(offset)
        if len(lines) >= part.rows:
            yield Block(lines, offsets, faults)
            lines, offsets, faults = [], [], {}
    if lines:
        yield Block(lines, offsets, faults)


class _Values:
    """The JSON text of each record, its place, and what is wrong with it."""

    def __init__(self, part: Part) -> None:
        self.pieces = pieces(part.path, part.encoding)
        self.longest = part.longest
        self.text, self.offset, self.broken = "", 0, ""
        self.rest = b""
        self.scan = json.JSONDecoder().raw_decode

    def __iter__(self) -> Iterator[tuple[bytes, int, str]]:
        self._more()
        self._skip("\ufeff" + BLANK)
        listed = self.text.startswith("[")
        if listed:
            self._take(1)
        while self._skip(BLANK):
            if listed and self.text.startswith("]"):
                self._take(1)
                yield from self._after()
                return
            begin = self.offset
            raw, reason, readable = self._value()
            yield raw, begin, reason
            if not readable:
                return
            reason = self._between(listed=listed)
            if reason:
                yield self.text[:200].encode("utf-8", "replace"), self.offset, reason
                return
        if listed or self.broken:
            yield b"", self.offset, self.broken or "the file ends before the array of records is closed"

    def _after(self) -> Iterator[tuple[bytes, int, str]]:
        """What stands after the array: nothing, or one bad record."""
        if self._skip(BLANK) or self.broken:
            yield self.text[:200].encode("utf-8", "replace"), self.offset, self.broken or "after the array of records stands something else"

    def _value(self) -> tuple[bytes, str, bool]:
        """The text of the value that begins here, what is wrong with it, and whether one can read on."""
        while True:
            try:
                _, end = self.scan(self.text)
                if end < len(self.text) or not self._more():
                    raw = self._take(end)
                    return raw, f"is longer than {self.longest:,} bytes" if len(raw) > self.longest else "", True
            except (ValueError, RecursionError) as error:
                if isinstance(error, RecursionError) or len(self.text) > self.longest or not self._more():
                    return self.text[:200].encode("utf-8", "replace"), self._reason(error), False

    def _reason(self, error: Exception) -> str:
        if isinstance(error, RecursionError):
            return "is nested too deeply"
        if len(self.text) > self.longest:
            return f"is longer than {self.longest:,} bytes, or not closed; what follows was not read"
        return self.broken or f"is not JSON ({str(error).partition(':')[0].lower()}); what follows was not read"

    def _between(self, *, listed: bool) -> str:
        """Go past the comma between two records of an array; what is wrong, if there is none."""
        if not listed or not self._skip(BLANK) or self.text.startswith("]"):
            return ""
        if not self.text.startswith(","):
            return "is not JSON (a comma is missing between two records); what follows was not read"
        self._take(1)
        return ""

    def _skip(self, letters: str) -> bool:
        """Go past blanks; whether anything follows."""
        while True:
            bare = self.text.lstrip(letters)
            self._take(len(self.text) - len(bare))
            if bare or not self._more():
                return bool(bare)

    def _take(self, count: int) -> bytes:
        raw = self.text[:count].encode("utf-8", "surrogateescape")
        self.text = self.text[count:]
        self.offset += len(raw)
        return raw

    def _more(self) -> bool:
        """Read another piece; whether there was one."""
        try:
            piece = next(self.pieces, b"")
        except BrokenOff as error:
            self.broken, piece = str(error), b""
        data = self.rest + piece
        end = len(data) if not piece else _letter_end(data)
        self.rest = data[end:]
        self.text += data[:end].decode("utf-8", "surrogateescape")
        return bool(data)


def _letter_end(data: bytes) -> int:
    """The end of the last whole letter of UTF-8, of which a piece may hold only the beginning."""
    tail = len(list(takewhile(lambda byte: byte & 0xC0 == 0x80, reversed(data[-3:]))))
    first = data[-1 - tail] if tail < len(data) else 0
    return len(data) - tail - 1 if first >= 0xC0 and tail + 1 < (2 if first < 0xE0 else 3 if first < 0xF0 else 4) else len(data)
