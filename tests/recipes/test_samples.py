"""The invented rows are what their generator writes, few, and small."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

from tests.recipes.shipped import SAMPLES


def test_the_generator_writes_the_samples_that_are_here(tmp_path: Path) -> None:
    shutil.copy(SAMPLES / "generate.py", tmp_path)
    runpy.run_path(str(tmp_path / "generate.py"), run_name="__main__")
    written = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.jsonl")}
    assert len(written) == 10
    assert written == {path: (SAMPLES / path).read_bytes() for path in written}
    assert {path.relative_to(SAMPLES) for path in (SAMPLES / "products").iterdir()} == {path for path in written if path.parent.name}


def test_a_recipe_has_at_most_two_hundred_rows() -> None:
    lines = {path: path.read_bytes().count(b"\n") for path in SAMPLES.rglob("*.jsonl")}
    assert sum(count for path, count in lines.items() if path.parent.name == "products") <= 200
    assert max(lines.values()) <= 200 and sum(path.stat().st_size for path in lines) < 250_000
