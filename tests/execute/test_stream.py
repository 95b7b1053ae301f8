"""Every row of files, gathered."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pyarrow as pa
import pytest

from tilth.execute import stream
from tilth.execute.sample import files_at
from tilth.execute.stream import Reached, Sieve, over_files, over_tables
from tilth.record import Bad


@dataclass
class Adding:
    """Remembers numbers."""

    numbers: list[int] = field(default_factory=list)
    bad: int = 0

    def add(self, table: pa.Table, bad: Sequence[Bad] = ()) -> None:
        self.numbers += table["n"].to_pylist()
        self.bad += len(bad)

    def join(self, other: Self) -> None:
        self.numbers += other.numbers
        self.bad += other.bad

    def following(self) -> "Adding":
        return Adding()

    def pack(self) -> None:
        """Nothing to let go."""


@pytest.mark.parametrize("workers", [1, 2])
def test_every_row_is_gathered_once_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(4):
        lines = [json.dumps({"n": number * 100 + place}) for place in range(100)]
        (tmp_path / f"{number}.jsonl").write_text("\n".join([*lines, "broken"]))
    told: list[Reached] = []
    found = over_files(files_at("*.jsonl")[0], Adding(), Sieve("n >= 50", None, 3), workers, told.append)
    assert isinstance(found.gathered, Adding)
    assert found.gathered.numbers == list(range(50, 400)) and found.gathered.bad == 4 and found.read == 400
    assert found.first["n"].to_pylist() == [50, 51, 52]
    size = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert Reached("Counting", size, size, 404) in told and told[-1] == Reached("Reading", size, size, 400)


@pytest.mark.parametrize(("shard", "batch", "workers"), [(1 << 20, 1 << 20, 1), (2000, 1 << 20, 2), (5000, 300, 2), (3000, 70, 1)])
def test_how_files_are_cut_and_by_how_many_they_are_read_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shard: int, batch: int, workers: int
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stream, "SHARD", shard)
    monkeypatch.setattr(stream, "BATCH", batch)
    rows = [{"n": number, "t": f"{number % 37} words"} for number in range(500)]
    (tmp_path / "it.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = over_files(files_at("it.jsonl")[0], Adding(), Sieve(None, None, 2), workers, lambda _: None)
    assert isinstance(found.gathered, Adding)
    assert (found.gathered.numbers, found.read, found.first["n"].to_pylist()) == (list(range(500)), 500, [0, 1])


def test_tables_are_gathered_too() -> None:
    tables = [pa.table({"n": [1, 2], "t": ["a", "b"]}), pa.table({"n": [3], "t": ["b"]})]
    found = over_tables(tables, Adding(), Sieve(None, "B", 1))
    assert isinstance(found.gathered, Adding)
    assert (found.gathered.numbers, found.read, found.first.num_rows) == ([2, 3], 3, 1)
