"""Verifying: an object's files give its name, or it is said what is wrong."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from tests.projects import Project, some_rows
from tilth.store.files import folder_content
from tilth.store.keys import key_of
from tilth.store.objects import Store
from tilth.store.tables import read_table, write_table
from tilth.store.verify import check_object, dangling, every_object, same_files, table


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("a.jsonl", some_rows())
    made.run()
    return made


def objects(store: Store) -> dict[str, str]:
    """One object of each kind."""
    return {store.manifest(content)["what"]: content for content in every_object(store)}


def test_every_kind_of_object_of_a_run_gives_its_own_name(project: Project) -> None:
    found = objects(project.store)
    assert set(found) == {"survey", "rows", "measures", "verdict", "sketch", "compared", "dataset", "books"}
    assert [one for content in every_object(project.store) for one in check_object(project.store, content)] == []


@pytest.mark.parametrize("what", ["rows", "measures", "verdict", "sketch", "dataset", "books"])
def test_a_row_less_is_found_by_content_and_by_count(project: Project, what: str) -> None:
    folder = project.store.path(objects(project.store)[what])
    file = max(folder.glob("*.parquet"), key=lambda path: read_table(path).num_rows)
    file.chmod(0o644)
    write_table(file, read_table(file).slice(1))
    found = [one.found for one in check_object(project.store, folder.parent.name + folder.name)]
    assert any("which is not its name" in one for one in found)
    assert any("the manifest says" in one for one in found)


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"PAR1"), lambda path: path.write_bytes(b"")])
def test_a_file_that_is_gone_or_broken_is_told_and_does_not_stop_the_rest(project: Project, damage: Callable[[Path], object]) -> None:
    content = objects(project.store)["rows"]
    file = project.store.path(content) / "rows.parquet"
    file.chmod(0o644)
    damage(file)
    (found,) = check_object(project.store, content)
    assert found.where == str(project.store.path(content)) and found.found.startswith("cannot be read: ")


def test_an_object_without_a_manifest_or_of_an_unknown_kind_is_told(project: Project) -> None:
    content = objects(project.store)["rows"]
    manifest = project.store.path(content) / "manifest.json"
    manifest.write_text('{"what": "riddle"}')
    assert [one.found for one in check_object(project.store, content)] == ["cannot be read: 'riddle'"]
    manifest.unlink()
    assert check_object(project.store, content)[0].found.startswith("cannot be read: ")


def test_a_model_is_known_by_the_bytes_and_names_of_its_files(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.create()
    folder = store.work("k")
    (folder / "model" / "deep").mkdir(parents=True)
    (folder / "model" / "deep" / "weights").write_bytes(b"1")
    from_files = folder_content(folder / "model")
    store.commit("k", folder, from_files, {"what": "model", "facts": {}})
    assert check_object(store, from_files) == []
    (store.path(from_files) / "model" / "deep" / "weights").write_bytes(b"2")
    assert len(check_object(store, from_files)) == 1


def test_several_files_are_one_table_wherever_they_are_cut(tmp_path: Path) -> None:
    rows = pa.table({"n": [1, 2, 3]})
    whole, first, second = (tmp_path / name for name in "abc")
    for path, part in ((whole, rows), (first, rows.slice(0, 1)), (second, rows.slice(1))):
        write_table(path, part)
    assert table(whole) == table(first, second)
    assert table(whole).digest != table(second, first).digest


def test_keys_that_point_to_nothing_are_told(project: Project) -> None:
    assert dangling(project.store) == []
    project.store.root.joinpath("keys/ab").mkdir(exist_ok=True)
    (project.store.root / "keys/ab/cd").write_text('{"content": "0123"}')
    (project.store.root / "keys/ab/ef").write_text("{")
    assert [one.found for one in dangling(project.store)] == ["this key points to 0123, which is not there", "this key cannot be read"]


def test_a_copy_is_the_same_file_and_a_changed_one_is_not(tmp_path: Path) -> None:
    one, same, other = (tmp_path / name for name in ("one", "same", "other"))
    for path, text in ((one, "a"), (same, "a"), (other, "b")):
        path.write_text(text)
    found = same_files([(same, one), (other, one), (tmp_path / "gone", one)])
    assert [Path(mismatch.where).name for mismatch in found] == ["other", "gone"]


def test_the_survey_is_all_manifest(project: Project) -> None:
    content = objects(project.store)["survey"]
    assert key_of(project.store.manifest(content)) == content
