"""Models that are endpoints: what identifies them, where their keys come from, and that a plan names every use of the network."""

import json
import os
from pathlib import Path

import pytest

from tests.projects import Project, result, table
from tilth import masking
from tilth.errors import Missing, RecipeError
from tilth.execute.endpoints import endpoint, know_keys, network
from tilth.execute.forecast import forecast
from tilth.execute.local import Pool
from tilth.fakes.server import local_server
from tilth.store.objects import Store

SAID = {
    "endpoint": "https://a.org/v1",
    "name": "gpt",
    "key": "TILTH_TEST_KEY",
    "request": {},
    "timeout": 9.0,
    "at_once": 8,
    "attempts": 6,
    "price": None,
}
RECIPE = """
name: asked
data:
  docs:
    - source.files: {path: raw}
    - filter.judge: {model: grader, rubric: "How good is it?"}
models:
  grader: {endpoint: "URL", name: tiny, key: TILTH_TEST_KEY}
"""
KEY = "sk-" + "s3cret" * 6


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("TILTH_TEST_KEY", "for teardown")
    monkeypatch.delenv("TILTH_TEST_KEY")
    project = Project(tmp_path)
    for name in "ab":
        project.write(f"{name}.jsonl", [{"text": f"{name} {number}"} for number in range(5)])
    project.write_recipe(RECIPE.replace("URL", "http://127.0.0.1:9/v1"))
    return project


@pytest.mark.parametrize(
    ("change", "same"), [("endpoint", False), ("name", False), ("request", False), ("timeout", True), ("key", True), ("price", True)]
)
def test_answers_depend_on_where_who_and_what_is_asked_and_not_on_how_patiently(tmp_path: Path, change: str, same: bool) -> None:
    store = Store(tmp_path)
    other = {**SAID, change: {"a": 1} if change in ("request", "price") else "other"}
    assert (endpoint(store, SAID) == endpoint(store, other)) is same


def test_a_key_stands_in_the_environment_or_beside_the_recipe(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.folder / ".env").write_text("TILTH_TEST_KEY=written\nOTHER=not wanted\n")
    know_keys(project.recipe())
    assert os.environ["TILTH_TEST_KEY"] == "written" and "OTHER" not in os.environ
    monkeypatch.setenv("TILTH_TEST_KEY", "real")
    know_keys(project.recipe())
    assert os.environ["TILTH_TEST_KEY"] == "real"


def test_a_plan_names_the_network_and_sends_nothing(project: Project) -> None:
    with local_server() as server:
        project.write_recipe(RECIPE.replace("URL", server.url))
        told = forecast(project.recipe(), (project.store, project.runs)).told()
        assert told["network"] == [f"network: `grader` is `tiny` at {server.url}, asked with the key in `TILTH_TEST_KEY`, which is not set."]
        assert "asked once for each row" in next(line["tells"] for line in told["path"] if line["name"] == "filter.judge")
        (project.folder / ".env").write_text(f"TILTH_TEST_KEY={KEY}\n")
        (line,) = network(project.recipe())
    assert line.endswith("asked with the key in `TILTH_TEST_KEY`.") and KEY not in line
    assert not server.requests and not (project.store.root / "endpoints").exists()
    project.write_recipe(RECIPE.replace("URL", server.url).replace("key: TILTH_TEST_KEY", "key: null"))
    assert network(project.recipe())[0].endswith("asked without a key.")


@pytest.mark.parametrize("value", [None, "your-key-here"])
def test_a_run_without_its_key_ends_before_the_first_row(project: Project, monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value:
        monkeypatch.setenv("TILTH_TEST_KEY", value)
    with pytest.raises(Missing, match="TILTH_TEST_KEY") as error:
        project.run()
    assert error.value.exit_code == 4 and "docs.filter.judge" in error.value.where
    assert not value or value not in str(error.value)


def test_a_run_takes_its_key_from_beside_the_recipe_and_workers_have_it(project: Project) -> None:
    (project.folder / ".env").write_text(f"TILTH_TEST_KEY={KEY}\n")
    with local_server(key=KEY) as server:
        project.write_recipe(RECIPE.replace("URL", server.url))
        run = project.run(workers=2)
        assert len(server.requests) == 10
        record = run.record()["models"]["grader"]
        assert json.loads((Path(record["folder"]) / "endpoint.json").read_text())["key"] == "TILTH_TEST_KEY"
        del os.environ["TILTH_TEST_KEY"]
        (project.folder / ".env").unlink()
        assert result(project.run()) == result(run), "what stands needs no key"
    for file in project.folder.rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes(), file


def test_a_key_that_is_pulled_into_the_recipe_is_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TILTH_TEST_KEY", "GSKA1B2C3")
    project.write_recipe(RECIPE.replace("key: TILTH_TEST_KEY", "key: '${TILTH_TEST_KEY}'"))
    with pytest.raises(RecipeError, match=r"The key itself would stand here. Write the variable alone") as error:
        project.recipe()
    assert "GSKA1B2C3" not in str(error.value)


def _told(name: str) -> str | None:
    return os.environ.get(name)


def test_workers_have_the_environment_as_it_is_when_they_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("first", "second"):
        monkeypatch.setenv("TILTH_TEST_KEY", value)
        with Pool(2) as pool:
            assert [answer for _, answer in pool.each(_told, [("TILTH_TEST_KEY",)] * 2, ["", ""])] == [value, value]


def test_the_key_of_what_is_hidden_may_stand_beside_the_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(masking.KEY, raising=False)
    project = Project(tmp_path)
    project.write_recipe('name: small\ndata:\n  docs:\n    - source.files: {path: "raw/*.jsonl"}\n    - redact.pii: {with: hash}\n')
    project.write("a.jsonl", [{"text": "write to ann@corp.com"}])
    with pytest.raises(Missing):
        project.run()
    (tmp_path / ".env").write_text(f"{masking.KEY}=a key that nobody knows\n")
    assert "[EMAIL:" in table(project.run(), "docs")["text"][0].as_py()
    monkeypatch.delenv(masking.KEY)
    forecast(project.recipe(workers=1), (project.store, project.runs))
    monkeypatch.delenv(masking.KEY)
