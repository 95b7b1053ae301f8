"""A row with less context: the texts before its first answer cut at a sentence or a word, and all of it rendered anew.

Tokens are not taken out of a row that was rendered: a role's heading, a control token or half of a word could go with them. The
messages themselves are made shorter and come back through the same renderer, so whatever is proved of a row is proved of this one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from tilth.model.examples import Example
from tilth.model.formats import Message
from tilth.text.cutting import Side, cut_text

CONTEXT = ("user", "tool")
"""Who says what may be cut. A system message tells a model what to do, and stays."""


class Source(Protocol):
    """The rows that examples were made of."""

    def contexts(self, row: int) -> Sequence[str]:
        """The texts of a row that may be made shorter."""

    def again(self, row: int, contexts: Sequence[str]) -> Sequence[Example]:
        """The examples of a row with other texts in their places; none where they cannot be proved."""


def cuttable(messages: Sequence[Message], before: int) -> dict[int, str]:
    """The texts that may be cut, by the number of their message: what users and tools say before message `before`, the first that is
    learned. Of a message with an instruction and an input apart, the input."""
    found = {number: message.get("input") or message.get("content") for number, message in enumerate(messages[:before]) if message["role"] in CONTEXT}
    return {number: text for number, text in found.items() if isinstance(text, str) and text.strip()}


def with_texts(messages: Sequence[Message], texts: Mapping[int, str]) -> tuple[Message, ...]:
    """The messages with other texts, where `cuttable` found them."""
    return tuple(_with_text(message, texts[number]) if number in texts else message for number, message in enumerate(messages))


def _with_text(message: Message, text: str) -> Message:
    if message.get("input"):
        return {**message, "input": text, "content": f"{message['instruction']}\n\n{text}"}
    return {**message, "content": text, **({"instruction": text} if "instruction" in message else {})}


def shortened(unit: Sequence[Example], length: int, source: Source, side: Side) -> list[Example] | None:
    """The examples of a row with as much context as fits into `length` tokens; None where no context is short enough.

    Every text is cut to the same number of characters, so the longest give way first, and those that are short stay whole. That
    number is searched by halving. White space at the ends of a text stays: a prompt may need it before its answer."""
    texts = source.contexts(unit[0].row)
    found: list[Example] | None = None
    low, high = 1, max((len(text) for text in texts), default=0)
    while low < high:
        most = (low + high) // 2
        pieces = [_cut(text, most, side) for text in texts]
        if not all(pieces):
            low = most + 1
            continue
        made = _made(unit, length, source, pieces)
        if made is None:
            high = most
        else:
            found, low = made, most + 1
    return found


def _cut(text: str, most: int, side: Side) -> str:
    """The text in `most` characters, white space at its ends not counted; nothing where not one word fits."""
    inner = text.strip()
    begin = text.index(inner)
    kept = cut_text(inner, lambda piece: len(piece) <= most, side).strip()
    return f"{text[:begin]}{kept}{text[begin + len(inner) :]}" if kept else ""


def _made(unit: Sequence[Example], length: int, source: Source, texts: Sequence[str]) -> list[Example] | None:
    """The examples with these texts, if they fit and learn what they learned before."""
    made = source.again(unit[0].row, texts)
    if len(made) != len(unit) or any(len(one.ids) > length for one in made):
        return None
    if any(not np.array_equal(one.ids[one.learned], old.ids[old.learned]) for one, old in zip(made, unit, strict=True)):
        return None
    return [replace(one, row=old.row, extra=old.extra) for one, old in zip(made, unit, strict=True)]
