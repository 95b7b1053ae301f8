"""Plain text and Markdown: a record is a line, a paragraph (lines without a blank one between), or the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

import pyarrow as pa

from tilth.record import TEXT
from tilth.step import Survey
from tilth.steps.source._lines import Block, blocks, raw_blocks
from tilth.steps.source._open import PIECE, UTF8, BrokenOff, foreign, head_of, opened, pieces
from tilth.steps.source._part import Found, Part, Reading
from tilth.steps.source._types import arrow_type

BACK = 4096


def survey(part: Part) -> Survey:
    """Count the records that begin in the part."""
    records, size = 0, 0
    for block in islice(_records(part), part.most):
        records, size = records + len(block.lines), size + sum(map(len, block.lines))
    return Survey(records=records, types={"text": "string"}, size=size)


def read(part: Part, wanted: Mapping[str, str]) -> Reading:
    """The records of the part, as the column `text`; columns that other files have are null."""
    number = part.first
    for block in _records(part):
        texts, places, bad = [], [], []
        for place, line in enumerate(block.lines):
            reason = block.faults.get(place, "")
            try:
                if not reason:
                    texts.append(line.decode())
                    places.append(place)
            except UnicodeDecodeError as error:
                reason = f"is not valid {part.encoding} (byte {error.start + 1} of the record is {line[error.start]:#04x})"
            if reason:
                bad.append(part.bad(number + place, block.offsets[place], reason, line))
        origin = part.origin([number + place for place in places], [block.offsets[place] for place in places])
        others = {name: pa.nulls(len(texts), arrow_type(word)) for name, word in wanted.items()}
        yield Found(origin, {**others, "text": pa.array(texts, TEXT)}, bad)
        number += len(block.lines)


def _records(part: Part) -> Iterator[Block]:
    ways = {"line": _by_line, "paragraph": _by_paragraph, "file": _by_file}
    return ways[part.options["rows"]](part)


def _by_line(part: Part) -> Iterator[Block]:
    """Lines that are not blank, without the carriage return before their end."""
    for block in blocks(part):
        yield Block([line.removesuffix(b"\r") for line in block.lines], block.offsets, block.faults)


def _by_file(part: Part) -> Iterator[Block]:
    """The whole file as one record; an empty file has none."""
    strange = foreign(head_of(part.path))
    gathered, reason = bytearray(), f"the file holds {strange}, not text" if strange else ""
    try:
        for piece in pieces(part.path, part.encoding):
            gathered += piece
            if len(gathered) > part.longest:
                reason = reason or f"is longer than {part.longest:,} bytes"
                break
    except BrokenOff as error:
        reason = str(error)
    if gathered.strip() or reason:
        yield Block([bytes(gathered).removeprefix(UTF8)], [0], {0: reason} if reason else {})


def _by_paragraph(part: Part) -> Iterator[Block]:
    """Runs of lines that are not blank. A run belongs to the part in which its first line begins."""
    lines, offsets, faults, held = list[bytes](), list[int](), dict[int, str](), 0
    for text, offset, fault in _paragraphs(part):
        if fault:
            faults[len(lines)] = fault
        lines.append(text)
        offsets.append(offset)
        held += len(text)
        if len(lines) >= part.rows or held > PIECE:
            yield Block(lines, offsets, faults)
            lines, offsets, faults, held = [], [], {}, 0
    if lines:
        yield Block(lines, offsets, faults)


def _paragraphs(part: Part) -> Iterator[tuple[bytes, int, str]]:
    """Each paragraph that begins in the part, its place, and why it is none, if so."""
    run = _Run(part.longest)
    for number, (line, offset, fault) in enumerate(_each(replace(part, stop=None))):
        if number == 0 and offset and _follows_text(part.path, offset):
            run.foreign = True
        if not fault and (not line or line.isspace()):
            yield from run.end()
        elif part.stop is not None and offset >= part.stop and not run.lines:
            return
        else:
            run.add(line, offset, fault)
    yield from run.end()


@dataclass
class _Run:
    """The paragraph being gathered; a foreign one began in the part before and is left to it."""

    longest: int
    lines: list[bytes] = field(default_factory=list)
    offset: int = 0
    size: int = 0
    fault: str = ""
    foreign: bool = False

    def add(self, line: bytes, offset: int, fault: str) -> None:
        if self.foreign:
            return
        self.offset = self.offset if self.lines else offset
        self.size += len(line) + 1
        if self.size > self.longest + 1:
            fault = fault or f"is longer than {self.longest:,} bytes"
        self.fault = self.fault or fault
        if not self.fault or not self.lines:
            self.lines.append(line.removesuffix(b"\r"))

    def end(self) -> Iterator[tuple[bytes, int, str]]:
        if self.lines:
            yield b"\n".join(self.lines), self.offset, self.fault
        self.lines, self.size, self.fault, self.foreign = [], 0, "", False


def _each(part: Part) -> Iterator[tuple[bytes, int, str]]:
    for block in raw_blocks(part):
        for place, line in enumerate(block.lines):
            yield line, block.offsets[place], block.faults.get(place, "")


def _follows_text(path: str, offset: int) -> bool:
    """Whether the line before the one that begins at `offset` has more than blanks in it."""
    with opened(path) as file:
        end = offset - 1
        while end > 0:
            begin = max(0, end - BACK)
            file.seek(begin)
            before = file.read(end - begin)
            line = before[before.rfind(b"\n") + 1 :]
            if line.strip() or len(line) < len(before):
                return bool(line.strip())
            end = begin
    return False
