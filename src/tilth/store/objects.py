"""The store: `objects/<content>/` never changes, `keys/<key>` points to a content.

    .tilth/format            the version of this layout
    .tilth/lock              held by the process that works here (flock)
    .tilth/objects/ab/cdef…  a folder of files, complete when its manifest, written last, is there
    .tilth/keys/ab/cdef…     the record of one making: content, what is known of it, seconds, when
    .tilth/work/<key>/       half-made things; emptied by the next run, but for what can be resumed
    .tilth/files.json        content digests of source files, by path, size, times and inode

Writes go to `work`, are synced and renamed. So a killed process leaves nothing half-made behind, and
two processes that make the same thing both end with the same object.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilth.errors import DiskFull, RowsLetGo, StoreBusy, StoreDamaged, UsageError
from tilth.store.tables import sync

FORMAT = "1"
LET_GO = "let-go"
"""The file in a rows object that says: its rows were removed on purpose."""

WIDTH = 47
"""How long the line in the lock file is."""

RESUMABLE = "resume"
"""The file in a work folder that says: a killed process may go on here."""


@dataclass(frozen=True)
class Made:
    """The record of one making: its content, what is known of it, and how long it took."""

    key: str
    content: str
    manifest: Mapping[str, Any]
    seconds: float


class Store:
    """A store on one disk. Opening one makes nothing; see `held` for writing.

    `blind`: what was made before is not found, so that it is made again and compared.
    """

    def __init__(self, root: Path, *, blind: bool = False) -> None:
        self.root = root
        self.blind = blind
        self._seen: dict[str, Made] = {}

    def __reduce__(self) -> tuple[Callable[[Path, bool], Store], tuple[Path, bool]]:
        """A store is sent to workers as its place alone."""
        return _opened, (self.root, self.blind)

    def create(self) -> None:
        """Make the folders, or refuse a layout of another version or a place that cannot be written."""
        try:
            for folder in ("objects", "keys", "work"):
                (self.root / folder).mkdir(parents=True, exist_ok=True)
            told = self.root / "format"
            if not told.exists():
                self.write(told, FORMAT.encode())
                self.write(self.root / ".gitignore", b"*\n")
        except OSError as error:
            raise disk_error(error, self.root) from error
        self.check()

    def check(self) -> None:
        """Refuse a store of another version."""
        told = self.root / "format"
        if told.exists() and told.read_text().strip() != FORMAT:
            raise UsageError(
                f"The store has format {told.read_text().strip()}; this version of tilth reads format {FORMAT}.",
                where=str(self.root),
                remedy="Use the version that made it, or name another store with TILTH_STORE.",
            )

    @contextmanager
    def held(self, *, waiting: Callable[[str], None] | None = None) -> Iterator[None]:
        """Hold the store alone. Another process that holds it is waited for, which `waiting` is told; without it, refused."""
        self.create()
        with (self.root / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                lock.seek(0)
                other = f"Process {lock.read().strip() or '?'} is working in this store"
                if waiting is None:
                    raise StoreBusy(f"{other}.", where=str(self.root)) from error
                waiting(f"{other} ({self.root}); waiting until it is done.")
                fcntl.flock(lock, fcntl.LOCK_EX)
            self.doing("begin")
            yield

    def doing(self, phase: str) -> None:
        """Say in the lock file what the process that holds it is doing, for those who wait.

        Written in place and always as long, so that it needs no room on a full disk."""
        with (self.root / "lock").open("r+") as lock:
            lock.write(f"{os.getpid()} ({phase})".ljust(WIDTH) + "\n")

    def clear_work(self) -> None:
        """Remove what killed processes left half-made, but for folders that can be gone on with."""
        for left in (self.root / "work").iterdir():
            if not left.is_dir():
                left.unlink()
            elif not (left / RESUMABLE).exists():
                shutil.rmtree(left)

    def write(self, path: Path, data: bytes) -> None:
        """Write a whole file of the store, by way of `work`: a killed process leaves nothing half-written beside it."""
        write_file(path, data, self.root / "work")

    def path(self, content: str) -> Path:
        """The folder of an object."""
        return self.root / "objects" / content[:2] / content[2:]

    def find(self, key: str) -> Made | None:
        """What a key points to, if it was made and its object is complete."""
        if key not in self._seen:
            known = None if self.blind else self._read(key)
            if known is None:
                return None
            self._seen[key] = known
        return self._seen[key]

    def _read(self, key: str) -> Made | None:
        try:
            told = json.loads((self.root / "keys" / key[:2] / key[2:]).read_bytes())
        except FileNotFoundError:
            return None
        if not (self.path(told["content"]) / "manifest.json").exists():
            return None
        return Made(key, told["content"], told["manifest"], told["seconds"])

    def manifest(self, content: str) -> dict[str, Any]:
        """What is known of an object. Raises StoreDamaged when it is gone."""
        try:
            return dict(json.loads((self.path(content) / "manifest.json").read_bytes()))
        except FileNotFoundError as error:
            raise StoreDamaged(f"The object {content} is not in the store.", where=str(self.root), remedy="`tilth run` makes it again.") from error

    def rows(self, content: str) -> Path:
        """The rows of a rows object. Raises RowsLetGo when they were let go."""
        folder = self.path(content)
        if (folder / LET_GO).exists():
            raise RowsLetGo(
                "The rows as they stood between steps were let go after a run with `keep_rows: false`.",
                where=str(folder),
                remedy="`tilth run` reads the sources again where it needs them.",
            )
        return folder / "rows.parquet"

    def let_go(self, content: str) -> None:
        """Remove the rows of a rows object; what is known of it stays."""
        folder = self.path(content)
        (folder / LET_GO).touch()
        (folder / "rows.parquet").unlink(missing_ok=True)

    def work(self, key: str) -> Path:
        """A new folder to make something in. It is nobody else's, also if two processes make the same."""
        folder = self.root / "work" / f"{key}-{uuid.uuid4().hex[:8]}"
        folder.mkdir(parents=True)
        return folder

    def scratch(self, key: str) -> Path:
        """The folder of a key that outlives a killed process, for work that resumes."""
        folder = self.root / "work" / key
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RESUMABLE).touch()
        return folder

    def drop_scratch(self, key: str) -> None:
        """Remove the scratch folder of a key, as what it was for is made."""
        shutil.rmtree(self.root / "work" / key, ignore_errors=True)

    def commit(self, key: str, folder: Path, content: str, manifest: Mapping[str, Any], seconds: float = 0.0) -> Made:
        """Make `folder` the object of `content`, and let `key` point to it.

        A key that pointed to another content is a finding: the step is not deterministic."""
        known = self._read(key)
        target = self.path(content)
        if (target / LET_GO).exists():
            shutil.rmtree(target)
        if (target / "manifest.json").exists():
            shutil.rmtree(folder)
        else:
            write_file(folder / "manifest.json", json.dumps(manifest, sort_keys=True).encode())
            sync_tree(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            self._rename(folder, target)
            sync(target.parent)
        if known is not None and known.content != content:
            self.note(f"The key {key} gave {known.content} before and gives {content} now: a step in it is not deterministic.")
        pointer = self.root / "keys" / key[:2] / key[2:]
        if known is None or known.content != content or self.blind:
            pointer.parent.mkdir(parents=True, exist_ok=True)
            told = {"content": content, "manifest": manifest, "seconds": round(seconds, 4), "made": int(time.time())}
            self.write(pointer, json.dumps(told).encode())
        self._seen[key] = Made(key, content, manifest, seconds)
        return self._seen[key]

    def _rename(self, folder: Path, target: Path) -> None:
        try:
            folder.rename(target)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            if (target / "manifest.json").exists():
                shutil.rmtree(folder)
                return
            shutil.rmtree(target)
            folder.rename(target)

    def forget(self, key: str) -> None:
        """Let a key point to nothing. The object stays until `sweep`."""
        self._seen.pop(key, None)
        (self.root / "keys" / key[:2] / key[2:]).unlink(missing_ok=True)

    def note(self, finding: str) -> None:
        """Keep a finding for the report of the run that is going on."""
        with (self.root / "findings.txt").open("a") as file:
            file.write(finding + "\n")

    def findings(self) -> list[str]:
        """The findings so far."""
        told = self.root / "findings.txt"
        return told.read_text().splitlines() if told.exists() else []


def _opened(root: Path, blind: bool) -> Store:  # noqa: FBT001 — pickle calls by position
    return Store(root, blind=blind)


def sync_tree(folder: Path) -> None:
    """See to it that the names below a folder are on the disk itself; files are synced by their writers."""
    for inner in (folder, *(one for one in folder.rglob("*") if one.is_dir())):
        sync(inner)


def write_file(path: Path, data: bytes, beside: Path | None = None) -> None:
    """Write a whole file so that it is there with all its bytes, or not at all. It is put together in
    the folder `beside`, on the same disk; without it, in its own."""
    half = (beside or path.parent) / f".{path.name}.{uuid.uuid4().hex[:8]}"
    try:
        with half.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        half.rename(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def disk_error(error: OSError, place: Path) -> Exception:
    """The error to show for an operating system's refusal to write."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        free = shutil.disk_usage(place if place.exists() else place.parent).free
        return DiskFull(
            f"The disk is full: {free / 1e6:,.0f} MB are left.",
            where=str(place),
            remedy="What was committed stays. Make room (`tilth sweep` shows what no run needs) and run the same command again.",
        )
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return UsageError(
            f"This folder cannot be written: {error.strerror}.",
            where=str(place),
            remedy="Name another store with TILTH_STORE, or run from a folder of yours.",
        )
    return error
