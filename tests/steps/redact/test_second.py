"""The second look: who looks, at which texts, what is told of it; with one worker and with two."""

import sys

import pyarrow as pa
import pytest

from tests.projects import Project, line, table
from tilth.errors import AskedWrong, Missing
from tilth.steps.redact.pii import Pii

MISSED = "we met zorblax quuxley today"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    planted = pytest.importorskip("tests.planted", reason="needs the extra `train`", exc_type=ImportError)
    return planted.write_finder(tmp_path_factory.mktemp("finder"))


def given(step, tmp_path, folder):
    return step.given(tmp_path / "studied", models={"names": folder})


def test_a_model_hides_what_the_rules_missed_and_its_texts_are_counted(tmp_path, folder):
    step = given(Pii(second_look={"by": "names", "share": 1.0}), tmp_path, folder)
    told = step({"text": [MISSED, "nobody is here", "write to ann@corp.com and zorblax", None]})
    assert told["text"] == ["we met [PERSON] today", "nobody is here", "write to [EMAIL] and [PERSON]", None]
    look = step.look(pa.array([MISSED, "nobody is here", "write to ann@corp.com and zorblax", None], pa.large_string()))
    assert (look.drawn, look.drawn_lacking, look.marked, look.marked_lacking) == (4, 2, 1, 1)


def test_a_model_that_cannot_find_what_is_asked_is_refused_before_any_row_is_read(tmp_path, folder):
    with pytest.raises(AskedWrong, match="cannot find `car`") as refused:
        given(Pii(second_look={"by": "names", "entities": ["car", "person"]}), tmp_path, folder)
    assert "It finds: location, person." in refused.value.accepted
    with pytest.raises(AskedWrong, match="cannot find `email`"):
        given(Pii(entities=("email",), second_look={"by": "names"}), tmp_path / "other", folder)


def test_a_model_that_was_not_given_is_asked_for():
    with pytest.raises(AskedWrong, match="No model has been given"):
        Pii(second_look={"by": "names", "share": 1.0})({"text": ["x"]})


def test_entities_of_the_models_own_are_looked_for_where_they_are_named(tmp_path, folder):
    step = given(Pii(second_look={"by": "names", "share": 1.0, "entities": ["location"]}), tmp_path, folder)
    assert step({"text": ["zorblax lives in brindlemoor"]})["text"] == ["zorblax lives in [LOCATION]"]


def test_a_share_of_nothing_is_refused():
    with pytest.raises(ValueError, match="greater than 0"):
        Pii(second_look={"by": "presidio", "share": 0.0})


RECIPE = """
name: small
data:
  docs:
    - source.files: {path: "raw/*.jsonl"}
    - redact.pii: {second_look: {by: BY, share: 0.5}}
"""


def project(tmp_path, by, models=""):
    made = Project(tmp_path)
    made.write_recipe(RECIPE.replace("BY", by) + models)
    rows = [{"text": f"{'we met zorblax quuxley' if number % 3 else 'nobody is here'} and {number} today"} for number in range(60)]
    made.write("a.jsonl", [*rows, {"text": "write to ann@corp.com"}])
    return made


def test_a_model_looks_in_a_run_and_what_it_finds_does_not_depend_on_workers_or_batches(tmp_path, folder):
    models = f"models:\n  names: {{from: {folder}}}\n"
    runs = [
        project(tmp_path / name, "names", models).run(**machine)
        for name, machine in (("one", {}), ("two", {"workers": 2, "shard_bytes": 400, "batch_rows": 3}))
    ]
    rows = [sorted(table(run, "docs")["text"].to_pylist()) for run in runs]
    told = [line(run, "docs.redact.pii")["facts"]["hidden"] for run in runs]
    assert rows[0] == rows[1] and told[0] == told[1]
    assert told[0]["drawn"] > 15 and told[0]["marked"] == 1 and told[0]["spans"]["person"] == told[0]["missed"]["person"]
    hidden = sum("[PERSON]" in text for text in rows[0])
    assert hidden == told[0]["drawn_lacking"] and 0 < hidden < 40  # the others were not drawn


def test_what_a_second_look_hides_is_shown_nowhere(tmp_path, folder):
    """A row that fell before it was redacted, and those that were not drawn, are shown as if each had been looked at twice."""
    models = f"models:\n  names: {{from: {folder}}}\n"
    made = project(tmp_path, "names", models)
    before = "    - clean.replace: {match: we, with: you}\n    - filter.length: {characters: {at_least: 30}}\n"
    made.write_recipe(RECIPE.replace("BY, share: 0.5", "names, share: 1.0").replace("    - redact", f"{before}    - redact") + models)
    run = made.run()
    for path in run.folder.rglob("*"):
        if path.is_file() and path.suffix != ".parquet":
            assert b"zorblax" not in path.read_bytes(), path


def test_presidio_looks_where_it_is_asked_to(tmp_path):
    pytest.importorskip("presidio_analyzer", reason="needs the extra `pii`", exc_type=ImportError)
    step = Pii(entities=("email",), second_look={"by": "presidio", "share": 1.0, "entities": ["uuid", "card"]})
    told = step({"text": ["4111 1111 1111 1111 is 123e4567-e89b-42d3-a456-426614174000", "plain"]})
    assert told["text"] == ["[CARD] is [UUID]", "plain"]
    with pytest.raises(AskedWrong, match="cannot find `person`"):
        Pii(second_look={"by": "presidio", "entities": ["person"]})({"text": ["x"]})
    run = project(tmp_path, "presidio").run(workers=2, shard_bytes=400)
    assert line(run, "docs.redact.pii")["facts"]["hidden"]["drawn"] > 15


def test_without_presidio_it_is_refused_with_what_to_type(monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    with pytest.raises(Missing, match="presidio-analyzer") as refused:
        Pii(second_look={"by": "presidio"}).identity()
    assert 'pip install "tilth[pii]"' in str(refused.value) and refused.value.exit_code == 4
