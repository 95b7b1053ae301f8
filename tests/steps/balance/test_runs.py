"""Balance and splits in a run: the books, and nothing that depends on how rows are cut and handed round."""

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.projects import Project, table
from tilth.errors import DataRefused
from tilth.execute.audit import audit

RECIPE = """
name: balanced
seed: 7
data:
  items:
    - source.files: {path: "raw/items.jsonl"}
    - balance.cap: {bucket: round(price), at_most: 10, unless: price >= 8, weights: {kind: {a: 1, other: 5}}}
    - split.stratified: {by: kind, test: 0.2, near: null}
  notes:
    - source.files: {path: "raw/notes.jsonl"}
  mixed:
    - from: [items.train, notes]
    - balance.mixture: {weights: {items.train: 1, notes: 3}, rows: 80}
    - split.group: {by: dataset, test: 0.25, near: null, leaks: keep}
  later:
    - from: notes
    - split.time: {column: day, train: 10, test: 2024-03-01, leaks: drop}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return filled(Project(tmp_path))


def filled(project: Project) -> Project:
    """Items of a few prices, and notes of which one was written again later."""
    project.write_recipe(RECIPE)
    project.write("items.jsonl", [{"text": f"item {i}", "price": float(i % 10), "kind": "abb"[i % 3]} for i in range(200)])
    notes = [
        {"text": f"a note, number {i}, with words of its own: {' '.join(f'w{i}x{j}' for j in range(20))}", "day": f"2024-02-{1 + i:02}"}
        for i in range(20)
    ]
    project.write("notes.jsonl", [*notes, {**notes[15], "day": "2024-03-05"}])
    return project


def test_every_row_is_accounted_for(project: Project) -> None:
    run = project.run()
    assert audit(project.store, run, run.record()) == []
    told = {one["step"]: one for one in run.record()["result"]["steps"]}
    assert told["items.balance.cap"]["kept"] == 8 * 10 + 2 * 20
    mixed = table(run, "mixed").to_pylist()
    assert len(mixed) == 80 and len({row["id"] for row in mixed}) == 80
    assert sum(row["text"].startswith("a note") for row in mixed) == 60
    assert table(run, "later").num_rows == 10


def test_a_row_that_leaked_has_a_partner_and_one_that_was_not_drawn_has_none(project: Project) -> None:
    run = project.run()
    lines = [one for one in pq.read_table(run.folder / "decisions" / "later.parquet").to_pylist() if one["action"] == "dropped"]
    assert Counter(one["rule"] for one in lines) == {"not_drawn": 10, "leak": 1}
    assert all((one["partner"] is not None) == (one["rule"] == "leak") for one in lines)


def test_a_leak_ends_the_run_with_code_3_and_the_pair(project: Project) -> None:
    project.write_recipe(RECIPE.replace("leaks: drop", "leaks: refuse"))
    with pytest.raises(DataRefused, match=r"1 row has its like .*: train → test 1\. All: [a-z2-7]{26} \(train\) and [a-z2-7]{26} \(test\): 1"):
        project.run()


def test_the_content_does_not_depend_on_shards_and_batches(project: Project, tmp_path: Path) -> None:
    other = filled(Project(tmp_path / "other"))
    assert other.run(shard_bytes=900, batch_rows=3).record()["result"]["content"] == project.run().record()["result"]["content"]
