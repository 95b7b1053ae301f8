"""What the words of a recipe mean: every step made, every name found, one graph without circles.

Here is the only dynamic import of the product: `filter.quality` is the class `Quality` of
`tilth.steps.filter.quality`. Other packages join by an entry point of the group `tilth.steps` that maps
a step's name to its module, which ends in that name: `filter.polite = "acme.filter.polite"`.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Le

from tilth.errors import RecipeError
from tilth.recipe import graph
from tilth.recipe.addresses import SECTIONS
from tilth.recipe.asked import Data, Given, Model, Placed, Recipe, Scored
from tilth.recipe.findings import Findings
from tilth.recipe.grammar import KINDS, Reading, check_name
from tilth.recipe.kinds import Kind, found, references
from tilth.recipe.machine import MachineSettings
from tilth.recipe.nodes import Node, from_plain
from tilth.recipe.read import ORDER, Document
from tilth.recipe.settings import make
from tilth.recipe.words import did_you_mean, nearest, nearest_step, sentences
from tilth.step import PATH, Settings, Step
from tilth.work import Machine

__all__ = ["Data", "Given", "Model", "Placed", "Recipe", "Scored", "find_step", "resolve", "step_names", "steps_read_by"]

GROUP = "tilth.steps"
STEPS = Path(__file__).parent.parent / "steps"
STEP_NAME = re.compile(r"[a-z][a-z0-9]*\.[a-z][a-z0-9_]*")


class Head(Settings):
    """The recipe's own settings."""

    name: str
    """What the recipe is called; its runs are kept under this name."""
    seed: Annotated[int, Ge(0), Le(2**32 - 1)] = 0
    """What every random choice of the recipe depends on (32 bits, which is what numpy and torch both take)."""
    audit: tuple[str, ...] = ()
    """Columns by whose values the report tells how many rows each filter and each deduplication kept, beside `language`, the
    domain of a `url`, and the source; it changes no result."""


def resolve(document: Document, outside: Mapping[str, str] | None = None) -> Recipe:
    """Make the recipe. `outside` maps the names of other packages' steps to their modules; None: those installed.

    Raises: RecipeError with every mistake there is, in the order of the file.
    """
    findings = Findings(document)
    _check_keys(document.root, findings)
    given = document.root.fields()
    head = make(Head, replace(document.root, value={key: given[key] for key in Head.model_fields if key in given}), "", findings)
    if head is not None:
        check_name(given["name"], "name", head.name, findings)
    machine = _machine(document.root, findings)
    reading = Reading(findings, lambda name: find_step(name, outside), head.seed if head else 0)
    sections = {section: _section(document.root, section, findings) for section in SECTIONS}
    reading.name_all(sections)
    data = [reading.data(name, node) for name, node in sections["data"].items()]
    models = [reading.model(name, node) for name, node in sections["models"].items()]
    scores = [reading.score(name, node) for name, node in sections["scores"].items()]
    graph.check(reading.wanted, reading.named, findings)
    order = graph.order(reading.wanted, reading.named, findings)
    findings.check()
    assert head is not None and machine is not None
    return Recipe(
        head.name,
        head.seed,
        document.file,
        document.text(),
        tuple(one for one in data if one is not None),
        tuple(one for one in models if one is not None),
        tuple(one for one in scores if one is not None),
        order,
        machine,
        head.audit,
    )


def steps_read_by(step: Step) -> tuple[str, ...]:
    """The names of datasets, models and scores to which a step's settings refer: `docs.train`, `words`."""
    settings = from_plain(step.model_dump(mode="json", by_alias=True))
    return tuple(dict.fromkeys(str(node.value) for _, _, node in references(Kind(type(step)), settings)))


def step_names() -> tuple[str, ...]:
    """The name of every step that comes with Tilth, in the order of the path. Nothing is imported."""
    return tuple(f"{room}.{file.stem}" for room in PATH for file in sorted((STEPS / room).glob("*.py")) if STEP_NAME.fullmatch(f"{room}.{file.stem}"))


def find_step(name: str, outside: Mapping[str, str] | None = None) -> type[Step]:
    """The class of a step. `outside` maps the names of other packages' steps to their modules; None: those installed.

    Raises: RecipeError, with the nearest step, when there is none of this name.
    """
    room, _, stem = name.partition(".")
    if STEP_NAME.fullmatch(name) and room in PATH and (STEPS / room / f"{stem}.py").is_file():
        return _class(name, f"tilth.steps.{name}")
    modules = {point.name: point.module for point in entry_points(group=GROUP)} if outside is None else outside
    if name not in modules:
        raise _no_step(name, (*step_names(), *modules))
    if not modules[name].endswith(f".{name}") or room not in PATH:
        raise RecipeError(
            f"The step `{name}` is said to be in the module `{modules[name]}`.",
            accepted=f"The module's name ends in `.{name}`, and its room is one of: {', '.join(PATH)}.",
        )
    try:
        return _class(name, modules[name])
    except ImportError as problem:
        raise RecipeError(f"The module `{modules[name]}` of the step `{name}` cannot be imported: {problem}.") from problem


def _class(name: str, module: str) -> type[Step]:
    camel = "".join(word.capitalize() for word in name.partition(".")[2].split("_"))
    step = vars(importlib.import_module(module)).get(camel)
    if not (isinstance(step, type) and issubclass(step, Step)):
        raise RecipeError(f"The module `{module}` has no step `{camel}`.", accepted="A step is a class named as its file.")
    return step


def _no_step(name: str, known: tuple[str, ...]) -> RecipeError:
    near, room = nearest_step(name, known), nearest(name.partition(".")[0], PATH)
    of_room = [one for one in known if one.startswith(f"{room}.")]
    instead = f"Steps of {room}: {', '.join(of_room)}." if of_room else f"A step is `room.name`; the rooms: {', '.join(PATH)}."
    return RecipeError("There is no such step.", accepted=did_you_mean(near) or instead, remedy="`tilth steps` lists them all.")


def _check_keys(root: Node, findings: Findings) -> None:
    """Only known keys at the top, and something to do."""
    for key, node in root.fields().items():
        if key not in ORDER:
            accepted = sentences(did_you_mean(nearest(key, (*ORDER, "include"))), f"A recipe's keys: {', '.join(ORDER)}, include.")
            findings.add(node, key, "There is no such key.", accepted)
    if not any(node.value for key, node in root.fields().items() if key in SECTIONS):
        findings.add(root, "", "The recipe asks for nothing.", "It has at least one of: data, models, scores.")


def _machine(root: Node, findings: Findings) -> Machine | None:
    node = root.fields().get("machine")
    if node is None or node.value is None:
        return MachineSettings().machine()
    if not isinstance(node.value, dict):
        findings.add(node, "machine", f"Found {found(node)}.", f"It takes a mapping with: {', '.join(MachineSettings.model_fields)}.")
        return None
    settings = make(MachineSettings, node, "machine", findings)
    return settings.machine() if settings else None


def _section(root: Node, section: str, findings: Findings) -> dict[str, Node]:
    node = root.fields().get(section)
    if node is None or node.value is None or isinstance(node.value, dict):
        return node.fields() if node else {}
    findings.add(node, section, f"Found {found(node)}.", f"It takes a mapping from the name of each {KINDS[section]} to what it is.")
    return {}
