"""Records from files on this machine."""

from __future__ import annotations

import codecs
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Protocol

import pyarrow as pa
from pydantic import Field, field_validator

from tilth.errors import AskedWrong, NotThere
from tilth.record import ORIGIN
from tilth.step import Limit, Pulled, Read, Sampled, Shard, Source, Survey
from tilth.steps.source import _csv, _json, _jsonl, _parquet, _sample, _seems, _text
from tilth.steps.source._fields import Fields
from tilth.steps.source._glob import Hit, column_names, find
from tilth.steps.source._open import splittable, suffixes
from tilth.steps.source._part import Part, Reading
from tilth.steps.source._settings import BadRecords, Table
from tilth.steps.source._types import Declared, join_into
from tilth.steps.source._types import field as arrow_field
from tilth.templates import is_template, template

Format = Literal["jsonl", "json", "csv", "tsv", "parquet", "arrow", "text", "markdown"]

ENDINGS: dict[str, Format] = {
    **dict.fromkeys((".jsonl", ".ndjson", ".jsonlines"), "jsonl"),
    **dict.fromkeys((".json",), "json"),
    **dict.fromkeys((".csv",), "csv"),
    **dict.fromkeys((".tsv", ".tab"), "tsv"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".arrow", ".arrows", ".ipc", ".feather"), "arrow"),
    **dict.fromkeys((".txt", ".text"), "text"),
    **dict.fromkeys((".md", ".markdown"), "markdown"),
}

MANY = 4096
SMALL = 1 << 20
GROUPED = 64
"""Where there are more than MANY files, those below SMALL bytes are read in groups of about GROUPED. A
group ends after a file whose name has a certain digest: one file more or less changes one group."""


class _Format(Protocol):
    """What a reader of a format offers."""

    def survey(self, part: Part) -> Survey: ...

    def read(self, part: Part, wanted: Mapping[str, str]) -> Reading: ...


READERS: dict[str, _Format] = {
    "jsonl": _jsonl,
    "json": _json,
    "csv": _csv,
    "tsv": _csv,
    "parquet": _parquet,
    "arrow": _parquet,
    "text": _text,
    "markdown": _text,
}


class Files(Source):
    """Reads JSON Lines, JSON, CSV, TSV, Parquet, Arrow, text and Markdown; plain or as gzip, zstd, bzip2, xz.

    A record is an object (JSON), a row (tables), or a file, paragraph or line (text). Its origin is the
    file below the pattern's fixed folder, the number of the record in it from 1 (blank lines have none),
    and the byte at which it begins once unpacked (for Parquet and Arrow the number again). In files of
    UTF-16 or of another encoding the byte is that of their UTF-8.

    A column's type is the narrowest that holds every value of every file: null < bool < int64 < float64
    < string < json. A number in a string column is the literal that stood in the file, an integer of
    more than 64 bits is a string, a number of a CSV file counts as one only as JSON would write it. A
    column of the name `id`, `origin` or `parents`, or of one that the recipe makes, becomes `original_…`.

    Bad records are quarantined with their place and the reason, and reading goes on: no JSON, no object,
    wrong encoding, half a surrogate pair, NUL, NaN, ragged rows, open quotes, a value that a declared
    type cannot hold, longer than `longest_record`. A packed file that is cut off or damaged keeps the
    records before the place and has one bad record there. Of two equal keys the last counts.
    """

    bare: ClassVar[str | None] = "path"

    path: Annotated[str | list[str], Pulled] = Field(min_length=1)
    """Files, folders or patterns (`*`, `?`, `[ab]`, `**`); a `{name}` in a pattern becomes a column."""

    format: Literal["auto", Format] = "auto"
    """How the files are written; `auto`: as their names end, before `.gz`, `.zst`, `.bz2`, `.xz`."""

    rows: Literal["file", "paragraph", "line"] = "file"
    """What is a record of text and Markdown. Paragraphs are parted by blank lines; blank lines are no records."""

    text: str | None = Field(default=None, min_length=1)
    """The column that becomes `text`, or a Jinja template of it; default: the column `text`, if there is one."""

    mapping: dict[str, str] = {}
    """New columns: each the name of a column, or a Jinja template."""

    columns: dict[str, Declared] = {}
    """Types that are said instead of found: `{price: number}`. A record with a value that does not fit is bad."""

    id: str | None = None
    """The column that holds the ids of rows; default: they are made from their places."""

    encoding: str = "utf-8"
    """The encoding of texts. The mark at the beginning of a UTF-16 or UTF-32 file counts more."""

    csv: Table = Table()
    """How CSV and TSV files are written."""

    longest_record: int = Field(default=64 << 20, ge=1)
    """The most bytes that a record may have."""

    bad_records: Annotated[BadRecords, Limit] = BadRecords()
    """How much of the input may be unreadable."""

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, name: str) -> str:
        try:
            codecs.lookup(name)
        except LookupError as error:
            raise ValueError(f"`{name}` is no encoding that Python knows, such as utf-8, latin-1, cp1252, utf-16") from error
        return name

    @field_validator("text", "mapping")
    @classmethod
    def _templates_are_templates(cls, value: Any) -> Any:
        for source in value.values() if isinstance(value, dict) else [value or ""]:
            try:
                _ = template(source) if is_template(source) else None
            except AskedWrong as error:
                raise ValueError(error.found) from error
        return value

    def shards(self, base: Path, shard_bytes: int) -> list[Shard]:
        hits = find(self._paths(), base)
        for hit in hits:
            self._format_of(hit.name)
        small = [os.path.getsize(hit.path) < SMALL for hit in hits] if len(hits) > MANY else [False] * len(hits)
        if sum(small) <= MANY:
            return [shard for hit in hits for shard in self._split(hit, shard_bytes)]
        shards: list[Shard] = []
        group: list[Hit] = []
        for hit, little in zip(hits, small, strict=True):
            group += [hit] if little else []
            if group and (not little or _ends_group(hit.name)):
                shards.append(_grouped(group))
                group = []
            shards += [] if little else self._split(hit, shard_bytes)
        return [*shards, _grouped(group)] if group else shards

    def _paths(self) -> list[str]:
        return [self.path] if isinstance(self.path, str) else self.path

    def _format_of(self, name: str) -> str:
        """The format of a file. Raises AskedWrong where its name does not tell."""
        if self.format != "auto":
            return self.format
        ending, _ = suffixes(name)
        if ending not in ENDINGS:
            raise AskedWrong(
                f"The name does not tell how the file is written (`{ending or name}`).",
                where=name,
                accepted=f"Known endings: {', '.join(ENDINGS)}; each also with .gz, .zst, .bz2, .xz.",
                remedy="Rename it, say `format:`, or write a pattern that leaves it out, such as `'FOLDER/**/*.txt'`.",
            )
        return ENDINGS[ending]

    def _split(self, hit: Hit, shard_bytes: int) -> list[Shard]:
        """The shards of a file: ranges of bytes or of groups where the format lets one start in the middle."""
        try:
            size, kind = os.path.getsize(hit.path), self._format_of(hit.name)
            spans: Sequence[tuple[int, int | None]] = [(0, None)]
            if kind in ("parquet", "arrow") and size > shard_bytes:
                spans = _parquet.spans(hit.path, shard_bytes)
            elif (kind == "jsonl" or (kind in ("text", "markdown") and self.rows != "file")) and size > shard_bytes:
                if splittable(hit.path, self.encoding):
                    edges = range(0, size, shard_bytes)
                    spans = list(zip(edges, [*edges[1:], None], strict=True))
        except FileNotFoundError as error:
            raise NotThere("This file was there a moment ago and is gone.", where=hit.name, remedy="Run again.") from error
        if not os.access(hit.path, os.R_OK):
            raise AskedWrong("This file may not be read.", where=hit.path, remedy="Give yourself the right to read it.")
        share = size // len(spans)
        return [Shard(file=hit.name, paths=(hit.path,), start=start, stop=stop, columns=hit.columns, size=share) for start, stop in spans]

    def peek(self, shards: Sequence[Shard], rows: int) -> Survey:
        records, size, whole, types = 0, 0, True, dict[str, str]()
        for shard in shards:
            if records >= rows:
                whole = False
                break
            for part, _ in self._parts(shard, 1, rows):
                survey = READERS[self._format_of(part.file)].survey
                told = survey(replace(part, most=1))
                # a look at one block more that finds nothing more says that these are all
                whole &= survey(replace(part, most=2)).records == told.records
                records, size = records + told.records, size + told.size
                join_into(types, told.types)
        return Survey(records=records, types=types, size=size, whole=whole)

    def survey(self, shard: Shard) -> Survey:
        records, types = 0, dict[str, str]()
        for part, _ in self._parts(shard, 1, 8192):
            told = READERS[self._format_of(part.file)].survey(part)
            records += told.records
            join_into(types, told.types)
        return Survey(records=records, types=types)

    def settle(self, surveys: Sequence[Survey]) -> dict[str, str]:
        found: dict[str, str] = {}
        for one in surveys:
            join_into(found, one.types)
        return self._fields().settle(found)

    def read(self, shard: Shard, types: Mapping[str, str], first: int, rows: int) -> Iterator[Read]:
        fields = self._fields()
        wanted, nothing = fields.wanted(types), True
        for part, columns in self._parts(shard, first, rows):
            for found in READERS[self._format_of(part.file)].read(part, wanted):
                nothing = False
                yield fields.finish(found, columns, types)
        if nothing:
            yield Read(pa.schema([pa.field("origin", ORIGIN), *(arrow_field(name, kind) for name, kind in types.items())]).empty_table())

    def sample(self, base: Path, size: int) -> Sampled:
        """About `size` bytes of records, in pieces that lie evenly over all files; all records, if they are not much more."""
        with tempfile.TemporaryDirectory(prefix="tilth-look-") as folder:
            hits = _sample.unpack(find(self._paths(), base), self._part_of, self._format_of, size, folder)
            chosen = _sample.choose(hits, self._part_of, self._format_of, size)
            types: dict[str, str] = {}
            limited = []
            for piece in chosen.pieces:
                told, piece = _sample.survey(piece, self._format_of(piece.hit.name), READERS[self._format_of(piece.hit.name)].survey)
                join_into(types, told.types)
                limited.append(piece)
            settled, cut = self._fields().settle(types), list[_sample.Piece]()
            reads = [(piece, list(self._read_piece(piece, settled, cut))) for piece in limited]
            bytes_alone = _sample.columns_of_bytes([(piece.hit.path, self._format_of(piece.hit.name)) for piece in limited], reads)
            if bytes_alone:
                settled = {name: kind for name, kind in settled.items() if name not in bytes_alone}
                reads = [(piece, list(self._read_piece(piece, settled, cut))) for piece in limited]
            return replace(_sample.sampled(chosen, reads, settled, cut, len(hits)), left_out=bytes_alone)

    def _read_piece(self, piece: _sample.Piece, types: Mapping[str, str], cut: list[_sample.Piece]) -> Iterator[Read]:
        fields, kind = self._fields(), self._format_of(piece.hit.name)
        blocks = READERS[kind].read(piece.part, fields.wanted(types))
        for found in _sample.read(piece, blocks, cut, tables=kind in ("parquet", "arrow")):
            yield fields.finish(found, piece.hit.columns, types)

    def _part_of(self, hit: Hit) -> Part:
        return Part(hit.path, hit.name, 0, None, 1, 8192, self.longest_record, self.encoding, self._options(hit.name))

    def as_it_seems(self, base: Path) -> tuple[Files, list[str]]:
        """The same files with the settings under which they can be read, where their contents speak against their names;
        and in words what was found. Only what is not said is guessed. Raises AskedWrong for what cannot be read at all."""
        said = _seems.look([(hit.path, hit.name) for hit in find(self._paths(), base)], ENDINGS)
        return self.model_validate({**self.model_dump(exclude_unset=True), **said.settings}), said.words

    def key_column(self) -> str | None:
        return self._fields().key_column()

    def bad_share(self) -> float:
        return self.bad_records.at_most

    def _fields(self) -> Fields:
        return Fields(self.text, self.mapping, self.columns, self.id, tuple(column_names(self._paths())))

    def _parts(self, shard: Shard, first: int, rows: int) -> Iterator[tuple[Part, dict[str, str]]]:
        """The files of a shard, or the part of its one file, with the columns from their paths.

        A group tells the names of its files in `fingerprint`, parted by NUL, and each column's values in
        their order, parted by `/`: neither letter can stand in a name."""
        names = shard.fingerprint.split("\0") if shard.fingerprint else [shard.file]
        values = {name: told.split("/") for name, told in shard.columns.items()}
        for number, (path, name) in enumerate(zip(shard.paths, names, strict=True)):
            start = first if len(names) == 1 else 1
            part = Part(path, name, shard.start, shard.stop, start, rows, self.longest_record, self.encoding, self._options(name))
            yield part, {column: told[number] for column, told in values.items() if told[number]}

    def _options(self, name: str) -> dict[str, Any]:
        tabbed = self._format_of(name) == "tsv"
        quote = self.csv.quote if self.csv.quote is not None else "" if tabbed else '"'
        delimiter = self.csv.delimiter or ("\t" if tabbed else ",")
        return {"rows": self.rows, "quote": quote, "delimiter": delimiter, "header": self.csv.header}


def _ends_group(name: str) -> bool:
    return hashlib.blake2b(name.encode(), digest_size=2).digest()[0] % GROUPED == 0


def _grouped(hits: Sequence[Hit]) -> Shard:
    named = dict.fromkeys(name for hit in hits for name in hit.columns)
    columns = {name: "/".join(hit.columns.get(name, "") for hit in hits) for name in named}
    size = sum(os.path.getsize(hit.path) for hit in hits)
    names = "\0".join(hit.name for hit in hits)
    return Shard(file=hits[0].name, paths=tuple(hit.path for hit in hits), columns=columns, fingerprint=names, size=size)
