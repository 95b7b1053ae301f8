"""Some records of files, evenly taken: enough to look at, whatever the files' size.

Pieces lie evenly over all bytes of all files. Where a reader can start in the middle (JSON Lines and lines of text that
are not packed), a piece is a range of bytes; of Parquet and Arrow it is the beginning of a group of rows; of anything
else only the beginning of a file can be read. Files that are smaller than a piece are read one after another until
they fill it.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import accumulate

import pyarrow as pa
import pyarrow.compute as pc

from tilth.step import Read, Sampled, Survey
from tilth.steps.source import _parquet
from tilth.steps.source._glob import Hit
from tilth.steps.source._open import BrokenOff, head_of, packer, splittable, unpacked
from tilth.steps.source._part import Found, Part

BLOCK = 4 << 20
"""About how many bytes of texts a reader gives at once (`_open.PIECE`)."""

PROBE = 1 << 20
"""So many unpacked bytes tell how well a file is packed."""

UNPACKED = 160 << 20
"""Packed files of lines that hold no more than this are unpacked first."""

PROBED = 32
"""So many packed files are probed; of more, each is taken to be packed like the last one."""

AT_ONCE = 1024
"""Records of a JSON array that are read at once."""


PIECE, FEWEST_PIECES, MOST_PIECES = 1 << 17, 16, 64
"""Bytes of a piece, about. Rows that stand beside each other are alike, so many small pieces tell more than few large ones: with 16
of 1 MB the share of 22,000 products with a price was told as 6.4 %, with 64 of 0.2 MB as 3.2 %; it is 2.7 %."""

GROUPED = 4
"""Of so many places that are chosen in a file of tables one is read, and as many more rows there: a group of rows is
unpacked from its beginning, however few of them are wanted."""


@dataclass(frozen=True)
class Piece:
    """A part of a file; `limit`: of it only about so many bytes from its beginning, or rows of a table."""

    part: Part
    hit: Hit
    weight: float
    limit: int | None = None
    inner: bool = False
    """Whether it begins inside the file, so that its records have no known numbers."""


@dataclass
class Chosen:
    """The pieces, all bytes there are (unpacked, an estimate where they are packed), and the rows where that is known."""

    pieces: list[Piece]
    weight: float
    rows: int | None = None
    how: str = ""
    guessed: bool = False


@dataclass
class _Sizes:
    """What is known of the files before they are read."""

    weights: list[float]
    rows: list[int | None]
    guessed: bool
    groups: dict[int, list[int]] = field(default_factory=dict)
    """Of a file of tables, the rows of each group."""


PartOf = Callable[[Hit], Part]
KindOf = Callable[[str], str]


def choose(hits: Sequence[Hit], part_of: PartOf, kind_of: KindOf, size: int) -> Chosen:
    """Pieces of about `size` bytes together; everything, where there is not much more than that."""
    pieces = min(MOST_PIECES, max(FEWEST_PIECES, size // PIECE))
    sizes = _sizes(hits, kind_of)
    total = sum(sizes.weights)
    rows = sum(one for one in sizes.rows if one is not None) if all(one is not None for one in sizes.rows) else None
    if total <= 1.25 * size:
        every = [Piece(part_of(hit), hit, weight) for hit, weight in zip(hits, sizes.weights, strict=True)]
        if not sizes.guessed:
            return Chosen(every, total, rows)
        limited = [replace(one, limit=_limit(one, 4 * size, kind_of)) for one in every]
        return Chosen(limited, total, rows, "", sizes.guessed)
    found = _Choice(hits, part_of, kind_of, sizes, size // pieces)
    last, groups = pieces - 1, pieces // GROUPED - 1
    grouped = {round(number * last / groups) for number in range(groups + 1)}
    for number in range(pieces):
        found.at(number * max(0.0, total - size / pieces) / last, grouped=number in grouped)
    return Chosen(found.pieces(), total, rows, found.how(total), sizes.guessed)


def unpack(hits: Sequence[Hit], part_of: PartOf, kind_of: KindOf, size: int, folder: str) -> list[Hit]:
    """The files, of which those that are packed lie unpacked in a folder, where they hold lines and are more than `size` bytes but not
    too many: so they can be read from the middle too."""
    found = list(hits)
    packed = [number for number, hit in enumerate(hits) if packer(head_of(hit.path)) and _lined(part_of(hit), kind_of(hit.name))]
    weights = {number: os.path.getsize(hits[number].path) * _ratio(hits[number].path) for number in packed[:PROBED]}
    if len(packed) > PROBED or not 1.25 * size < sum(weights.values()) <= UNPACKED:
        return found
    for number in packed:
        path = os.path.join(folder, str(number))
        try:
            with open(path, "wb") as file:
                file.writelines(unpacked(hits[number].path))
        except BrokenOff:
            continue  # its reader says where it breaks off
        found[number] = replace(hits[number], path=path)
    return found


def _lined(part: Part, kind: str) -> bool:
    return kind == "jsonl" or (kind in ("text", "markdown") and part.options["rows"] != "file")


def _limit(piece: Piece, size: int, kind_of: KindOf) -> int | None:
    return None if kind_of(piece.hit.name) in ("parquet", "arrow") else size


def _sizes(hits: Sequence[Hit], kind_of: KindOf) -> _Sizes:
    found, ratios = _Sizes([], [], False), dict[str, float]()
    for number, hit in enumerate(hits):
        size, kind, packed = os.path.getsize(hit.path), kind_of(hit.name), packer(head_of(hit.path))
        rows = None
        if kind in ("parquet", "arrow") and not packed:
            rows, size, found.groups[number] = _tables(hit.path, size)
        elif packed:
            if packed not in ratios or number < PROBED:
                ratios[packed] = _ratio(hit.path)
            size, found.guessed = round(size * ratios[packed]), True
        found.weights.append(float(size))
        found.rows.append(rows)
    return found


def _tables(path: str, size: int) -> tuple[int | None, int, list[int]]:
    """Rows, bytes and the rows of each group; a file that cannot be opened is left to its reader."""
    try:
        with _parquet.groups(path) as file:
            return sum(file.sizes), max(size, _parquet.unpacked_bytes(path)), list(file.sizes)
    except _parquet.BROKEN:
        return None, size, [0]


def _ratio(path: str) -> float:
    """How many bytes are in one packed byte, told by the beginning of the file."""
    made = 0
    read = os.path.getsize(path)
    try:
        for fed, piece in enumerate(unpacked(path), 1):
            made += len(piece)
            if made >= PROBE:
                read = min(read, 4096 * fed)
                break
    except BrokenOff:
        pass  # its reader says so
    return max(1.0, made / max(1, read))


class _Choice:
    """Chooses pieces by places in the bytes of all files."""

    def __init__(self, hits: Sequence[Hit], part_of: PartOf, kind_of: KindOf, sizes: _Sizes, size: int) -> None:
        self.hits, self.part_of, self.kind_of, self.sizes, self.size = hits, part_of, kind_of, sizes, size
        self.ends = list(accumulate(sizes.weights))
        self.ranges: dict[int, list[tuple[int, int]]] = {}
        self.limits: dict[int, int] = {}
        self.whole: set[int] = set()
        self.groups: dict[int, set[int]] = {}
        self.in_groups = 0  # pieces that are read from groups of rows; two may lie in one

    def at(self, place: float, *, grouped: bool) -> None:
        """Take the piece that begins there; a group of rows only if `grouped`."""
        number, left = min(bisect_right(self.ends, place), len(self.ends) - 1), float(self.size)
        while number < len(self.hits) and left > 0:
            weight = self.sizes.weights[number]
            if weight > self.size:
                if grouped or number not in self.sizes.groups:
                    self._inside(number, place - (self.ends[number] - weight))
                return
            self.whole.add(number)
            left -= weight
            number += 1

    def _inside(self, number: int, offset: float) -> None:
        hit, weight = self.hits[number], self.sizes.weights[number]
        if number in self.sizes.groups:
            rows = self.sizes.groups[number]
            self.in_groups += GROUPED
            self.groups.setdefault(number, set()).add(min(len(rows) - 1, bisect_right(list(accumulate(rows)), offset / weight * sum(rows))))
        elif self._starts_anywhere(hit):
            begin = max(0, min(int(offset), int(weight) - self.size))
            self.ranges.setdefault(number, []).append((begin, begin + self.size))
        else:
            self.limits[number] = self.limits.get(number, 0) + self.size

    def _starts_anywhere(self, hit: Hit) -> bool:
        part = self.part_of(hit)
        return _lined(part, self.kind_of(hit.name)) and splittable(hit.path, part.encoding)

    def pieces(self) -> list[Piece]:
        """The pieces in the order of the files."""
        made: list[Piece] = []
        for number, hit in enumerate(self.hits):
            part, weight = self.part_of(hit), self.sizes.weights[number]
            if number in self.whole:
                made.append(Piece(part, hit, weight))
            if number in self.limits:
                made.append(Piece(part, hit, self.limits[number], self.limits[number]))
            for begin, end in self.ranges.get(number, ()):
                made.append(Piece(replace(part, start=begin, stop=end), hit, end - begin, None, begin > 0))
            made += self._group_pieces(number, part, hit)
        return made

    def _group_pieces(self, number: int, part: Part, hit: Hit) -> Iterator[Piece]:
        sizes, weight = self.sizes.groups.get(number, []), self.sizes.weights[number]
        chosen = sorted(self.groups.get(number, ()))
        firsts = [1, *(1 + end for end in accumulate(sizes))]
        share = weight / max(1, sum(sizes))
        wanted = max(1, int(self.size * self.in_groups / max(1, sum(map(len, self.groups.values()))) / max(1.0, share)))
        for group in chosen:
            rows = min(wanted, sizes[group])
            yield Piece(replace(part, start=group, stop=group + 1, first=firsts[group], rows=rows), hit, rows * share, rows)

    def how(self, total: float) -> str:
        """In words how the pieces lie."""
        ranges = sum(map(len, self.ranges.values()))
        told = []
        if ranges:
            told.append(f"{ranges} pieces of {_megabytes(self.size)}, evenly spread over {_megabytes(total)}")
        if self.groups:
            told.append(f"the first rows of {sum(map(len, self.groups.values()))} row groups, evenly spread")
        if self.limits:
            size = _megabytes(sum(self.limits.values()))
            named = f"the first {size} of {_megabytes(total)}" if len(self.limits) == 1 else f"{size} from the beginnings of {len(self.limits)} files"
            packed = any(packer(head_of(self.hits[number].path)) for number in self.limits)
            told.append(
                f"{named}, unpacked; a packed file is read from its beginning" if packed else f"{named}; such a file is read from its beginning"
            )
        if self.whole:
            told.append(f"{len(self.whole):,} of {len(self.hits):,} files, evenly spread")
        return "; ".join(told)


def _megabytes(size: float) -> str:
    return f"{size / 1e6:,.0f} MB" if size >= 9.95e6 else f"{size / 1e6:.1f} MB"


def survey(piece: Piece, kind: str, of: Callable[[Part], Survey]) -> tuple[Survey, Piece]:
    """What a reader tells of the piece, and the piece limited to so many of the reader's blocks."""
    if piece.limit is None or kind in ("parquet", "arrow"):
        return of(piece.part), piece
    rows = AT_ONCE if kind == "json" else 1 << 16
    part = replace(piece.part, rows=rows, most=1)
    block = (of(part).size or BLOCK) if kind == "json" else BLOCK
    part = replace(part, most=max(1, round(piece.limit / max(1, block))))
    return of(part), replace(piece, part=part)


def read(piece: Piece, blocks: Iterator[Found], cut: list[Piece], *, tables: bool) -> Iterator[Found]:
    """The records of the piece, of which a reader gives `blocks`. Where more follow that are not read, it is put into `cut`."""
    rows = 0
    for number, found in enumerate(blocks):
        if piece.part.most is not None and number >= piece.part.most:
            cut.append(piece)
            return
        yield _unnumbered(found) if piece.inner and not tables else found
        rows += len(found)
        if tables and piece.limit is not None and rows >= piece.limit:
            return


def _unnumbered(found: Found) -> Found:
    """The same without numbers of records, which nobody has counted."""
    files, offsets = found.origin.field(0), found.origin.field(2)
    origin = pa.StructArray.from_arrays([files, pa.nulls(len(found), pa.int64()), offsets], fields=list(found.origin.type))
    return Found(origin, found.columns, [replace(one, record=0) for one in found.bad])


def reached(tables: Sequence[pa.Table]) -> int:
    """How far the last of these tables reaches in its file, in unpacked bytes."""
    offsets: list[int] = [pc.max(table["origin"].combine_chunks().field(2)).as_py() or 0 for table in tables if table.num_rows]
    return max(offsets, default=0)


def columns_of_bytes(files: Sequence[tuple[str, str]], pieces: Sequence[tuple[Piece, Sequence[Read]]]) -> list[str]:
    """The columns of tables that hold bytes, where these are why most of their records could not be read."""
    rows = sum(read.table.num_rows for _, reads in pieces for read in reads)
    bad = sum(len(read.bad) for _, reads in pieces for read in reads)
    if bad <= rows:
        return []
    found: dict[str, None] = {}
    for path, kind in files:
        if kind in ("parquet", "arrow"):
            with suppress(*_parquet.BROKEN), _parquet.groups(path) as file:  # its reader says where it is damaged
                found |= {field.name: None for field in file.schema if "binary" in str(field.type)}
    return list(found)


def sampled(chosen: Chosen, pieces: Sequence[tuple[Piece, Sequence[Read]]], types: Mapping[str, str], cut: Sequence[Piece], files: int) -> Sampled:
    """What was read of the pieces, and how much that is of everything in so many files."""
    reads = [read for _, some in pieces for read in some]
    rows = sum(read.table.num_rows + len(read.bad) for read in reads)
    weight = sum(_weight(piece, some, cut=piece in cut) for piece, some in pieces)
    if not cut and len(pieces) == files and all(piece.part.stop is None for piece, _ in pieces):
        return Sampled(reads, types, rows, False, round(weight), round(weight))
    how = (
        chosen.how
        or f"the first {_megabytes(weight)} of about {_megabytes(max(chosen.weight, weight))}, unpacked; a packed file is read from its beginning"
    )
    total = max(chosen.weight, weight)
    known = chosen.rows if chosen.rows is not None else round(rows * total / weight) if weight else None
    return Sampled(reads, types, known, chosen.rows is None, round(weight), round(total), how)


def _weight(piece: Piece, reads: Sequence[Read], *, cut: bool) -> float:
    """The bytes of the piece, or, where it was read from its beginning, those that were read."""
    if piece.part.most is None:
        return piece.weight
    tables = [read.table for read in reads if read.table.num_rows]
    rows = sum(table.num_rows for table in tables)
    if not cut or rows < 2:
        return float(sum(table.nbytes for table in tables))
    return float(reached(tables) * (rows + 1) / rows)
