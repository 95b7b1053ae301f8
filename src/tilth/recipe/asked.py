"""What was asked, understood: a recipe whose every step is made and whose every name is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilth.step import Step
from tilth.work import Machine


@dataclass(frozen=True)
class Placed:
    """A step in its place."""

    address: str
    line: int
    step: Step
    place: str = ""
    """The file and line of the recipe, as `recipe.yaml:14`."""

    @property
    def where(self) -> str:
        """Where it stands, for messages: `recipe.yaml:14  docs.filter.quality`."""
        return f"{self.place}  {self.address}" if self.place else self.address

    def seed(self, recipes: int) -> int:
        """The seed that its work is given, and that is in its key: its own, where that is one of its settings, else the recipe's; 0 where
        nothing is drawn."""
        if not self.step.draws:
            return 0
        own = self.step.identity().get("seed")
        return own if isinstance(own, int) else recipes


@dataclass(frozen=True)
class Data:
    """A dataset: what it starts from (other datasets, or sources) and what is done to it."""

    name: str
    line: int
    starts: tuple[str, ...]
    sources: tuple[Placed, ...]
    steps: tuple[Placed, ...]


@dataclass(frozen=True)
class Given:
    """A model that is not made here: a folder or a hub name (`from`), and its revision; or an endpoint, and how it is asked."""

    place: str
    revision: str | None
    where: str = ""
    """Where it stands, for messages: `recipe.yaml:21  llama.from`."""
    endpoint: Mapping[str, Any] | None = None
    """What `endpoint.json` tells of it, if it is one: the settings of the recipe, with the variable of the key and never the key."""


@dataclass(frozen=True)
class Model:
    """A model, either made by a step or given."""

    name: str
    line: int
    made: Placed | None
    given: Given | None


@dataclass(frozen=True)
class Scored:
    """A score, made by a step."""

    name: str
    line: int
    made: Placed


@dataclass(frozen=True)
class Recipe:
    """A recipe that can be planned and run."""

    name: str
    seed: int
    file: Path
    text: str
    """As one YAML file: included files merged, `--set` applied, `${NAME}` as written."""
    data: tuple[Data, ...]
    models: tuple[Model, ...]
    scores: tuple[Scored, ...]
    order: tuple[str, ...]
    """All names, each after those it needs."""
    machine: Machine
    audit: tuple[str, ...] = ()
    """Columns by whose values the report tells whom each step kept."""
