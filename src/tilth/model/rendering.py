"""Conversations as tokens: the one way by which prompts are made, in training, in evaluation and where text is generated.

A conversation is rendered once, by its template as Transformers renders it, and tokenised as one text, so the tokens are those of
`apply_chat_template`. Control tokens are those that the template wrote: the letters of one in somebody's text stay letters.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, Literal

from tilth.errors import AskedWrong, DataRefused
from tilth.model.control_tokens import ControlTokens
from tilth.model.formats import Message
from tilth.model.load import Tokenizer
from tilth.model.plans import Plans
from tilth.model.skeleton import Part, Render, Skeleton, after, forms, located, replaced, sentinel, shape, skeleton, slots, written_in
from tilth.model.templates import Template, TemplateRefuses

Reason = Literal[
    "template", "left out", "altered", "prompt", "rewrites", "boundary", "no end", "control tokens", "characters", "decoded", "nothing learned",
    "unknown", "no place"
]  # fmt: skip
"""Why a row is not proved: the template does not render it, leaves a text of it out, or changes an answer; what asks for the answer is
not what stands before it, or an earlier turn is written otherwise later on; no cut between tokens parts prompt and answer; an answer
that others follow has no end; a text may become a control token; a character is none; the tokens are not the answer; there is nothing
to learn; the tokenizer has no token for what an answer says; a model without a template has no place for tools."""

REMEMBERED = 4096
"""So many shapes of conversation, and pieces of a template's own, are remembered."""


class NotRendered(ValueError):
    """A conversation that cannot be rendered for certain, for a reason and in words."""

    def __init__(self, reason: Reason, words: str) -> None:
        super().__init__(words)
        self.reason, self.words = reason, words


@dataclass(frozen=True)
class Written:
    """A rendered conversation. `marked`: the same with the template's control tokens as aliases; `parts`: its pieces."""

    text: str
    marked: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class _Shape:
    """What is known of all conversations of a shape. `clear`: every text has its place in the skeleton, and nothing else in them has the
    letters of a control token."""

    skeleton: Skeleton | None
    clear: bool


@dataclass(frozen=True)
class Turn:
    """An answer in a rendered conversation.

    `prompt`: what asks for it; `said`: what comes after it up to where the message ends; `ending`: what the template writes then, up to
    the terminator, which is a control token; `rest`: what it writes after it; `through`: the conversation up to this turn."""

    message: int
    prompt: Written
    said: str
    ending: str
    rest: str
    through: Written


class Renderer:
    """A template and a tokenizer, by which messages become tokens. The tokenizer is copied, and not changed.

    Raises: AskedWrong for a tokenizer without an end token."""

    def __init__(self, tokenizer: Tokenizer, template: Template) -> None:
        self.template = template
        self.control = ControlTokens(tokenizer.fast, [mark for mark in (tokenizer.full.bos_token, tokenizer.full.eos_token) if mark])
        self.end = tokenizer.marks.end
        (self.end_text,) = self.control.decode([[self.end]])
        self._shapes: dict[Hashable, _Shape] = {}
        self._own: dict[str, str] = {}

    @cached_property
    def plans(self) -> Plans:
        """What is known of conversations by their shapes."""
        return Plans(self.template, self.control, self.end_text)

    def prompt(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] = ()) -> list[int]:
        """The tokens after which a model writes its answer to these messages.

        Raises: DataRefused where the template does not render them."""
        try:
            marked = self.written(messages, tools, generation_prompt=True).marked
        except NotRendered as error:
            raise DataRefused(f"A prompt cannot be rendered: {error.words}.", where=f"template {self.template.name}") from error
        (found,) = self.control.encode([marked])
        return [int(one) for one in found.ids]

    @cached_property
    def identity(self) -> str:
        """What the tokens of a conversation depend on: the template, its control tokens, and all of the tokenizer."""
        said = json.dumps([self.template.identity, self.control.description])
        return blake2b(said.encode(), digest_size=16).hexdigest()

    @cached_property
    def terminator(self) -> int | None:
        """The control token by which the template ends an assistant's turn; None where it ends none, and the end token is put after
        the last."""
        asked: list[Message] = [{"role": "user", "content": sentinel(0)}, {"role": "assistant", "content": sentinel(1)}]
        try:
            ending, _ = self._ending(asked, (), self.written(asked))
        except NotRendered:
            return None
        (found,) = self.control.encode([self.control.mark(ending)])
        return int(found.ids[found.controls[-1]]) if len(found.controls) else None

    @property
    def stops(self) -> tuple[int, ...]:
        """The tokens at which a generation is to end."""
        return tuple(dict.fromkeys(one for one in (self.terminator, self.end) if one is not None))

    def written(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] = (), *, generation_prompt: bool = False) -> Written:
        """The rendered conversation, in which what is the template's is told from what is not. Raises NotRendered."""

        def render(changed: Sequence[Message]) -> str:
            return self.template.render(changed, tools, generation_prompt=generation_prompt)

        try:
            text = render(messages)
            text.encode()
        except TemplateRefuses as error:
            raise NotRendered("template", f"the template refuses it: {error}") from error
        except UnicodeEncodeError as error:
            raise NotRendered("characters", "it holds half of a surrogate pair, which is no character") from error
        if self.control.forged(text):
            raise NotRendered("control tokens", "it holds the letters by which control tokens are told apart here")
        known = self._known(render, messages, tools, generation_prompt)
        parts = [] if known.skeleton is None else known.skeleton.parts(messages)
        if "".join([part.text for part in parts]) != text:
            parts = located(render, messages, text)
            self._refuse_hidden(render, messages, tools, parts)
        elif not known.clear:
            self._refuse_hidden(render, messages, tools, parts)
        marked = "".join([self._marked(part.text) if part.slot is None else part.text for part in parts])
        return Written(text, marked, tuple(parts))

    def _marked(self, own: str) -> str:
        """A piece of the template's own; a template has few of them."""
        if own not in self._own:
            if len(self._own) >= REMEMBERED:
                self._own.clear()
            self._own[own] = self.control.mark(own)
        return self._own[own]

    def _known(self, render: Render, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]], generation_prompt: bool) -> _Shape:  # noqa: FBT001
        """What is known of such conversations, found once. Raises NotRendered where the template does not say which tools there are."""
        key = (generation_prompt, shape(messages, tools))
        if key not in self._shapes:
            if len(self._shapes) >= REMEMBERED:
                self._shapes.clear()
            if tools and render(messages) == self.template.render(messages, generation_prompt=generation_prompt):
                raise NotRendered("left out", "the template does not write its tools")
            found = skeleton(render, messages)
            holes = set() if found is None else {hole.slot for hole in found.holes}
            clear = holes.issuperset(slots(messages)) and not any(self.control.found(text) for text in _bare(messages, tools))
            self._shapes[key] = _Shape(found, clear)
        return self._shapes[key]

    def _refuse_hidden(self, render: Render, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]], parts: Sequence[Part]) -> None:
        """Raises NotRendered where the template leaves a message out, or a control token's letters cannot be told from its own."""
        there = {part.slot for part in parts if part.slot is not None}
        hidden = [slot for slot in slots(messages) if slot not in there]
        for number, key in hidden:
            told = any(other == number for other, _ in there) or not messages[number][key].strip()
            if key == "content" and not told and render(replaced(messages, {(number, key): sentinel(0)})) == render(messages):
                raise NotRendered("left out", f"the template leaves out message {number + 1}, of the role `{messages[number]['role']}`")
        for text in (*(messages[number][key] for number, key in hidden), *_bare(messages, tools)):
            if found := self.control.found(text):
                raise NotRendered("control tokens", f"it holds the letters `{found[0]}`, and how the template writes them cannot be told")

    def turn(self, messages: Sequence[Message], number: int, tools: Sequence[Mapping[str, Any]]) -> Turn:
        """The answer that is message `number`, in the conversation up to it. Raises NotRendered, AskedWrong."""
        through = self.written(messages[: number + 1], tools)
        prompt = self.written(messages[:number], tools, generation_prompt=True)
        ending, rest = self._ending(messages[: number + 1], tools, through)
        stop = len(through.text) - len(ending) - len(rest)
        if not through.marked.startswith(prompt.marked) or len(prompt.text) > stop:
            raise NotRendered("prompt", "what the template writes to ask for the answer is not what it writes before the answer")
        turn = Turn(number, prompt, through.text[len(prompt.text) : stop], ending, rest, through)
        self._check_answer(messages, turn, tools)
        return turn

    def _ending(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]], through: Written) -> tuple[str, str]:
        """What the template writes after the last message: up to the first control token, if only white space or a call's end stands
        before it, and what is left."""
        tail = self._tail(messages, tools, through)
        found = self.control.found(tail)
        if found is None or (tail[: found.start()].strip() and not messages[-1].get("tool_calls")):
            return "", tail
        return tail[: found.end()], tail[found.end() :]

    def _tail(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]], through: Written) -> str:
        """What the template writes after the last message."""
        last = len(messages) - 1
        places = [place for place, part in enumerate(through.parts) if part.slot is not None and part.slot[0] == last]
        nested = any(isinstance(value, list | tuple | Mapping) for value in messages[last].values())
        if places and not nested and places[-1] == len(through.parts) - 2:
            return through.parts[-1].text
        tail = after(lambda changed: self.template.render(changed, tools), messages, last)
        if tail is None or not through.text.endswith(tail):
            raise NotRendered("altered", "the template writes the answer so that its end cannot be told")
        return tail

    def _check_answer(self, messages: Sequence[Message], turn: Turn, tools: Sequence[Mapping[str, Any]]) -> None:
        """Raises NotRendered where the answer is not written as it stands, AskedWrong where its heading would have to be learned."""
        content = messages[turn.message].get("content") or ""
        if not isinstance(content, str):
            raise NotRendered("altered", "the answer is no text")
        reasoning = messages[turn.message].get("reasoning_content")
        if isinstance(reasoning, str) and reasoning.strip() not in turn.said:
            raise NotRendered("left out", "the template leaves out the reasoning of an answer")
        if messages[turn.message].get("tool_calls"):
            if not any(form in turn.said for form in forms(content)):
                raise NotRendered("altered", "the template leaves out what is said beside a call")
            return
        form = next((form for form in forms(content) if turn.said.endswith(form)), None)
        if form is None:
            raise NotRendered("altered", "the template does not write the answer as it stands")
        lead = turn.said[: len(turn.said) - len(form)]
        if lead.strip() and self._writes_no_prompt(messages[: turn.message], tools):
            raise AskedWrong(
                f"The template writes nothing to ask for an answer, so a model would have to write the heading {lead!r} itself.",
                where=f"template {self.template.name}",
                remedy="Add `{% if add_generation_prompt %}…{% endif %}` to it, or name another template.",
            )

    def _writes_no_prompt(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> bool:
        return self.template.render(messages, tools, generation_prompt=True) == self.template.render(messages, tools)


def _bare(messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is written in messages and tools beside the messages' own texts: roles, calls, names of functions."""
    yield from (message["role"] for message in messages)
    yield from written_in([*(value for message in messages for value in message.values() if not isinstance(value, str)), *tools])
