"""Where units of texts are taken out, so that no hole is left: the spans of `dedup.lines`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.pairs import Columns
from tilth.record import CUTS, ID, Ids, flat, id_array
from tilth.text.units import begins, opens, stops

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Listed:
    """All units, text by text: which text each is of (its row times the columns, and the column), its number, its place;
    and how many bytes each text has."""

    texts: npt.NDArray[np.uint32]
    numbers: npt.NDArray[np.uint64]
    places: npt.NDArray[np.uint64]
    sizes: Numbers
    columns: int

    def rows(self, units: Numbers) -> npt.NDArray[np.uint32]:
        """The rows of some units."""
        texts = self.texts[units]
        return (texts if self.columns == 1 else texts // np.uint32(self.columns)).astype(np.uint32, copy=False)

    def bytes(self, units: Numbers) -> Numbers:
        """How many bytes each of some units has."""
        return stops(self.places[units]) - begins(self.places[units])


def listed(sketches: Columns, columns: int) -> Listed:
    """The lists of all rows (`numbers_00`, `places_00`, `bytes_00` …), one behind the other."""
    texts, numbers, places, sizes = [], [], [], []
    for column in range(columns):
        lists = flat(sketches[f"numbers_{column:02}"])
        every = np.arange(column, column + len(lists) * columns, columns, dtype=np.uint32)
        texts.append(np.repeat(every, np.diff(np.asarray(lists.offsets))))
        numbers.append(np.asarray(lists.flatten()))
        places.append(np.asarray(flat(sketches[f"places_{column:02}"]).flatten()))
        sizes.append(np.asarray(flat(sketches[f"bytes_{column:02}"])))
    if columns == 1:
        return Listed(texts[0], numbers[0], places[0], sizes[0], 1)
    joined = np.concatenate(texts)
    order = np.argsort(joined, kind="stable")
    return Listed(joined[order], np.concatenate(numbers)[order], np.concatenate(places)[order], np.stack(sizes, axis=1).ravel(), columns)


@dataclass(frozen=True)
class Spans:
    """Spans to be taken out, in order: the text of each, its first byte and the one behind its last, and the row that keeps
    what stands there (−1: none); and how many texts lose all that they have."""

    texts: Numbers
    starts: Numbers
    stops: Numbers
    partners: Numbers
    emptied: int = 0

    def table(self, names: list[str], ids: Ids) -> pa.Table:
        """As a Whole tells them (`tilth.record.CUTS`); `names`: the columns of the texts."""
        column = pa.array(names, pa.string()).take(pa.array(self.texts % len(names)))
        kept = pa.array(self.partners >= 0)
        partner = pa.nulls(len(kept), ID) if not len(ids) else _where(kept, id_array(ids[self.partners]))
        return pa.table([pa.array(self.texts // len(names)), column, pa.array(self.starts), pa.array(self.stops), partner], schema=CUTS)


def _where(mask: pa.Array, values: pa.Array) -> pa.Array:
    return pc.if_else(mask, values, pa.scalar(None, ID))


def spans(of: Listed, gone: Numbers, partner: Numbers) -> Spans:
    """The spans of the units that go; neighbours go as one span if the same row keeps them.

    With a unit goes what stands between it and the next one: its line break, blank lines, the space behind a sentence. At
    the end of a text, and where a line loses its last sentence and not its first, it is what stands before it."""
    if not len(gone):
        return Spans(gone, gone, gone, gone)
    texts, places = of.texts, of.places
    joined = (gone[1:] == gone[:-1] + 1) & (texts[gone[1:]] == texts[gone[:-1]])
    head, tail = np.append(True, ~joined), np.append(~joined, True)
    first, last = gone[head], gone[tail]
    before, after = np.maximum(first - 1, 0), np.minimum(last + 1, len(texts) - 1)
    follows = (first > 0) & (texts[before] == texts[first])
    goes_on = (last < len(texts) - 1) & (texts[after] == texts[last])
    backwards = ~goes_on | (opens(places[after]) & ~opens(places[first]))
    whole = ~follows & ~goes_on
    start = np.where(backwards & follows, stops(places[before]), begins(places[first]))
    stop = np.where(backwards, stops(places[last]), begins(places[after]))
    start, stop = np.where(whole, 0, start), np.where(whole, of.sizes[texts[first]], stop)

    opened = head | np.append(True, partner[1:] != partner[:-1])
    run = (np.cumsum(head) - 1)[opened]
    starts = np.where(head[opened], start[run], begins(places[gone[opened]]))
    ends = np.append(np.where(run[1:] == run[:-1], starts[1:], stop[run[:-1]]), stop[run[-1]])
    return Spans(texts[gone[opened]].astype(np.int64), starts, ends, partner[opened], int(whole.sum()))
