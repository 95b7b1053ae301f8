"""Whom each step kept: the counts are those of the rows themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.projects import Project, table
from tilth.errors import RecipeError
from tilth.execute.representation import LEAST, OTHERS

RECIPE = """
name: small
audit: [group]
data:
  docs:
    - source.files: {path: "raw/*.jsonl"}
    - filter.length: {characters: {at_least: 20}}
    - filter.where: n % 5 <> 0
    - dedup.exact
"""


def rows(count: int = 600) -> list[dict[str, Any]]:
    """Of group b half is short, of a nearly none; every tenth text is that of another row."""
    made = []
    for i in range(count):
        group = "b" if i % 3 == 0 else "a"
        short = i % 2 == 0 if group == "b" else i % 40 == 1
        text = "short" if short else f"a text that is long enough, number {i - 1 if i % 10 == 2 else i}"
        made.append({"text": text, "n": i, "group": group, "url": f"https://www.site{i // 6 % 2}.org/{i}"})
    return made


def told(project: Project, **machine: Any) -> dict[tuple[str, str], dict[str, Any]]:
    run = project.run(**machine)
    lines = json.loads((run.folder / "facts.json").read_text())["representation"]
    return {(line["step"], line["by"]): line for line in lines}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write_recipe(RECIPE)
    project.write("a.jsonl", rows(400))
    project.write("b.jsonl", rows(600)[400:])
    return project


@pytest.mark.parametrize("machine", [{}, {"workers": 2, "shard_bytes": 5_000, "batch_rows": 7}])
def test_the_shares_are_those_of_the_rows(project: Project, machine: dict[str, Any]) -> None:
    found, every = told(project, **machine), rows()
    long = [row for row in every if len(row["text"]) >= 20]
    asked = [row for row in long if row["n"] % 5]
    for step, came, stayed in (("docs.filter.length", every, long), ("docs.filter.where", long, asked)):
        for by, value in (("group", lambda row: row["group"]), ("domain", lambda row: row["url"].split("/")[2].removeprefix("www."))):
            groups = {line["value"]: (line["came"], line["stayed"]) for line in found[step, by]["groups"]}
            expected = {
                name: (sum(value(row) == name for row in came), sum(value(row) == name for row in stayed)) for name in {value(row) for row in every}
            }
            assert groups == expected
    assert {line["value"] for line in found["docs.filter.length", "source"]["groups"]} == {"a.jsonl", "b.jsonl"}
    last = found["docs.dedup.exact", "group"]["groups"]
    assert sum(line["stayed"] for line in last) == table(project.run(), "docs").num_rows


def test_a_group_that_is_kept_too_seldom_is_marked_and_others_are_not(project: Project) -> None:
    line = told(project)["docs.filter.length", "group"]
    assert (line["best"], line["marked"]) == ("a", 1)
    best, other = (next(one for one in line["groups"] if one["value"] == name) for name in "ab")
    assert best["ratio"] is None and other["marked"] and other["ratio"] < 0.8 and other["ratio_high"] < 0.8
    assert other["low"] < other["share"] < other["high"]
    assert not told(project)["docs.filter.length", "domain"]["marked"]


def test_a_small_group_is_neither_marked_by_chance_nor_compared_with(project: Project) -> None:
    few = [{"text": "short", "n": 1, "group": "tiny", "url": None}] * 2 + [
        {"text": "long enough to stay in the set", "n": 1, "group": "one", "url": None}
    ]
    project.write("c.jsonl", [*few, *[{**few[2], "group": f"g{i}"} for i in range(20)]])
    line = told(project)["docs.filter.length", "group"]
    assert line["best"] == "a" and LEAST > 3
    assert not any(one["marked"] for one in line["groups"] if one["value"] != "b")
    assert line["groups"][-1]["value"] == OTHERS and line["of"] == 24
    assert sum(one["came"] for one in line["groups"]) == 623


def test_a_column_that_no_dataset_has_is_a_mistake(project: Project) -> None:
    project.write_recipe(RECIPE.replace("audit: [group]", "audit: [grup]"))
    with pytest.raises(RecipeError) as refused:
        project.run()
    assert "Did you mean `group`?" in str(refused.value)


def test_a_balance_is_no_judgement(project: Project) -> None:
    project.write_recipe(RECIPE.replace("dedup.exact", "balance.cap: {bucket: group, at_most: 40}"))
    assert {step for step, _ in told(project)} == {"docs.filter.length", "docs.filter.where"}


def test_names_of_groups_are_veiled(project: Project) -> None:
    project.write_recipe(RECIPE.replace("    - dedup.exact", "    - redact.pii"))
    project.write("c.jsonl", [{"text": "short", "n": i, "group": "ann@corp.com", "url": None} for i in range(40)])
    assert "[EMAIL]" in {one["value"] for one in told(project)["docs.filter.length", "group"]["groups"]}
