"""Groups of duplicates side by side: the largest, with the row that was kept."""

from collections import Counter
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.projects import Project, table
from tilth.execute.clusters import CLUSTERS, MEMBERS
from tilth.execute.places import TEXT
from tilth.record import shown
from tilth.store.runs import Run

RECIPE = """
name: groups
data:
  known:
    - source.files: {path: raw/known.jsonl}
  docs:
    - source.files: {path: "raw/[ab].jsonl"}
    - dedup.exact
    - dedup.minhash: {similarity: 0.6, against: known}
"""
SENTENCE = "the heron waits at the quiet bridge for the first snow of a long winter and nobody in the town has asked it why"


@pytest.fixture
def grouped(project: Project) -> Project:
    rows = [{"text": f"text {group}"} for group in range(9) for _ in range(1 + group)]
    rows += [{"text": f"{SENTENCE} {number}"} for number in range(4)] + [{"text": "long " * 400}] * 2
    project.write("a.jsonl", rows[::2])
    project.write("b.jsonl", rows[1::2])
    project.write("known.jsonl", [{"text": f"{SENTENCE} at all"}])
    project.write_recipe(RECIPE)
    return project


def clusters(run: Run, step: str) -> list[dict[str, Any]]:
    return list(run.facts()["examples"][step]["clusters"])


def fell(run: Run, step: str) -> list[dict[str, Any]]:
    return [line for line in pq.read_table(run.folder / "decisions" / "docs.parquet").to_pylist() if line["step"] == step]


def test_the_largest_groups_come_first_each_with_the_row_that_was_kept(grouped: Project) -> None:
    run = grouped.run()
    found, lines = clusters(run, "docs.dedup.exact"), fell(run, "docs.dedup.exact")
    sizes = Counter(shown(line["partner"]) for line in lines)
    assert [one["size"] for one in found] == [9, 8, 7, 6, 5, 4] and len(found) == CLUSTERS
    assert [one["kept"]["text"] for one in found] == [f"text {group}" for group in (8, 7, 6, 5, 4, 3)]
    kept = set(table(run, "docs")["text"].to_pylist())
    for one in found:
        mine = sorted(line["id"] for line in lines if shown(line["partner"]) == one["kept"]["id"])
        assert [member["id"] for member in one["members"]] == [shown(row_id) for row_id in mine[:MEMBERS]]
        assert one["size"] == sizes[one["kept"]["id"]] + 1
        assert one["kept"]["text"] in kept and all(member["text"] == one["kept"]["text"] for member in one["members"])
        assert all(member["value"] == 1.0 and not member["kept"] for member in one["members"])


def test_near_duplicates_stand_beside_a_kept_row_of_another_dataset(grouped: Project) -> None:
    run = grouped.run()
    (found,) = clusters(run, "docs.dedup.minhash")
    assert found["kept"]["text"] == f"{SENTENCE} at all" and found["size"] == 5
    values = {shown(line["id"]): line["value"] for line in fell(run, "docs.dedup.minhash")}
    assert {member["id"]: member["value"] for member in found["members"]} == values
    assert all(0.6 <= member["value"] < 1 for member in found["members"])


def test_groups_do_not_depend_on_shards(grouped: Project) -> None:
    one = grouped.run().facts()["examples"]
    grouped.write_recipe(RECIPE.replace("groups", "cut"))
    two = grouped.run(shard_bytes=400).facts()["examples"]
    assert {step: told.get("clusters") for step, told in one.items()} == {step: told.get("clusters") for step, told in two.items()}


def test_long_texts_are_cut_and_where_nothing_fell_there_is_no_group(grouped: Project) -> None:
    grouped.write_recipe(
        "name: long\ndata:\n  docs:\n    - source.files: {path: raw/a.jsonl}\n    - filter.where: length(text) > 800\n    - dedup.exact\n"
    )
    assert "docs.dedup.exact" not in grouped.run().facts()["examples"]
    grouped.write("a.jsonl", [{"text": "long " * 400}] * 3)
    (one,) = clusters(grouped.run(), "docs.dedup.exact")
    assert one["size"] == 3 and one["kept"]["text"] == ("long " * 400)[:TEXT]
    assert all(member["cut"] and len(member["text"]) == TEXT for member in one["members"])
