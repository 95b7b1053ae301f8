"""dedup.exact: rows whose text has been seen before."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from tilth.pairs import NOTHING, Columns, Compared
from tilth.record import ID, Batch, Outcome, as_ids, flat, texts
from tilth.step import Whole
from tilth.steps.dedup._keep import Keep, claims, column
from tilth.text.normalise import normalised, replaced, single_spaced

Ignorable = Literal["whitespace", "case", "punctuation"]


class Exact(Whole):
    """Of rows with the same text, one is kept, and it is the partner of those that fall.

    Two texts are the same if their normalised forms are: in Unicode's form NFC; with every run of
    white space (spaces, tabs, line ends, Unicode's spaces) as one space and none at the ends; and, if
    they are to be ignored too, lower-cased and without punctuation (Unicode's categories P*). They are
    compared by the BLAKE2b hash of 16 bytes, so two different texts among ten billion meet with a
    chance of 2e-19. With several fields, all must be the same.

    Empty texts are the same text, so one of them is kept. A row in which every field is null has no
    text to compare: it is kept, and counted as `not_judged`. Equal claims to be kept go to the row
    that comes first in the source.
    """

    fields: Annotated[tuple[str, ...], Field(min_length=1)] = ("text",)
    """The columns that are compared."""

    ignore: tuple[Ignorable, ...] = ("whitespace",)
    """Differences that do not count: in `whitespace`, in `case`, in `punctuation`."""

    keep: Keep = "first"
    """Which one stays: the `first`, the `longest` (characters of all fields together), the one with the
    greatest value of a column (`{best: column}`), or by a column's values (`{prefer: {column: [a, b]}}`).
    It is part of the identity, since the sketch carries the column that it needs."""

    def reads(self) -> tuple[str, ...]:
        """The compared columns, and the one that `keep` looks at."""
        return tuple(dict.fromkeys((*self.fields, *column(self.keep))))

    def sketch(self, batch: Batch) -> pa.Table:
        """The id, the hash of the normalised text (null: nothing to compare), and the claim to be kept."""
        columns = {"id": batch["id"], "hash": self._hashes([texts(batch[name]) for name in self.fields])}
        claim = claims(self.keep, batch, self.fields)
        return pa.table(columns if claim is None else {**columns, "claim": claim})

    def decide(self, sketches: Columns, compared: Compared = NOTHING) -> Outcome:
        """Keep the first of each text in the order of claims."""
        rows = sketches.num_rows
        judged = np.flatnonzero(np.asarray(pc.is_valid(flat(sketches["hash"]))))
        order, starts = self._grouped(sketches, judged)
        sizes = np.diff(np.append(starts, len(order)))
        kept = np.repeat(order[starts], sizes)
        falls = order != kept

        part = np.zeros(rows, np.int16)
        part[order[falls]] = -1
        ids = as_ids(sketches["id"])
        partner = np.zeros(rows, ids.dtype)
        partner[order[falls]] = ids[kept[falls]]
        one = np.where(part < 0, 1.0, np.nan)
        facts = {
            "groups": int((sizes > 1).sum()),
            "largest_group": int(sizes.max(initial=0)),
            "not_judged": rows - len(judged),
        }
        return Outcome(("",), part, "same_text", one, one, partner, facts)

    def _hashes(self, columns: list[pa.LargeStringArray]) -> pa.Array:
        cells = [pc.cast(self._normalised(column), pa.large_binary()).to_pylist() for column in columns]
        if len(cells) == 1:
            return pa.array([None if cell is None else _hash(cell) for cell in cells[0]], ID)
        rows = zip(*cells, strict=True)
        return pa.array([None if all(cell is None for cell in row) else _hash(*row) for row in rows], ID)

    def _normalised(self, array: pa.LargeStringArray) -> pa.LargeStringArray:
        array = normalised(array, "NFC")
        if "case" in self.ignore:
            array = normalised(pc.utf8_lower(array), "NFC")
        if "punctuation" in self.ignore:
            array = replaced(array, r"\pP", "")
        return single_spaced(array) if "whitespace" in self.ignore else array

    def _grouped(self, sketches: Columns, judged: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The judged rows sorted by hash, then claim, then source order; and where each group starts."""
        halves = as_ids(sketches["hash"])[judged].view("<u8").reshape(-1, 2)
        keys: list[npt.NDArray[Any]] = [halves[:, 1], halves[:, 0]]
        if "claim" in sketches.column_names:
            claim = np.asarray(pc.fill_null(flat(sketches["claim"]), np.nan))[judged]
            keys.insert(0, -np.where(np.isnan(claim), -np.inf, claim))
        order = np.lexsort(keys)
        sorted_halves = halves[order]
        new = np.append(True, (sorted_halves[1:] != sorted_halves[:-1]).any(axis=1))[: len(order)]
        return judged[order], np.flatnonzero(new)


def _hash(*cells: bytes | None) -> bytes:
    """Of one text its hash; of several the hash of their hashes, a null being none of them."""
    if len(cells) == 1:
        return hashlib.blake2b(cells[0] or b"", digest_size=16).digest()
    joined = b"".join(b"\0" * 16 if cell is None else hashlib.blake2b(cell, digest_size=16).digest() for cell in cells)
    return hashlib.blake2b(joined, digest_size=16).digest()
