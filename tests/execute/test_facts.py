"""The facts of a run: figures that add up."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.projects import Project, result, some_rows, table
from tilth.execute import facts as module
from tilth.execute.facts import placed_by_address
from tilth.execute.models import Judged, Stands
from tilth.execute.veils import Veil
from tilth.report.facts import read
from tilth.store.objects import Store
from tilth.store.tables import write_table


def test_the_facts_agree_with_the_files(project: Project) -> None:
    project.write("c.jsonl", ["{broken", {"text": "a row that is kept for its length", "n": 1}])
    run = project.run(sets=["docs.source.files.bad_records.at_most=0.5"])
    facts = run.facts()
    docs = facts["datasets"]["docs"]
    rows = table(run, "docs")
    assert docs["rows"] == rows.num_rows == sum(part["rows"] for part in docs["parts"].values())
    assert docs["bytes"] == sum(len(text.encode()) for text in rows["text"].to_pylist())
    assert sorted(docs["columns"]) == sorted(rows.column_names)
    assert all((run.folder / file).exists() for part in docs["parts"].values() for file in part["files"])
    assert facts["path"] == result(run)["steps"]
    assert facts["command"] == f"tilth run {project.folder / 'recipe.yaml'}"
    assert facts["bad_total"] == 1 and facts["bad"] == [
        {"dataset": "docs", "file": "c.jsonl", "record": 1, "offset": 0, "reason": facts["bad"][0]["reason"], "raw": "{broken"}
    ]
    assert set(docs["content"].split()) == {f"{name}:{content}" for name, content in (one.split(":") for one in docs["content"].split())}


def test_the_bytes_of_rows_whose_texts_have_other_names_are_those_of_all_their_texts(project: Project) -> None:
    texts = [("é?" * number, "b" * number) for number in range(1, 5)]
    project.write("d.jsonl", [{"question": question, "answer": answer, "price": 3} for question, answer in texts])
    project.write_recipe("name: qa\ndata:\n  docs:\n    - source.files: {path: raw/d.jsonl}\n")
    docs = project.run().facts()["datasets"]["docs"]
    assert docs["bytes"] == sum(len("".join(both).encode()) for both in texts) > 0


def written(store: Store, models: list[str], texts: int, columns: dict[str, str]) -> Judged:
    """A score of which each model wrote so many texts, one model after another."""
    rows = [
        {"model": name, "prompt": f"p{number}", "mode": "greedy", "text": f"{name} {number}", **columns} for name in models for number in range(texts)
    ]
    folder = store.work("key")
    write_table(folder / "items.parquet", pa.Table.from_pylist(rows))
    return Judged("said", "evaluate.generate", store.commit("key", folder, "content", {"what": "score"}, 0.0), False)


def test_samples_are_shared_by_the_models_and_stand_beside_each_other_by_prompt(project: Project) -> None:
    judged = written(project.store, ["base", "tuned"], 30, {"reference": "right"})
    told = module._samples(project.store, judged, Veil())
    assert len(told) == module.SAMPLES_SHOWN and [one["text"] for one in told[:4]] == ["base 0", "tuned 0", "base 1", "tuned 1"]
    assert {one["reference"] for one in told} == {"right"} and {one["score"] for one in told} == {"said"}


def test_a_sample_that_nothing_was_to_be_said_of_has_no_reference(project: Project) -> None:
    told = module._samples(project.store, written(project.store, ["base"], 2, {}), Veil())
    assert [sorted(one) for one in told] == [["mode", "model", "prompt", "score", "text"]] * 2


def test_more_bad_records_than_can_be_shown_are_counted(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BAD_SHOWN", 3)
    project.write("c.jsonl", ["{"] * 7)
    facts = project.run(sets=["docs.source.files.bad_records.at_most=0.5"], shard_bytes=2000).facts()
    assert len(facts["bad"]) == 3 and facts["bad_total"] == 7


def test_every_step_has_its_address(project: Project) -> None:
    project.write_recipe((project.folder / "recipe.yaml").read_text() + "models:\n  words: {train.tokenizer: {data: docs.train, vocab_size: 300}}\n")
    found = placed_by_address(project.recipe())
    assert len(found) == 8 and all(placed.address == address for address, placed in found.items())
    assert {"docs.source.files", "docs.split.random", "words.train.tokenizer"} <= set(found)


def test_what_is_known_of_vocabularies_and_lengths_stands_beside_the_models_once() -> None:
    words, base = {"vocab_size": 5, "vocabulary": {"tokens": 7}}, {"parameters": 9, "sequences": {"data": "docs.train", "rows": 3}}
    base["truncation"] = {"length": 512, "longer_rows": 2}
    told = module._models({name: Stands(name, f"key of {name}", Path(), step, facts) for name, step, facts in (
        ("words", "train.tokenizer", words), ("base", "train.pretrain", base), ("older", "train.pretrain", {"parameters": 8}))})  # fmt: skip
    assert told["vocabularies"] == {"words": {"tokens": 7}}
    assert told["sequences"] == [{"model": "base", "data": "docs.train", "rows": 3}]
    assert told["truncations"] == [{"model": "base", "length": 512, "longer_rows": 2}]
    assert [model["facts"] for model in told["models"].values()] == [{"vocab_size": 5}, {"parameters": 9}, {"parameters": 8}]


RICH = """
name: rich
data:
  docs:
    - source.files: {path: "raw/*.jsonl", columns: {n: number}}
    - clean.whitespace
    - filter.length: {characters: {at_least: 12}, words: {at_least: 4}}
    - filter.where: n % 10 <> 3
    - dedup.exact
"""
CHANCES = ("name", "run", "started", "seconds", "command", "versions", "machine", "estimates", "path")
"""What tells of the doing, and may differ."""


def settled_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """What may not differ; of examples the groups and the dropped rows, for at a border each shard gives its nearest."""
    examples = {step: [told.get("clusters"), told["dropped"]] for step, told in facts["examples"].items()}
    return {**{name: told for name, told in facts.items() if name not in CHANCES}, "examples": examples}


def rich(project: Project, **machine: Any) -> Project:
    rows = [{**row, "n": row["n"] % 50, "m": len(row["text"]) + row["n"] * 7 % 13} for row in some_rows(240)]
    project.write_recipe(RICH)
    project.write("a.jsonl", rows[:170])
    project.write("b.jsonl", rows[170:])
    project.run(**machine)
    return project


def test_the_facts_do_not_depend_on_shards_batches_or_workers(another: Callable[[], Project]) -> None:
    hands: list[dict[str, Any]] = [{}, {"shard_bytes": 3000, "batch_rows": 7}, {"shard_bytes": 5000, "workers": 2}]
    one, two, three = (rich(another(), **machine).runs.find("rich").facts() for machine in hands)
    assert one["related"] and one["types"]["docs"] and one["examples"]["docs.dedup.exact"]["clusters"]
    assert settled_facts(one) == settled_facts(two) == settled_facts(three)


def test_the_report_reads_all_that_a_run_writes(project: Project) -> None:
    facts = read(rich(project).runs.find("rich").folder / "facts.json")
    assert [column.column for column in facts.types["docs"]] == ["text", "n", "kind", "m"]
    assert facts.related[0].dataset == "docs" and len(facts.related[0].points) <= facts.related[0].rows
    assert facts.examples["docs.dedup.exact"].clusters[0].size >= 2
    assert {one.quantity for one in facts.estimates if one.what == "docs"} == {"rows", "seconds", "disk_bytes"}
