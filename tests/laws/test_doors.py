"""Doors have one direction: who may import whom, where heavy guests live, and no import inside a function."""

from tests.laws.house import DOORS, GUESTS, LATE, MODULES, SEVERAL, Module, imports, module_of, obeyed


def own(module: Module, there: list[str]) -> bool:
    """Whether an import stays in the module's own room; a room of the path shares only its private files."""
    here = list(module.parts)
    if here[0] != "steps":
        return here[0] == there[0]
    return here[:2] == there[:2] and len(there) > 2 and there[2].startswith("_")


def trespass(module: Module, wanted: str) -> str:
    """Why `module` may not import `wanted`, or nothing."""
    head, *there = wanted.split(".")
    if not module.place.startswith(GUESTS.get(head, ("",))):
        return f"{head} may be imported in {', '.join(GUESTS[head])} only"
    if head != "tilth" or module.place == "__init__.py":
        return "" if head else "write the full name, from tilth on"
    room = module.parts[0]
    if there[0] not in DOORS or room not in DOORS:
        return "import from the module that defines it; a new room is added to DOORS in tests/laws/house.py"
    allowed = ", ".join(sorted(DOORS[room])) or "nothing"
    return "" if own(module, there) or there[0] in DOORS[room] else f"{room} may open on {allowed}"


def test_every_room_opens_only_on_the_rooms_of_the_table() -> None:
    seen = [(module, line, wanted, trespass(module, wanted)) for module in MODULES for line, wanted in imports(module.tree)]
    obeyed("Doors: move what is shared to text/, model/ or the hall.", [f"{m.path}:{n} imports {name}: {why}." for m, n, name, why in seen if why])


def test_an_import_inside_a_function_is_a_verbs_or_a_learning_steps_one_worker() -> None:
    late = {module: {module_of(name) for function in module.functions() for _, name in imports(function)} for module in MODULES}
    many = {module for module, names in late.items() if len(names) > 1 and module.place not in SEVERAL}
    strayed = [m for m, names in late.items() if names and (not m.place.startswith(LATE) or m in many or not min(names).startswith("tilth."))]
    law = f"Imports inside functions: move them to the top; only {', '.join(LATE)} may import their one worker module of tilth's there."
    obeyed(law, [f"{module.path}: {', '.join(sorted(late[module]))}" for module in strayed])
