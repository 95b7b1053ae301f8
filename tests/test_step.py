"""The shapes: what a step promises, what its identity is, and how it works alone on any table."""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.errors import BooksDoNotBalance, NothingLeft
from tilth.frames import to_batch, to_table
from tilth.record import TEXT, Batch, Outcome, id_array, make_ids
from tilth.step import Filter, Limit, Map, Pulled, Range, Settings, Step, Whole
from tilth.steps.clean.whitespace import Whitespace
from tilth.steps.dedup.exact import Exact
from tilth.steps.filter.length import Length
from tilth.steps.source.files import Files
from tilth.steps.split.random import Random

ROWS = {"text": ["a long enough text", "no", None, "another  long text", "a long enough text"], "kind": list("abcde"), "n": [1, 2, 3, 4, 5]}


class Toy(Map):
    """A step with a setting of each sort."""

    width: int = 3
    """It counts."""
    limits: Annotated[Range, Limit] = Range()
    """It only decides."""
    path: Annotated[str, Pulled] = "here"
    """It is pulled from the machine."""

    def reads(self) -> tuple[str, ...]:
        return ("text",)

    def columns(self, batch: Batch) -> Mapping[str, pa.Array]:
        return {"text": batch["text"][: self.width]}


class Lot(Whole):
    """A whole that forgets rows."""

    def reads(self) -> tuple[str, ...]:
        return ()

    def sketch(self, batch: Batch) -> pa.Table:
        return batch.table.select(["id"])

    def decide(self, sketches: pa.Table) -> Outcome:
        return Outcome(("",), np.zeros(max(0, sketches.num_rows - 1), np.int16))


# What a step is


def test_nobody_extends_a_step() -> None:
    with pytest.raises(TypeError, match="Wider extends the final step Toy; use it instead of extending it"):

        class Wider(Toy):
            pass


@pytest.mark.parametrize("shape", [Map, Filter, Whole])
def test_a_shape_alone_is_no_step(shape: type[Step]) -> None:
    with pytest.raises(TypeError, match="abstract"):
        shape()


def test_settings_are_frozen_named_and_checked() -> None:
    toy = Toy(width=4)
    with pytest.raises(ValidationError, match="frozen"):
        toy.width = 5  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        Toy(witdh=5)  # type: ignore[call-arg]
    with pytest.raises(ValidationError, match="Extra inputs"):
        Toy(limits={"at_lest": 1})  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="finite"):
        Range(at_least=float("nan"))
    with pytest.raises(TypeError):
        Toy(4)  # type: ignore[misc]


def test_identity_is_what_results_depend_on_and_limits_stand_apart() -> None:
    toy = Toy(width=4, limits=Range(at_least=2), path="there")
    assert toy.identity() == {"step": "tests.test_step", "revision": 1, "width": 4}
    assert toy.deciding() == {"limits": {"at_least": 2.0, "at_most": None}}
    assert (toy.name(), toy.shape(), toy.bare) == ("tests.test_step", "Map", None)
    assert (Length.name(), Length.shape()) == ("filter.length", "Filter")


@given(st.integers(0, 50), st.integers(0, 50))
def test_another_limit_is_another_decision_and_no_other_identity(one: int, other: int) -> None:
    here, there = (Length(characters={"at_least": limit}) for limit in (one, other))  # type: ignore[arg-type]
    assert here.identity() == there.identity()
    assert (here.deciding() == there.deciding()) == (one == other)


# Alone on a table


def frames() -> list[Any]:
    return [pa.table(ROWS), pd.DataFrame(ROWS), pl.DataFrame(ROWS), ROWS]


def column(frame: Any, name: str) -> list[Any]:
    if isinstance(frame, dict):
        return list(frame[name])
    values = frame[name].to_pylist() if isinstance(frame, pa.Table) else frame[name].to_list()
    return [None if value is None or value != value else value for value in values]


@pytest.mark.parametrize("frame", frames(), ids=["arrow", "pandas", "polars", "dict"])
def test_what_comes_in_goes_out(frame: Any) -> None:
    kept = Length(characters={"at_least": 3})(frame)  # type: ignore[arg-type]
    assert type(kept) is type(frame)
    assert column(kept, "kind") == ["a", "c", "d", "e"], "a row without a text is not judged"
    assert column(Exact()(frame), "n") == [1, 2, 3, 4]
    cleaned = Whitespace()(frame)
    assert type(cleaned) is type(frame)
    assert column(cleaned, "text") == ["a long enough text", "no", None, "another long text", "a long enough text"]
    assert to_table(cleaned).column_names == ["text", "kind", "n"], "no column of ours is left in it"
    assert column(frame, "n") == [1, 2, 3, 4, 5], "what was given is as it was"


def test_datasets_of_the_datasets_library_too() -> None:
    datasets = pytest.importorskip("datasets")
    frame = datasets.Dataset.from_dict(ROWS)
    kept = Length(characters={"at_least": 3})(frame.select([4, 1, 0]))  # type: ignore[arg-type]
    assert isinstance(kept, datasets.Dataset)
    assert kept["kind"][:] == ["e", "a"] and kept.column_names == ["text", "kind", "n"]
    assert Whitespace()(frame)["text"][3] == "another long text"


def test_the_index_of_a_pandas_frame_goes_with_its_rows() -> None:
    kept = Length(characters={"at_least": 3})(pd.DataFrame(ROWS, index=list("vwxyz")))  # type: ignore[arg-type]
    assert kept.index.tolist() == ["v", "x", "y", "z"] and kept.columns.tolist() == ["text", "kind", "n"]


def test_ids_of_the_users_own_are_given_back() -> None:
    rows = {"id": [10, 11, 12], **{name: values[:3] for name, values in ROWS.items()}}
    assert Length(characters={"at_least": 3})(rows)["id"] == [10, 12]  # type: ignore[arg-type]
    ours = pa.table({"id": id_array(make_ids("a", "", range(5))), **ROWS})
    assert Exact()(ours)["id"].to_pylist() == ours["id"].to_pylist()[:4], "ids that are ours stay"


def test_any_string_type_is_text_within() -> None:
    for kind in (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())):
        batch = to_batch(pa.table({"text": pa.array(["ab", "c"]).cast(kind), "title": pa.array(["x", None]).cast(pa.string_view())}))
        assert batch["text"].type == TEXT and batch["text"].to_pylist() == ["ab", "c"]
        assert batch["title"].type == TEXT


def test_a_split_gives_its_parts_by_name() -> None:
    parts = Random(test=2, seed=1)(pd.DataFrame(ROWS))
    assert {name: type(part) for name, part in parts.items()} == {"train": pd.DataFrame, "test": pd.DataFrame}
    assert sorted(parts["train"]["n"].tolist() + parts["test"]["n"].tolist()) == [1, 2, 3, 4, 5]
    with pytest.raises(NothingLeft):
        Random(test=6)(ROWS)


def test_a_whole_that_forgets_a_row_is_found_out() -> None:
    with pytest.raises(BooksDoNotBalance, match="5 rows were sketched and 4 were decided"):
        Lot()(ROWS)


def test_a_map_that_forgets_a_row_is_found_out() -> None:
    with pytest.raises(BooksDoNotBalance, match="5 rows went in and 3 values of `text` came out"):
        Toy()(ROWS)


def test_a_source_is_a_table_too(tmp_path: Any) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "x", "n": 1}\n{"text": "y"}\n')
    assert Files(path="a.jsonl")(tmp_path).select(["text", "n"]).to_pylist() == [{"text": "x", "n": 1}, {"text": "y", "n": None}]


def test_groups_of_settings_are_frozen_all_the_way_down() -> None:
    class Inner(Settings):
        a: int = 1

    with pytest.raises(ValidationError, match="frozen"):
        Inner().a = 2
