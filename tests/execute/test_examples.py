"""Rows to show: of the dropped a fair sample, at a border the nearest on both sides, of edits what changed."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.projects import RECIPE, Project, table
from tilth.execute.examples import BORDER, DROPPED, EDITED
from tilth.execute.places import TEXT
from tilth.record import read_id, shown
from tilth.store.runs import Run

Shown = Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]


@pytest.fixture
def run(project: Project) -> Run:
    return project.run(["docs.filter.length.characters.at_least=18"], shard_bytes=1500)


def shown_of(run: Run) -> Shown:
    return dict(run.facts()["examples"])


def decided(run: Run, step: str) -> list[dict[str, Any]]:
    lines = pq.read_table(run.folder / "decisions" / "docs.parquet").to_pylist()
    return [one for one in lines if one["step"] == step and one["action"] == "dropped"]


def test_dropped_rows_are_those_of_the_smallest_ids_with_their_reason(run: Run) -> None:
    for step in ("docs.filter.length", "docs.filter.where", "docs.dedup.exact"):
        lines = sorted(decided(run, step), key=lambda line: line["id"])[:DROPPED]
        assert lines
        found = shown_of(run)[step]["dropped"]
        assert [one["id"] for one in found] == [shown(line["id"]) for line in lines]
        assert [(one["rule"], one["value"], one["limit"]) for one in found] == [(line["rule"], line["value"], line["limit"]) for line in lines]
        assert not any(one["kept"] for one in found)


def test_the_sample_does_not_depend_on_shards(project: Project) -> None:
    one = shown_of(project.run())
    two = shown_of(project.run(sets=["name=cut"], shard_bytes=1500))
    assert {step: one[step]["dropped"] for step in one} == {step: two[step]["dropped"] for step in two}


def test_a_duplicate_is_shown_beside_the_row_it_fell_for(run: Run) -> None:
    kept = {shown(one["id"]): one["text"] for one in table(run, "docs").to_pylist()}
    found = shown_of(run)["docs.dedup.exact"]["dropped"]
    assert found
    for one in found:
        assert one["partner"]["text"] == kept[one["partner"]["id"]] == one["text"]


def test_the_border_is_shown_from_both_sides_nearest_first(run: Run) -> None:
    border = shown_of(run)["docs.filter.length"]["border"]
    kept, dropped = ([one for one in border if one["kept"] is side] for side in (True, False))
    assert 0 < len(kept) <= BORDER and 0 < len(dropped) <= BORDER
    assert all(one["value"] == len(one["text"]) and one["limit"] == 18 for one in border)
    assert all(one["value"] >= 18 for one in kept) and all(one["value"] < 18 for one in dropped)
    for side in (kept, dropped):
        distances = [abs(one["value"] - 18) for one in side]
        assert distances == sorted(distances)
    nearest = min(18 - line["value"] for line in decided(run, "docs.filter.length"))
    assert 18 - dropped[0]["value"] == nearest


def test_a_row_at_the_border_of_a_later_filter_is_the_row_that_was_measured(project: Project) -> None:
    project.write_recipe(RECIPE.replace("    - clean.unicode\n", "").replace("n % 10 <> 3", "n < 100").replace("at_least: 12", "at_least: 40"))
    text = (project.folder / "recipe.yaml").read_text()
    project.write_recipe(text.replace("    - dedup.exact\n", "    - dedup.exact\n    - filter.length: {words: {at_least: 9}}\n"))
    run = project.run()
    border = shown_of(run)["docs.filter.length[2]"]["border"]
    assert border
    words = {"words": [one for one in border if one["rule"] == "words"]}["words"]
    assert words and all(one["value"] == len(one["text"].split()) for one in words)


def test_edits_show_the_text_before_and_after(run: Run) -> None:
    found = shown_of(run)["docs.clean.whitespace"]["edited"]
    assert 0 < len(found) <= EDITED
    for one in found:
        assert one["before"] != one["after"] and " ".join(one["before"].split()) == " ".join(one["after"].split())


def test_a_long_text_is_cut_and_says_so(project: Project) -> None:
    project.write("a.jsonl", [{"text": "word " * 400, "n": 3}, {"text": "a short text for the border", "n": 1}])
    project.write_recipe("name: cut\ndata:\n  docs:\n    - source.files: {path: raw/a.jsonl}\n    - filter.where: n > 5\n")
    long, short = sorted(shown_of(project.run())["docs.filter.where"]["dropped"], key=lambda one: str(one["origin"]))
    assert long["cut"] and long["text"] == ("word " * 400)[:TEXT]
    assert not short["cut"] and short["text"] == "a short text for the border"


def test_every_row_that_is_shown_can_be_asked_for(run: Run) -> None:
    ids = {one["id"] for step in shown_of(run).values() for kind in ("dropped", "border", "edited") for one in step[kind]}
    assert all(len(read_id(one)) == 16 for one in ids)
