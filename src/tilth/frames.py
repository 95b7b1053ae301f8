"""Tables of other libraries: any frame comes in as a batch, and goes out as what it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.errors import AskedWrong, Diverged, NotThere
from tilth.record import TEXT, Batch, make_ids, row_digests, texts
from tilth.work import Dataset, Judgement, Studied, Work

BY_NAME = "In `step.given(folder, data={…}, models={…})` each has the name that the settings of the step say."
ALONE = "Of a step that is used on a table, further tables are given by name: `step(table, data={…})`. Scores are compared by `tilth.run`."
"""What to do where something is not there by its name."""


def to_table(frame: Any) -> pa.Table:
    """Any frame as an Arrow table: Arrow itself, Polars, pandas, a dict of lists, a `datasets.Dataset`."""
    if isinstance(frame, pa.Table):
        return frame
    if _maker(frame) == "datasets":
        return frame.with_format("arrow")[:]
    return pa.table(frame)


def _maker(frame: Any) -> str:
    """The package that the frame's class comes from."""
    return type(frame).__module__.partition(".")[0]


def to_batch(frame: Any) -> Batch:
    """A table of any kind as a batch; ids are made from row numbers where there are none."""
    table = to_table(frame)
    for place, field in enumerate(table.schema):
        if pa.types.is_string_view(field.type) or (field.name == "text" and field.type != TEXT):
            table = table.set_column(place, field.with_type(TEXT), texts(table[field.name]))
    if "id" not in table.column_names or table.schema.field("id").type != pa.binary(16):
        if "id" in table.column_names:
            table = table.rename_columns(["original_id" if name == "id" else name for name in table.column_names])
        table = table.add_column(0, "id", pa.array(make_ids("table", "", range(table.num_rows)), pa.binary(16)))
    return Batch(table)


def like(frame: Any, batch: Batch) -> Any:
    """The batch as the kind of table that `frame` is, without our ids if it had none."""
    table = batch.table
    had = to_table(frame).column_names
    if "id" not in had:
        table = table.drop_columns(["id"])
    elif "original_id" in table.column_names and "original_id" not in had:
        table = table.drop_columns(["id"]).rename_columns(["id" if n == "original_id" else n for n in table.column_names if n != "id"])
    if isinstance(frame, pa.Table):
        return table
    if _maker(frame) == "pandas":
        return _plain(table).to_pandas()
    return table.to_pydict() if isinstance(frame, dict) else type(frame)(table)


def _plain(table: pa.Table) -> pa.Table:
    """The table with the ids in `parents` as bytes of any length: pandas cannot take lists of bytes of one length."""
    if "parents" not in table.column_names:
        return table
    return table.set_column(table.column_names.index("parents"), "parents", table["parents"].cast(pa.list_(pa.binary())))


class _Named(dict[str, Any]):
    """What was given by name, which says so where a name is not there."""

    def __init__(self, what: str, named: Mapping[str, Any], remedy: str = BY_NAME) -> None:
        super().__init__(named)
        self.what, self.remedy = what, remedy

    def __missing__(self, name: str) -> Any:
        raise NotThere(
            f"The {self.what} `{name}` was not given.",
            accepted=f"Given: {', '.join(f'`{one}`' for one in self)}." if self else "Nothing of the kind was given.",
            remedy=self.remedy,
        )


class _Folders(dict[str, Path]):
    """Models by the folders in which they lie."""

    def __missing__(self, name: str) -> Path:
        folder = Path(name).expanduser()
        if not folder.is_dir():
            raise NotThere(
                f"There is no folder `{name}`.",
                accepted="A step that is used on a table names models by their folders.",
                remedy="Models of a recipe and of a hub are found by `tilth.run`.",
            )
        return folder


class _Tables(_Named):
    """Datasets by name, and one that has the first name that is not among them."""

    def __init__(self, named: Mapping[str, Dataset], one: Callable[[str], Dataset]) -> None:
        super().__init__("dataset", named, ALONE)
        self.rest = [one]

    def __missing__(self, name: str) -> Any:
        if not self.rest:
            return super().__missing__(name)
        self[name] = self.rest.pop()(name)
        return self[name]


def made_of(table: Any, fit: Callable[[Work], Mapping[str, Any]], folder: str | Path | None, data: Mapping[str, Any]) -> Path:
    """The folder of what a Fit makes of a table outside a run, with its facts in `facts.json`: a new folder, which nobody clears, or the one
    that is named, which must be new or empty. The table has the name that the settings say; further ones are in `data` by their names,
    and models are named by their folders.

    Raises: AskedWrong for a folder that is not empty; NotThere for a table or a model that is not there."""
    place = Path(folder or mkdtemp(prefix="tilth-model-"))
    _empty(place, "for what the step makes of the table")
    place.mkdir(parents=True, exist_ok=True)
    facts = _alone(table, lambda work: fit(replace(work, folder=place)), data)
    (place / "facts.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
    return place


def judged_of(table: Any, judge: Callable[[Work], Judgement], data: Mapping[str, Any]) -> Judgement:
    """What a Judge finds of a table outside a run; names are as for `made_of`."""
    found: Judgement = _alone(table, judge, data)
    return found


def _alone(table: Any, do: Callable[[Work], Any], data: Mapping[str, Any]) -> Any:
    """What a step does with a table. What it leaves beside its result is removed, but for the batch that a training which broke tells of."""
    beside, kept = Path(mkdtemp(prefix="tilth-")), False
    try:
        work, _ = given(beside / "work", data, {})
        datasets = _Tables(work.datasets, lambda name: _stored(beside, name, table))
        return do(replace(work, datasets=datasets, models=_Folders(), scores=_Named("score", {}, ALONE)))
    except Diverged:
        kept = True
        raise
    finally:
        if not kept:
            rmtree(beside)


def given(folder: Path, data: Mapping[str, Any], models: Mapping[str, str | Path]) -> tuple[Work, Studied]:
    """Tables and model folders as a step studies them outside a run, and what it then knows. Raises AskedWrong for a
    folder that is not empty: what lies there is another step's."""
    _empty(folder, "for what the step takes from the tables and models", "; a step that was given its tables may be used often")
    for name in ("data", "studied", "cache"):
        (folder / name).mkdir(parents=True)
    datasets = _Named("dataset", {})
    for name, frame in data.items():
        datasets[name] = _stored(folder / "data", name, frame)
    folders = _Named("model", {name: Path(place) for name, place in models.items()})
    told = [f"{name} {one.content}" for name, one in datasets.items()] + [f"{name} {place}" for name, place in folders.items()]
    content = _digest([line.encode() for line in told])
    return Work(datasets, folders, folder / "studied", folder / "cache", content, 0), Studied(content, folder / "studied", folders, folder / "cache")


def _empty(folder: Path, what_for: str, further: str = "") -> None:
    """Raises AskedWrong for a folder that is not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AskedWrong(
            "Something is there already.",
            where=str(folder),
            accepted=f"A new or empty folder, {what_for}.",
            remedy=f"Name another one, such as `tempfile.mkdtemp()`, or remove this one{further}.",
        )


def _stored(folder: Path, name: str, frame: Any) -> Dataset:
    """A table as a dataset in a file."""
    table, file = to_batch(frame).table, folder / f"{name}.parquet"
    pq.write_table(table, file)
    return Dataset(name, (file,), _digest(row_digests(table)), table.num_rows)


def _digest(parts: Sequence[bytes]) -> str:
    return hashlib.blake2b(b"\0".join(parts), digest_size=16).hexdigest()
