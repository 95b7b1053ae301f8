"""Where the store and the runs are, when no recipe says so."""

from pathlib import Path

import pytest

from tests.projects import Project
from tilth.cli import places
from tilth.errors import NotThere


def test_they_are_in_this_folder(done: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(done.folder)
    assert places.find_run(None).folder.name == "1"
    assert places.store_here().root == Path(".tilth")


def test_the_environment_goes_before_env_beside_the_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("TILTH_RUNS=elsewhere\n")
    monkeypatch.delenv("TILTH_RUNS", raising=False)
    assert places.told("TILTH_RUNS", tmp_path) == tmp_path / "elsewhere"
    assert places.told("TILTH_STORE", tmp_path) is None
    monkeypatch.setenv("TILTH_RUNS", "/there")
    assert places.told("TILTH_RUNS", tmp_path) == Path("/there")


@pytest.mark.parametrize(("here", "way"), [("..", "{name}"), ("raw", "{folder}")])
def test_someone_one_folder_too_high_or_low_is_told_the_way(done: Project, monkeypatch: pytest.MonkeyPatch, here: str, way: str) -> None:
    monkeypatch.chdir(done.folder / here)
    wanted = f"type `cd {way.format(name=done.folder.name, folder=done.folder)}` first"
    with pytest.raises(NotThere, match=wanted):
        places.find_run(None)
    with pytest.raises(NotThere, match=wanted):
        places.store_here()


def test_where_there_is_nothing_it_is_said_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotThere, match="There is no run yet. `tilth run RECIPE` makes one"):
        places.find_run(None)


@pytest.mark.parametrize(("said", "meant"), [("smal", "small"), ("small/2", "small/1"), ("zzz", None)])
def test_a_misspelt_run_is_told_with_the_nearest(done: Project, monkeypatch: pytest.MonkeyPatch, said: str, meant: str | None) -> None:
    monkeypatch.chdir(done.folder)
    with pytest.raises(NotThere) as error:
        places.find_run(said)
    assert error.value.accepted == (f"Did you mean `{meant}`? " if meant else "") + "Runs: small/1."


def test_a_run_of_that_name_is_looked_for_nearby_before_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, name in (("a", "web"), ("b", "shop")):
        (tmp_path / folder / "runs" / name / "1").mkdir(parents=True)
        (tmp_path / folder / "runs" / name / "1" / "record.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotThere, match="There is one in `a`: type `cd a` first"):
        places.find_run("web/1")
    with pytest.raises(NotThere, match="There are other runs in `b`"):
        places.find_run("books")
