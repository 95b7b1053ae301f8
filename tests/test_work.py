"""What models and scores are given: datasets, read in order."""

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import NothingLeft, NotThere
from tilth.record import id_array, make_ids
from tilth.work import Dataset, Machine, Work, cores


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[list[str | None]]], Dataset]:
    """A dataset of files of these texts."""

    def make(files: list[list[str | None]]) -> Dataset:
        folder, paths = tmp_path_factory.mktemp("dataset"), []
        for number, texts in enumerate(files):
            paths.append(folder / f"{number}.parquet")
            ids = id_array(make_ids("toy", str(number), range(len(texts))))
            pq.write_table(pa.table({"id": ids, "text": pa.array(texts, pa.large_string()), "n": pa.array(range(len(texts)))}), paths[-1])
        return Dataset("docs", tuple(paths), "content", sum(map(len, files)))

    return make


@given(st.lists(st.lists(st.none() | st.text(max_size=4), max_size=5), min_size=1, max_size=3), st.integers(1, 4))
def test_rows_come_in_the_order_of_files_whatever_the_batch(made: Callable[..., Dataset], files: list[list[str | None]], rows: int) -> None:
    dataset = made(files)
    batches = list(dataset.batches(rows=rows))
    assert [text for batch in batches for text in batch["text"].to_pylist()] == [text for file in files for text in file]
    assert all(0 < len(batch) <= rows for batch in batches)
    if dataset.rows:
        assert list(dataset.texts()) == [text for file in files for text in file if text is not None]


def test_only_what_is_asked_is_read_and_the_id_is_always_there(made: Callable[..., Dataset]) -> None:
    (batch,) = made([["a", "b"]]).batches(["n"])
    assert batch.table.column_names == ["id", "n"]
    (batch,) = made([["a", "b"]]).batches(["text", "id"])
    assert sorted(batch.table.column_names) == ["id", "text"]


def test_a_column_that_is_not_there_is_named_beside_those_that_are(made: Callable[..., Dataset]) -> None:
    with pytest.raises(NotThere, match="no column `title`"):
        list(made([["a"]]).texts("title"))


def test_no_rows_are_nothing_to_learn_from(made: Callable[..., Dataset]) -> None:
    with pytest.raises(NothingLeft, match="`docs` has no rows. `tilth run RECIPE --until docs` ends before"):
        list(made([[]]).texts())


def test_what_a_step_is_given_cannot_be_changed_by_it() -> None:
    work = Work({}, {}, Path("artefact"), Path("scratch"), "key", 7)
    with pytest.raises(dataclasses.FrozenInstanceError):
        work.seed = 8  # type: ignore[misc]
    assert work.machine == Machine() and work.machine is not Work({}, {}, Path(), Path(), "", 0).machine
    work.tell({"step": 1, "of": 2})


def test_the_cores_are_those_that_this_process_may_use() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)
