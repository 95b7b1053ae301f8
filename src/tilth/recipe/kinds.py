"""What a setting takes, in plain words; and what was found in its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tilth.recipe.nodes import Node
from tilth.step import DataName, ModelName, ScoreName, Step, TokenizerName

MARKED = {"dataset": DataName, "model": ModelName, "tokenizer": TokenizerName, "score": ScoreName}
NAMED = tuple((get_args(name)[1], what) for what, name in MARKED.items())
"""The marks of settings that name something of the recipe, and what they name."""

LISTS = (list, tuple, set, frozenset, Sequence)
MAPPINGS = (dict, Mapping)

_SIMPLE = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", Path: "a path", date: "a date such as 2024-06-30"}
_MANY = {bool: "true or false", int: "whole numbers", float: "numbers", str: "texts", Path: "paths"}
_BOUNDS = {Ge: ("ge", "of at least"), Gt: ("gt", "above"), Le: ("le", "of at most"), Lt: ("lt", "below")}


@dataclass(frozen=True)
class Kind:
    """The type of a setting, with the marks and bounds written beside it."""

    type: Any
    marks: tuple[Any, ...] = ()

    def alternatives(self) -> tuple[Kind, ...]:
        """What it may be: the members of a union, each by itself; without null."""
        if get_origin(self.type) is Annotated:
            inner, *marks = get_args(self.type)
            return Kind(inner, (*self.marks, *_flat(marks))).alternatives()
        if get_origin(self.type) in (Union, UnionType):
            return tuple(one for member in get_args(self.type) for one in Kind(member, self.marks).alternatives())
        return () if self.type in (None, NoneType) else (self,)

    def fields(self) -> dict[str, Kind]:
        """The settings inside, by the names that a recipe uses; none if it is no group of settings."""
        if not (isinstance(self.type, type) and issubclass(self.type, BaseModel)):
            return {}
        return {info.alias or name: Kind(info.annotation, tuple(_flat(info.metadata))) for name, info in self.type.model_fields.items()}

    def inside(self, key: str | int) -> Kind | None:
        """What stands under a key or in a place of a list."""
        origin, inner = get_origin(self.type) or self.type, get_args(self.type)
        if isinstance(key, int):
            if origin not in LISTS or not inner:
                return None
            fixed = origin is tuple and inner[-1] is not Ellipsis
            return Kind(inner[key] if fixed and key < len(inner) else inner[0])
        if origin in MAPPINGS:
            return Kind(inner[1] if len(inner) == 2 else Any)
        return self.fields().get(key) or self.named()

    def named(self) -> Kind | None:
        """What stands under names of the user's own, where it takes such."""
        named = self.type.named if isinstance(self.type, type) and issubclass(self.type, Step) else None
        return None if named is None else Kind(named)

    def names(self) -> str | None:
        """`dataset`, `model`, `tokenizer` or `score`, if its value is the name of one."""
        return next((what for mark, what in NAMED if any(mark is one for one in self.marks)), None)

    def choices(self) -> tuple[str, ...]:
        """The words there are to choose from, if it is such a choice."""
        if get_origin(self.type) is Literal:
            return tuple(_yaml(choice) for choice in get_args(self.type))
        if isinstance(self.type, type) and issubclass(self.type, Enum):
            return tuple(_yaml(member.value) for member in self.type)
        return ()


def fitting(kind: Kind, node: Node) -> tuple[Kind, ...]:
    """The alternatives that have the shape of the value, the one that knows most of its keys first."""
    keys = node.fields()
    if isinstance(node.value, list):
        return tuple(one for one in kind.alternatives() if (get_origin(one.type) or one.type) in LISTS)
    if isinstance(node.value, dict):
        groups = [one for one in kind.alternatives() if (get_origin(one.type) or one.type) in MAPPINGS or _is_group(one)]
        return tuple(sorted(groups, key=lambda one: (-_tagged(one, keys), -len(keys & one.fields().keys()))))
    return tuple(one for one in kind.alternatives() if (get_origin(one.type) or one.type) not in (*LISTS, *MAPPINGS) and not _is_group(one))


def _is_group(kind: Kind) -> bool:
    return isinstance(kind.type, type) and issubclass(kind.type, BaseModel)


def _tagged(kind: Kind, keys: Mapping[str, Node]) -> int:
    """How many words of the value are choices of this alternative alone: `type: llama` tells which group it is."""
    return sum(1 for key, inner in kind.fields().items() if key in keys and str(keys[key].value) in inner.choices())


def kind_at(kind: Kind, node: Node, place: Sequence[str | int]) -> Kind | None:
    """The kind of the setting at `place` under `node`, which is of `kind`."""
    for key in place:
        options = fitting(kind, node) or kind.alternatives()
        found = next((inner for one in options if (inner := one.inside(key)) is not None), None)
        if found is None:
            return None
        kind, node = found, node.at((key,))
    return kind


def references(kind: Kind, node: Node, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str, tuple[str | int, ...], Node]]:
    """Every name of a dataset, model or score in a value: what it names, where it stands, the name."""
    options = fitting(kind, node)[:1] if isinstance(node.value, dict) else fitting(kind, node)
    if any(node.value in one.choices() for one in options if isinstance(node.value, str)):
        return
    for one in options:
        named = one.names()
        if named and isinstance(node.value, str):
            yield named, place, node
            return
        inner: list[tuple[str | int, Node]] = [*node.fields().items(), *enumerate(node.items())]
        for key, value in inner:
            below = one.inside(key)
            if below is not None:
                yield from references(below, value, (*place, key))


def takes(kind: Kind) -> str:
    """What a setting takes, as a phrase: `a whole number of at least 0`, `a list of: gopher, c4`."""
    phrases = list(dict.fromkeys(_phrase(one) for one in kind.alternatives()))
    return ("; or " if any(":" in phrase for phrase in phrases) else " or ").join(phrases) or "nothing"


def _phrase(kind: Kind) -> str:
    origin, inner = get_origin(kind.type) or kind.type, get_args(kind.type)
    if kind.names():
        return f"the name of a {kind.names()}"
    if kind.choices():
        choices = kind.choices()
        return f"one of: {', '.join(choices)}" if len(choices) > 1 else f"`{choices[0]}`"
    if origin in LISTS:
        return _list_phrase(kind, inner)
    if origin in MAPPINGS:
        return f"a mapping whose values are each {takes(Kind(inner[1]))}" if len(inner) == 2 and inner[1] is not Any else "a mapping"
    if _is_group(kind):
        return f"a mapping with: {', '.join(kind.fields())}"
    return _SIMPLE.get(kind.type, "any value" if kind.type is Any else "a value") + _bounds(kind)


def _list_phrase(kind: Kind, inner: tuple[Any, ...]) -> str:
    if not inner:
        return "a list"
    if inner[-1] is not Ellipsis and len(inner) > 1:
        return f"a list of {len(inner)}: {', '.join(takes(Kind(one)) for one in inner)}"
    items = Kind(inner[0]).alternatives()
    if len(items) == 1 and items[0].choices():
        return f"a list of: {', '.join(items[0].choices())}"
    if len(items) == 1 and items[0].names():
        return f"a list of names of {items[0].names()}s"
    if len(items) == 1 and items[0].type in _MANY:
        return f"a list of {_MANY[items[0].type]}{_bounds(items[0])}"
    return f"a list whose items are each {takes(Kind(inner[0]))}"


def _bounds(kind: Kind) -> str:
    bounds = {type(mark): mark for mark in kind.marks}
    if Ge in bounds and Le in bounds:
        return f" from {bounds[Ge].ge} to {bounds[Le].le}"
    said = [f" {words} {getattr(mark, name)}" for mark in kind.marks for bound, (name, words) in _BOUNDS.items() if isinstance(mark, bound)]
    return " and".join(said)


def _flat(marks: Sequence[Any]) -> list[Any]:
    """Bounds written as `Field(ge=0)` beside those written by themselves."""
    return [inner for mark in marks for inner in (mark.metadata if isinstance(mark, FieldInfo) else (mark,))]


def _yaml(choice: Any) -> str:
    """A choice as it is written in a recipe."""
    return str(choice).lower() if isinstance(choice, bool) else str(choice)


def found(node: Node) -> str:
    """What stands there: `five`, a text."""
    value = node.value
    if isinstance(value, dict):
        return f"a mapping with {', '.join(list(value)[:5])}" if value else "an empty mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if value is None:
        return "nothing"
    written = node.written if len(node.written) <= 60 else node.written[:57] + "…"
    kind = "a text" if isinstance(value, str) else "true or false" if isinstance(value, bool) else "a number"
    return f"`{written}`, {kind}"
