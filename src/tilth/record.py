"""What flows along the path: batches of rows, measures of them, decisions about them.

Columns, not objects. A `Batch` is a view on a `pyarrow.Table` with these columns of our own

    id       fixed_size_binary[16]   who the row is, never changed; printed as 26 letters (`shown`)
    origin   struct<file: string, record: int64, offset: int64>   back to the line of the raw file
    text     large_string            what is cleaned, judged and learned; may be null
    parents  list<binary>            only for a row that was made from others

and whatever columns the user's rows had (bool, int64, double, large_string, and json: a large_string
whose field carries the metadata `{"tilth": "json"}`). A user's column with one of our names is kept
as `original_<name>`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.errors import BooksDoNotBalance, NotThere

ID = pa.binary(16)
ORIGIN = pa.struct([("file", pa.string()), ("record", pa.int64()), ("offset", pa.int64())])
TEXT = pa.large_string()
OWN = ("id", "origin", "text", "parents")
"""Names of our own columns."""

JSON = {b"tilth": b"json"}
"""Field metadata of a large_string column whose values are JSON texts."""

DECISIONS = pa.schema(
    [
        ("id", ID),
        ("action", pa.dictionary(pa.int8(), pa.string())),
        ("step", pa.dictionary(pa.int16(), pa.string())),
        ("rule", pa.dictionary(pa.int16(), pa.string())),
        ("value", pa.float64()),
        ("limit", pa.float64()),
        ("found", pa.string()),
        ("partner", ID),
    ]
)
"""One line for each row that was `dropped`, `edited`, `copied` or `quarantined`: at which step (its
address), by which rule, the measured value, the limit it broke, what was found where that is no
number, and the row it was dropped in favour of."""

CUTS = pa.schema([("row", pa.int64()), ("column", pa.string()), ("start", pa.int64()), ("stop", pa.int64()), ("partner", ID)])
"""Spans to be taken out of texts: the row by its number, the column, where the span begins and ends in bytes of UTF-8, and a
row in which it stands and stays, if there is one. In order, without overlaps."""

SPANS = pa.schema([("row", pa.int64()), ("kind", pa.string()), ("start_byte", pa.int64()), ("stop_byte", pa.int64())])
"""Spans of a kind in an array of texts: the text by its number, and where the span begins and ends in bytes of UTF-8."""

Ids = npt.NDArray[np.void]
Numbers = npt.NDArray[np.int64]


def shown(row_id: bytes) -> str:
    """The 26 letters of an id (RFC 4648 base 32, lower case, no padding)."""
    return base64.b32encode(row_id).decode().rstrip("=").lower()


def read_id(letters: str) -> bytes:
    """The 16 bytes behind the 26 letters of `shown`.

    Raises: NotThere when the letters are no id.
    """
    try:
        found = base64.b32decode(letters.strip().upper() + "======")
    except ValueError:
        found = b""
    if len(found) != 16:
        raise NotThere(f"`{letters}` is not a row's id.", accepted="An id is 26 letters and digits.")
    return found


def make_ids(place: str, file: str, offsets: Iterable[int]) -> list[bytes]:
    """Ids of records: blake2b of the source's place in the recipe, the file's path below the glob's
    fixed prefix, and the byte offset or record number. Never the absolute path."""
    head = hashlib.blake2b(f"{place}\0{file}\0".encode(), digest_size=16)
    ids = []
    for offset in offsets:
        one = head.copy()
        one.update(offset.to_bytes(8, "little"))
        ids.append(one.digest())
    return ids


def ids_of_values(values: Iterable[Any]) -> list[bytes]:
    """Ids under `id: column`: blake2b of the value's text, whatever its source."""
    return [hashlib.blake2b(str(value).encode(), digest_size=16).digest() for value in values]


def as_ids(column: pa.Array | pa.ChunkedArray) -> Ids:
    """A column of ids as a numpy array of 16-byte voids, to sort and compare. No copy if one chunk."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], ID)
    whole = np.frombuffer(array.buffers()[1] or b"", dtype="V16")
    return whole[array.offset : array.offset + len(array)]


def id_array(ids: Ids | Sequence[bytes]) -> pa.Array:
    """The Arrow column of a numpy array or list of ids."""
    if isinstance(ids, np.ndarray):
        return pa.FixedSizeBinaryArray.from_buffers(ID, len(ids), [None, pa.py_buffer(ids.tobytes())])
    return pa.array(ids, ID)


def flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """One contiguous array, whatever the number of chunks."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], column.type)])


def texts(column: pa.Array | pa.ChunkedArray) -> pa.LargeStringArray:
    """The column as one large_string array; numbers become their text."""
    array = flat(column)
    return array if array.type == TEXT else pc.cast(array, TEXT)


def as_json(values: Iterable[Any]) -> pa.Array:
    """The values of a json column: each as its JSON text, None as null."""
    return pa.array([None if value is None else msgspec.json.encode(value).decode() for value in values], TEXT)


def is_json(field: pa.Field) -> bool:
    """Whether a column holds JSON texts."""
    return (field.metadata or {}).get(b"tilth") == JSON[b"tilth"]


def coded(column: pa.Array) -> tuple[list[Any], Numbers]:
    """The values that a column has, ascending, and for each row the number of its value, −1 where it is null."""
    values = pc.unique(column.drop_null())
    names = values.take(pc.sort_indices(values))
    return names.to_pylist(), np.asarray(pc.fill_null(pc.index_in(column, names), -1), np.int64)


class Batch:
    """A memory's worth of rows: an immutable view on a table, with measures taken once.

    `table` has at least the column `id`.
    """

    __slots__ = ("_taken", "table")

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self._taken: dict[tuple[Any, ...], Any] = {}

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __getitem__(self, name: str) -> pa.Array:
        """One column as one array. Raises NotThere, naming the columns there are."""
        if name not in self.table.column_names:
            raise NotThere(f"There is no column `{name}`.", accepted=f"Columns: {', '.join(self.table.column_names)}.")
        return flat(self.table[name])

    def once(self, measure: Callable[..., Any], *columns: str) -> Any:
        """`measure(*arrays of columns)`, computed at most once for this batch (default: of `text`)."""
        names = columns or ("text",)
        key = (measure, *names)
        if key not in self._taken:
            self._taken[key] = measure(*(self[name] for name in names))
        return self._taken[key]

    def take(self, measure: Measure) -> pa.Array:
        """The values of a measure, one a row; families that share a walk over the text share it."""
        return self.once(measure.of, *measure.columns)[measure.name]

    def edit(self, fields: Sequence[str], change: Callable[[pa.LargeStringArray], pa.LargeStringArray]) -> dict[str, pa.Array]:
        """New columns where `change` was applied to the texts of `fields`.

        A field is a column (`text`, `title`), or a path into a json column: `messages[].content`
        (every item of a list) and `meta.title` (a member). Nulls stay null.
        """
        return self.edit_placed(fields, lambda found, _: change(found))

    def edit_placed(self, fields: Sequence[str], change: Callable[[pa.LargeStringArray, Numbers], pa.LargeStringArray]) -> dict[str, pa.Array]:
        """As `edit`; `change` is also told the number of the row that each text is of."""
        edited: dict[str, pa.Array] = {}
        for path in fields:
            name, _, inner = path.replace("[]", ".[]").partition(".")
            array = texts(edited.get(name, self[name]))
            edited[name] = _edit_json(array, inner.split("."), change) if inner else change(array, np.arange(len(array)))
        return edited

    def with_columns(self, columns: Mapping[str, pa.Array], kinds: Mapping[str, str] | None = None) -> Batch:
        """The same rows with these columns set. `kinds`: the types of columns that are made anew; others stay of the type that
        they are, so that a json column which is edited is one still."""
        table = self.table
        for name, array in columns.items():
            place = table.schema.get_field_index(name)
            if len(array) != len(self):
                raise BooksDoNotBalance(f"{len(self)} rows went in and {len(array)} values of `{name}` came out.")
            kind = (kinds or {}).get(name)
            known = pa.field(name, array.type) if place < 0 else table.schema.field(place).with_type(array.type)
            field = known if kind is None else pa.field(name, array.type, metadata=JSON if kind == "json" else None)
            table = table.append_column(field, array) if place < 0 else table.set_column(place, field, array)
        return Batch(table)

    def keep(self, mask: npt.NDArray[np.bool_]) -> Batch:
        """The rows whose mask is set, in order."""
        return Batch(self.table.filter(pa.array(mask)))


def _edit_json(array: pa.LargeStringArray, path: list[str], change: Callable[[pa.LargeStringArray, Numbers], pa.LargeStringArray]) -> pa.Array:
    """Apply `change` at once to all texts that `path` reaches inside JSON values; other values keep their bytes."""
    written: list[str | None] = array.to_pylist()
    rows = [None if value is None else msgspec.json.decode(value) for value in written]
    found = [(number, *place) for number, row in enumerate(rows) for place in _reach(row, path) if isinstance(place[0][place[1]], str)]
    numbers = np.array([number for number, _, _ in found], np.int64)
    changed = change(pa.array([holder[key] for _, holder, key in found], TEXT), numbers).to_pylist()
    touched = set()
    for (number, holder, key), text in zip(found, changed, strict=True):
        if holder[key] != text:
            holder[key] = text
            touched.add(number)
    return pa.array([msgspec.json.encode(rows[number]).decode() if number in touched else text for number, text in enumerate(written)], TEXT)


def _reach(value: Any, path: list[str]) -> Iterator[tuple[Any, Any]]:
    head, rest = path[0], path[1:]
    if head == "[]" and isinstance(value, list):
        keys: Iterable[Any] = range(len(value))
    elif isinstance(value, dict) and head in value:
        keys = (head,)
    else:
        return
    for key in keys:
        if rest:
            yield from _reach(value[key], rest)
        else:
            yield value, key


@dataclass(frozen=True)
class Measure:
    """A number or label known about a row; never a decision.

    `of` is a top-level function (so that it can be named and sent to a worker): given the arrays of
    `columns` in their order it returns a mapping that holds `name`, and may hold a whole family that
    shares one walk over the text. A null value means "not judged".
    `key` holds what else its values depend on, such as an SQL expression.
    """

    name: str
    of: Callable[..., Mapping[str, pa.Array]]
    columns: tuple[str, ...] = ("text",)
    key: str = ""
    revision: int = 1
    label: bool = False
    """Whether its values are words, such as the code of a language, and no numbers."""
    studied: str = ""
    """The content of what its step has studied, where its values depend on it. It does not enter the name of its column."""

    @property
    def column(self) -> str:
        """Its column in measures/: `words`; `words(title)` for another column than `text`; with a few
        digits of the key where values depend on one, so that two never share a name."""
        where = "" if self.columns == ("text",) else f"({','.join(self.columns)})"
        return f"{self.name}{where}{'#' + hashlib.blake2b(self.key.encode(), digest_size=4).hexdigest() if self.key else ''}"

    def identity(self) -> dict[str, Any]:
        """What its values depend on, beside the rows."""
        told = {"measure": self.name, "columns": list(self.columns), "key": self.key, "revision": self.revision}
        return {**told, "studied": self.studied} if self.studied else told


@dataclass(frozen=True)
class Check:
    """A rule of a filter: a row stays if its measure lies within the limits, both included.

    `among` is for labels: the row stays if its label is one of these. A null measure passes.
    """

    rule: str
    measure: Measure
    at_least: float | None = None
    at_most: float | None = None
    among: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Verdict:
    """Per row: which rule failed first (−1: kept), with the value found and the limit broken."""

    rules: tuple[str, ...]
    failed: npt.NDArray[np.int16]
    value: npt.NDArray[np.float64]
    limit: npt.NDArray[np.float64]
    found: tuple[str | None, ...] | None = None

    @property
    def kept(self) -> npt.NDArray[np.bool_]:
        """The mask of rows that stay."""
        return self.failed < 0


@dataclass(frozen=True)
class Outcome:
    """What a Whole decided, a line for each row of its sketches and in their order.

    `part`: index into `parts` for a kept row (−1: dropped); `rule`, `value`, `limit`, `found` and `partner`
    (an id) tell why a row was dropped. Of several rules `which` is the one that dropped it. What was found is told by
    places and counts, never by the text itself. Of rows that stay, `copies` tells how often one is wanted (1 if
    absent), `cuts` what is taken out of its texts, and `columns` what is set.
    """

    parts: tuple[str, ...]
    part: npt.NDArray[np.int16]
    rule: str | tuple[str, ...] = ""
    value: npt.NDArray[np.float64] | None = None
    limit: npt.NDArray[np.float64] | None = None
    partner: Ids | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    which: npt.NDArray[np.int16] | None = None
    found: Sequence[str | None] | None = None
    copies: npt.NDArray[np.int64] | None = None
    cuts: pa.Table | None = None
    columns: Mapping[str, pa.Array] = field(default_factory=dict)

    @property
    def rules(self) -> tuple[str, ...]:
        """Its rules, one or several."""
        return (self.rule,) if isinstance(self.rule, str) else self.rule

    @property
    def changes(self) -> bool:
        """Whether rows that stay are not left as they are."""
        return self.copies is not None or self.cuts is not None or bool(self.columns)


@dataclass(frozen=True)
class Bad:
    """A record that could not be read: where it begins, why not, and its first bytes."""

    file: str
    record: int
    offset: int
    reason: str
    raw: bytes = b""


def row_digests(table: pa.Table, leave_out: Sequence[str] = ("id", "origin", "parents")) -> list[bytes]:
    """Sixteen bytes for the content of each row: every column but those left out, in name order.

    NaN is one value, −0 is 0, null differs from empty. Independent of batches and of Arrow's layout.
    """
    columns = [_cells(flat(table[name])) for name in sorted(table.column_names) if name not in leave_out]
    if not columns:
        return [hashlib.blake2b(digest_size=16).digest()] * table.num_rows
    if len(columns) == 1:
        return [hashlib.blake2b(cell, digest_size=16).digest() for cell in columns[0]]
    digest = hashlib.blake2b
    return [digest(b"".join(digest(cell, digest_size=16).digest() for cell in row), digest_size=16).digest() for row in zip(*columns, strict=True)]


def _cells(array: pa.Array) -> Iterator[bytes]:
    """The canonical bytes of each value: a tag for null, and the value's bytes."""
    if pa.types.is_floating(array.type):
        numbers = np.nan_to_num(pc.fill_null(array, 0.0).to_numpy(zero_copy_only=False), nan=np.nan, posinf=np.inf, neginf=-np.inf) + 0.0
        plain: Iterable[bytes] = (number.tobytes() for number in np.where(np.isnan(numbers), np.nan, numbers).astype("<f8"))
    elif pa.types.is_large_string(array.type) or pa.types.is_string(array.type):
        return (b"\0" if text is None else b"\1" + text for text in pc.cast(array, pa.large_binary()).to_pylist())
    else:
        plain = (repr(value).encode() for value in array.to_pylist())
    return (b"\1" + cell if valid else b"\0" for cell, valid in zip(plain, pc.is_valid(array).to_pylist(), strict=True))
