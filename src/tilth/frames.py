"""Tables of other libraries: any frame comes in as a batch, and goes out as what it was."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.errors import AskedWrong, NotThere
from tilth.record import TEXT, Batch, make_ids, row_digests, texts
from tilth.work import Dataset, Studied, Work


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

    def __init__(self, what: str, named: Mapping[str, Any]) -> None:
        super().__init__(named)
        self.what = what

    def __missing__(self, name: str) -> Any:
        raise NotThere(
            f"The {self.what} `{name}` was not given.",
            accepted=f"Given: {', '.join(f'`{one}`' for one in self)}." if self else "Nothing of the kind was given.",
            remedy="In `step.given(folder, data={…}, models={…})` each has the name that the settings of the step say.",
        )


def given(folder: Path, data: Mapping[str, Any], models: Mapping[str, str | Path]) -> tuple[Work, Studied]:
    """Tables and model folders as a step studies them outside a run, and what it then knows. Raises AskedWrong for a
    folder that is not empty: what lies there is another step's."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AskedWrong(
            "Something is there already.",
            where=str(folder),
            accepted="A new or empty folder, for what the step takes from the tables and models.",
            remedy="Name another one, such as `tempfile.mkdtemp()`, or remove this one; a step that was given its tables may be used often.",
        )
    for name in ("data", "studied", "cache"):
        (folder / name).mkdir(parents=True)
    datasets = _Named("dataset", {})
    for name, frame in data.items():
        table = to_batch(frame).table
        pq.write_table(table, folder / "data" / f"{name}.parquet")
        datasets[name] = Dataset(name, (folder / "data" / f"{name}.parquet",), _digest(row_digests(table)), table.num_rows)
    folders = _Named("model", {name: Path(place) for name, place in models.items()})
    told = [f"{name} {one.content}" for name, one in datasets.items()] + [f"{name} {place}" for name, place in folders.items()]
    content = _digest([line.encode() for line in told])
    return Work(datasets, folders, folder / "studied", folder / "cache", content, 0), Studied(content, folder / "studied", folders, folder / "cache")


def _digest(parts: Sequence[bytes]) -> str:
    return hashlib.blake2b(b"\0".join(parts), digest_size=16).hexdigest()
