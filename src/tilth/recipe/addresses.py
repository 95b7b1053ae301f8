"""Addresses of what stands in a recipe, such as `docs.filter.quality.limits.words.at_least`, and `--set`.

The k-th step of the same name in a list, and the k-th item of a list, end in `[k]`; a first step
does without. A section may stand in front: `models.base.train.pretrain.steps`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tilth.errors import RecipeError, UsageError
from tilth.recipe.environment import Variables
from tilth.recipe.nodes import Node, parse
from tilth.recipe.words import did_you_mean, nearest

Place = tuple[str | int, ...]

SECTIONS = ("data", "models", "scores")
SINGLE = ("name", "seed", "machine")


def numbered(names: list[str]) -> list[str]:
    """The names with `[2]` after the second of the same name, and so on."""
    return [name if (count := names[: place + 1].count(name)) == 1 else f"{name}[{count}]" for place, name in enumerate(names)]


def below(address: str, place: Place) -> str:
    """The address of what stands at `place` under `address`."""
    for key in place:
        address += f"[{key + 1}]" if isinstance(key, int) else f".{key}"
    return address.lstrip(".")


def step_key(entry: Node) -> str:
    """The name by which an entry of a dataset's list goes: its step, or `from`."""
    return next(iter(entry.fields()), str(entry.value) if isinstance(entry.value, str) else "")


def with_set(root: Node, assignment: str, variables: Variables) -> Node:
    """The recipe with one `ADDRESS=VALUE` applied; the value is YAML.

    Raises: UsageError for an address that does not exist, with the near one.
    """
    address, equals, text = assignment.partition("=")
    where = f"--set {address}"
    if not equals:
        accepted = "It takes `ADDRESS=VALUE`, such as `docs.filter.length.characters.at_least=80`."
        raise UsageError("There is no `=` in it.", where=where, accepted=accepted)
    value = replace(variables.pull(parse(text, where, lined=False)), file="--set")
    place = _place(root, address.strip(), where)
    return _put(root, place, _from_command(value), where)


def _from_command(node: Node) -> Node:
    if isinstance(node.value, dict):
        return replace(node, file="--set", value={key: _from_command(inner) for key, inner in node.value.items()})
    if isinstance(node.value, list):
        return replace(node, file="--set", value=[_from_command(inner) for inner in node.value])
    return replace(node, file="--set")


def _place(root: Node, address: str, where: str) -> Place:
    """Where in the recipe the address points; settings that are not written yet may follow a step."""
    section, _, rest = address.partition(".")
    short = rest if section in SECTIONS else address
    known = {found: (place, grows) for found, place, grows in _addresses(root)}
    if short in known:
        return known[short][0]
    above = max((a for a, (_, grows) in known.items() if grows and short.startswith(a + ".")), key=len, default=None)
    new = short[len(above) + 1 :].split(".") if above else []
    if above is None or not all(new):
        near = nearest(short, known)
        raise UsageError(
            "Nothing in the recipe has this address.",
            where=where,
            accepted=did_you_mean(near) or f"Names: {', '.join(a for a in known if '.' not in a)}.",
        )
    return (*known[above][0], *new)


def _addresses(root: Node) -> Iterator[tuple[str, Place, bool]]:
    """Every address there is, its place, and whether settings may be added under it."""
    for key in SINGLE:
        yield from _within(root.fields().get(key), key, (key,), grows=key == "machine")
    for section in SECTIONS:
        names = root.fields().get(section)
        for name, node in (names.fields() if names else {}).items():
            yield name, (section, name), "from" in node.fields()
            if section == "data":
                yield from _in_list(node, name, (section, name))
            else:
                for key, inner in node.fields().items():
                    yield from _within(inner, f"{name}.{key}", (section, name, key), grows="." in key)


def _in_list(node: Node, name: str, place: Place) -> Iterator[tuple[str, Place, bool]]:
    keys = [step_key(entry) for entry in node.items()]
    for number, (key, shown) in enumerate(zip(keys, numbered(keys), strict=True)):
        inner = node.items()[number].fields().get(key)
        yield from _within(inner, f"{name}.{shown}", (*place, number, key), grows=key != "from")


def _within(node: Node | None, address: str, place: Place, *, grows: bool) -> Iterator[tuple[str, Place, bool]]:
    yield address, place, grows
    if node is None:
        return
    for key, inner in node.fields().items():
        yield from _within(inner, f"{address}.{key}", (*place, key), grows=grows)
    for number, inner in enumerate(node.items()):
        yield from _within(inner, f"{address}[{number + 1}]", (*place, number), grows=grows)


def _put(node: Node, place: Place, value: Node, where: str) -> Node:
    """The same tree with `value` at `place`."""
    if not place:
        return value
    key, rest = place[0], place[1:]
    if isinstance(key, int):
        items = list(node.items())
        items[key] = _put(items[key], rest, value, where)
        return replace(node, value=items)
    bare_step = isinstance(node.value, str) and node.value == key
    if not isinstance(node.value, dict) and node.value is not None and not bare_step:
        raise RecipeError("What stands there has no settings to set.", where=where, remedy="Set the whole value, without what follows.")
    fields: dict[str, Any] = dict(node.fields())
    fields[key] = _put(fields.get(key, Node(None, value.line, value.file)), rest, value, where)
    return replace(node, value=fields)
