"""The invented rows are what their generator writes, few, and small."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

from tests.recipes.shipped import SAMPLES


def test_the_generators_write_the_samples_that_are_here(tmp_path: Path) -> None:
    for name in ("generate.py", "generate_answers.py"):
        shutil.copy(SAMPLES / name, tmp_path)
        runpy.run_path(str(tmp_path / name), run_name="__main__")
    written = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.suffix in (".jsonl", ".txt")}
    assert len(written) == 14
    assert written == {path: (SAMPLES / path).read_bytes() for path in written}
    assert {path.relative_to(SAMPLES) for path in (SAMPLES / "products").iterdir()} == {path for path in written if path.parent.name}


def test_a_sample_has_at_most_two_hundred_rows() -> None:
    lines = {path: path.read_bytes().count(b"\n") for path in SAMPLES.rglob("*.jsonl")}
    assert (SAMPLES / "stories.txt").read_text("utf-8").count("\n\n") < 200
    assert sum(count for path, count in lines.items() if path.parent.name == "products") <= 200
    assert max(lines.values()) <= 200 and sum(path.stat().st_size for path in lines) < 350_000
