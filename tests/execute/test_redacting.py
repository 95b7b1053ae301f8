"""What a pass tells of redactions: counts by kind, the same however rows were divided, and no word of what was hidden."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.projects import Project, line
from tilth.execute.redacting import blank, redacted, summed
from tilth.record import TEXT, Batch, id_array, make_ids
from tilth.steps.redact.pii import Pii

RECIPE = """
name: small
data:
  docs:
    - source.files: {path: "raw/*.jsonl"}
    - redact.pii: {fields: [text, title]}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write_recipe(RECIPE)
    mails = [{"text": f"from a{i}@corp.com to b{i}@corp.com, card 4111 1111 1111 1111", "title": f"t c{i}@corp.com"} for i in range(9)]
    project.write("a.jsonl", [*mails, *[{"text": f"nothing in row {i}", "title": "t"} for i in range(9)]])
    return project


@pytest.mark.parametrize("machine", [{}, {"workers": 2, "shard_bytes": 300, "batch_rows": 2}])
def test_spans_and_rows_are_counted_by_kind(project: Project, machine: dict[str, Any]) -> None:
    run = project.run(**machine)
    told = line(run, "docs.redact.pii")
    assert told["edited"] == 9 and told["kept"] == 18
    assert told["facts"]["hidden"]["spans"] == {"card": 9, "email": 27}
    assert told["facts"]["hidden"]["rows"] == {"card": 9, "email": 9}
    lines = pq.read_table(run.folder / "decisions" / "docs.parquet").to_pylist()
    assert sorted((one["rule"], one["value"]) for one in lines) == [("card", 1.0)] * 9 + [("email", 3.0)] * 9


def test_a_batch_without_anything_leaves_no_line() -> None:
    batch = Batch(pa.table({"id": id_array(make_ids("a", "b", range(2))), "text": pa.array(["plain", None], TEXT)}))
    told: dict[str, dict[str, Any]] = {}
    after, lines = redacted("docs.redact.pii", Pii(), batch, told)
    assert lines.num_rows == 0 and after.table.equals(batch.table)
    assert told == {"docs.redact.pii": blank()}


def test_counts_of_shards_add_up() -> None:
    one = {**blank(), "spans": {"email": 2}, "drawn": 3}
    assert summed([one, blank(), {**one, "spans": {"card": 1}}]) == {**blank(), "spans": {"card": 1, "email": 2}, "drawn": 6}
