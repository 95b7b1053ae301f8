"""Near copies among a sample of texts, verified; and the texts that are there most often."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tilth.pairs import compare
from tilth.record import ID, Batch, make_ids
from tilth.survey.facts import Share
from tilth.survey.numbers import share
from tilth.survey.tally import Tally
from tilth.text import near
from tilth.text.digests import digests
from tilth.text.minhash import banding

SIMILARITY, RECALL = 0.8, 0.95
ROWS, BYTES = 10_000, 8 << 20
"""Near copies are looked for among so many texts at most, of so many bytes together."""

LARGEST, BEGINS = 3, 120


def near_copies(texts: pa.LargeStringArray) -> Share | None:
    """How many of the first texts are near copies of an earlier one, exact copies among them; null where there is nothing to compare."""
    some = texts.drop_null().slice(0, ROWS)
    ends = np.cumsum(np.asarray(pc.binary_length(some), np.int64))
    some = some.slice(0, max(int(np.searchsorted(ends, BYTES)), min(len(some), 100)))
    if len(some) < 2:
        return None
    ids = pa.array(make_ids("survey", "", range(len(some))), ID)
    batch = Batch(pa.table({"id": ids, "text": some}))
    comparison = near.Near(banding(SIMILARITY, RECALL), ("text",), SIMILARITY)
    found = compare(comparison, pa.table(comparison.sketch(batch)), batch)
    rows = len(np.unique(found.later))
    return share(rows, len(some), whole=len(some) == len(texts))


def largest(texts: pa.LargeStringArray, copies: Tally) -> list[tuple[str, int]]:
    """How the texts begin that are there most often, as far as the sample has them, and how often they are there."""
    wanted = dict(copies.most_frequent(LARGEST))
    if not wanted:
        return []
    there = texts.drop_null()
    found = digests(there)
    told = []
    for digest, count in wanted.items():
        rows = np.flatnonzero(found == np.uint64(digest))
        if len(rows):
            told.append((str(pc.utf8_slice_codeunits(there.slice(rows[0], 1), 0, BEGINS)[0].as_py()), count))
    return told
