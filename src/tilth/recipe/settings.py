"""A step made from its settings; every mistake in them told with its line and the nearest right word.

Settings are checked as strict JSON: a text is never taken for a number. A mistake that pydantic finds
is told in our own words, at the key where it stands; what it says about every member of a union
is told once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tilth.errors import AskedWrong
from tilth.recipe.addresses import Place, below
from tilth.recipe.findings import Findings
from tilth.recipe.kinds import LISTS, Kind, fitting, found, kind_at, takes
from tilth.recipe.nodes import Node, plain
from tilth.recipe.words import did_you_mean, meant, nearest, sentences

Made = TypeVar("Made", bound=BaseModel)


def make(kind: type[Made], node: Node, address: str, findings: Findings) -> Made | None:
    """The settings as an object of `kind`, or None when findings were added."""
    try:
        return kind.model_validate_json(json.dumps(plain(node)), strict=True)
    except ValidationError as problem:
        errors = _of_one_member([_placed(error, node) for error in problem.errors(include_url=False, include_input=False)])
        meant = {_meant(Kind(kind), node, error.place) for error in errors if error.type == "extra_forbidden"}
        for error in errors:
            if error.type != "missing" or error.place not in meant:
                _tell(error, kind, node, address, findings)
    except AskedWrong as problem:
        findings.add(node, address, problem.found, problem.accepted, problem.remedy)
    return None


@dataclass(frozen=True)
class _Error:
    """What pydantic found: where it is in the recipe, and at which union it was one answer of several."""

    details: ErrorDetails
    place: Place
    union: Place | None
    member: str

    @property
    def type(self) -> str:
        return self.details["type"]


def _placed(details: ErrorDetails, node: Node) -> _Error:
    """Pydantic's location without the names of union members, which are no keys of the recipe."""
    place: list[str | int] = []
    union: Place | None = None
    member = ""
    path = details["loc"]
    for number, key in enumerate(path):
        inside: Iterable[Any] = node.fields() if isinstance(node.value, dict) else range(len(node.items()))
        if key in inside:
            place.append(key)
            node = node.at((key,))
        elif number == len(path) - 1 and details["type"] == "missing":
            place.append(key)
        elif union is None:
            union, member = tuple(place), str(key)
    return _Error(details, tuple(place), union, member)


def _of_one_member(errors: Sequence[_Error]) -> list[_Error]:
    """For each union, only the errors of the member that was meant: the one whose errors lie deepest, then the one with fewest."""
    chosen: list[_Error] = [error for error in errors if error.union is None]
    for union in dict.fromkeys(error.union for error in errors if error.union is not None):
        here = [error for error in errors if error.union == union]
        members = {name: [error for error in here if error.member == name] for name in dict.fromkeys(error.member for error in here)}
        best = max(members.values(), key=lambda some: (max(len(error.place) for error in some), -len(some)))
        chosen += best
    return chosen


def _tell(error: _Error, kind: type[BaseModel], node: Node, address: str, findings: Findings) -> None:
    """One finding in our own words."""
    whole = Kind(kind)
    at = node.at(error.place)
    where = below(address, error.place)
    match error.type:
        case "extra_forbidden":
            findings.add(at, where, "There is no such setting.", _instead(whole, node, error.place, address))
        case "missing":
            wanted = kind_at(whole, node, error.place)
            accepted = f"It takes {takes(wanted)}." if wanted else ""
            findings.add(at, below(address, error.place[:-1]), f"The setting `{error.place[-1]}` is missing.", accepted)
        case "union_tag_invalid" | "union_tag_not_found":
            _tell_tag(error, whole, node, address, findings)
        case "value_error" | "assertion_error":
            context = error.details.get("ctx", {})
            findings.add(at, where, _sentence(str(context.get("error", error.details["msg"]))))
        case _:
            wanted = kind_at(whole, node, error.place)
            findings.add(at, where, f"Found {found(at)}.", _wanted(wanted, at, error), _rewritten(wanted, at))


def _siblings(whole: Kind, node: Node, place: Place) -> dict[str, Kind]:
    """The settings there are where the last of `place` stands."""
    group = kind_at(whole, node, place[:-1])
    options = fitting(group, node.at(place[:-1])) if group else ()
    return options[0].fields() if options else {}


def _meant(whole: Kind, node: Node, place: Place) -> Place | None:
    """The place of the setting that was probably meant by an unknown one."""
    near = meant(str(place[-1]), _siblings(whole, node, place))
    return (*place[:-1], near) if near else None


def _instead(whole: Kind, node: Node, place: Place, address: str) -> str:
    """The setting that was meant, or all that there are."""
    known = _siblings(whole, node, place)
    near = meant(str(place[-1]), known)
    if near:
        return sentences(did_you_mean(near), f"It takes {takes(known[near])}.")
    what = below(address, place[:-1]) or "a recipe"
    return f"Settings of {what}: {', '.join(known)}." if known else f"{what} has no settings."


def _tell_tag(error: _Error, whole: Kind, node: Node, address: str, findings: Findings) -> None:
    """The word that says which group of settings it is, such as `type: llama`, is wrong or missing."""
    word = str(error.details.get("ctx", {}).get("discriminator", "")).strip("'")
    place = (*error.place, word)
    group = kind_at(whole, node, error.place)
    tags = [inner for one in (group.alternatives() if group else ()) if (inner := one.inside(word))]
    choices = [choice for tag in tags for choice in tag.choices()]
    at = node.at(place)
    accepted = f"It takes one of: {', '.join(choices)}."
    if error.type == "union_tag_not_found":
        findings.add(at, below(address, error.place), f"The setting `{word}` is missing.", accepted)
    else:
        findings.add(at, below(address, place), f"Found {found(at)}.", sentences(did_you_mean(nearest(at.written, choices)), accepted))


def _wanted(wanted: Kind | None, at: Node, error: _Error) -> str:
    """What is accepted there; where types do not tell it all, what pydantic says too."""
    if wanted is None:
        return _sentence(error.details["msg"])
    choices = [choice for one in wanted.alternatives() for choice in one.choices()]
    near = nearest(at.written, choices) if isinstance(at.value, str) and not at.pulled else None
    told = error.type.endswith(("_type", "_parsing", "_error", "_from_float")) or error.type.startswith(
        ("greater_than", "less_than", "enum", "finite")
    )
    return sentences(did_you_mean(near), f"It takes {takes(wanted)}.", "" if told else _sentence(error.details["msg"]))


def _rewritten(wanted: Kind | None, at: Node) -> str:
    """How to write what was probably meant: with quotes or without, or as a list."""
    types = [one.type for one in wanted.alternatives()] if wanted else []
    number = isinstance(at.value, int | float) and not isinstance(at.value, bool)
    if number and str in types:
        return f'Write it in quotes: "{at.written}".'
    if isinstance(at.value, str) and not at.pulled and not {int, float}.isdisjoint(types) and _is_number(at.value):
        return f"Write it without quotes: {at.written}."
    if isinstance(at.value, str) and at.value and types and all((get_origin(one) or one) in LISTS for one in types):
        return f"Write `[{at.written}]`."
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _sentence(text: str) -> str:
    """With a capital and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
