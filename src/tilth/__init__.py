"""From raw text to a language model of your own; every row accounted for.

import tilth

run = tilth.run("recipe.yaml")
tilth.look(table)
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["look", "run"]

_HOMES = {"look": "tilth.cli.looking", "run": "tilth.cli.running"}


def __getattr__(name: str) -> Any:
    """The public names are found when they are asked for, so that `import tilth` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"tilth has no `{name}`; it has {', '.join(__all__)}.")
    return vars(importlib.import_module(_HOMES[name]))[name]
