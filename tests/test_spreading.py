"""The shape that makes several rows of one: ids, parents, types of columns, and what it may not do."""

import numpy as np
import pyarrow as pa
import pytest

from tilth.applied import copy_id
from tilth.errors import BooksDoNotBalance
from tilth.frames import to_batch
from tilth.record import ID, Batch, is_json
from tilth.spreading import Spread, spread


class Twice(Spread):
    """Every row, as often as its column `n` says."""

    spoilt: str = ""

    def reads(self):
        return ("n",)

    def makes(self, there):
        return {"part": "json"}

    def rows(self, batch):
        parents = np.repeat(np.arange(len(batch)), batch["n"].to_numpy())
        parents = {"lose": parents[parents != 0], "shuffle": parents[::-1]}.get(self.spoilt, parents)
        table = batch.table.take(pa.array(parents))
        return table.append_column("part", pa.array([f"[{place}]" for place in range(len(parents))], pa.large_string())), parents


def rows(*counts):
    ids = pa.array([bytes([65 + place]) * 16 for place in range(len(counts))], ID)
    return Batch(pa.table({"id": ids, "n": pa.array(counts, pa.int64()), "text": pa.array(["x"] * len(counts), pa.large_string())}))


def test_the_first_keeps_the_id_and_the_others_name_it():
    made, counts = spread(Twice(), rows(1, 3), "here")
    told = made.to_pylist()
    a, b = b"A" * 16, b"B" * 16
    assert [row["id"] for row in told] == [a, b, copy_id(b, 1, "here"), copy_id(b, 2, "here")] and counts.tolist() == [1, 3]
    assert [row["parents"] for row in told] == [None, None, [b], [b]] and is_json(made.schema.field("part"))


def test_a_row_that_was_spread_before_keeps_its_parent_where_it_stays():
    once, _ = spread(Twice(), rows(2), "first")
    told = spread(Twice(), Batch(once.drop_columns(["part"])), "second")[0].to_pylist()
    a = b"A" * 16
    second = copy_id(a, 1, "first")
    assert [row["parents"] for row in told] == [None, [a], [a], [second]]
    assert len({row["id"] for row in told}) == 4


def test_no_rows_give_the_same_columns():
    none, counts = spread(Twice(), rows(), "here")
    some, _ = spread(Twice(), rows(1), "here")
    assert none.schema.equals(some.schema, check_metadata=True) and not len(counts)


@pytest.mark.parametrize("spoilt", ["lose", "shuffle"])
def test_a_row_is_neither_lost_nor_moved(spoilt):
    with pytest.raises(BooksDoNotBalance, match="rows went in"):
        spread(Twice(spoilt=spoilt), rows(2, 2), "here")


def test_it_works_alone_on_any_table():
    assert Twice()({"n": [2, 1], "text": ["a", "b"]})["text"] == ["a", "a", "b"]
    assert to_batch(Twice()(pa.table({"n": [1]})))["n"].to_pylist() == [1]
