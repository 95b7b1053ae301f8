"""Projects to run in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import Project, some_rows


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    rows = some_rows()
    made.write("a.jsonl", rows[:50])
    made.write("b.jsonl", rows[50:])
    return made


@pytest.fixture
def another(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Project]:
    """Further projects, each in a folder of its own."""
    return lambda: Project(tmp_path_factory.mktemp("project"))
