"""The grammar of datasets, models and scores: what may stand where.

A dataset is a list that begins with `from:` or with sources and may end in a split; a model is made by
one step or given; a score is made by one step. Every step stands in the section of its room.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Protocol, runtime_checkable
from urllib.parse import urlsplit

from annotated_types import Ge, Gt, Le, MinLen
from pydantic import Field, field_validator

from tilth.errors import RecipeError
from tilth.recipe.addresses import SECTIONS, below, numbered, step_key
from tilth.recipe.asked import Data, Given, Model, Placed, Scored
from tilth.recipe.findings import Findings
from tilth.recipe.graph import Named, Wanted
from tilth.recipe.kinds import Kind, found, references, takes
from tilth.recipe.nodes import Node, from_plain
from tilth.recipe.read import ORDER
from tilth.recipe.settings import make
from tilth.recipe.words import nearest
from tilth.step import PATH, Fit, Settings, Step

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
KINDS = dict(zip(SECTIONS, ("dataset", "model", "score"), strict=True))

HOMES = {"train": "models", "evaluate": "scores", "compare": "scores"}
"""The section in which the steps of a room stand; every other room's steps stand in `data`."""


class From(Settings):
    """A model that is not made here."""

    place: Annotated[str, MinLen(1)] = Field(alias="from")
    """A folder, or a name on the Hugging Face hub."""
    revision: str | None = None
    """The commit, tag or branch on the hub."""


class Price(Settings):
    """What a million tokens cost, in any currency."""

    input: Annotated[float, Ge(0)]
    """Those that are sent."""
    output: Annotated[float, Ge(0)]
    """Those that are written."""


class At(Settings):
    """A model that others run, asked over the network in the way of OpenAI's API."""

    endpoint: str
    """The address, without `/chat/completions`: `https://api.openai.com/v1`, `http://localhost:11434/v1`."""
    name: Annotated[str, MinLen(1)]
    """What the model is called there."""
    key: str | None = "OPENAI_API_KEY"
    """The variable that holds the key, in the environment or in `.env` beside the recipe; null where none is asked for."""
    timeout: Annotated[float, Gt(0)] = 120.0
    """Seconds after which a request is given up, and made again."""
    at_once: Annotated[int, Ge(1), Le(256)] = 8
    """Requests under way at once, of each worker."""
    attempts: Annotated[int, Ge(1)] = 8
    """Requests for one answer, where the endpoint is busy or broken, with growing pauses or those that it asks for."""
    request: dict[str, Any] = {}
    """Fields for every request, beside what a step says; null takes one out: `{max_tokens: null, max_completion_tokens: 256}`."""
    price: Price | None = None
    """What tokens cost, for a budget of money."""

    @field_validator("endpoint")
    @classmethod
    def _is_an_address(cls, said: str) -> str:
        parts = urlsplit(said)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("It takes an address that begins with https:// or http://, such as https://api.openai.com/v1.")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("It takes an address without a user, a `?` or a `#`; a key stands in the variable that `key` names.")
        return said.rstrip("/")

    @field_validator("key")
    @classmethod
    def _is_a_variable(cls, said: str | None) -> str | None:
        if said is not None and not VARIABLE.fullmatch(said):
            raise ValueError("It takes the name of the variable that holds the key, in capitals, such as OPENAI_API_KEY, and never the key itself.")
        return said

    @field_validator("request")
    @classmethod
    def _is_beside(cls, said: dict[str, Any]) -> dict[str, Any]:
        own = [name for name in ("model", "messages", "input", "stream", "n") if name in said]
        if own:
            raise ValueError(f"`{own[0]}` is not for the recipe to say.")
        return said


@runtime_checkable
class Split(Protocol):
    """What every step of the room `split` can tell: the names of the parts that it makes."""

    def parts(self) -> tuple[str, ...]:
        """Their names, such as `train` and `test`."""


def check_name(node: Node, address: str, name: str, findings: Findings) -> None:
    """A name is short and plain, since folders are named by it."""
    if not NAME.fullmatch(name):
        accepted = "A name has letters (a–z), digits, `_` and `-`, and begins with a letter or digit."
        findings.add(node, address, f"`{name}` cannot be a name.", accepted)


@dataclass
class Reading:
    """The recipe being resolved: what has been named, and what is referred to."""

    findings: Findings
    find: Callable[[str], type[Step]]
    seed: int
    named: dict[str, Named] = field(default_factory=dict)
    wanted: list[Wanted] = field(default_factory=list)

    def name_all(self, sections: Mapping[str, Mapping[str, Node]]) -> None:
        """Enter every name; one namespace for all."""
        for section, names in sections.items():
            for name, node in names.items():
                check_name(node, name, name, self.findings)
                if name in (*ORDER, "include", "from"):
                    self.findings.add(node, name, f"`{name}` is a word of the recipe itself.", remedy="Choose another name.")
                known = self.named.setdefault(name, Named(KINDS[section], node))
                if known.node is not node:
                    self.findings.add(node, name, f"There is already a {known.what} `{name}` in {known.node.place}.", remedy="Choose another name.")

    def data(self, name: str, node: Node) -> Data | None:
        """One dataset, or None when it has mistakes."""
        if not node.items():
            self.findings.add(node, name, f"Found {found(node)}.", "A dataset is a list of steps that begins with a source or `from:`.")
            return None
        before = len(self.findings)
        starts: tuple[str, ...] = ()
        placed: list[Placed | None] = []
        self._check_walk(name, node.items())
        keys = numbered([step_key(item) for item in node.items()])
        for item, key in zip(node.items(), keys, strict=True):
            address = f"{name}.{key}"
            entry = self._entry(item, address if step_key(item) else name)
            if entry is None:
                placed.append(None)
            elif entry[0] == "from":
                starts = self._starts(name, entry[1], address)
            else:
                placed.append(self._step(name, "data", entry, address))
        self._note_parts(name, node, placed)
        if len(self.findings) > before:
            return None
        steps = [one for one in placed if one is not None]
        sources = tuple(one for one in steps if _room(one.step.name()) == "source")
        return Data(name, node.line, starts, sources, tuple(steps[len(sources) :]))

    def model(self, name: str, node: Node) -> Model | None:
        """One model, or None when it has mistakes."""
        if any(nearest(key, Kind(From).fields()) for key in node.fields()):
            given = make(From, node, name, self.findings)
            return Model(name, node.line, None, Given(given.place, given.revision, f"{node.at(('from',)).place}  {name}.from")) if given else None
        if any(nearest(key, ("endpoint", "name")) for key in node.fields()):
            return self._endpoint(name, node)
        if not node.fields():
            ways = "A model is made, `{train.…: {…}}`, or given, `{from: …}` or `{endpoint: https://…, name: …}`."
            self.findings.add(node, name, f"Found {found(node)}.", ways)
            return None
        entry = self._entry(node, name)
        made = self._step(name, "models", entry, f"{name}.{entry[0]}") if entry else None
        if made and isinstance(made.step, Fit) and self.named[name].node is node:
            self.named[name] = replace(self.named[name], what=made.step.makes)
        return Model(name, node.line, made, None) if made else None

    def _endpoint(self, name: str, node: Node) -> Model | None:
        """A model that is asked over the network, or None when it has mistakes."""
        key = node.fields().get("key")
        if key is not None and key.pulled:
            self.findings.add(
                key, f"{name}.key", "The key itself would stand here.", "Write the variable alone, without `${…}`: `key: OPENAI_API_KEY`."
            )
            return None
        asked = make(At, node, name, self.findings)
        where = f"{node.at(('endpoint',)).place}  {name}.endpoint"
        return Model(name, node.line, None, Given(asked.endpoint, None, where, asked.model_dump(mode="json"))) if asked else None

    def score(self, name: str, node: Node) -> Scored | None:
        """One score, or None when it has mistakes."""
        if not node.fields():
            self.findings.add(node, name, f"Found {found(node)}.", "A score is made by a step: `{evaluate.…: {…}}`.")
            return None
        entry = self._entry(node, name)
        made = self._step(name, "scores", entry, f"{name}.{entry[0]}") if entry else None
        return Scored(name, node.line, made) if made else None

    def _check_walk(self, name: str, items: list[Node]) -> None:
        """A list begins with `from` or sources, and ends with a split if it has one."""
        rooms = [_room(step_key(item)) for item in items]
        add = self.findings.add
        if rooms[0] in PATH and rooms[0] != "source" and HOMES.get(rooms[0]) is None:
            add(items[0], name, f"The list begins with {step_key(items[0])}.", "A dataset begins with a source or `from:`.")
        for place, (room, item) in enumerate(zip(rooms, items, strict=True)):
            key, earlier = step_key(item), rooms[:place]
            if room == "from" and place:
                add(item, f"{name}.from", "`from:` stands after other entries.", "It is the first entry of a list.")
            elif room == "source" and "from" in earlier:
                add(
                    item,
                    f"{name}.{key}",
                    "The list has both `from:` and a source.",
                    remedy="Make a dataset of the source and name both: `from: [a, b]`.",
                )
            elif room == "source" and set(earlier) - {"source"}:
                add(item, f"{name}.{key}", "The source stands after other steps.", "Sources stand at the head of a list.")
            elif "split" in earlier and "split" not in earlier[:-1]:
                split = self.named[name]
                add(
                    item,
                    f"{name}.{key}",
                    f"Nothing follows a split, and {step_key(items[rooms.index('split')])} stands before.",
                    remedy=_another(name, split),
                )

    def _entry(self, item: Node, address: str) -> tuple[str, Node] | None:
        """The name of a step and its settings (or `from` and names) from one entry."""
        if isinstance(item.value, str) and item.value:
            return item.value, replace(item, value=None, written="")
        if len(item.fields()) == 1:
            return next(iter(item.fields().items()))
        keys = list(item.fields())
        if len(keys) > 1:
            second = item.fields()[keys[1]]
            found_here = f"One entry is one step, and here are {len(keys)} keys: {', '.join(keys[:5])}."
            self.findings.add(second, address, found_here, remedy=f"Indent the settings of `{keys[0]}` further than its name.")
        else:
            self.findings.add(item, address, f"Found {found(item)}.", "An entry is the name of a step, alone or with its settings: `room.name: {…}`.")
        return None

    def _starts(self, name: str, node: Node, address: str) -> tuple[str, ...]:
        names = node.items() or [node]
        for place, one in enumerate(names):
            where = below(address, (place,)) if node.items() else address
            if not isinstance(one.value, str):
                self.findings.add(one, where, f"Found {found(one)}.", "It takes the name of a dataset, or a list of names of datasets.")
            elif any(one.value == other.value for other in names[:place]):
                self.findings.add(one, where, f"`{one.written}` is named twice.", remedy="Name it once.")
            else:
                self.wanted.append(Wanted(name, "dataset", one, where))
        return tuple(str(one.value) for one in names)

    def _step(self, owner: str, section: str, entry: tuple[str, Node], address: str) -> Placed | None:
        """One step made from its entry, or None when it has mistakes."""
        name, node = entry
        try:
            kind = self.find(name)
        except RecipeError as problem:
            begins = section == "data" and nearest(name, ["from"])
            accepted, remedy = ("Did you mean `from`?", "") if begins else (problem.accepted, problem.remedy)
            self.findings.add(node, address, problem.found, accepted, remedy)
            return None
        home = HOMES.get(_room(name), "data")
        if home != section:
            self.findings.add(node, address, f"A step of the room {_room(name)} makes a {KINDS[home]}.", remedy=f"Write it under `{home}:`.")
            return None
        settings = self._settings(kind, node, address)
        if settings is None:
            return None
        for what, place, one in references(Kind(kind), settings):
            self.wanted.append(Wanted(owner, what, one, below(address, place)))
        step = make(kind, settings, address, self.findings)
        return Placed(address, node.line, step, node.place) if step else None

    def _settings(self, kind: type[Step], node: Node, address: str) -> Node | None:
        """The settings as a mapping: none, or the one obvious setting written bare; the seed and its place put in."""
        fields = dict(node.fields())
        known = Kind(kind).fields()
        if node.value is not None and not isinstance(node.value, dict):
            if kind.bare is None:
                names = Kind(kind).named()
                accepted = f"It takes a mapping with: {', '.join(known)}." if known else "It has no settings."
                accepted = accepted if names is None else f"It takes a mapping from names of columns to {takes(names)}."
                self.findings.add(node, address, f"Found {found(node)}.", accepted)
                return None
            fields = {kind.bare: node}
        for key, value in (("seed", self.seed), ("salt", address)):
            if key in known and (key not in fields or fields[key].value is None):
                fields[key] = from_plain(value, node.file, node.line)
        return replace(node, value=fields)

    def _note_parts(self, name: str, node: Node, placed: list[Placed | None]) -> None:
        """Remember which parts a dataset has; None when a mistake in its list leaves that open."""
        if self.named[name].node is not node:
            return
        last = placed[-1] if placed else None
        ends = last is not None and _room(last.step.name()) == "split"
        parts: tuple[str, ...] | None = None if None in placed or "split" in map(_room, map(step_key, node.items()[:-1])) else ()
        if last is not None and ends:
            parts = last.step.parts() if isinstance(last.step, Split) else None
            if parts is None:
                self.findings.add(
                    node.items()[-1], last.address, "The step does not tell its parts.", "A step of the room split has a method `parts()`."
                )
        self.named[name] = replace(self.named[name], parts=parts)


def _room(step: str) -> str:
    return step.partition(".")[0]


def _another(name: str, split: Named) -> str:
    part = split.parts[0] if split.parts else "…"
    return f"Start another dataset with `from: {name}.{part}`."
