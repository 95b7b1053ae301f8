"""Which finder a folder holds."""

from __future__ import annotations

from pathlib import Path

from tilth.model.entities import TokenClassifier
from tilth.model.gliner import Gliner
from tilth.model.identifying import GLINER, Finder


def load(folder: Path) -> Finder:
    """The finder in a folder. Raises Missing or AskedWrong where it cannot be loaded."""
    return Gliner(folder) if (folder / GLINER).is_file() else TokenClassifier(folder)
