"""No drawer without a label, no asking what a thing is, no settings handed on unread."""

import ast

from tests.laws.house import MODULES, obeyed

DRAWERS = {"utils", "util", "common", "helpers", "helper", "misc", "core", "base"}


def test_no_module_is_a_drawer() -> None:
    strayed = [module for module in MODULES if DRAWERS & {part.strip("_") for part in module.parts}]
    obeyed("Name a module after what it knows; these names say nothing.", [str(module.path) for module in strayed])


def test_nothing_asks_whether_an_attribute_is_there() -> None:
    calls = [(m, node) for m in MODULES for node in ast.walk(m.tree) if isinstance(node, ast.Name) and node.id == "hasattr"]
    obeyed("`hasattr` hides a missing type: declare what a thing is.", [f"{m.path}:{node.lineno}" for m, node in calls])


def test_what_can_be_asked_for_is_written() -> None:
    # NeMo Curator's `perform_removal=True` is documented and raises NotImplementedError (fuzzy/workflow.py).
    raised = [(m, node) for m in MODULES for node in ast.walk(m.tree) if isinstance(node, ast.Name) and node.id == "NotImplementedError"]
    obeyed("A setting or a verb that is not written is taken out.", [f"{m.path}:{node.lineno}" for m, node in raised])


def test_no_keywords_are_passed_through_unread() -> None:
    findings = []
    for module, function in [(one, function) for one in MODULES for function in one.functions()]:
        taken = function.args.kwarg
        # A wrapper's `**kwargs: P.kwargs` is read by the type checker, name by name.
        if taken and not (taken.annotation and ast.unparse(taken.annotation).endswith(".kwargs")):
            spread = [keyword.value for node in ast.walk(function) if isinstance(node, ast.Call) for keyword in node.keywords if not keyword.arg]
            findings += [f"{module.path}:{value.lineno} {function.name}" for value in spread if ast.unparse(value) == taken.arg]
    obeyed("`**kwargs` passed through swallows a misspelt setting: name the parameters.", findings)
