"""Comparing the rows of one batch, by a comparison of the plainest kind."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.pairs import NOTHING, Columns, Numbers, Packed, Sets, compare
from tilth.record import Batch, ids_of_values


class Every:
    """All pairs of rows."""

    def __init__(self, rows: int) -> None:
        self.facts = {"skipped": 0, "rows": rows}

    def __iter__(self) -> Iterator[Packed]:
        """The pairs of each later row."""
        for later in range(self.facts["rows"]):
            yield np.array([later << 32 | sooner for sooner in range(later)], np.uint64)


class Letters:
    """Rows are as similar as the letters that they have in common."""

    at_least = 0.5

    def identity(self) -> dict[str, Any]:
        """Nothing to choose."""
        return {}

    def reads(self) -> tuple[str, ...]:
        """The column with the letters."""
        return ("text",)

    def candidates(self, sketches: Columns, foreign: int) -> Every:
        """All pairs."""
        assert foreign == 0
        return Every(sketches.num_rows)

    def sets(self, batch: Batch) -> tuple[Packed, Numbers]:
        """The letters as numbers."""
        sets = [sorted(set(map(ord, text or ""))) for text in batch["text"].to_pylist()]
        return np.array([one for each in sets for one in each], np.uint64), np.array(list(map(len, sets)), np.int64)

    def similarities(self, pairs: Packed, sets: Sets, threads: int) -> npt.NDArray[np.float64]:
        """The Jaccard index of letters."""
        rows = [set(sets.values[begin : begin + count].tolist()) for begin, count in zip(sets.begins, sets.counts, strict=True)]
        split = [(rows[int(pair) >> 32], rows[int(pair) & 0xFFFFFFFF]) for pair in pairs]
        return np.array([len(one & other) / len(one | other) if one | other else 0.0 for one, other in split])


def batch(texts: list[str]) -> Batch:
    return Batch(pa.table({"id": pa.array(ids_of_values(range(len(texts))), pa.binary(16)), "text": pa.array(texts, pa.large_string())}))


def test_pairs_below_the_floor_are_forgotten_and_the_others_tell_both_rows() -> None:
    rows = batch(["abcd", "abc", "xyz", "xyzw", ""])
    compared = compare(Letters(), rows.table, rows)
    assert list(zip(compared.later.tolist(), compared.sooner.tolist(), strict=True)) == [(1, 0), (3, 2)]
    assert compared.similarity.tolist() == [0.75, 0.75]
    assert (compared.foreign, compared.facts) == (0, {"skipped": 0, "rows": 5})


def test_without_a_pair_nothing_is_compared_and_what_was_counted_is_told() -> None:
    for texts in ([], ["abc"]):
        rows = batch(texts)
        compared = compare(Letters(), rows.table, rows)
        assert len(compared.later) == 0 and compared.facts == {"skipped": 0, "rows": len(texts)}
    assert (len(NOTHING.later), NOTHING.foreign, NOTHING.facts) == (0, 0, {})
