"""Shards of sources: ids, samples, bad records, and what a shard's rows depend on."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.projects import Project, line, table
from tilth.errors import BooksDoNotBalance
from tilth.execute.passes import advance
from tilth.execute.run import Wish
from tilth.execute.shards import Shelf, known_survey, read_shard, source_schema, survey, survey_key, surveyed
from tilth.recipe.plan import Segment
from tilth.recipe.resolve import Placed
from tilth.record import ID, JSON, ORIGIN, TEXT, ids_of_values, make_ids, shown
from tilth.store.objects import Store

Shelve = Callable[..., tuple[Store, Shelf]]


@pytest.fixture
def shelve(project: Project) -> Shelve:
    """A store and the first shard of files of these rows, ready to be read."""

    def make(rows: list[dict[str, object] | str], settings: str = "") -> tuple[Store, Shelf]:
        for path in (project.folder / "raw").iterdir():
            path.unlink()
        project.write("a.jsonl", rows)
        project.write_recipe(f"name: one\ndata:\n  docs:\n    - source.files: {{path: raw{settings}}}\n")
        placed = project.recipe().data[0].sources[0]
        source = Shelf(placed, placed.step.shards(project.folder, 1 << 30)[0], (), {}, 1, 0).source
        (shard,) = source.shards(project.folder, 1 << 30)
        found = source.survey(shard)
        project.store.create()
        return project.store, Shelf(placed, shard, ("digest",), source.settle([found]), 1, found.records)

    return make


def rows_of(shelf: Shelf, rows: int = 3) -> tuple[pa.Table, pa.Table]:
    found = list(read_shard(shelf, rows))
    return pa.concat_tables([one for one, _ in found]), pa.concat_tables([bad for _, bad in found if bad is not None])


def test_ids_are_made_from_the_place_and_cut_nowhere(shelve: Shelve) -> None:
    _, shelf = shelve([{"text": "a"}, {"text": "b"}, {"text": "c"}, {"text": "d"}])
    table, bad = rows_of(shelf, rows=3)
    assert table["id"].to_pylist() == make_ids("docs.source.files", "a.jsonl", [0, 14, 28, 42])
    assert table["origin"].to_pylist()[1] == {"file": "a.jsonl", "record": 2, "offset": 14}
    assert bad.num_rows == 0
    assert rows_of(shelf, rows=1)[0].equals(table)


def test_a_bad_record_has_the_id_that_it_would_have_had(shelve: Shelve) -> None:
    _, shelf = shelve([{"text": "a"}, "{broken", {"text": "c"}])
    table, bad = rows_of(shelf)
    assert table.num_rows == 2 and bad["id"].to_pylist() == make_ids("docs.source.files", "a.jsonl", [14])
    assert bad["raw"].to_pylist() == [b"{broken"]


def test_ids_of_a_column_are_those_of_its_values_and_without_a_value_a_row_is_bad(shelve: Shelve) -> None:
    _, shelf = shelve([{"text": "a", "url": "u1"}, {"text": "b", "url": None}, {"text": "c"}, {"text": "d", "url": ""}], ", id: url")
    table, bad = rows_of(shelf)
    assert table["text"].to_pylist() == ["a", "d"]
    assert table["id"].to_pylist() == ids_of_values(["u1", ""])
    assert bad["reason"].to_pylist() == ["no value in the id column `url`"] * 2
    assert [one["record"] for one in bad["origin"].to_pylist()] == [2, 3]


def test_columns_are_ours_first_and_a_text_is_there_even_if_no_row_has_one(shelve: Shelve) -> None:
    _, shelf = shelve([{"b": 1, "meta": {"k": 1}}, {"b": None, "none": None}])
    table, _ = rows_of(shelf)
    assert table.schema.names == ["id", "origin", "text", "b", "meta", "none"]
    assert table["text"].to_pylist() == [None, None] and table.schema.field("text").type == TEXT
    assert table.schema == source_schema(shelf.types)
    assert source_schema({"m": "json"}) == pa.schema(
        [pa.field("id", ID), pa.field("origin", ORIGIN), pa.field("text", TEXT), pa.field("m", TEXT, metadata=JSON)]
    )


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("rows", [1, 2, 100])
def test_a_sample_is_so_many_records_bad_ones_among_them(shelve: Shelve, most: int, rows: int) -> None:
    _, shelf = shelve([{"text": "a"}, "{", {"text": "c"}, "[", {"text": "e"}, {"text": "f"}])
    table, bad = rows_of(replace(shelf, records=most, cut=True), rows)
    assert table.num_rows + bad.num_rows == most


def test_a_survey_is_made_once_for_the_same_bytes_and_settings(shelve: Shelve) -> None:
    store, shelf = shelve([{"text": "a", "n": 1}, {"text": "b", "n": 2.5}])
    asked = (store, shelf.placed, shelf.shard, ["digest"])
    assert known_survey(*asked) is None
    told = surveyed(survey(*asked))
    assert (told.records, told.types) == (2, {"text": "string", "n": "float64"})
    assert known_survey(*asked) is not None
    assert known_survey(store, shelf.placed, shelf.shard, ["other"]) is None


def test_the_same_bytes_elsewhere_on_the_machine_are_the_same_shard(shelve: Shelve) -> None:
    _, shelf = shelve([{"text": "a"}])
    moved = shelf.shard.model_copy(update={"paths": ("/elsewhere/a.jsonl",), "size": 999})
    assert replace(shelf, shard=moved).identity() == shelf.identity()
    assert survey_key(shelf.placed, moved, ["d"]) == survey_key(shelf.placed, shelf.shard, ["d"])


def test_what_a_shards_rows_depend_on_enters_its_identity(shelve: Shelve) -> None:
    _, shelf = shelve([{"text": "a", "n": 1}])
    renamed = shelf.shard.model_copy(update={"file": "b.jsonl"})
    others = [
        replace(shelf, shard=renamed),
        replace(shelf, bytes=("other",)),
        replace(shelf, types={**shelf.types, "n": "float64"}),
        replace(shelf, types=dict(reversed(shelf.types.items()))),
        replace(shelf, first=2),
        replace(shelf, cut=True),
        replace(shelf, cut=True, records=7),
        replace(shelf, placed=Placed("docs.source.files[2]", 5, shelf.placed.step)),
    ]
    told = [repr(one.identity()) for one in (shelf, *others)]
    assert len(set(told)) == len(told)


def test_a_file_that_grew_while_it_was_read_is_found_out(shelve: Shelve) -> None:
    store, shelf = shelve([{"text": "a"}, {"text": "b"}])
    with Path(shelf.shard.paths[0]).open("a") as file:
        file.write('{"text": "c"}\n')
    with pytest.raises(BooksDoNotBalance, match="2 records begin in this shard, but 3 rows and 0 bad records came of it") as error:
        advance(store, shelf, Segment(), 10)
    assert "written to while it was read" in error.value.remedy


def test_a_file_that_changed_keeps_the_rows_of_the_others(project: Project) -> None:
    first = table(project.run(), "docs")
    project.write("b.jsonl", [{"text": "another text than there was before", "n": 1}])
    os.utime(project.folder / "raw" / "b.jsonl", (1, 1))
    second = project.run()
    kept = {shown(one) for one in first["id"].to_pylist()} & {shown(one) for one in table(second, "docs")["id"].to_pylist()}
    assert kept and line(second, "docs.source.files")["rows_in"] == 51


def test_a_sample_takes_from_the_first_shards_only_and_stands_apart(project: Project) -> None:
    project.write_recipe("name: plain\ndata:\n  docs:\n    - source.files: {path: raw}\n")
    small = project.run(wish=Wish(sample=3), shard_bytes=300)
    assert line(small, "docs.source.files")["rows_in"] == 3
    assert {row["origin"]["record"] for row in pq.read_table(small.folder / "data/docs", columns=["origin"]).to_pylist()} <= {1, 2, 3}
