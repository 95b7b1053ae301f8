"""One word everywhere: a step file holds one public class, named as the file; its one parent is its shape."""

import ast

from tests.laws.house import MODULES, SHAPES, STEPS, imports, obeyed


def camel(stem: str) -> str:
    """`word_count` as the name of a class: `WordCount`."""
    return "".join(part.capitalize() for part in stem.split("_"))


def test_a_step_file_holds_one_public_class_named_as_the_file() -> None:
    public = {module: [node.name for node in module.classes() if not node.name.startswith("_")] for module in STEPS}
    strayed = [module for module, names in public.items() if names != [camel(module.path.stem)]]
    law = "Names: a step file holds one public class; settings inside it are private (`_Limits`), or stand in a private file beside it."
    obeyed(law, [f"{m.path} holds {', '.join(public[m]) or 'none'}; wanted: {camel(m.path.stem)}." for m in strayed])


def test_a_step_has_exactly_one_parent_its_shape() -> None:
    steps = [(module, node) for module in STEPS for node in module.classes() if node.name == camel(module.path.stem)]
    strayed = [(m, node) for m, node in steps if [ast.unparse(base) for base in node.bases] not in [[shape] for shape in SHAPES] or node.keywords]
    obeyed(f"A step has one parent, one of {', '.join(SHAPES)}.", [f"{m.path}:{node.lineno} class {node.name}" for m, node in strayed])


def test_nobody_subclasses_a_step() -> None:
    final = {camel(module.path.stem): module.name for module in STEPS}
    findings = []
    for module in MODULES:
        seen = {
            final_name for _, name in imports(module.tree) if (final_name := name.rpartition(".")[2]) in final and name.startswith("tilth.steps.")
        }
        seen |= {camel(module.path.stem)} if module.is_step else set()
        classes = [node for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]
        findings += [f"{module.path}:{node.lineno} class {node.name}" for node in classes if seen & {ast.unparse(base) for base in node.bases}]
    obeyed("Nobody subclasses a step: use it, or share a function in text/ or model/.", findings)
