"""The books of a finished run, checked once more from the ids that lie in the store.

For every stage and shard: the rows that entered are those that left the stage before, and each of
them is either kept or has a line that says why not. At the end the files of each part hold exactly
the rows that stayed, in their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tilth.errors import BooksDoNotBalance, RowsLetGo, TilthError
from tilth.execute.pieces import Piece, balance, ids
from tilth.record import Ids, as_ids
from tilth.store.objects import Store
from tilth.store.runs import Run
from tilth.store.tables import read_table
from tilth.store.verify import Mismatch, same_files


def audit(store: Store, run: Run, record: Mapping[str, Any]) -> list[Mismatch]:
    """What does not balance in a run, and which of its files are not those of the store."""
    wrong = [one for name, data in record["data"].items() for one in _dataset(store, f"{run.name}/{run.number} {name}", data)]
    return wrong + same_files(list(_files(store, run, record)))


def _dataset(store: Store, where: str, data: Mapping[str, Any]) -> Iterator[Mismatch]:
    for stage in data["stages"]:
        for number in range(len(stage["rows"])):
            yield from _said(f"{where}, {', '.join(stage['steps']) or 'source'}, shard {number}", _shard, store, stage, number)
    for part, content in data["parts"].items():
        yield from _said(f"{where}, part {part}", _part, store, data, (part, content))


def _said(where: str, check: Any, *task: Any) -> Iterator[Mismatch]:
    """What a check finds, as a mismatch; an object that cannot be read is one as well. Of rows that were let go on purpose there is
    nothing to check."""
    try:
        check(*task)
    except RowsLetGo:
        return
    except (TilthError, pa.ArrowException, OSError) as error:
        found = error.found if isinstance(error, TilthError) else str(error).strip().splitlines()[0]
        yield Mismatch(where, found)


def _shard(store: Store, stage: Mapping[str, Any], number: int) -> None:
    """Those that entered a shard's stage left the one before; each is kept or its drop is in the books."""
    rows, verdict = stage["rows"][number], stage["verdicts"][number]
    came = ids(store, Piece(*stage["before"][number])) if stage["before"] else ids(store, Piece(rows, None, 0))
    if stage["entered"][number] != len(came):
        raise BooksDoNotBalance(f"The record says that {stage['entered'][number]} rows entered, and {len(came)} did.")
    if stage["kind"] == "applied":
        _copied(store, rows, came)
    elif stage["before"] and stage["before"][number][0] != rows:
        _same(came, ids(store, Piece(rows, None, 0)), "The rows that were read from the stage before are not those that were stored")
    if verdict is not None:
        kept = ids(store, Piece(rows, verdict, 0))
        balance("", came, kept, as_ids(read_table(store.path(verdict) / "decisions.parquet", ["id"])["id"]))


def _copied(store: Store, rows: str, came: Ids) -> None:
    """Where rows were written anew as they were decided to be: all that came are there, in order, and what else is there was made
    of one of them."""
    table = read_table(store.rows(rows), ["id"])
    every = as_ids(table["id"])
    own = np.isin(every.view("S16"), came.view("S16"))
    _same(came, every[own], "The rows that were decided to stay are not those that were stored")
    if own.all():
        return
    parents = read_table(store.rows(rows), ["parents"])["parents"].filter(pa.array(~own))
    strange = set(pc.list_flatten(parents).to_pylist()) - {bytes(one) for one in came}
    if strange or pc.list_value_length(parents).null_count:
        raise BooksDoNotBalance(f"{len(strange)} rows are copies of rows that did not come.")


def _part(store: Store, data: Mapping[str, Any], told: tuple[str, str]) -> None:
    """The files of a part hold the rows that stayed, in order."""
    part, content = told
    pieces = [Piece(*piece) for piece in data["pieces"]]
    if part in data["part_names"]:
        number = data["part_names"].index(part)
        pieces = [Piece(piece.rows, piece.keep, piece.count, number) for piece in pieces]
    written = [as_ids(read_table(path, ["id"])["id"]) for path in sorted(store.path(content).glob("*.parquet"))]
    _same(_joined([ids(store, piece) for piece in pieces]), _joined(written), "The files do not hold the rows that stayed")


def _joined(some: Sequence[Ids]) -> Ids:
    return np.concatenate(some) if some else np.empty(0, "V16")


def _same(one: Ids, other: Ids, found: str) -> None:
    if not np.array_equal(one, other):
        raise BooksDoNotBalance(f"{found}: {len(one)} rows there, {len(other)} here.")


def _files(store: Store, run: Run, record: Mapping[str, Any]) -> Iterator[tuple[Path, Path]]:
    """Each file of the run's folder beside the one of the store that it should be."""
    for name, data in record["data"].items():
        for part, content in data["parts"].items():
            stored = sorted(store.path(content).glob("*.parquet"))
            yield from ((run.folder / "data" / name / f"{part}-{place:05}-of-{len(stored):05}.parquet", path) for place, path in enumerate(stored))
        if data["books"] is not None:
            yield from (
                (run.folder / what / f"{name}.parquet", store.path(data["books"]) / f"{what}.parquet") for what in ("decisions", "quarantine")
            )
    for name, model in record["models"].items():
        made = store.find(model["key"])
        if made is not None:
            root = store.path(made.content) / "model"
            yield from ((run.folder / "models" / name / path.relative_to(root), path) for path in sorted(root.rglob("*")) if path.is_file())
        if "metrics" in model:
            told = store.path(model["metrics"])
            yield from (((run.folder / "metrics" / name).with_suffix(path.suffix), path) for path in told.glob("metrics.*"))
    for name, key in record["scores"].items():
        judged = store.find(key)
        if judged is not None:
            yield run.folder / "scores" / f"{name}.parquet", store.path(judged.content) / "items.parquet"
