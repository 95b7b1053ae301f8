"""Shards of sources: surveyed once, then read with settled types; ids are given here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tilth.execute.books import quarantine
from tilth.execute.local import at_step, at_step_each
from tilth.execute.pieces import Piece, schema
from tilth.recipe.resolve import Placed
from tilth.record import ID, JSON, ORIGIN, Bad, id_array, ids_of_values, make_ids
from tilth.step import Shard, Source, Survey
from tilth.store.keys import key_of
from tilth.store.objects import Made, Store

TYPES = ("null", "bool", "int64", "float64", "string", "json")
"""The types of columns, from narrow to wide."""


@dataclass(frozen=True)
class Shelf:
    """A shard of a source, with all that its reading depends on.

    `bytes`: the content digests of its files; `types`: settled over all shards; `first`: the number
    of its first record in its file; `records`: how many begin in it, or, where only a sample is
    wanted (`cut`), how many are taken.
    """

    placed: Placed
    shard: Shard
    bytes: tuple[str, ...]
    types: Mapping[str, str]
    first: int
    records: int
    cut: bool = False

    @property
    def source(self) -> Source:
        """The step that reads it."""
        assert isinstance(self.placed.step, Source)
        return self.placed.step

    def identity(self) -> dict[str, Any]:
        """What its rows depend on; paths on this machine do not count."""
        told = self.shard.model_dump(exclude={"paths", "size"})
        asked = {"source": [self.placed.address, self.source.identity()], "shard": told, "bytes": self.bytes}
        return {**asked, "types": _ordered(self.types), "first": self.first, "cut": self.records if self.cut else None}


def _ordered(types: Mapping[str, str]) -> list[list[str]]:
    return [[name, kind] for name, kind in types.items()]


def survey_key(placed: Placed, shard: Shard, content: Sequence[str]) -> str:
    """The key of a survey: what is read, and how."""
    told = shard.model_dump(exclude={"paths", "size"})
    return key_of({"what": "survey", "source": placed.step.identity(), "shard": told, "bytes": list(content)})


def known_survey(store: Store, placed: Placed, shard: Shard, content: Sequence[str]) -> Made | None:
    """The survey of a shard, if it is stored."""
    return store.find(survey_key(placed, shard, content))


def survey(store: Store, placed: Placed, shard: Shard, content: Sequence[str]) -> Made:
    """Read a shard once to count its records and find its types; stored, for it depends on nothing else."""
    assert isinstance(placed.step, Source)
    key = survey_key(placed, shard, content)
    found = at_step(placed.step.survey, placed.where, (shard,), shard.file)
    folder = store.work(key)
    manifest = {"what": "survey", "records": found.records, "types": _ordered(found.types)}
    return store.commit(key, folder, key_of(manifest), manifest)


def surveyed(made: Made) -> Survey:
    """The survey that an object holds."""
    return Survey(records=made.manifest["records"], types=dict(made.manifest["types"]))


def read_shard(shelf: Shelf, rows: int) -> Iterator[tuple[pa.Table, pa.Table | None]]:
    """Rows with ids, `rows` at a time, and the bad records found on the way."""
    blank, left = source_schema(shelf.types).empty_table(), shelf.records
    found = shelf.source.read(shelf.shard, shelf.types, shelf.first, rows)
    for read in at_step_each(iter(found), shelf.placed.where, shelf.shard.file):
        table, doubtful = _with_ids(shelf, read.table.slice(0, left) if shelf.cut else read.table)
        bad = [*(read.bad[: left - table.num_rows] if shelf.cut else read.bad), *doubtful]
        left -= table.num_rows + len(bad)
        place = shelf.placed.address
        ids = [make_ids(place, one.file, [one.offset])[0] for one in bad]
        whole = pa.concat_tables([blank, table], promote_options="permissive") if table.num_rows else blank
        first = True
        for begin in range(0, max(1, whole.num_rows), rows):
            yield whole.slice(begin, rows).combine_chunks(), quarantine(ids, bad) if first else None
            first = False
        if shelf.cut and left <= 0:
            return


def _with_ids(shelf: Shelf, table: pa.Table) -> tuple[pa.Table, list[Bad]]:
    """The table with ids; where a column holds them, rows without a value are bad."""
    origins, column = table["origin"].combine_chunks(), shelf.source.key_column()
    if column is None:
        ids = _place_ids(shelf.placed.address, origins)
        return table.add_column(0, pa.field("id", ID), pa.array(ids, ID)), []
    values = table[column].to_pylist()
    lacking = [place for place, value in enumerate(values) if value is None]
    bad = [Bad(**origins[place].as_py(), reason=f"no value in the id column `{column}`") for place in lacking]
    table = table.add_column(0, pa.field("id", ID), id_array(ids_of_values(values)))
    return (table.take(pa.array([place for place, value in enumerate(values) if value is not None], pa.int64())) if bad else table), bad


def _place_ids(address: str, origins: pa.Array) -> list[bytes]:
    """Ids from places; files are taken in runs, as most batches have one file."""
    files, offsets = origins.field("file").to_pylist(), origins.field("offset").to_pylist()
    ids: list[bytes] = []
    begin = 0
    while begin < len(files):
        end = begin
        while end < len(files) and files[end] == files[begin]:
            end += 1
        ids.extend(make_ids(address, files[begin], offsets[begin:end]))
        begin = end
    return ids


def source_schema(types: Mapping[str, str]) -> pa.Schema:
    """The columns of rows as they are read: ours, `text` among them if all are null, then the user's."""
    text = pa.large_string()
    arrow = {"null": pa.null(), "bool": pa.bool_(), "int64": pa.int64(), "float64": pa.float64(), "string": text, "json": text, "text": text}
    names = ["text", *(name for name in types if name != "text")]
    kinds = {name: "text" if name == "text" else types[name] for name in names}
    fields = [pa.field(name, arrow[kind], metadata=JSON if kind == "json" else None) for name, kind in kinds.items()]
    return pa.schema([pa.field("id", ID), pa.field("origin", ORIGIN), *fields])


def schema_of(store: Store, source: Shelf | Piece) -> pa.Schema:
    """The columns of the rows that come from a shard or a piece."""
    return source_schema(source.types) if isinstance(source, Shelf) else schema(store, source)
