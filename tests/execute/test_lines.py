"""The lines of a run: of a pass only the first step tells the time, and every row that came is told."""

from __future__ import annotations

from pathlib import Path

from tests.projects import Project, result, some_rows


def test_every_line_accounts_for_the_rows_that_came(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.jsonl", [*some_rows(), '{"text": "cut'])
    project.write_recipe((tmp_path / "recipe.yaml").read_text().replace('"raw/*.jsonl"', '"raw/*.jsonl", bad_records: {at_most: 0.5}'))
    lines = result(project.run())["steps"]
    source = lines[0]
    assert (source["rows_in"], source["kept"], source["quarantined"], sum(source["reasons"].values())) == (121, 120, 1, 1)
    for before, after in zip(lines[:-1], lines[1:], strict=True):
        assert after["rows_in"] == before["kept"]
        assert after["kept"] + after["dropped"] == after["rows_in"] and sum(after["reasons"].values()) == after["dropped"]
    assert sum(lines[-1]["parts"].values()) == lines[-1]["kept"]


def test_the_first_step_of_a_pass_tells_its_time_and_what_is_stored_tells_none(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.jsonl", some_rows())
    first = result(project.run())["steps"]
    assert first[0]["seconds"] is not None and [one["seconds"] for one in first[1:3]] == [None, None]
    again = result(project.run(["docs.filter.length.characters.at_least=13"]))["steps"]
    assert [one["from_store"] for one in again[:2]] == [True, True] and all(one["seconds"] is None for one in again[:2])
