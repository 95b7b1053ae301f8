"""Finding a row by its id, a part of it, or its value in the id column."""

import os

import pytest

from tests.projects import Project, table
from tilth.errors import NotThere, StoreDamaged, UsageError
from tilth.execute.rows import Archive, find_id, places_of
from tilth.record import as_ids, id_array, ids_of_values, shown


@pytest.fixture
def archive(project: Project) -> Archive:
    return Archive(project.run(shard_bytes=1500))


def test_a_row_is_found_by_all_its_letters_and_by_its_first(archive: Archive) -> None:
    for row_id in table(archive.run, "docs")["id"].to_pylist()[:20]:
        letters = shown(row_id)
        assert find_id(archive, letters) == find_id(archive, letters.upper()) == row_id
        assert find_id(archive, letters[:14]) == row_id


def test_too_few_letters_name_nobody(archive: Archive) -> None:
    with pytest.raises(NotThere, match="its first six are enough"):
        find_id(archive, shown(table(archive.run, "docs")["id"][0].as_py())[:5])


def test_a_prefix_of_several_rows_names_them(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive(project.run())
    twins = [b"\x01" * 5 + bytes([number]) * 11 for number in range(7)]
    monkeypatch.setattr(archive, "ids", lambda content, name="rows.parquet": as_ids(id_array(twins)))
    with pytest.raises(UsageError, match=f"7 rows have ids that begin with `{shown(twins[0])[:8]}`.*{shown(twins[4])} …"):
        find_id(archive, shown(twins[0])[:8])


def test_with_an_id_column_its_value_is_an_id_too(project: Project) -> None:
    project.write_recipe((project.folder / "recipe.yaml").read_text().replace('"raw/*.jsonl"', '"raw/*.jsonl", id: n'))
    archive = Archive(project.run())
    assert find_id(archive, "17") == ids_of_values([17])[0]
    with pytest.raises(NotThere, match="No row of small/1 has the id `1700`"):
        find_id(archive, "1700")


def test_places_are_exact_in_all_sixteen_bytes() -> None:
    ids = as_ids(id_array([b"a" * 16, b"a" * 15 + b"b", b"a" * 16]))
    assert places_of(ids, b"a" * 16).tolist() == [0, 2]
    assert places_of(as_ids(id_array([])), b"a" * 16).tolist() == []


def test_a_random_id_is_nowhere(archive: Archive) -> None:
    with pytest.raises(NotThere):
        find_id(archive, shown(os.urandom(16)))


def test_where_the_store_is_gone_it_is_said_what_is_left(project: Project) -> None:
    run = project.run()
    project.store.root.rename(project.folder / "moved")
    with pytest.raises(StoreDamaged, match=r"is not in the store. `tilth run` makes it again. Until then .*decisions tells"):
        find_id(Archive(run), "abcdefgh")
