"""The reference of steps, from the code: what there is, and what each one takes."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tilth.recipe.kinds import Kind, takes
from tilth.recipe.resolve import STEPS, find_step, step_names
from tilth.step import Limit


@dataclass(frozen=True)
class Line:
    """A step in a list: its name, its shape, and what it does in a sentence."""

    name: str
    shape: str
    does: str


@dataclass(frozen=True)
class Setting:
    """A setting: its name (`characters.at_least` inside a group), what it takes, its default as a recipe
    would have it (None: it must be given), whether it only decides, and what it means."""

    name: str
    takes: str
    default: str | None
    decides: bool
    means: str


@dataclass(frozen=True)
class Reference:
    """All that is said of a step."""

    name: str
    shape: str
    bare: str | None
    about: str
    settings: tuple[Setting, ...]


def lines() -> list[Line]:
    """The steps that come with Tilth, in the order of the path. Their files are read, and none is imported."""
    return [_line(name) for name in step_names()]


def _line(name: str) -> Line:
    room, _, stem = name.partition(".")
    tree = ast.parse((STEPS / room / f"{stem}.py").read_text("utf-8"))
    wanted = "".join(word.capitalize() for word in stem.split("_"))
    made = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == wanted)
    return Line(name, ast.unparse(made.bases[0]), _first_sentence(ast.get_docstring(made) or ""))


def _first_sentence(said: str) -> str:
    return " ".join(said.partition("\n\n")[0].split())


def reference(name: str) -> Reference:
    """All about a step. Raises RecipeError, with the nearest step, when there is none of this name."""
    step = find_step(name)
    return Reference(step.name(), step.shape(), step.bare, inspect.getdoc(step) or "", tuple(_settings(step, "")))


def explained(settings: type[BaseModel]) -> dict[str, str]:
    """What each setting of a step or a group is: the docstring beneath it.

    Read from the source when it is first asked for: pydantic would do it for every class that is made, a tenth of a second each."""
    found: dict[str, str] = {}
    for kind in reversed(settings.__mro__):
        if kind is not BaseModel and issubclass(kind, BaseModel):
            found |= _docstrings(kind)
    return found


@cache
def _docstrings(kind: type[BaseModel]) -> Mapping[str, str]:
    """Those of one class, read once: a shape has many steps, and Python parses a whole file to find a class in it."""
    return dict(_beneath(kind))


def _beneath(kind: type[BaseModel]) -> Iterator[tuple[str, str]]:
    made = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(made, ast.ClassDef)
    for field, beneath in pairwise(made.body):
        match field, beneath:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                yield name, " ".join(said.split())


def _settings(settings: type[BaseModel], above: str) -> Iterator[Setting]:
    """A setting for each field, and beneath a group those inside it."""
    said = explained(settings)
    for name, field in settings.model_fields.items():
        kind = Kind(field.annotation, tuple(field.metadata))
        yield Setting(f"{above}{field.alias or name}", takes(kind), _default(field), Limit in field.metadata, said.get(name, ""))
        for group in _groups(kind):
            yield from _settings(group, f"{above}{field.alias or name}.")
    names = Kind(settings).named()
    if names is not None:
        yield Setting(f"{above}NAME", takes(names), None, False, said.get("named", ""))
        for group in _groups(names):
            yield from _settings(group, f"{above}NAME.")


def _groups(kind: Kind) -> Iterator[type[BaseModel]]:
    for one in kind.alternatives():
        if isinstance(one.type, type) and issubclass(one.type, BaseModel):
            yield one.type


def _default(field: FieldInfo) -> str | None:
    if field.is_required():
        return None
    value: Any = field.get_default(call_default_factory=True)
    return json.dumps(value.model_dump(mode="json", exclude_unset=True) if isinstance(value, BaseModel) else value, ensure_ascii=False, default=str)
