"""A model in a folder that answers conversations as an endpoint would: the likeliest text, for each conversation alone.

It is asked as it was trained to be: by the template in its folder, through the one function by which prompts become tokens
(`tilth.model.rendering`), and what it writes ends where its answers did.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tilth.errors import DataRefused
from tilth.model import templates
from tilth.model.asking import Messages
from tilth.model.endpoint import Refused
from tilth.model.generate import Sampling, Writer
from tilth.model.load import Tokenizer
from tilth.model.rendering import NotRendered, Reason, Renderer
from tilth.model.seq2seq import source
from tilth.model.templates import Template

BELOW = "{{ bos_token or eos_token }}{% for message in messages %}{{ message.content + '\\n\\n' }}{% endfor %}"
"""How a model without a template of its own is asked: the messages one below the other, after a begin token."""

OF_A_ROW: tuple[Reason, ...] = ("control tokens", "characters")
"""Reasons not to ask that lie in what a row says, and not in the template."""


class Answerer:
    """The model in a folder, loaded, with what writes its prompts; an encoder has no template."""

    def __init__(self, folder: Path, device: str = "auto") -> None:
        self.writer = Writer(folder, device)
        self.renderer = renderer_of(self.writer.model.tokenizer) if self.writer.model.kind == "decoder" else None

    def prompt(self, messages: Messages) -> list[int]:
        """The tokens by which it is asked. Raises Refused for what a row says, DataRefused for a template that does not write such messages."""
        if self.renderer is None:
            return source(self.writer.model.tokenizer, "\n\n".join(message["content"] for message in messages))
        try:
            return self.renderer.prompt(messages)
        except DataRefused as error:
            if isinstance(error.__cause__, NotRendered) and error.__cause__.reason in OF_A_ROW:
                raise Refused from error
            raise

    def answered(self, messages: Messages, tokens: int) -> Mapping[str, Any]:
        """The reply, in OpenAI's form. Raises Refused where the model cannot see all of it and answer."""
        ids = self.prompt(messages)
        if self.writer.model.room(len(ids)) < tokens:
            raise Refused
        written = self.writer.go_on(ids, Sampling(tokens), 0, () if self.renderer is None else self.renderer.stops)
        choice = {"message": {"content": written.text}, "finish_reason": "stop" if written.stopped == "eos" else "length"}
        return {"choices": [choice], "usage": {"prompt_tokens": len(ids), "completion_tokens": written.tokens}}


@lru_cache(maxsize=1)
def answerer(folder: Path) -> Answerer:
    """The model in a folder, loaded once."""
    return Answerer(folder)


def renderer_of(tokenizer: Tokenizer) -> Renderer:
    """What writes conversations for the model that a tokenizer belongs to."""
    own = templates.own(tokenizer)
    marks = dict(tokenizer.full.special_tokens_map)
    return Renderer(tokenizer, Template("none", BELOW, marks) if own is None else Template(templates.OWN, own, marks))
