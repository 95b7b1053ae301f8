"""Two places find a module by a name they computed: the package's front, and recipe/resolve.py."""

import ast

from tests.laws.house import MODULES, obeyed

ALLOWED = ("__init__.py", "recipe/resolve.py")
DYNAMIC = {"exec", "eval", "__import__", "import_module", "importlib.import_module", "runpy.run_module", "runpy.run_path"}


def test_no_other_module_is_found_by_a_computed_name() -> None:
    findings = [
        f"{module.path}:{node.lineno} calls {ast.unparse(node.func)}."
        for module in MODULES
        if module.place not in ALLOWED
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in DYNAMIC
    ]
    obeyed(f"A dynamic import: write a plain import, or ask recipe/resolve.py; only {' and '.join(ALLOWED)} may.", findings)
