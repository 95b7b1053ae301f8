"""What is meant by a name, and what one object tells."""

import json
from pathlib import Path

import pytest

from tests.projects import Project
from tilth.cli.differing import LONGEST, as_json, as_words, tell
from tilth.errors import NotThere, UsageError


def lines(path: Path, rows: list[dict]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_a_folder_that_holds_a_model_is_named_as_one(tmp_path):
    (tmp_path / "llama").mkdir()
    (tmp_path / "llama" / "config.json").write_text("{}")
    with pytest.raises(UsageError, match="model") as error:
        tell(str(tmp_path / "llama"), str(tmp_path / "llama"), True)
    assert "scores" in error.value.remedy


def test_a_model_of_a_run_has_no_rows(project: Project, monkeypatch):
    run = project.runs.find("small/1")
    record = run.record()
    record["models"] = {"words": {"key": "1"}}
    (run.folder / "record.json").write_text(json.dumps(record))
    monkeypatch.chdir(project.folder)
    with pytest.raises(NotThere, match="is a model"):
        tell("small:words", "small:docs", True)


def test_runs_without_a_name_in_common_are_refused(project: Project, monkeypatch):
    project.write_recipe((project.folder / "recipe.yaml").read_text().replace("name: small", "name: other").replace("  docs:", "  rows:"))
    project.run()
    monkeypatch.chdir(project.folder)
    with pytest.raises(UsageError, match="no dataset and no model of one name") as error:
        tell("small", "other", True)
    assert "small/1 has docs" in error.value.accepted and "other/1 has rows" in error.value.accepted


def test_long_values_are_told_from_a_little_before_they_differ(tmp_path):
    a = lines(tmp_path / "a.jsonl", [{"id": 1, "text": "x" * 9000 + " old"}])
    b = lines(tmp_path / "b.jsonl", [{"id": 1, "text": "x" * 9000 + " new"}])
    told = json.loads(as_json(tell(a, b, True)))
    before, after = told["data"][0]["examples"]["changed"][0]["values"]["text"]
    assert before.endswith("x old") and after.endswith("x new") and len(before) <= LONGEST


def test_every_measure_is_told_whether_it_is_noise_or_not(tmp_path):
    a = lines(tmp_path / "a.jsonl", [{"text": f"row {n}", "price": n} for n in range(300)])
    b = lines(tmp_path / "b.jsonl", [{"text": f"row {n}", "price": n + 100} for n in range(300)])
    told = tell(a, b, True)
    (data,) = json.loads(as_json(told))["data"]
    shifts = {(one["column"], one["measure"]): one for one in data["shifts"]}
    assert not shifts["price", "value"]["noise"] and shifts["price", "value"]["value"] == pytest.approx(1 / 3)
    assert shifts["text", "words"]["noise"]
    assert data["sample"] == {"rows": [300, 300], "texts_read": [300, 300]}
    assert "median 149.5 → 249.5" in as_words(told) and "one moved by more than noise" in as_words(told)
