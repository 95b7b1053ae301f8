"""The store: an object is whole or it is not there; a key that moves is a finding."""

from __future__ import annotations

import errno
import json
import multiprocessing
from pathlib import Path

import pytest

from tilth.errors import DiskFull, StoreBusy, StoreDamaged, UsageError
from tilth.store.objects import Store, disk_error, write_file


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / ".tilth")
    store.create()
    return store


def put(store: Store, key: str, content: str, text: str = "x") -> None:
    folder = store.work(key)
    (folder / "file").write_text(text)
    store.commit(key, folder, content, {"what": "test"}, 1.5)


def test_what_was_committed_is_found_by_its_key_in_another_process_too(store: Store) -> None:
    assert store.find("k" * 40) is None
    put(store, "k" * 40, "c" * 40)
    found = Store(store.root).find("k" * 40)
    assert found is not None
    assert (found.content, found.manifest, found.seconds) == ("c" * 40, {"what": "test"}, 1.5)
    assert (store.path(found.content) / "file").read_text() == "x"


def test_an_object_without_its_manifest_is_not_there_and_is_replaced(store: Store) -> None:
    half = store.path("c" * 40)
    half.mkdir(parents=True)
    (half / "file").write_text("half-made")
    put(store, "k" * 40, "c" * 40, "whole")
    assert (half / "file").read_text() == "whole"


def test_the_same_content_under_two_keys_is_one_object(store: Store) -> None:
    put(store, "a" * 40, "c" * 40, "first")
    put(store, "b" * 40, "c" * 40, "second")
    assert (store.path("c" * 40) / "file").read_text() == "first"
    assert not list((store.root / "work").iterdir())


def test_the_same_key_with_other_content_is_a_finding(store: Store) -> None:
    put(store, "a" * 40, "c" * 40)
    assert store.findings() == []
    put(store, "a" * 40, "d" * 40)
    assert "not deterministic" in store.findings()[0]


def test_a_blind_store_finds_only_what_it_made_itself(store: Store) -> None:
    put(store, "a" * 40, "c" * 40)
    blind = Store(store.root, blind=True)
    assert blind.find("a" * 40) is None
    put(blind, "a" * 40, "d" * 40)
    assert blind.find("a" * 40) is not None
    assert store.findings(), "what it made again differs, and that is told"


def test_a_lost_object_is_told_with_the_way_to_mend_it(store: Store) -> None:
    with pytest.raises(StoreDamaged, match="`tilth run` makes it again"):
        store.manifest("f" * 40)


def test_half_made_work_is_cleared_but_not_what_can_be_gone_on_with(store: Store) -> None:
    store.work("a" * 40)
    scratch = store.scratch("b" * 40)
    store.clear_work()
    assert list((store.root / "work").iterdir()) == [scratch]


def test_two_processes_do_not_hold_one_store(store: Store) -> None:
    context = multiprocessing.get_context("forkserver")
    with store.held():
        store.doing("read")
        child = context.Process(target=_refused, args=(store.root,))
        child.start()
        child.join()
        assert child.exitcode == 0


def _refused(root: Path) -> None:
    try:
        with Store(root).held():
            raise SystemExit(1)
    except StoreBusy as error:
        raise SystemExit(0 if "(read)" in str(error) else 2) from error


def test_a_store_of_another_version_is_refused(store: Store) -> None:
    (store.root / "format").write_text("99")
    with pytest.raises(UsageError, match="format 99"):
        store.check()


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_file(tmp_path / "a.json", json.dumps([1]).encode())
    write_file(tmp_path / "a.json", json.dumps([2]).encode())
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert json.loads((tmp_path / "a.json").read_bytes()) == [2]


def test_a_full_disk_and_a_forbidden_folder_have_their_own_words(tmp_path: Path) -> None:
    full = disk_error(OSError(errno.ENOSPC, "No space left on device"), tmp_path)
    assert isinstance(full, DiskFull)
    assert "tilth sweep" in str(full)
    forbidden = disk_error(OSError(errno.EROFS, "Read-only file system"), tmp_path)
    assert isinstance(forbidden, UsageError)
    assert "TILTH_STORE" in str(forbidden)
    other = OSError(errno.EIO, "Input/output error")
    assert disk_error(other, tmp_path) is other
