"""`tilth report`: the page again."""

import json
import webbrowser
from pathlib import Path

import pytest

from tests.cli.conftest import Tilth
from tests.projects import Project


def test_the_page_is_drawn_again_and_its_place_is_the_last_line(project: Project, tilth: Tilth) -> None:
    page = project.folder / "runs/small/1/report.html"
    page.unlink()
    said = tilth(project.folder, "report")
    assert said.code == 0 and said.out.splitlines()[-1] == "runs/small/1/report.html"
    assert "<html" in page.read_text()


def test_its_pictures_are_written_where_they_are_wanted(project: Project, tilth: Tilth) -> None:
    told = json.loads(tilth(project.folder, "report", "small/1", "--figures", "pictures", "--json").out)
    assert told["figures"]
    begins = {".svg": b"<svg xmlns=", ".png": b"\x89PNG"}
    assert all(Path(one).read_bytes().startswith(begins[Path(one).suffix]) for one in told["figures"])


@pytest.mark.parametrize("there_is_one", [True, False])
def test_it_is_opened_in_a_browser_if_there_is_one(project: Project, tilth: Tilth, monkeypatch: pytest.MonkeyPatch, there_is_one: bool) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or there_is_one)
    said = tilth(project.folder, "report", "--open")
    assert opened == [(project.folder / "runs/small/1/report.html").resolve().as_uri()]
    assert ("No browser could be opened" in said.out) is not there_is_one


def test_a_run_that_is_not_there_is_named(project: Project, tilth: Tilth) -> None:
    said = tilth(project.folder, "report", "small/9")
    assert said.code == 2 and "There is no run `small/9`. Did you mean `small/1`? Runs: small/1." in said.err
