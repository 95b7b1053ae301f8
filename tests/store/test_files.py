"""Digests of source files: believed while the file is unchanged, and only then."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tilth.errors import NotThere
from tilth.store.files import FileDigests, digest_file, digest_of_shard
from tilth.store.objects import Store


def test_a_digest_is_known_until_the_file_changes(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("one")
    known = FileDigests(tmp_path)
    assert known.known(str(file)) is None
    known.add({str(file): digest_file(str(file))})
    Store(tmp_path).create()
    known.save()
    assert FileDigests(tmp_path).known(str(file)) == digest_file(str(file))
    file.write_text("two")
    assert FileDigests(tmp_path).known(str(file)) is None


def test_a_file_is_known_from_any_folder_and_after_all_has_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "here"
    Store(place / "store").create()
    (place / "a.txt").write_text("one")
    monkeypatch.chdir(place)
    known = FileDigests(Path("store"))
    known.add({"a.txt": digest_file("a.txt")})
    known.save()
    moved = place.rename(tmp_path / "there")
    monkeypatch.chdir(tmp_path)
    assert FileDigests(moved / "store").known(str(moved / "a.txt")) is not None
    assert FileDigests(Path("there/store")).known("there/a.txt") is not None


def test_the_same_size_and_time_in_another_inode_is_another_file(tmp_path: Path) -> None:
    file, other = tmp_path / "a.txt", tmp_path / "b.txt"
    file.write_text("one")
    known = FileDigests(tmp_path)
    known.add({str(file): digest_file(str(file))})
    other.write_text("two")
    stamp = file.stat()
    os.utime(other, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    other.replace(file)
    assert known.known(str(file)) is None


def test_a_file_that_is_gone_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match="gone.txt"):
        digest_file(str(tmp_path / "gone.txt"))


def test_a_shard_without_files_is_known_by_its_fingerprint() -> None:
    assert digest_of_shard({}, (), "version 3") == ["version 3"]
    assert digest_of_shard({"a": "1", "b": "2"}, ("b", "a"), "") == ["2", "1"]
