"""`tilth verify`: everything is what was stored, or it is named and the exit code is 3."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Tilth
from tests.projects import Project


def shorten(path: Path) -> None:
    """Cut a file off, as a full disk or a crash might."""
    path.write_bytes(path.read_bytes()[:-20])


def alter(path: Path) -> None:
    """Write another row in the place of the first."""
    table = pq.read_table(path)
    pq.write_table(pa.concat_tables([table.slice(1, 1), table.slice(1)]), path)


def test_all_is_well_after_a_run(done: Project, tilth: Tilth) -> None:
    said = tilth(done.folder, "verify")
    assert said.code == 0 and "all books balance" in said.out
    told = json.loads(tilth(done.folder, "verify", "small/1", "--json").out)
    assert told["objects"] > 5 and told["runs"] == ["small/1"] and told["mismatches"] == []


@pytest.mark.parametrize("damage", [shorten, alter])
@pytest.mark.parametrize("file", ["rows", "measures", "keep", "sketch"])
def test_damage_is_found_and_named(project: Project, tilth: Tilth, damage: Callable[[Path], None], file: str) -> None:
    damaged = next(path for path in project.store.root.glob(f"objects/*/*/{file}.parquet") if pq.read_metadata(path).num_rows > 2)
    damage(damaged)
    said = tilth(project.folder, "verify", "--quiet")
    assert said.code == 3 and str(damaged.parent.relative_to(project.folder)) in said.out
    assert "not what was stored" in said.err and "`tilth run` makes them again" in said.err
    told = tilth(project.folder, "verify", "--json")
    assert told.code == 3 and json.loads(told.out)["mismatches"]


def test_a_file_of_a_run_that_was_replaced_is_found(project: Project, tilth: Tilth) -> None:
    file = next((project.folder / "runs/small/1/data/docs").iterdir())
    data = file.read_bytes()
    file.unlink()
    file.write_bytes(data[:-1] + b"x")
    said = tilth(project.folder, "verify", "small", "--quiet")
    assert said.code == 3 and file.name in said.out and "differs from" in said.out
