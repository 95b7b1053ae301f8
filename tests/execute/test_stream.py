"""Every row of files, gathered."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pyarrow as pa
import pytest

from tilth.execute.sample import files_at
from tilth.execute.stream import Sieve, over_files, over_tables
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


@pytest.mark.parametrize("workers", [1, 2])
def test_every_row_is_gathered_once_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(4):
        lines = [json.dumps({"n": number * 100 + place}) for place in range(100)]
        (tmp_path / f"{number}.jsonl").write_text("\n".join([*lines, "broken"]))
    told: list[tuple[str, int, int]] = []
    found = over_files(files_at("*.jsonl")[0], Adding(), Sieve("n >= 50", None, 3), workers, lambda *words: told.append(words))
    assert isinstance(found.gathered, Adding)
    assert found.gathered.numbers == list(range(50, 400)) and found.gathered.bad == 4 and found.read == 400
    assert found.first["n"].to_pylist() == [50, 51, 52]
    assert ("reading", 4, 4) in told and ("counting", 4, 4) in told


def test_tables_are_gathered_too() -> None:
    tables = [pa.table({"n": [1, 2], "t": ["a", "b"]}), pa.table({"n": [3], "t": ["b"]})]
    found = over_tables(tables, Adding(), Sieve(None, "B", 1))
    assert isinstance(found.gathered, Adding)
    assert (found.gathered.numbers, found.read, found.first.num_rows) == ([2, 3], 3, 1)
