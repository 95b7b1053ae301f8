"""Tables of other libraries come in as batches and go out as what they were."""

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tilth.errors import AskedWrong, NotThere
from tilth.frames import like, to_batch, to_table
from tilth.steps.balance.classes import Classes
from tilth.steps.filter.perplexity import Perplexity

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


def test_ids_of_those_that_a_row_was_made_from_go_out_to_pandas_too():
    table = Classes(by="kind", how="oversample", to=3)(pd.DataFrame({"text": ["a", "b"], "kind": ["x", "y"]}))
    assert isinstance(table, pd.DataFrame) and len(table) == 6 and sum(one is not None for one in table["parents"]) == 4


def test_a_folder_that_is_not_empty_and_a_name_that_was_not_given_are_told_with_what_to_do(tmp_path):
    good = {"text": ["a text of some words", "and another one"] * 20}
    step = Perplexity(reference="good", add=["perplexity"])
    assert step.given(tmp_path / "new", data={"good": good})({"text": ["some words"]})["perplexity"][0] > 0
    with pytest.raises(AskedWrong, match="Something is there already.*new or empty"):
        step.given(tmp_path / "new", data={"good": good})
    with pytest.raises(NotThere, match="The dataset `good` was not given.*Given: `goood`"):
        step.given(tmp_path / "other", data={"goood": good})
