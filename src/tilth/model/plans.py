"""Conversations as drafts of examples: what is tokenised, where each answer begins and ends, and what its tokens are to say.

For a shape of conversation of which `tilth.model.opaque` proves what the template writes, a plan says once where prompts end and answers
are. A conversation of that shape is still rendered by the template, and must be what the plan foresees, to the letter; what asks for each of its
answers follows from the proof, so that the cost of a conversation grows with its length and not with its square. Where anything is
otherwise there is no plan, and each prompt is rendered by itself (`Renderer.turn`).
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tilth.model.control_tokens import ControlTokens
from tilth.model.formats import Conversation, Message
from tilth.model.opaque import Blind, Proved
from tilth.model.skeleton import Hole, Slot, replaced, sentinel, slots, written_in
from tilth.model.templates import Template, TemplateRefuses

Pieces = tuple[str | int, ...]
"""Texts, and the numbers of holes."""
REMEMBERED = 4096
"""So many plans are remembered."""


@dataclass(frozen=True)
class Answer:
    """An answer in a draft. `control`: the last control token of its prompt, from 0, and None where that has none; `piece`: the prompt
    from there on; `stop`: the control token that ends the answer, None where the conversation does; `said`: what is learned of it."""

    control: int | None
    piece: str
    stop: int | None
    said: str


@dataclass(frozen=True)
class Draft:
    """A conversation that is rendered and not yet tokenised. `numbers`: its messages that are learned; `marked`: the text with control
    tokens as aliases, and `controls` how many; `texts`: what stands in it of the messages; `ended`: whether the template ends it."""

    row: int
    conversation: Conversation
    numbers: Sequence[int]
    marked: str
    controls: int
    answers: Sequence[Answer]
    texts: Sequence[str]
    ended: bool


@dataclass(frozen=True)
class _Planned:
    """An answer (`Answer`) in all conversations of a shape."""

    control: int | None
    piece: Pieces
    stop: int | None
    said: Pieces


@dataclass(frozen=True)
class Plan:
    """What is known of the conversations of a shape. `own` and `marked`: the template's own texts, before, between and behind the holes;
    `hidden`: the texts that it does not write."""

    own: tuple[str, ...]
    marked: tuple[str, ...]
    holes: tuple[Hole, ...]
    hidden: tuple[Slot, ...]
    answers: tuple[_Planned, ...]
    controls: int
    ended: bool


@dataclass
class Plans:
    """The plans for a template and a tokenizer's control tokens. `end`: what is put after an answer that the template does not end."""

    template: Template
    control: ControlTokens
    end: str
    _blind: Blind = field(init=False)
    _known: dict[Hashable, Plan | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._blind = Blind(self.template.source, self.template.marks)

    def draft(self, row: int, conversation: Conversation, numbers: Sequence[int]) -> Draft | None:
        """A conversation, the answers in which are the messages of these numbers; None where there is no plan for it."""
        messages, tools = conversation.messages[: numbers[-1] + 1], conversation.tools
        plan = self._plan_of(messages, tools, numbers)
        if plan is None:
            return None
        texts = [hole.filled(messages[hole.slot[0]][hole.slot[1]]) for hole in plan.holes]
        text = _filled(plan.own, texts)
        try:
            text.encode()
            if self.template.render(messages, tools) != text:
                return None
        except (TemplateRefuses, UnicodeEncodeError):
            return None
        if self.control.forged(text) or any(self.control.found(messages[number][key]) for number, key in plan.hidden):
            return None
        answers = [Answer(one.control, _of(one.piece, texts), one.stop, _of(one.said, texts)) for one in plan.answers]
        return Draft(row, conversation, numbers, _filled(plan.marked, texts), plan.controls, answers, texts, plan.ended)

    def _plan_of(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> Plan | None:
        shape = _shape(messages)
        if shape is None:
            return None
        key = (shape, tuple(numbers), json.dumps(list(tools), default=str) if tools else None)
        if key not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = self._plan(messages, tools, numbers)
        return self._known[key]

    def _plan(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> Plan | None:
        """The plan for messages like these, if what the template writes is proved, and is so of a rendering with other texts."""
        proved = self._blind.prove(messages, tools)
        if proved is None or not self._written_so(proved, messages, tools):
            return None
        there = {hole.slot for hole in proved.holes}
        hidden = tuple(slot for slot in slots(messages) if slot not in there and messages[slot[0]][slot[1]])
        told = {number for number, _ in there}
        bare = (*(message["role"] for message in messages), *written_in(list(tools)))
        if any(key == "content" and number not in told for number, key in hidden) or any(self.control.found(text) for text in bare):
            return None
        marked = tuple(self.control.mark(own) for own in proved.own)
        shaped = _Shaped(proved, marked, self.control, self.end)
        answers = [shaped.answer(number, last=number == numbers[-1]) for number in numbers]
        planned = tuple(one for one in answers if one is not None)
        if len(planned) < len(answers):
            return None
        return Plan(proved.own, marked, proved.holes, hidden, planned, shaped.counts[-1], planned[-1].stop is not None)

    def _written_so(self, proved: Proved, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> bool:
        """Whether Transformers' rendering of such messages, with and without a prompt, is what is proved; tools must be written."""
        names = {slot: sentinel(number) for number, slot in enumerate(slots(messages)) if messages[slot[0]][slot[1]]}
        other = replaced(messages, names)
        text = _filled(proved.own, [names[hole.slot] for hole in proved.holes])
        try:
            asked = self.template.render(other, tools, generation_prompt=True)
            if tools and self.template.render(other) == text:
                return False
            return self.template.render(other, tools) == text and asked == text.removesuffix(proved.rest) + proved.asked
        except TemplateRefuses:
            return False


class _Shaped:
    """What is proved of a shape, with the control tokens in it. `counts`: how many there are up to each hole, and in all."""

    def __init__(self, proved: Proved, marked: Sequence[str], control: ControlTokens, end: str) -> None:
        self._proved, self._marked, self._control, self._end = proved, marked, control, end
        self.counts, self._last = list[int](), list[int]()
        for place, own in enumerate(marked):
            count = control.count(own)
            self.counts.append((self.counts[-1] if place else 0) + count)
            self._last.append(place if count else self._last[-1] if place else -1)

    def answer(self, number: int, *, last: bool) -> _Planned | None:
        """The answer that is message `number`; None where it does not stand by itself between its prompt and its end."""
        proved, control = self._proved, self._control
        before, after = proved.cuts.get(number), proved.cuts.get(number + 1)
        if last:
            after = len(proved.holes), len(proved.own[-1]) - len(proved.rest)
        if before is None or after is None or after[0] != before[0] + 1 or proved.holes[before[0]].slot != (number, "content"):
            return None
        hole, cut = before
        own, following = proved.own[hole], proved.own[hole + 1][: after[1]]
        prompt, lead = control.mark(own[:cut] + proved.asked), own[cut:].removeprefix(proved.asked)
        if not own[cut:].startswith(proved.asked) or not self._marked[hole].startswith(prompt) or (lead.strip() and proved.asked == proved.rest):
            return None
        tail = following + proved.rest
        ending = control.ending(tail)
        if not ending:
            return _Planned(*self._prompt(hole, prompt), None, (lead, hole, tail + self._end)) if last else None
        marked = control.mark(ending)
        if len(ending) > len(following) and not last:
            return None
        if not self._marked[hole + 1].startswith(marked) or control.mark(tail) != marked + control.mark(tail[len(ending) :]):
            return None
        return _Planned(*self._prompt(hole, prompt), self.counts[hole] + control.count(marked) - 1, (lead, hole, ending))

    def _prompt(self, hole: int, end: str) -> tuple[int | None, Pieces]:
        """The last control token of a prompt that ends so before a hole, and the prompt from there on."""
        before = self.counts[hole - 1] if hole else 0
        control, piece = self._control.last_piece(end)
        if control is not None:
            return before + control, (piece,)
        place = self._last[hole - 1] if hole else -1
        pieces: list[str | int] = []
        for number in range(max(place, 0), hole):
            own = self._marked[number]
            pieces += [self._control.last_piece(own)[1] if number == place else own, number]
        return (before - 1 if place >= 0 else None), (*pieces, end)


def _shape(messages: Sequence[Message]) -> Hashable:
    """What a plan depends on: roles, keys, and which texts are empty; None where it depends on more, or a text is blank."""
    found: list[object] = []
    for message in messages:
        found.append(0)
        for key, value in message.items():
            if type(value) is not str:
                return None
            if key == "role":
                found += (None, value)
            elif not value:
                found += (None, None, key)
            elif value.isspace():
                return None
            else:
                found.append(key)
    return tuple(found)


def _filled(own: Sequence[str], texts: Sequence[str]) -> str:
    """The template's own texts with others between them."""
    pieces = [""] * (2 * len(texts) + 1)
    pieces[::2], pieces[1::2] = own, texts
    return "".join(pieces)


def _of(pieces: Pieces, texts: Sequence[str]) -> str:
    return "".join([piece if isinstance(piece, str) else texts[piece] for piece in pieces])
