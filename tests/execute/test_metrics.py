"""The metrics of a training: lines while it goes on, a table at its end, and no part of what a model is."""

import json
import math
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import outside
from tests.projects import Project, result
from tilth.execute.audit import audit
from tilth.execute.metrics import LINES, TABLE, Metrics, keep, read_lines, table
from tilth.execute.run import Wish
from tilth.store.objects import Store
from tilth.store.sweep import remove, survey
from tilth.store.verify import check_object


def told(file: Path, *steps: int) -> None:
    metrics = Metrics(file)
    for step in steps:
        metrics.tell({"step": step, "of": 9, "loss": 9.0 - step})
    metrics.close()


def test_a_line_is_there_as_soon_as_it_is_told(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path / LINES)
    metrics.tell({"doing": "tokenising"})
    assert not (tmp_path / LINES).exists()
    metrics.tell({"step": 1, "of": 3, "loss": 2.5})
    metrics.tell({"step": 1, "of": 3, "validation_loss": math.nan})
    first, second = (json.loads(line) for line in (tmp_path / LINES).read_text().splitlines())
    assert {"step": 1, "of": 3, "loss": 2.5}.items() <= first.items() and first["at"].endswith("+00:00")
    assert second["validation_loss"] is None
    metrics.close()


def test_a_training_that_goes_on_tells_its_later_steps_once(tmp_path: Path) -> None:
    file = tmp_path / LINES
    told(file, 1, 2, 3, 4)
    with file.open("a") as torn:
        torn.write('{"step": 5, "lo')
    told(file, 3, 4, 5)
    assert [(line["step"], line["loss"]) for line in read_lines(file)] == [(1, 8.0), (2, 7.0), (3, 6.0), (4, 5.0), (5, 4.0)]


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.none() | st.integers(0, 9) | st.floats(0, 9) | st.text(max_size=3) | st.just([1]))))
def test_a_table_has_every_value_of_every_line(lines: list[dict[str, object]]) -> None:
    made = table(lines)
    assert made.num_rows == (len(lines) if any(lines) else 0)
    for name in made.column_names:
        for line, found in zip(lines, made[name].to_pylist(), strict=True):
            value = line.get(name)
            assert found == value or json.loads(found) == value


def test_what_is_kept_is_both_files_and_verified(tmp_path: Path) -> None:
    store = Store(tmp_path / ".tilth")
    store.create()
    told(tmp_path / LINES, 1, 2)
    content = keep(store, tmp_path / LINES)
    assert content is not None and content == keep(store, tmp_path / LINES)
    assert pq.read_table(store.path(content) / TABLE).column("loss").to_pylist() == [8.0, 7.0]
    assert check_object(store, content) == [] and store.findings() == []
    (store.path(content) / LINES).write_text("{}\n")
    assert check_object(store, content) != []


def test_where_nothing_was_told_nothing_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.create()
    assert keep(store, tmp_path / LINES) is None


TELLING = '''
from tilth.step import DataName, Fit

class Telling(Fit):
    """Tells of two steps, and makes the same file each time."""
    data: DataName
    def estimate(self, known): return {}
    def fit(self, work):
        for step in (1, 2):
            work.tell({"step": step, "of": 2, "loss": 1.0 / step, "name": work.name})
        (work.folder / "rows").write_text(str(work.datasets[self.data].rows))
        return {"steps": 2}
'''


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    acme = outside.install(tmp_path / "acme", {"train.telling": TELLING})
    monkeypatch.syspath_prepend(str(acme))
    made = Project(tmp_path / "project")
    made.write("a.jsonl", [{"text": f"row {number}"} for number in range(5)])
    made.write_recipe("name: small\ndata:\n  docs: [{source.files: {path: raw}}]\nmodels:\n  base: {train.telling: {data: docs}}\n")
    return made


def test_a_run_shows_them_and_the_same_training_again_is_no_finding(project: Project) -> None:
    first = project.run()
    lines = read_lines(first.folder / "metrics" / "base.jsonl")
    assert [(line["step"], line["loss"], line["name"]) for line in lines] == [(1, 1.0, "small/base"), (2, 0.5, "small/base")]
    assert pq.read_table(first.folder / "metrics" / "base.parquet").num_rows == 2
    assert not list((project.store.root / "work").iterdir())
    again = project.run(["machine.workers=2"], Wish(again_from="base"))
    assert project.store.findings() == [] and result(again)["models"] == result(first)["models"]
    other = project.run(["name=other"], Wish(again_from="base"))
    assert first.record()["models"]["base"]["metrics"] != other.record()["models"]["base"]["metrics"]
    with project.store.held():
        remove(survey(project.store, project.runs))
    for run in (first, other):
        assert audit(project.store, run, run.record()) == []
        assert read_lines(project.store.path(run.record()["models"]["base"]["metrics"]) / LINES) == read_lines(run.folder / "metrics" / "base.jsonl")
    (other.folder / "metrics" / "base.jsonl").unlink()
    assert [one.found for one in audit(project.store, other, other.record())] == ["this file is gone"]
