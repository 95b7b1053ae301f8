"""Verifying: the content of an object is computed again from its files and compared with its name.

Tables are digested by their values, as they were when they were written; models by the bytes of their
files. So a value that changed, a file that was cut off or edited, and one that was put in another's
place all show; a byte of a table's file that carries no value (a statistic, an unused bit) does not.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.errors import TilthError
from tilth.store.files import digest_file, folder_content
from tilth.store.keys import key_of
from tilth.store.objects import LET_GO, Store
from tilth.store.tables import TableDigest, read_batches

ROWS = 65_536


@dataclass(frozen=True)
class Mismatch:
    """Something that is not what was stored: which object or file, and what is wrong with it."""

    where: str
    found: str


@dataclass(frozen=True)
class Table:
    """What a stored table holds: its digest and its rows."""

    digest: str
    rows: int


def table(*paths: Path) -> Table:
    """The content of the table that these files hold one after another."""
    digest = TableDigest(pq.read_schema(paths[0]))
    rows = 0
    for path in paths:
        for piece in read_batches(path, ROWS):
            digest.update(piece)
            rows += piece.num_rows
    return Table(digest.hexdigest(), rows)


def check_object(store: Store, content: str) -> list[Mismatch]:
    """What is wrong with an object; nothing when its files give its name and hold what its manifest says."""
    folder = store.path(content)
    try:
        manifest = store.manifest(content)
        if (folder / LET_GO).exists():
            return []  # its rows were removed on purpose; the next run that needs them makes it anew
        found, counted = CONTENTS[manifest["what"]](folder, manifest)
    except (pa.ArrowException, OSError, ValueError, LookupError, TilthError) as error:
        return [Mismatch(str(folder), f"cannot be read: {str(error).strip().splitlines()[0] or type(error).__name__}")]
    wrong = [] if found == content else [f"its files give the content {found}, which is not its name"]
    wrong += [f"the manifest says {manifest[name]} for `{name}`, and {rows} are there" for name, rows in counted.items() if manifest[name] != rows]
    return [Mismatch(str(folder), f"{manifest['what']}: {words}") for words in wrong]


Counted = dict[str, int]
Found = tuple[str, Counted]


def _survey(folder: Path, manifest: Mapping[str, Any]) -> Found:
    return key_of(manifest), {}


def _rows(folder: Path, manifest: Mapping[str, Any]) -> Found:
    rows, edits, bad = (table(folder / f"{name}.parquet") for name in ("rows", "edits", "quarantine"))
    return key_of([rows.digest, edits.digest, bad.digest]), {"rows": rows.rows, "bad": bad.rows}


def _measures(folder: Path, manifest: Mapping[str, Any]) -> Found:
    values = table(folder / "measures.parquet")
    return key_of(["measures", values.digest]), {"rows": values.rows}


def _verdict(folder: Path, manifest: Mapping[str, Any]) -> Found:
    keep, decided = (table(folder / f"{name}.parquet") for name in ("keep", "decisions"))
    cuts = [table(path).digest for path in folder.glob("cuts.parquet")]
    return key_of([keep.digest, decided.digest, *cuts]), {"kept": keep.rows, "rows_in": keep.rows + decided.rows}


def _sketch(folder: Path, manifest: Mapping[str, Any]) -> Found:
    sketched = table(folder / "sketch.parquet")
    return key_of(["sketch", sketched.digest]), {"rows": sketched.rows}


def _compared(folder: Path, manifest: Mapping[str, Any]) -> Found:
    pairs = table(folder / "pairs.parquet")
    return key_of(["compared", pairs.digest]), {"rows": pairs.rows}


def _dataset(folder: Path, manifest: Mapping[str, Any]) -> Found:
    files = sorted(folder.glob("*.parquet"))
    rows = table(*files)
    return key_of(["dataset", rows.digest, len(files)]), {"rows": rows.rows, "files": len(files)}


def _books(folder: Path, manifest: Mapping[str, Any]) -> Found:
    decided, bad = (table(folder / f"{name}.parquet") for name in ("decisions", "quarantine"))
    return key_of(["books", decided.digest, bad.digest]), {"decisions": decided.rows, "bad": bad.rows}


def _model(folder: Path, manifest: Mapping[str, Any]) -> Found:
    return folder_content(folder / "model"), {}


def _studied(folder: Path, manifest: Mapping[str, Any]) -> Found:
    return key_of(["studied", folder_content(folder / "studied")]), {}


def _metrics(folder: Path, manifest: Mapping[str, Any]) -> Found:
    return key_of(["metrics", digest_file(str(folder / "metrics.jsonl"))]), {"lines": table(folder / "metrics.parquet").rows}


def _score(folder: Path, manifest: Mapping[str, Any]) -> Found:
    compared = [{"by": manifest["by"], "ratios": manifest["ratios"]}] if "ratios" in manifest else []
    return key_of([table(folder / "items.parquet").digest, manifest["scores"], *compared]), {}


CONTENTS: dict[str, Callable[[Path, Mapping[str, Any]], Found]] = {
    "survey": _survey,
    "rows": _rows,
    "measures": _measures,
    "verdict": _verdict,
    "sketch": _sketch,
    "compared": _compared,
    "dataset": _dataset,
    "books": _books,
    "model": _model,
    "studied": _studied,
    "metrics": _metrics,
    "score": _score,
}
"""For each kind of object how its name follows from its files, and what its manifest counts of them."""


def every_object(store: Store) -> list[str]:
    """The contents of all objects of a store."""
    folders = (store.root / "objects").glob("*/*")
    return sorted(folder.parent.name + folder.name for folder in folders)


def dangling(store: Store) -> list[Mismatch]:
    """Keys that cannot be read, or whose object is not there."""
    wrong = []
    for key in sorted((store.root / "keys").glob("*/*")):
        try:
            content = json.loads(key.read_bytes())["content"]
        except (ValueError, LookupError, OSError):
            wrong.append(Mismatch(str(key), "this key cannot be read"))
            continue
        if not (store.path(content) / "manifest.json").exists():
            wrong.append(Mismatch(str(key), f"this key points to {content}, which is not there"))
    return wrong


def same_files(pairs: Sequence[tuple[Path, Path]]) -> list[Mismatch]:
    """The files of a run that are not those of the store. Hard links to one file are the same by nature."""
    wrong = []
    for mine, stored in pairs:
        if not mine.is_file():
            wrong.append(Mismatch(str(mine), "this file is gone"))
        elif stored.is_file() and not os.path.samefile(mine, stored) and digest_file(str(mine)) != digest_file(str(stored)):
            wrong.append(Mismatch(str(mine), f"this file differs from {stored}"))
    return wrong
