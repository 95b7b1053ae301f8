"""Beauty is lost in the tail and in the corridors, so the tail is limited."""

import ast

from tests.laws.house import MODULES, ROOT, obeyed, read

FILE, FUNCTION, PARAMETERS, LAW = 400, 50, 7, 40
ALL = [*MODULES, *(read(path) for folder in ("tests", "docs", "bench") for path in sorted((ROOT / folder).rglob("*.py")))]


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many it takes, `self` and `cls` left out."""
    taken = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return sum(argument.arg not in ("self", "cls") for argument in taken)


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Its lines, from `def` to its end."""
    return (function.end_lineno or 0) - function.lineno + 1


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    obeyed(f"A file has at most {FILE} lines; divide it where its subject divides.", [f"{m.path}: {m.lines}" for m in ALL if m.lines > FILE])
    laws = [module for module in ALL if module.path.parts[:2] == ("tests", "laws") and module.path.name.startswith("test_")]
    obeyed(f"A law has at most {LAW} lines.", [f"{module.path}: {module.lines}" for module in laws if module.lines > LAW])


def test_no_function_is_too_long_to_be_held_in_the_head() -> None:
    long = [(module, function) for module in MODULES for function in module.functions() if length(function) > FUNCTION]
    obeyed(f"A function has at most {FUNCTION} lines; give its parts names.", [f"{m.path}:{f.lineno} {f.name}: {length(f)}" for m, f in long])


def test_no_function_takes_too_many_parameters() -> None:
    # A verb's parameters are its flags; test_flags.py counts those.
    written = [(m, f) for m in MODULES for f in m.functions() if m.place != f"cli/{f.name.strip('_')}.py"]
    wide = [(module, function) for module, function in written if parameters(function) > PARAMETERS]
    law = f"A function takes at most {PARAMETERS} parameters; what travels together is one object."
    obeyed(law, [f"{m.path}:{f.lineno} {f.name}: {parameters(f)}" for m, f in wide])
