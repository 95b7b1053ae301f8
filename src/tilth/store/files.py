"""Content digests of source files, cached by path, size, times and inode."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from tilth.errors import NotThere
from tilth.store.keys import key_of
from tilth.store.objects import write_file
from tilth.store.tables import sync


def digest_file(path: str) -> str:
    """Forty hexadecimal digits for the bytes of a file (blake2b). Raises NotThere when it cannot be read."""
    whole = hashlib.blake2b(digest_size=20)
    try:
        with Path(path).open("rb") as file:
            while piece := file.read(1 << 22):
                whole.update(piece)
    except OSError as error:
        raise NotThere(f"The file cannot be read: {error.strerror}.", where=path) from error
    return whole.hexdigest()


class FileDigests:
    """What is known of source files: a digest is believed while size, times and inode stay the same."""

    def __init__(self, root: Path) -> None:
        self._path = root / "files.json"
        self._root = root
        self._known: dict[str, list[object]] = json.loads(self._path.read_bytes()) if self._path.exists() else {}
        self._new = False

    def known(self, path: str) -> str | None:
        """The digest of a file, if it is unchanged since it was taken."""
        told = self._known.get(self._name(path))
        return str(told[-1]) if told is not None and told[:-1] == _stamp(path) else None

    def add(self, digests: Mapping[str, str]) -> None:
        """Remember digests that were taken just now."""
        for path, digest in digests.items():
            self._known[self._name(path)] = [*_stamp(path), digest]
            self._new = True

    def _name(self, path: str) -> str:
        """The way from the store to a file, so that it is the same from any folder, and after both have moved."""
        return os.path.relpath(path, self._root)

    def save(self) -> None:
        """Write what is new."""
        if self._new:
            write_file(self._path, json.dumps(self._known).encode(), self._path.parent / "work")
            self._new = False


def _stamp(path: str) -> list[object]:
    try:
        told = Path(path).stat()
    except OSError as error:
        raise NotThere(f"The file cannot be read: {error.strerror}.", where=path) from error
    return [told.st_size, told.st_mtime_ns, told.st_ino]


def digest_of_shard(digests: Mapping[str, str], paths: Sequence[str], fingerprint: str) -> list[str]:
    """What identifies the bytes of a shard: the digests of its files, or its own fingerprint."""
    return [digests[path] for path in paths] if paths else [fingerprint]


def folder_content(folder: Path) -> str:
    """The content of a folder of files: their names and bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        sync(path)
    return key_of([[str(path.relative_to(folder)), digest_file(str(path))] for path in files])
