"""Messages of a conversation, whatever way they are written, as chat templates of Transformers take them.

Two ways are known: OpenAI's, a list of `{"role": …, "content": …}`, and ShareGPT's, a list of `{"from": …, "value": …}`.
Both come as JSON texts, which is what a json column holds, or as lists; one message may stand without its list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

Message = Mapping[str, Any]
"""`{"role": "system | user | assistant | tool", "content": …}`, with `tool_calls`, `name`, `tool_call_id` or `reasoning_content`
where they were given."""

Way = Literal["messages", "sharegpt", ""]
"""How a value is written, if it holds messages."""

ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool"}
"""Roles of OpenAI's messages, and what templates call them."""

SPEAKERS = {
    **dict.fromkeys(("human", "user"), "user"),
    **dict.fromkeys(("gpt", "assistant", "model", "bot", "chatgpt", "bing", "bard"), "assistant"),
    "system": "system",
    **dict.fromkeys(("tool", "function", "observation", "tool_response", "function_response"), "tool"),
    **dict.fromkeys(("function_call", "tool_call"), "call"),
}
"""Who speaks in ShareGPT's lists. A `call` is an assistant's message that calls a function and says nothing."""

KEPT = ("name", "tool_call_id", "reasoning_content", "weight")
"""What else of a message is kept, where it is given."""

SPOKEN = re.compile(r"\n\n(Human|Assistant):")
"""How a turn begins in a text that holds a whole conversation (Bai et al. 2022, "Training a helpful and harmless assistant")."""


class RowRefused(ValueError):
    """A row that cannot be learned from as it stands. Its words say why, name the column, and never quote the text."""


def decoded(value: Any) -> Any:
    """The value behind a JSON text; any other value, and a text that is no JSON, as it is."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return value


def way(value: Any) -> Way:
    """How a value is written, if it holds messages."""
    found = _listed(decoded(value))
    if not isinstance(found, Sequence) or isinstance(found, str) or not found or not all(isinstance(one, Mapping) for one in found):
        return ""
    if all("role" in one for one in found):
        return "messages"
    return "sharegpt" if all("from" in one and "value" in one for one in found) else ""


def spoken_in(value: Any) -> bool:
    """Whether a text is a conversation between `Human:` and `Assistant:`."""
    return isinstance(value, str) and _headed(value).startswith("\n\nHuman:") and "\n\nAssistant:" in value


def spoken(value: str, name: str) -> tuple[Message, ...]:
    """The messages of a text in which `Human:` and `Assistant:` speak; white space around what is said is left out."""
    head, *pieces = SPOKEN.split(_headed(value))
    if head.strip() or not pieces:
        raise RowRefused(f"`{name}` does not begin with `Human:`")
    roles = ("user" if role == "Human" else "assistant" for role in pieces[::2])
    return tuple({"role": role, "content": said.strip()} for role, said in zip(roles, pieces[1::2], strict=True))


def _headed(value: str) -> str:
    return "\n\n" + value.lstrip()


def _listed(found: Any) -> Any:
    """The list of messages: of a value that holds it beside others, such as its tools; of a message by itself."""
    if isinstance(found, Mapping) and "messages" in found:
        found = found["messages"]
    return [found] if isinstance(found, Mapping) else found


def messages_of(value: Any, name: str) -> tuple[Message, ...]:
    """The messages of a column's value. Raises RowRefused where it holds none, or one that cannot be read."""
    if value is None:
        raise RowRefused(f"`{name}` is null")
    found = _listed(decoded(value))
    if isinstance(found, str) or not isinstance(found, Sequence):
        raise RowRefused(f"`{name}` is no list of messages")
    if not found:
        raise RowRefused(f"`{name}` has no messages")
    return tuple(_message(one, name) for one in found)


def _message(one: Any, name: str) -> Message:
    if not isinstance(one, Mapping):
        raise RowRefused(f"`{name}` holds something that is no message")
    if one.get("role") is None and one.get("from") is not None:
        return _sharegpt(one, name)
    written = one.get("role")
    role = ROLES.get(written) if isinstance(written, str) else None
    if role is None:
        raise RowRefused(_unknown_role(written, name))
    made: dict[str, Any] = {"role": role, "content": _said(one.get("content"), name)}
    if calls := one.get("tool_calls"):
        made["tool_calls"] = _calls(calls, name)
    return {**made, **{key: one[key] for key in KEPT if one.get(key) is not None}}


def _sharegpt(one: Mapping[str, Any], name: str) -> Message:
    written = one["from"]
    role = SPEAKERS.get(written.strip().lower()) if isinstance(written, str) else None
    if role is None:
        raise RowRefused(_unknown_role(written, name))
    kept = {key: one[key] for key in KEPT if one.get(key) is not None}
    if role == "call":
        return {"role": "assistant", "content": "", "tool_calls": _calls(decoded(one.get("value")), name), **kept}
    return {"role": role, "content": _said(one.get("value"), name), **kept}


def _unknown_role(written: Any, name: str) -> str:
    told = f"the role `{written[:20]}`" if isinstance(written, str) and written.isprintable() else "a role that is no word"
    return f"`{name}` has {told}, which is not known"


def _said(content: Any, name: str) -> str:
    """What a message says: a text, or parts that are all texts."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, Sequence) else [content]
    said = [part.get("text") if isinstance(part, Mapping) else part for part in parts]
    texts = [one for one in said if isinstance(one, str)]
    if len(texts) < len(said):
        raise RowRefused(f"`{name}` has a message that holds something other than text")
    return "".join(texts)


def _calls(written: Any, name: str) -> list[dict[str, Any]]:
    """The calls of an assistant, each with its arguments as an object, which templates write as JSON themselves."""
    found = decoded(written)
    listed = [found] if isinstance(found, Mapping) else found
    if isinstance(listed, str) or not isinstance(listed, Sequence) or not listed:
        raise RowRefused(f"`{name}` has a call of a tool that is no JSON")
    return [_call(one, name) for one in listed]


def _call(one: Any, name: str) -> dict[str, Any]:
    function = one.get("function", one) if isinstance(one, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        raise RowRefused(f"`{name}` has a call of a tool without a name")
    arguments = decoded(function.get("arguments") or {})
    if not isinstance(arguments, Mapping):
        raise RowRefused(f"`{name}` has a call of a tool whose arguments are no object")
    told = {"id": one["id"]} if one.get("id") is not None else {}
    return {**told, "type": "function", "function": {"name": function["name"], "arguments": dict(arguments)}}


def tools_of(value: Any, name: str) -> tuple[Mapping[str, Any], ...]:
    """The functions that an assistant may call, as JSON schemas; none for a null or a blank."""
    found = decoded(value)
    if found is None or (isinstance(found, str) and not found.strip()):
        return ()
    listed = [found] if isinstance(found, Mapping) else found
    tools = [] if isinstance(listed, str) or not isinstance(listed, Sequence) else [decoded(one) for one in listed]
    if isinstance(listed, str) or not isinstance(listed, Sequence) or not all(isinstance(one, Mapping) for one in tools):
        raise RowRefused(f"`{name}` is no list of functions")
    return tuple(tools)


def check(messages: Sequence[Message], name: str) -> None:
    """Raises RowRefused where a conversation is not one that a template can show."""
    systems = [number for number, one in enumerate(messages) if one["role"] == "system"]
    if len(systems) > 1:
        raise RowRefused(f"`{name}` has {len(systems)} system messages, and a template takes one")
    if systems and systems[0]:
        raise RowRefused(f"`{name}` has a system message that is not its first")
    for one in messages:
        if one["role"] in ("user", "assistant") and not one["content"].strip() and not one.get("tool_calls"):
            raise RowRefused(f"`{name}` has a blank message of role `{one['role']}`")


def learned_in(messages: Sequence[Message], name: str) -> tuple[int, ...]:
    """The numbers of the messages that are learned: of the assistant, but for those whose `weight` is 0, which is how OpenAI's
    format says it."""
    answers = [number for number, one in enumerate(messages) if one["role"] == "assistant"]
    if not answers:
        raise RowRefused(f"`{name}` has no answer")
    if messages[-1]["role"] != "assistant":
        raise RowRefused(f"`{name}` ends with a message of role `{messages[-1]['role']}`, and not with an answer")
    weights = [messages[number].get("weight", 1) for number in answers]
    if any(weight not in (0, 1) for weight in weights):
        raise RowRefused(f"`{name}` has a `weight` other than 0 and 1")
    learned = tuple(number for number, weight in zip(answers, weights, strict=True) if weight)
    if not learned:
        raise RowRefused(f"every answer of `{name}` has the weight 0")
    return learned


def weightless(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages without their weights, which templates have no use for."""
    return tuple({key: value for key, value in one.items() if key != "weight"} for one in messages)
