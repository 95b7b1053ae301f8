"""Runs: what people say aloud. `runs/<name>/<n>/` is whole, or it is not there.

    record.json    who, when, versions, machine; the path of every dataset through the store
    facts.json     what the report shows
    report.html    the page
    recipe.yaml    the recipe as resolved
    data/<dataset>/<part>-00000-of-0000N.parquet, decisions/, models/<name>/, scores/<name>.parquet

Files are hard links to the store's objects, so a run costs no disk; where links cannot be, copies.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilth.errors import NotThere
from tilth.store.objects import Store, sync_tree, write_file


@dataclass(frozen=True)
class Run:
    """A finished run."""

    folder: Path

    @property
    def name(self) -> str:
        """The recipe's name."""
        return self.folder.parent.name

    @property
    def number(self) -> int:
        """Which run of that recipe it is, from 1."""
        return int(self.folder.name)

    def record(self) -> dict[str, Any]:
        """All that is known of it."""
        return dict(json.loads((self.folder / "record.json").read_bytes()))

    def facts(self) -> dict[str, Any]:
        """What the report shows."""
        return dict(json.loads((self.folder / "facts.json").read_bytes()))

    def store(self) -> Store:
        """The store that it was made in."""
        return Store((self.folder / self.record()["store"]).resolve())


class Runs:
    """The runs beside a recipe."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def all(self) -> list[Run]:
        """Every finished run, by name and number."""
        if not self.root.is_dir():
            return []
        found = [Run(folder) for folder in self.root.glob("*/*") if folder.name.isdigit() and (folder / "record.json").exists()]
        return sorted(found, key=lambda run: (run.name, run.number))

    def latest(self, name: str) -> Run | None:
        """The newest finished run of a name."""
        mine = [run for run in self.all() if run.name == name]
        return mine[-1] if mine else None

    def find(self, said: str | None) -> Run:
        """The run that people mean: a folder, `name`, `name/3`; nothing said: the one made last.

        Raises NotThere, naming the runs there are."""
        every = self.all()
        if said and (Path(said) / "record.json").exists():
            return Run(Path(said).resolve())
        if said is None:
            found = sorted(every, key=lambda run: (run.folder / "record.json").stat().st_mtime)[-1:]
        else:
            name, _, number = said.partition("/")
            found = [run for run in every if run.name == name and number in ("", "latest", str(run.number))][-1:]
        if not found:
            names = ", ".join(f"{run.name}/{run.number}" for run in every) or "none"
            asked = f"There is no run `{said}`." if said else "There is no run yet."
            raise NotThere(asked, where=str(self.root), accepted=f"Runs: {names}.", remedy="`tilth run RECIPE` makes one.")
        return found[0]

    def settle(self, name: str) -> None:
        """Remove what a killed process left half-made, and let `latest` point to the newest run of a name."""
        place, newest = self.root / name, self.latest(name)
        for left in place.glob(".half-*"):
            shutil.rmtree(left)
        for left in place.glob(".latest-*"):
            left.unlink()
        if newest is not None and (place / "latest").resolve() != newest.folder.resolve():
            self._point(newest)

    def _point(self, run: Run) -> None:
        half = run.folder.parent / f".latest-{uuid.uuid4().hex[:8]}"
        half.symlink_to(run.folder.name)
        half.replace(run.folder.parent / "latest")

    def begin(self, name: str) -> Path:
        """A folder to put a run together in."""
        folder = self.root / name / f".half-{uuid.uuid4().hex[:8]}"
        folder.mkdir(parents=True)
        return folder

    def number(self, name: str) -> int:
        """The number that the next run of a name gets."""
        latest = self.latest(name)
        return 1 if latest is None else latest.number + 1

    def finish(self, folder: Path, number: int) -> Run:
        """Give the folder its number; from now on the run is there. `latest` points to it."""
        sync_tree(folder)
        place = folder.parent / str(number)
        folder.rename(place)
        self._point(Run(place))
        return Run(place)


def write_json(path: Path, told: Mapping[str, Any], indent: int | None = 1) -> None:
    """Write a mapping as JSON for people and programs; without `indent`, on one line."""
    write_file(path, json.dumps(told, indent=indent, ensure_ascii=False).encode())


def link(source: Path, target: Path) -> None:
    """Let `target` be the same file as `source`, read-only since it belongs to the store; else a copy."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.chmod(0o444)
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
