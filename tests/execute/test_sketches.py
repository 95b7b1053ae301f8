"""The sketches of a dataset and of those that it is held against, as one table of columns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tilth.execute.comparing import compared_key
from tilth.execute.pieces import Piece
from tilth.execute.sketches import Gathering
from tilth.execute.wholes import whole_key
from tilth.recipe.resolve import Placed
from tilth.record import ids_of_values
from tilth.steps.dedup.exact import Exact
from tilth.steps.dedup.minhash import Minhash
from tilth.store.objects import Made, Store
from tilth.store.tables import TableWriter

PLACED = Placed("docs.dedup.exact", 3, Exact())


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / ".tilth")


def sketched(store: Store, numbers: range) -> Made:
    """A stored sketch with the columns id and n."""
    table = pa.table({"id": pa.array(ids_of_values(numbers), pa.binary(16)), "n": pa.array(list(numbers), pa.int64())})
    folder = store.work("key")
    with TableWriter(folder / "sketch.parquet", table.schema) as writer:
        writer.write(table)
    name = f"{numbers.start:02x}{len(numbers):02x}" * 8
    return store.commit(f"key of {name}", folder, name, {"what": "sketch", "rows": writer.rows})


def gathered(store: Store, own: list[range], foreign: list[range] = []) -> Gathering:  # noqa: B006 - never written to
    mine, others = ([sketched(store, numbers) for numbers in ranges] for ranges in (own, foreign))
    pieces, before = ([Piece(f"rows {one.content}", None, one.manifest["rows"]) for one in made] for made in (mine, others))
    return Gathering(PLACED, tuple(mine), tuple(pieces), tuple(others), tuple(before))


def test_columns_stand_one_below_the_other_the_rows_of_other_datasets_first(store: Store) -> None:
    gathering = gathered(store, [range(3), range(3, 3), range(7, 9)], [range(20, 22)])
    sketches = gathering.columns(store)
    assert sketches["n"].to_pylist() == [20, 21, 0, 1, 2, 7, 8]
    assert (sketches.num_rows, gathering.rows, gathering.foreign_rows) == (7, 5, 2)
    assert list(sketches.column_names) == ["id", "n"] and sketches["id"].to_pylist() == ids_of_values([20, 21, 0, 1, 2, 7, 8])


def test_only_the_column_that_is_asked_for_is_read(store: Store) -> None:
    gathering = gathered(store, [range(3)])
    sketches = gathering.columns(store)
    before = pa.total_allocated_bytes()
    column = sketches["n"]
    assert pa.total_allocated_bytes() - before <= 1024 and np.asarray(column).tolist() == [0, 1, 2]
    with pytest.raises((KeyError, pa.ArrowException)):
        sketches["m"]


def test_the_identity_tells_contents_rows_and_their_order(store: Store) -> None:
    one, other = gathered(store, [range(3), range(5)]), gathered(store, [range(5), range(3)])
    assert one.identity() != other.identity()
    assert one.identity() == gathered(store, [range(3), range(5)]).identity()


def test_the_keys_tell_where_the_rows_of_other_datasets_end(store: Store) -> None:
    """Also where it is a shard without rows that belongs to either."""
    a, b, none = range(3), range(5, 7), range(9, 9)
    every = [gathered(store, [b], [a, none]), gathered(store, [none, b], [a]), gathered(store, [a, none, b]), gathered(store, [none], [a, b])]
    placed = Placed("docs.dedup.minhash", 3, Minhash())
    every = [replace(one, placed=placed) for one in every]
    assert len({whole_key(one) for one in every}) == len({compared_key(one) for one in every}) == 4


def test_no_shards_have_no_rows(store: Store) -> None:
    sketches = gathered(store, []).columns(store)
    assert sketches.num_rows == 0 and list(sketches.column_names) == []
