"""The public surface is one sorted list, and the list is true."""

import ast
import types

import tilth
from tests.laws.house import MODULES


def test_the_public_names_are_one_sorted_list() -> None:
    assert tilth.__all__ == sorted(set(tilth.__all__)), "tilth.__all__ must be sorted and name nothing twice."


def test_every_public_name_is_there() -> None:
    gone = [name for name in tilth.__all__ if isinstance(getattr(tilth, name, tilth), types.ModuleType)]
    assert not gone, f"tilth.__all__ names what does not exist, or a module: {gone}"


def test_nothing_else_is_public() -> None:
    front = next(module.tree for module in MODULES if module.place == "__init__.py")
    made = {node.name for node in front.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    made |= {node.id for node in ast.walk(front) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    public = {name for name in made if not name.startswith("_")}
    assert public <= set(tilth.__all__), f"Name it in tilth.__all__, or begin its name with an underscore: {public - set(tilth.__all__)}"
