"""Sweeping: what no run reaches is found, shown, and only then removed.

A run reaches the objects that its record names, and the models and scores under its keys. Every key
that points to a reached object stays, so that an unchanged run finds all its work still done. What is
reached from no run (earlier limits, settings that were tried, runs whose folder was removed) goes.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tilth.errors import StoreDamaged
from tilth.store.objects import RESUMABLE, Store
from tilth.store.runs import Run, Runs

RESTS = 7 * 24 * 3600
"""Seconds for which a half-made training is left alone: a run that was stopped may go on from it."""

PLACES = "runs.json"
"""The file in a store that names the folders whose runs live on it, as seen from the store."""


@dataclass
class Swept:
    """What no run reaches: objects, keys and half-made folders, and how many bytes they take."""

    objects: list[Path] = field(default_factory=list)
    keys: list[Path] = field(default_factory=list)
    work: list[Path] = field(default_factory=list)
    bytes: int = 0
    kept: int = 0
    resting: list[Path] = field(default_factory=list)
    """Half-made trainings that are young enough to be gone on with; they stay."""
    newer: int = 0
    """Objects that were made after the newest run: perhaps by one that was stopped."""
    runs: int = 0
    gone: list[Path] = field(default_factory=list)
    """Folders of runs that are not there any more."""

    def __bool__(self) -> bool:
        """Whether there is anything to remove."""
        return bool(self.objects or self.keys or self.work)


def remember(store: Store, runs: Runs) -> None:
    """Let the store know a folder whose runs live on it, so that sweeping from elsewhere spares them."""
    told, place = store.root / PLACES, os.path.relpath(runs.root.resolve(), store.root.resolve())
    known = json.loads(told.read_bytes()) if told.exists() else []
    if place not in known:
        store.write(told, json.dumps([*known, place]).encode())


def homes(store: Store, here: Runs) -> list[Runs]:
    """The folders of runs that live on the store: those it knows, and `here`."""
    told = store.root / PLACES
    known = [Path(os.path.normpath(store.root.resolve() / place)) for place in (json.loads(told.read_bytes()) if told.exists() else [])]
    return [Runs(place) for place in dict.fromkeys([*known, here.root.resolve()])]


def survey(store: Store, here: Runs) -> Swept:
    """What no run reaches. The store must be held, so that nothing is being made meanwhile."""
    places = homes(store, here)
    runs = [run for place in places for run in place.all()]
    swept = Swept(runs=len(runs), gone=[place.root for place in places if not place.root.is_dir() and place.root != here.root.resolve()])
    reached = {content for run in runs for content in contents_of(store, run)}
    newest = max((run.folder.stat().st_mtime for run in runs), default=0.0)
    for folder in _folders(store.root / "objects"):
        if folder.parent.name + folder.name in reached:
            swept.kept += 1
            continue
        swept.objects.append(folder)
        swept.bytes += freed(folder)
        swept.newer += bool(runs) and folder.stat().st_mtime > newest
    swept.keys = [key for key in _folders(store.root / "keys") if _content(key) not in reached]
    swept.bytes += sum(key.stat().st_size for key in swept.keys)
    for folder in sorted((store.root / "work").iterdir()):
        if (folder / RESUMABLE).exists() and time.time() - _touched(folder) < RESTS:
            swept.resting.append(folder)
        else:
            swept.work.append(folder)
            swept.bytes += freed(folder) if folder.is_dir() else folder.stat().st_size
    return swept


def remove(swept: Swept) -> None:
    """Remove what was found: keys first, so that nothing ever points to what is gone."""
    for key in swept.keys:
        key.unlink()
    for folder in swept.objects:
        (folder / "manifest.json").unlink(missing_ok=True)
        shutil.rmtree(folder)
    for left in swept.work:
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()
    for emptied in {path.parent for path in (*swept.keys, *swept.objects)}:
        if not any(emptied.iterdir()):
            emptied.rmdir()


def contents_of(store: Store, run: Run) -> Iterator[str]:
    """The contents of all objects that a run reaches."""
    record = read_record(run)
    for data in record["data"].values():
        yield from data["parts"].values()
        yield from data.get("surveys", ())
        yield from (content for content, _ in data.get("studied", {}).values())
        yield from _named([data["books"]])
        yield from _of_pieces(data["pieces"])
        for stage in data["stages"]:
            yield from _of_pieces(stage["before"] or ())
            for column in ("rows", "measures", "verdicts", "sketches", "compared"):
                yield from _named(stage.get(column, ()))
    yield from _named(model.get("metrics") for model in record["models"].values())
    for key in (*(model["key"] for model in record["models"].values()), *record["scores"].values()):
        made = store.find(key)
        if made is not None:
            yield made.content
            yield from _named([made.manifest.get("metrics")])


def read_record(run: Run) -> dict[str, Any]:
    """The record of a run. Raises StoreDamaged when it cannot be read: what it reaches is then unknown."""
    try:
        return run.record()
    except (ValueError, OSError) as error:
        raise StoreDamaged(
            f"The record of this run cannot be read: {error}.",
            where=str(run.folder / "record.json"),
            remedy="If the run is of no use any more, remove its folder; `tilth run` makes it again.",
        ) from error


def _named(contents: Iterable[str | None]) -> Iterator[str]:
    return (content for content in contents if content is not None)


def _of_pieces(pieces: Sequence[Sequence[Any]]) -> Iterator[str]:
    return _named(content for piece in pieces for content in piece[:2])


def _folders(root: Path) -> Iterator[Path]:
    """What lies two levels below: objects, or keys."""
    for shelf in sorted(root.iterdir()):
        yield from sorted(shelf.iterdir()) if shelf.is_dir() else ()


def _content(key: Path) -> str | None:
    """What a key points to; None when it cannot be read, and so points to nothing."""
    try:
        told: Mapping[str, Any] = json.loads(key.read_bytes())
    except ValueError:
        return None
    return str(told.get("content"))


def _touched(folder: Path) -> float:
    """When anything in a folder was last written."""
    return max((path.stat().st_mtime for path in (folder, *folder.rglob("*"))), default=0.0)


def freed(folder: Path) -> int:
    """Bytes on the disk that removing a folder gives back: files that a run holds too give back nothing."""
    told = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return sum(one.st_size for one in told if one.st_nlink == 1)
