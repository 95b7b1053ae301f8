"""The books of a finished run, checked once more."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.projects import Project
from tilth.execute.audit import audit
from tilth.store.runs import Run
from tilth.store.tables import read_table, write_table


def checked(project: Project, run: Run) -> list[str]:
    return [f"{one.where}: {one.found}" for one in audit(project.store, run, run.record())]


def test_a_run_balances_with_its_parts_and_with_a_dataset_made_from_one(project: Project) -> None:
    project.write_recipe((project.folder / "recipe.yaml").read_text() + "  more: [{from: docs.train}, {filter.where: n > 20}]\n")
    assert checked(project, project.run(shard_bytes=1500)) == []


def replace(path: Path, table: pa.Table) -> None:
    path.chmod(0o644)
    write_table(path, table)


def gathers(record: dict[str, Any]) -> dict[str, Any]:
    return next(stage for stage in record["data"]["docs"]["stages"] if stage["kind"] == "gather")


def test_a_decision_that_is_gone_is_missed(project: Project) -> None:
    run = project.run()
    for verdict in gathers(run.record())["verdicts"]:
        file = project.store.path(verdict) / "decisions.parquet"
        replace(file, read_table(file).slice(1))
    found = checked(project, run)
    assert any("docs.dedup.exact, shard" in one and "is missing" in one for one in found)


def test_a_row_that_is_kept_and_dropped_is_found(project: Project) -> None:
    run = project.run()
    verdict = next(one for one in gathers(run.record())["verdicts"] if read_table(project.store.path(one) / "decisions.parquet").num_rows)
    file = project.store.path(verdict) / "decisions.parquet"
    table = read_table(file)
    replace(file, pa.concat_tables([table, table.slice(0, 1)]))
    assert any("is there twice" in one for one in checked(project, run))


def test_files_that_hold_other_rows_than_those_that_stayed_are_found(project: Project) -> None:
    run = project.run()
    content = run.record()["data"]["docs"]["parts"]["test"]
    file = next(project.store.path(content).glob("*.parquet"))
    replace(file, read_table(file).slice(1))
    assert any("part test: The files do not hold the rows that stayed" in one for one in checked(project, run))


def test_a_count_in_the_record_that_is_not_so_is_found(project: Project) -> None:
    run = project.run()
    record = run.record()
    record["data"]["docs"]["stages"][0]["entered"][0] += 1
    assert any("The record says that" in one.found for one in audit(project.store, run, record))


@pytest.mark.parametrize("name", ["rows", "keep"])
def test_an_object_that_is_gone_is_told_and_the_rest_is_checked(project: Project, name: str) -> None:
    run = project.run()
    next(project.store.root.glob(f"objects/*/*/{name}.parquet")).unlink()
    assert checked(project, run)
