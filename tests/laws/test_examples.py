"""The Python in the pages runs: each block of a page in turn, in one space of names; a block named as a file is that module."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from tests.laws.house import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def load(block: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Write the block to a file, as pydantic reads docstrings from there, and import it under the name it gives itself."""
    named = re.match(r"# (?:src|tests)/(\S+)\.py\n", block)
    name = named[1].replace("/", ".") if named else f"example_{len(sys.modules)}"
    file = folder / f"{name}.py"
    file.write_text(block, "utf-8")
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return vars(module)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for block in BLOCK.findall(page.read_text("utf-8")):
        for name, thing in load(block, tmp_path, monkeypatch).items():
            if name.startswith("test_") and callable(thing):
                thing()
