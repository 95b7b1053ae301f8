"""A model in a folder that answers conversations as an endpoint would: the likeliest text, for each conversation alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tilth.model.asking import Messages
from tilth.model.endpoint import Refused
from tilth.model.generate import Sampling, Writer
from tilth.model.load import Tokenizer


@lru_cache(maxsize=1)
def writer(folder: Path) -> Writer:
    """The model in a folder, loaded once."""
    return Writer(folder, "auto")


def answered(writer: Writer, messages: Messages, tokens: int) -> Mapping[str, Any]:
    """The reply, in OpenAI's form. Raises Refused where the model cannot see all of it and answer."""
    ids = conversation(writer.model.tokenizer, messages)
    if len(ids) + tokens > writer.model.context:
        raise Refused
    written = writer.go_on(ids, Sampling(tokens), 0)
    choice = {"message": {"content": written.text}, "finish_reason": "stop" if written.stopped == "eos" else "length"}
    return {"choices": [choice], "usage": {"prompt_tokens": len(ids), "completion_tokens": written.tokens}}


def conversation(tokenizer: Tokenizer, messages: Messages) -> list[int]:
    """A conversation as the model's chat template writes it; without one, the messages one below the other.

    Control tokens of the template mean what they say; those that stand in a message are letters, so that no row can
    end its turn and begin another's."""
    holes = [uuid5(NAMESPACE_URL, f"tilth message {number}").hex for number in range(len(messages))]
    if tokenizer.full.chat_template is None:
        frame = "".join(f"{hole}\n\n" for hole in holes)
    else:
        turns = [{"role": message["role"], "content": hole} for message, hole in zip(messages, holes, strict=True)]
        frame = str(tokenizer.full.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
    ids: list[int] = []
    for hole, message in zip(holes, messages, strict=True):
        before, _, frame = frame.partition(hole)
        ids += _controls(tokenizer, before) if ids else tokenizer.prompt(before)
        ids += next(iter(tokenizer.encode([message["content"]])))
    return ids + _controls(tokenizer, frame)


def _controls(tokenizer: Tokenizer, text: str) -> list[int]:
    """The tokens of a piece of the template, in which control tokens mean what they say."""
    tokenizer.fast.encode_special_tokens = False
    ids: list[int] = tokenizer.fast.encode(text, add_special_tokens=False).ids
    return ids
