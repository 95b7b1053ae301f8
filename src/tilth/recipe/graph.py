"""Who needs whom: every name that a recipe refers to is there and of the right kind, and nothing needs itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from tilth.recipe.findings import Findings
from tilth.recipe.nodes import Node
from tilth.recipe.words import did_you_mean, nearest, sentences


@dataclass(frozen=True)
class Named:
    """A name of the recipe: a `dataset`, `model`, `tokenizer` or `score`; for a dataset, the parts that its split makes."""

    what: str
    node: Node
    parts: tuple[str, ...] | None = ()
    """None where the split itself has a mistake."""

    def serves(self, what: str) -> bool:
        """Whether it may stand where a thing of this kind is wanted: a model has a tokenizer, and not the other way round."""
        return self.what == what or (self.what, what) == ("model", "tokenizer")

    def shown(self, name: str) -> tuple[str, ...]:
        """How others may refer to it."""
        return tuple(f"{name}.{part}" for part in self.parts) if self.parts else (name,)


@dataclass(frozen=True)
class Wanted:
    """A reference: by which name, to what kind of thing, and where it is written."""

    by: str
    what: str
    node: Node
    address: str

    @property
    def name(self) -> str:
        """The name it refers to, without the part; a model's name may hold no dot, so it is kept whole."""
        text = str(self.node.value)
        return text.partition(".")[0] if self.what == "dataset" else text


def check(wanted: Sequence[Wanted], named: Mapping[str, Named], findings: Findings) -> None:
    """Add a finding for every reference to what is not there."""
    for one in wanted:
        target = named.get(one.name)
        if target is None:
            _unknown(one, named, findings)
        elif not target.serves(one.what):
            accepted = sentences(f"A {one.what} is wanted here.", _there_are(one.what, named))
            findings.add(one.node, one.address, f"`{one.name}` is a {target.what}.", accepted)
        elif target.parts is not None:
            _check_part(one, target, findings)


def order(wanted: Sequence[Wanted], named: Mapping[str, Named], findings: Findings) -> tuple[str, ...]:
    """All names, each after those it needs; a finding and nothing if they go in a circle."""
    needs: dict[str, set[str]] = {name: set() for name in named}
    for one in wanted:
        if one.name in named:
            needs[one.by].add(one.name)
    sorter = TopologicalSorter({name: [other for other in named if other in needs[name]] for name in named})
    try:
        return tuple(sorter.static_order())
    except CycleError as circle:
        _tell_circle(circle.args[1][:0:-1], list(named), wanted, findings)
    return ()


def _unknown(one: Wanted, named: Mapping[str, Named], findings: Findings) -> None:
    head, _, part = one.node.written.partition(".") if one.what == "dataset" else (one.node.written, "", "")
    near = nearest(head, [name for name, target in named.items() if target.serves(one.what)])
    if near is not None:
        shown = named[near].shown(near)
        near = (nearest(f"{near}.{part}", shown) if part else None) or shown[0]
    findings.add(one.node, one.address, f"There is no {one.what} `{one.node.written}`.", did_you_mean(near) or _there_are(one.what, named))


def _there_are(what: str, named: Mapping[str, Named]) -> str:
    known = [text for name, target in named.items() if target.serves(what) for text in target.shown(name)]
    return f"The recipe's {what}s: {', '.join(known)}." if known else f"The recipe has no {what}."


def _check_part(one: Wanted, target: Named, findings: Findings) -> None:
    part = str(one.node.value).partition(".")[2] if one.what == "dataset" else ""
    parts = target.parts or ()
    shown = ", ".join(target.shown(one.name))
    if parts and "." not in str(one.node.value):
        findings.add(one.node, one.address, f"`{one.name}` ends in a split.", f"Name one of its parts: {shown}.")
    elif parts and part not in parts:
        near = nearest(part, parts)
        accepted = did_you_mean(f"{one.name}.{near}" if near else None)
        findings.add(one.node, one.address, f"`{one.name}` has no part `{part}`.", sentences(accepted, f"Its parts: {shown}."))
    elif not parts and one.node.value != one.name:
        findings.add(one.node, one.address, f"`{one.name}` has no parts.", f"Write `{one.name}`, or end its list with a split.")


def _tell_circle(names: list[str], in_file: list[str], wanted: Sequence[Wanted], findings: Findings) -> None:
    """The circle from the name that stands first in the file, told where that one names the next."""
    start = names.index(min(names, key=in_file.index))
    turned = [*names[start:], *names[:start]]
    after = turned[1] if len(turned) > 1 else turned[0]
    at = next(one for one in wanted if one.by == turned[0] and one.name == after)
    circle = " → ".join([*turned, turned[0]])
    findings.add(at.node, at.address, f"These need each other in a circle: {circle}.", remedy="Start one of them from something else.")
