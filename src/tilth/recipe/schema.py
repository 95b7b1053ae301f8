"""The JSON Schema of a recipe, for editors: every step by its name, with its settings explained."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from tilth.recipe.grammar import HOMES, NAME, At, From
from tilth.recipe.machine import MachineSettings
from tilth.recipe.reference import explained
from tilth.recipe.resolve import Head, find_step, step_names
from tilth.step import Settings, Step

Schema = dict[str, Any]


def json_schema(outside: Mapping[str, str] | None = None) -> Schema:
    """The schema of a whole recipe. Imports every step there is, and those of `outside` (name → module)."""
    steps = {name: find_step(name, outside or {}) for name in (*step_names(), *(outside or {}))}
    settings: list[type[Settings]] = [Head, MachineSettings, From, At, *steps.values()]
    of, definitions = _explained(settings)
    head = definitions["$defs"][of[Head]["$ref"].rpartition("/")[2]]["properties"]
    own = {name: _entry(step, of[step]) for name, step in steps.items()}
    in_section = {home: {name: entry for name, entry in own.items() if _home(name) == home} for home in ("data", "models", "scores")}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A recipe of Tilth",
        "type": "object",
        "properties": {
            "name": {**head["name"], "pattern": f"^{NAME.pattern}$"},
            "seed": head["seed"],
            "audit": head["audit"],
            "include": {"description": "Files whose entries are merged by name.", **_one_or_more({"type": "string"})},
            "data": _named("Datasets, each a list of steps.", _list(in_section["data"])),
            "models": _named("Models, each made by a step or given.", {"anyOf": [_one_of(in_section["models"]), of[From], of[At]]}),
            "scores": _named("Scores, each made by a step.", _one_of(in_section["scores"])),
            "machine": of[MachineSettings],
        },
        "required": ["name"],
        "additionalProperties": False,
        "$defs": definitions["$defs"],
    }


def _explained(settings: Sequence[type[BaseModel]]) -> tuple[dict[type[BaseModel], Schema], Schema]:
    """References to the definitions of these settings and of the groups inside them, and the definitions, each setting
    with what is said of it."""
    kinds = list(dict.fromkeys(inner for kind in settings for inner in _within(kind)))
    found, definitions = models_json_schema([(kind, "validation") for kind in kinds], ref_template="#/$defs/{model}")
    of: dict[type[BaseModel], Schema] = {kind: found[kind, "validation"] for kind in kinds}
    for kind, said in ((kind, explained(kind)) for kind in kinds):
        members = definitions["$defs"][of[kind]["$ref"].rpartition("/")[2]].get("properties", {})
        for name, field in kind.model_fields.items():
            members[field.alias or name] |= {"description": said[name]} if name in said else {}
    return of, definitions


def _within(annotation: Any) -> Iterator[type[BaseModel]]:
    """The groups of settings in a type, itself the first if it is one."""
    if isinstance(annotation, type) and not get_args(annotation) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _within(field.annotation)
        yield from _within(annotation.named if issubclass(annotation, Step) else None)
    for inner in get_args(annotation):
        yield from _within(inner)


def _home(step: str) -> str:
    return HOMES.get(step.partition(".")[0], "data")


def _entry(step: type[Step], settings: Schema) -> Schema:
    """What may follow a step's name: its settings, nothing, or its one obvious setting."""
    ways = [settings, {"type": "null"}]
    if step.bare is not None:
        ways.append({"not": {"type": ["object", "null"]}, "description": f"The setting `{step.bare}`."})
    return {"description": inspect.getdoc(step) or "", "anyOf": ways}


def _one_of(entries: Mapping[str, Schema]) -> Schema:
    """A mapping with exactly one of these keys."""
    return {"type": "object", "properties": dict(entries), "additionalProperties": False, "minProperties": 1, "maxProperties": 1}


def _list(entries: Mapping[str, Schema]) -> Schema:
    """A dataset's list: names of steps, steps with settings, `from`."""
    start = {"description": "The dataset, or datasets, that it starts from.", **_one_or_more({"type": "string"})}
    return {"type": "array", "minItems": 1, "items": {"anyOf": [{"enum": list(entries)}, _one_of({"from": start, **entries})]}}


def _one_or_more(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "array", "items": schema, "minItems": 1}]}


def _named(description: str, schema: Schema) -> Schema:
    return {"description": description, "type": ["object", "null"], "propertyNames": {"pattern": f"^{NAME.pattern}$"}, "additionalProperties": schema}
