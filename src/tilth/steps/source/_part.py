"""What a reader of one format is given: a file, which part of it, and how it is to be read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from tilth.record import ORIGIN, Bad

SHOWN = 200
"""How many bytes of a bad record are kept."""


@dataclass(frozen=True)
class Part:
    """A file and the part of it whose records are wanted.

    `file` is its name in origins, `first` the number of its first record, `rows` the most at a time,
    `longest` the most bytes a record may have, `options` what only one format knows, `most` how many blocks of records a survey looks at (null: all).
    """

    path: str
    file: str
    start: int = 0
    stop: int | None = None
    first: int = 1
    rows: int = 8192
    longest: int = 64 << 20
    encoding: str = "utf-8"
    options: Mapping[str, Any] = field(default_factory=dict)
    most: int | None = None

    def bad(self, record: int, offset: int, reason: str, raw: bytes = b"") -> Bad:
        """A bad record of this file."""
        return Bad(self.file, record, offset, reason, raw[:SHOWN])

    def origin(self, records: Sequence[int], offsets: Sequence[int]) -> pa.Array:
        """The column `origin` of records of this file."""
        files = pa.repeat(pa.scalar(self.file, pa.string()), len(records))
        places = [pa.array(np.asarray(numbers, np.int64)) for numbers in (records, offsets)]
        return pa.StructArray.from_arrays([files, *places], fields=list(ORIGIN))


@dataclass(frozen=True)
class Found:
    """Records as they stand in the file: their origins, columns under their own names, and what could not be read."""

    origin: pa.Array
    columns: Mapping[str, pa.Array]
    bad: Sequence[Bad] = ()

    def __len__(self) -> int:
        return len(self.origin)

    def without(self, rows: Collection[int], bad: Sequence[Bad]) -> Found:
        """The same but for some rows, which are bad."""
        if not rows:
            return Found(self.origin, self.columns, bad)
        kept = pa.array([row not in rows for row in range(len(self))])
        return Found(self.origin.filter(kept), {name: array.filter(kept) for name, array in self.columns.items()}, bad)


Reading = Iterator[Found]
