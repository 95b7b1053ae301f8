"""The bytes of a file, uncompressed and as UTF-8, a piece at a time; and what a file really is.

What a file is packed with is told by its first bytes, not by its name. Every packer is fed a few
kilobytes at a time, so that a bomb cannot burst: the worst, zstd, makes 128 MB of 4 kB.
"""

from __future__ import annotations

import bz2
import codecs
import lzma
import os
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import zstandard

from tilth.errors import AskedWrong, NotThere

PIECE = 4 << 20
FEED = 4 << 10
BOMB_BYTES, BOMB_RATIO = 1 << 30, 500
"""A file that unpacks to more than both, in bytes and in times its size, is no text: the most repetitive
logs and generated rows stay below 200 times; gzip's own bound is 1,030."""

UTF8 = codecs.BOM_UTF8
BOMS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
"""UTF-32 first: its little-endian mark begins with that of UTF-16."""

PACKED = {".gz": "gzip", ".gzip": "gzip", ".zst": "zstd", ".zstd": "zstd", ".bz2": "bzip2", ".xz": "xz"}
MAGIC = {b"\x1f\x8b\x08": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"\xfd7zXZ\0": "xz"}
FOREIGN = {
    b"PAR1": "Parquet",
    b"ARROW1\0\0": "Arrow",
    b"PK\3\4": "a zip archive (or an office document)",
    b"%PDF-": "PDF",
    b"SQLite format 3\0": "an SQLite database",
    b"\x89HDF": "HDF5",
    b"\x93NUMPY": "a numpy array",
    b"\x89PNG\r\n": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
}


class BrokenOff(Exception):
    """The bytes of a file end before their end. What came before is good."""


def suffixes(name: str) -> tuple[str, str]:
    """The ending that tells the format, and the packer that the ending after it tells: `('.csv', 'gzip')`."""
    stem, last = os.path.splitext(name.lower())
    return (os.path.splitext(stem)[1], PACKED[last]) if last in PACKED else (last, "")


def packer(head: bytes) -> str:
    """What the bytes are packed with, told by the first of them; '' for nothing."""
    if head[:3] == b"BZh" and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "bzip2"
    return next((name for magic, name in MAGIC.items() if head.startswith(magic)), "")


def foreign(head: bytes) -> str:
    """The kind of file that is surely no text; '' for none of those."""
    return next((name for magic, name in FOREIGN.items() if head.startswith(magic)), "")


@contextmanager
def opened(path: str) -> Iterator[IO[bytes]]:
    """The file, open; what a user can mend is said in his words."""
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below; opening alone may fail in these ways
    except FileNotFoundError as error:
        raise NotThere("This file was there a moment ago and is gone.", where=path, remedy="Put it back, or run again without it.") from error
    except PermissionError as error:
        raise AskedWrong("This file may not be read.", where=path, remedy="Give yourself the right to read it.") from error
    with file:
        yield file


def head_of(path: str) -> bytes:
    """The first bytes of a file as it lies on the disk."""
    with opened(path) as file:
        return file.read(16)


def splittable(path: str, encoding: str) -> bool:
    """Whether a reader may start in the middle: nothing is packed, and a line end is one byte."""
    head = head_of(path)
    return codecs.lookup(encoding).name == "utf-8" and not packer(head) and not any(map(head.startswith, BOMS))


def pieces(path: str, encoding: str = "utf-8", start: int = 0, size: int = PIECE) -> Iterator[bytes]:
    """The bytes of a file from `start` on, unpacked and as UTF-8, about `size` of them at a time.

    Bytes that are no text of the encoding stay recognisable: what they become is not valid UTF-8.
    Raises: BrokenOff where the file breaks off, after all that could be read.
    """
    stream = _recoded(unpacked(path, start, size), encoding)
    gathered = bytearray()
    try:
        for piece in stream:
            if len(piece) >= size and not gathered:
                yield piece
                continue
            gathered += piece
            if len(gathered) >= size:
                yield bytes(gathered)
                gathered.clear()
    except BrokenOff:
        yield bytes(gathered)
        raise
    if gathered:
        yield bytes(gathered)


def unpacked(path: str, start: int = 0, size: int = PIECE) -> Iterator[bytes]:
    """The bytes of a file from `start` on, unpacked; of a file that is not packed `size` at a time."""
    with opened(path) as file:
        head = file.read(16)
        file.seek(start)
        found, said = packer(head), suffixes(path)[1]
        if said and head and not found:
            raise BrokenOff(f"the file is named like {said}, but is not {said}")
        yield from _unpack(file, _maker(found)) if found else iter(lambda: file.read(size), b"")


def _maker(name: str) -> Callable[[], Any]:
    makers: dict[str, Callable[[], Any]] = {
        "gzip": lambda: zlib.decompressobj(31),
        "bzip2": bz2.BZ2Decompressor,
        "xz": lzma.LZMADecompressor,
        "zstd": zstandard.ZstdDecompressor(max_window_size=1 << 31).decompressobj,
    }
    return makers[name]


def _unpack(file: IO[bytes], make: Callable[[], Any]) -> Iterator[bytes]:
    """Member after member; zeros between and after members are padding."""
    file.seek(0)
    one, member, at, made = make(), 0, 0, 0
    while data := file.read(FEED):
        while data:
            if one.eof:
                at += len(data) - len(data.lstrip(b"\0"))
                data = data.lstrip(b"\0")
                one, member = (make(), at) if data else (one, at)
                continue
            try:
                piece, rest = _step(one, data)
            except BrokenOff:
                yield from _salvaged(file, make, range(member, at, FEED), data)
                raise
            at, data, made = at + len(data) - len(rest), rest, made + len(piece)
            if made > BOMB_BYTES and made > BOMB_RATIO * at:
                raise BrokenOff(f"the file unpacks to more than {BOMB_RATIO} times its size: this looks like a decompression bomb")
            yield piece
    if not one.eof:
        raise BrokenOff("the packed file ends before its end: it was cut off")


def _salvaged(file: IO[bytes], make: Callable[[], Any], good: range, data: bytes) -> Iterator[bytes]:
    """What can be had of `data` before the damage in it: an unpacker that fails keeps what it made, so the
    member is unpacked again as far as is good, and then byte by byte."""
    one = make()
    file.seek(good.start)
    for begin in good:
        one.decompress(file.read(min(FEED, good.stop - begin)))
    try:
        for place in range(len(data)):
            yield _step(one, data[place : place + 1])[0]
    except BrokenOff:
        return


def _step(one: Any, data: bytes) -> tuple[bytes, bytes]:
    try:
        piece = one.decompress(data)
    except (zlib.error, lzma.LZMAError, zstandard.ZstdError, OSError, EOFError, ValueError) as error:
        raise BrokenOff(f"the packed file is damaged ({str(error).lower().rstrip('.')})") from error
    return piece, one.unused_data if one.eof else b""


def _recoded(stream: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The stream as UTF-8. A mark of UTF-16 or UTF-32 at its beginning counts more than the setting."""
    first = b""
    try:
        while len(first) < 4 and (piece := next(stream, b"")):
            first += piece
    except BrokenOff:
        yield first
        raise
    marked = next((name for mark, name in BOMS.items() if first.startswith(mark)), "")
    if not marked and codecs.lookup(encoding).name == "utf-8":
        yield first
        yield from stream
        return
    decoder = codecs.getincrementaldecoder(marked or encoding)(
        "surrogatepass" if marked or "16" in encoding or "32" in encoding else "surrogateescape"
    )
    yield decoder.decode(first).encode("utf-8", "surrogatepass")
    for piece in stream:
        yield decoder.decode(piece).encode("utf-8", "surrogatepass")
    try:
        decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        raise BrokenOff(f"the file ends in the middle of a letter of {marked or encoding}") from error


@contextmanager
def seekable(path: str) -> Iterator[IO[bytes]]:
    """The file for a reader that must jump about; a packed one is unpacked into a nameless temporary file."""
    if not packer(head_of(path)) and not suffixes(path)[1]:
        with opened(path) as plain:
            yield plain
        return
    with tempfile.TemporaryFile() as unpacked_file:
        for piece in unpacked(path):
            unpacked_file.write(piece)
        unpacked_file.seek(0)
        yield unpacked_file
