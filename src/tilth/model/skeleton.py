"""Where in a rendered conversation the texts of its messages stand, and what the template wrote around them.

Every text in the messages is replaced by a sentinel, once for each shape of conversation: what stands between the sentinels is the
template's own, its skeleton. A rendering that equals the skeleton with the real texts in it, as they are or stripped as the template
strips, is located without a doubt. Where a template looks into its texts (one that drops earlier reasoning), each text is replaced
alone in the real conversation, and is located where everything around it stays as it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tilth.model.formats import Message
from tilth.model.templates import TemplateRefuses

Slot = tuple[int, str]
"""A text in the messages: the number of its message, and its key there."""
Render = Callable[[Sequence[Message]], str]

SENTINEL = re.compile("Zqtext([A-J]+)zQ")
PADDING = " \n "
"""White space around a sentinel that shows what a template strips; removing line breaks alone would leave it."""


@dataclass(frozen=True)
class Part:
    """A piece of a rendered conversation: the template's own, or the text of a slot."""

    text: str
    slot: Slot | None = None


@dataclass(frozen=True)
class Hole:
    """A place in a skeleton for the text of a slot; `left` and `right`: whether the template strips that side."""

    slot: Slot
    left: bool
    right: bool

    def filled(self, text: str) -> str:
        """The text as the template writes it."""
        text = text.lstrip() if self.left else text
        return text.rstrip() if self.right else text


@dataclass(frozen=True)
class Skeleton:
    """What a template writes for a shape of conversation: its own texts, and the holes between them."""

    own: tuple[str, ...]
    holes: tuple[Hole, ...]

    def parts(self, messages: Sequence[Message]) -> list[Part]:
        """The rendering of these messages, in pieces."""
        found = [Part(self.own[0])]
        for hole, own in zip(self.holes, self.own[1:], strict=True):
            number, key = hole.slot
            found += [Part(hole.filled(messages[number][key]), hole.slot), Part(own)]
        return found


def slots(messages: Sequence[Message]) -> Iterator[Slot]:
    """Every text in the messages that somebody wrote."""
    return ((number, key) for number, message in enumerate(messages) for key, value in message.items() if key != "role" and isinstance(value, str))


def shape(messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> Hashable:
    """What a skeleton depends on: roles, keys, tools, and all that is no text."""
    if not tools and all(type(value) is str for message in messages for value in message.values()):
        return tuple((message["role"], *message) for message in messages)
    bare = [{key: value if key == "role" or not isinstance(value, str) else "" for key, value in one.items()} for one in messages]
    return json.dumps([bare, list(tools)], default=str)


def sentinel(number: int) -> str:
    """A text of letters alone, which no template changes and no other sentinel begins or ends with."""
    return f"Zqtext{''.join(chr(ord('A') + int(digit)) for digit in str(number))}zQ"


def replaced(messages: Sequence[Message], texts: Mapping[Slot, str]) -> list[dict[str, Any]]:
    """The messages with other texts in these slots."""
    return [{key: texts.get((number, key), value) for key, value in message.items()} for number, message in enumerate(messages)]


def skeleton(render: Render, messages: Sequence[Message]) -> Skeleton | None:
    """What the template writes for messages of this shape; None where it depends on their texts."""
    there = list(slots(messages))
    try:
        bare = render(replaced(messages, {slot: sentinel(number) for number, slot in enumerate(there)}))
        padded = render(replaced(messages, {slot: f"{PADDING}{sentinel(number)}{PADDING}" for number, slot in enumerate(there)}))
    except TemplateRefuses:
        return None
    own, order = SENTINEL.split(bare)[::2], SENTINEL.findall(bare)
    around = SENTINEL.split(padded)[::2]
    if SENTINEL.findall(padded) != order:
        return None
    kept = [_kept(*one, place > 0, place < len(order)) for place, one in enumerate(zip(own, around, strict=True))]
    if None in kept:
        return None
    sides = [(not left[1], not right[0]) for left, right in pairwise(one for one in kept if one is not None)]
    holes = [Hole(there[_number(letters)], *side) for letters, side in zip(order, sides, strict=True)]
    return Skeleton(tuple(own), tuple(holes))


def _kept(own: str, around: str, after: bool, before: bool) -> tuple[bool, bool] | None:  # noqa: FBT001
    """Whether white space is kept after the text before a piece of the template's own, and before the text after it; None where
    neither explains what the template wrote `around` white space. `after`, `before`: whether there is such a text."""
    for head in (True, False)[not after :]:
        for tail in (True, False)[not before :]:
            if around == PADDING * head + own + PADDING * tail:
                return head, tail
    return None


def _number(letters: str) -> int:
    return int("".join(str(ord(letter) - ord("A")) for letter in letters))


def located(render: Render, messages: Sequence[Message], text: str) -> list[Part]:
    """The pieces of a rendering, each text replaced alone; a text that cannot be told from what is around it is the template's own."""
    spans: list[tuple[int, int, Slot]] = []
    for slot in slots(messages):
        value = messages[slot[0]][slot[1]]
        try:
            before, *rest = render(replaced(messages, {slot: sentinel(0)})).split(sentinel(0))
        except TemplateRefuses:
            continue
        if len(rest) != 1 or len(before) + len(rest[0]) > len(text) or not text.startswith(before) or not text.endswith(rest[0]):
            continue
        start, stop = len(before), len(text) - len(rest[0])
        if text[start:stop] in forms(value):
            spans.append((start, stop, slot))
    spans.sort()
    if any(one[1] > other[0] for one, other in pairwise(spans)):
        return [Part(text)]
    found, done = list[Part](), 0
    for start, stop, slot in spans:
        found += [Part(text[done:start]), Part(text[start:stop], slot)]
        done = stop
    return [*found, Part(text[done:])]


def forms(value: str) -> tuple[str, ...]:
    """A text as it is, and as a template may strip it."""
    return (value, value.strip(), value.lstrip(), value.rstrip())


def after(render: Render, messages: Sequence[Message], number: int) -> str | None:
    """What the template writes after the last text of a message, those in its tool calls included; None where it cannot be told."""
    marked, texts = dict(messages[number]), 0
    for key, value in messages[number].items():
        if key != "role":
            marked[key], texts = _sentinels(value, texts)
    try:
        pieces = SENTINEL.split(render([*messages[:number], marked, *messages[number + 1 :]]))
    except TemplateRefuses:
        return None
    return pieces[-1] if len(pieces) > 1 else None


def _sentinels(value: Any, texts: int) -> tuple[Any, int]:
    """A value with a sentinel for each text in it; how a call is typed, and what its function is called, stay."""
    if isinstance(value, str):
        return sentinel(texts), texts + 1
    if isinstance(value, Mapping):
        made: dict[str, Any] = {}
        for key, inner in value.items():
            made[key], texts = (inner, texts) if key in ("type", "name") else _sentinels(inner, texts)
        return made, texts
    if isinstance(value, list | tuple):
        listed = []
        for inner in value:
            one, texts = _sentinels(inner, texts)
            listed.append(one)
        return listed, texts
    return value, texts


def written_in(value: Any) -> Iterator[str]:
    """Every text in a nested value, its keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from written_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from written_in(inner)
