"""Folders that are there completely or not at all: checkpoints that survive a killed process.

A folder is written under another name, every file is synced, a manifest with the digest of each file
is written last, and the folder is renamed. A folder is valid when its manifest is there and every
digest agrees.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tilth.errors import AskedWrong

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Checkpoint:
    """A valid folder, the step at which it was made, and what its manifest says."""

    folder: Path
    step: int
    facts: Mapping[str, Any]


def digest_of(content: bytes) -> str:
    """The blake2b digest of bytes, 32 hexadecimal letters."""
    return blake2b(content, digest_size=16).hexdigest()


def digest(file: Path) -> str:
    """The blake2b digest of a file's bytes, 32 hexadecimal letters."""
    found = blake2b(digest_size=16)
    with file.open("rb") as stream:
        while piece := stream.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


def commit(made: Path, final: Path, facts: Mapping[str, Any]) -> None:
    """Turn the folder `made` into the valid folder `final`, which replaces an older one of this name."""
    files = sorted(file for file in made.rglob("*") if file.is_file())
    manifest = {"facts": dict(facts), "files": {file.relative_to(made).as_posix(): digest(file) for file in files}}
    (made / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    for path in (*files, made / MANIFEST, made):
        sync(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    if final.exists():
        shutil.rmtree(final)
    made.rename(final)
    sync(final.parent)


def sync(path: Path) -> None:
    """Have the disk hold what was written to a file or folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(folder: Path) -> Checkpoint | None:
    """The checkpoint in a folder named by its step, or None when the folder is not valid."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        whole = all(digest(folder / name) == wanted for name, wanted in manifest["files"].items())
    except (OSError, ValueError, KeyError):
        return None
    return Checkpoint(folder, int(folder.name), manifest["facts"]) if whole else None


def steps(folder: Path) -> list[int]:
    """The steps at which checkpoints were made here, oldest first, valid or not."""
    return sorted(int(entry.name) for entry in folder.glob("*") if entry.name.isdigit())


def newest(folder: Path) -> tuple[Checkpoint | None, list[int]]:
    """The newest valid checkpoint, and the steps of newer ones that are damaged."""
    damaged: list[int] = []
    for step in reversed(steps(folder)):
        found = read(folder / str(step))
        if found is not None:
            return found, damaged
        damaged.append(step)
    return None, damaged


def facts_of(folder: Path) -> Mapping[str, Any]:
    """What the manifest of a folder says, its files unread; nothing when it cannot be read."""
    try:
        facts: Mapping[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["facts"]
    except (OSError, ValueError, KeyError):
        return {}
    return facts


def keep_only(folder: Path, wanted: Collection[int | None]) -> None:
    """Remove the checkpoints whose steps are not wanted."""
    for step in set(steps(folder)).difference(wanted):
        shutil.rmtree(folder / str(step))


def same_identity(checkpoint: Checkpoint, identity: Mapping[str, Any]) -> None:
    """Raises AskedWrong, with both values, when a checkpoint belongs to other data or another recipe."""
    before = checkpoint.facts.get("identity", {})
    other = sorted(name for name in {*before, *identity} if before.get(name) != identity.get(name))
    if other:
        values = "; ".join(f"{name}: then {before.get(name)!r}, now {identity.get(name)!r}" for name in other)
        raise AskedWrong(
            f"The checkpoint of step {checkpoint.step} belongs to another training ({values}).",
            where=str(checkpoint.folder),
            remedy="Restore what was asked then, or remove that folder's parent to begin anew.",
        )
