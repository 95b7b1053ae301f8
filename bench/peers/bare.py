"""Modules of a package without what its `__init__` files import: large packages import much that the few modules we ask never use."""

import importlib.util
import sys
import types
from pathlib import Path


def stand_in(package: str, *below: str) -> None:
    """Let `package` and the packages `below` it (full names) be empty modules that know their folders, so that the modules in them
    can be imported. Raises ModuleNotFoundError where the package is not installed."""
    found = importlib.util.find_spec(package)
    if found is None or found.submodule_search_locations is None:
        raise ModuleNotFoundError(package)
    root = Path(next(iter(found.submodule_search_locations)))
    for name in (package, *below):
        module = types.ModuleType(name)
        module.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = module
