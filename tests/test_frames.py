"""Tables of other libraries come in as batches and go out as what they were."""

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tilth.frames import like, to_batch, to_table

ROWS = {"text": ["a", None], "n": [1, 2]}


@pytest.mark.parametrize("make", [pa.table, pl.DataFrame, pd.DataFrame, dict])
def test_any_frame_comes_in_and_goes_out_as_it_was(make):
    frame = make(ROWS)
    batch = to_batch(frame)
    assert batch.table.column_names == ["id", "text", "n"]
    back = like(frame, batch)
    assert type(back) is type(frame)
    assert to_table(back).to_pydict() == ROWS


def test_an_id_of_the_users_own_is_kept_under_another_name_and_given_back():
    frame = pa.table({"id": ["x", "y"], "text": ["a", "b"]})
    batch = to_batch(frame)
    assert batch["original_id"].to_pylist() == ["x", "y"]
    assert batch.table.schema.field("id").type == pa.binary(16)
    assert like(frame, batch).to_pydict() == frame.to_pydict()
