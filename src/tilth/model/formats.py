"""What a row is to a trainer: a conversation, a pair of answers, a judged answer, a text with a label, or a text.

`detect` tells the layout of rows, `layout` the one that a recipe asks for, and `read` makes of a row what is learned from. Texts
stay as they are, by the character; of one in which a whole conversation stands (`spoken`), white space around its turns is left
out. A row from which nothing can be learned raises `RowRefused`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tilth.model.conversations import Message, RowRefused, check, decoded, learned_in, messages_of, spoken, tools_of, weightless
from tilth.model.layouts import Format, FormatSettings, Layout, detect, layout, parts_of

__all__ = [
    "Conversation",
    "Format",
    "FormatSettings",
    "Judged",
    "Labelled",
    "Layout",
    "Message",
    "Pair",
    "Row",
    "RowRefused",
    "Text",
    "detect",
    "layout",
    "parts_of",
    "read",
]


@dataclass(frozen=True)
class Conversation:
    """Messages, of which those with the numbers `learned` are learned. `plain`: a prompt and a completion that are texts, to be
    joined as they are, without roles. An Alpaca row's question also has its `instruction` and `input` apart, for Alpaca's templates;
    its `content` is both, with a blank line between."""

    messages: tuple[Message, ...]
    learned: tuple[int, ...]
    tools: tuple[Mapping[str, Any], ...] = ()
    plain: bool = False


@dataclass(frozen=True)
class Pair:
    """A prompt, and the messages of a better and of a worse answer to it. `unlearned`: the numbers of those of the assistant in either
    that have a `weight` of 0."""

    prompt: tuple[Message, ...]
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    tools: tuple[Mapping[str, Any], ...] = ()
    plain: bool = False
    unlearned: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())


@dataclass(frozen=True)
class Judged:
    """A conversation whose last answer somebody called good or bad; that answer alone is learned (Ethayarajh et al. 2024, KTO)."""

    conversation: Conversation
    good: bool


@dataclass(frozen=True)
class Labelled:
    """A text and its class."""

    text: str
    label: str


@dataclass(frozen=True)
class Text:
    """A plain text, all of which is learned."""

    text: str


Row = Conversation | Pair | Judged | Labelled | Text
"""What a row may be."""


def read(layout: Layout, row: Mapping[str, Any]) -> Row:
    """What is learned of a row. Raises RowRefused with a short reason, such as "`answer` is null"."""
    return READERS[layout.format](layout, row)


def _text(layout: Layout, row: Mapping[str, Any], part: str) -> str:
    """The text of a part, which must say something."""
    name = layout.columns[part]
    value = row.get(name)
    if value is None:
        raise RowRefused(f"`{name}` is null")
    if not isinstance(value, str):
        raise RowRefused(f"`{name}` is {_kind(value)}, and not a text")
    if not value.strip():
        raise RowRefused(f"`{name}` is blank")
    return value


def _kind(value: Any) -> str:
    kinds = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a mapping"}
    return kinds.get(type(value), "a value of another kind")


def _optional(layout: Layout, row: Mapping[str, Any], part: str) -> str:
    """The text of a part that may be missing, null or blank; then nothing."""
    name = layout.columns.get(part)
    value = None if name is None else row.get(name)
    if value is not None and not isinstance(value, str):
        raise RowRefused(f"`{name}` is {_kind(value)}, and not a text")
    return value if value and value.strip() else ""


def _tools(layout: Layout, row: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The functions of a row: of its column, or beside the messages in their own."""
    name = layout.columns.get("tools")
    if name is not None:
        return tools_of(row.get(name), name)
    name = next((layout.columns[part] for part in ("messages", "conversations") if part in layout.columns), None)
    found = decoded(row.get(name)) if name is not None else None
    return tools_of(found.get("tools"), f"{name}.tools") if isinstance(found, Mapping) else ()


def _turns(layout: Layout, row: Mapping[str, Any], part: str) -> tuple[Message, ...]:
    """The messages of a part, however it is written."""
    name = layout.columns[part]
    if layout.ways.get(part) == "spoken":
        return spoken(_text(layout, row, part), name)
    return messages_of(row.get(name), name)


def _with_system(layout: Layout, row: Mapping[str, Any], messages: Sequence[Message]) -> tuple[Message, ...]:
    system = _optional(layout, row, "system")
    return ({"role": "system", "content": system}, *messages) if system else tuple(messages)


def _single(layout: Layout, row: Mapping[str, Any], question: Message, answer: str) -> Conversation:
    """A conversation of one question and one answer."""
    messages = _with_system(layout, row, (question, {"role": "assistant", "content": _text(layout, row, answer)}))
    return Conversation(messages, (len(messages) - 1,))


def _question(layout: Layout, row: Mapping[str, Any]) -> Conversation:
    context, question = _optional(layout, row, "context"), _text(layout, row, "question")
    return _single(layout, row, {"role": "user", "content": f"{context}\n\n{question}" if context else question}, "answer")


def _alpaca(layout: Layout, row: Mapping[str, Any]) -> Conversation:
    instruction, given = _text(layout, row, "instruction"), _optional(layout, row, "input")
    content = f"{instruction}\n\n{given}" if given else instruction
    return _single(layout, row, {"role": "user", "content": content, "instruction": instruction, "input": given}, "output")


def _conversation(layout: Layout, row: Mapping[str, Any], part: str) -> Conversation:
    name = layout.columns[part]
    messages = _with_system(layout, row, _turns(layout, row, part))
    check(messages, name)
    return Conversation(weightless(messages), learned_in(messages, name), _tools(layout, row))


def _completion(layout: Layout, row: Mapping[str, Any]) -> Conversation:
    """A prompt and a completion: two texts, or messages whose last part is learned."""
    if not layout.ways:
        prompt, completion = _text(layout, row, "prompt"), _text(layout, row, "completion")
        return Conversation(({"role": "user", "content": prompt}, {"role": "assistant", "content": completion}), (1,), (), plain=True)
    prompted, said = _either(layout, row, "prompt", "user"), _either(layout, row, "completion", "assistant")
    name = layout.columns["completion"]
    check((*prompted, *said), name)
    if said[0]["role"] != "assistant":
        raise RowRefused(f"`{name}` does not begin with an answer")
    learned = tuple(len(prompted) + number for number in learned_in(said, name))
    return Conversation(weightless((*prompted, *said)), learned, _tools(layout, row))


def _either(layout: Layout, row: Mapping[str, Any], part: str, role: str) -> tuple[Message, ...]:
    """The messages of a part; of a text, one message of this role."""
    return _turns(layout, row, part) if part in layout.ways else ({"role": role, "content": _text(layout, row, part)},)


def _preference(layout: Layout, row: Mapping[str, Any]) -> Pair:
    if not layout.ways and "prompt" in layout.columns and "system" not in layout.columns:
        prompt, chosen, rejected = (_text(layout, row, part) for part in ("prompt", "chosen", "rejected"))
        _differ(layout, chosen, rejected)
        user, *answers = [{"role": role, "content": said} for role, said in (("user", prompt), ("assistant", chosen), ("assistant", rejected))]
        return Pair((user,), (answers[0],), (answers[1],), plain=True)
    chosen_turns, rejected_turns = (_either(layout, row, part, "assistant") for part in ("chosen", "rejected"))
    _differ(layout, chosen_turns, rejected_turns)
    if chosen_turns[0]["role"] == rejected_turns[0]["role"] == "assistant":
        prompted = _prompt(layout, row)
    else:
        prompted, chosen_turns, rejected_turns = _apart(layout, chosen_turns, rejected_turns)
    prompted = _with_system(layout, row, prompted)
    unlearned = []
    for part, said in (("chosen", chosen_turns), ("rejected", rejected_turns)):
        check((*prompted, *said), layout.columns[part])
        if said[0]["role"] != "assistant":
            raise RowRefused("the two part before an answer")
        learned = learned_in(said, layout.columns[part])
        unlearned.append(tuple(number for number, one in enumerate(said) if one["role"] == "assistant" and number not in learned))
    if prompted[-1]["role"] == "assistant":
        raise RowRefused("the prompt ends with an answer")
    of_chosen, of_rejected = unlearned
    turns = weightless(prompted), weightless(chosen_turns), weightless(rejected_turns)
    return Pair(*turns, _tools(layout, row), unlearned=(of_chosen, of_rejected))


def _differ(layout: Layout, chosen: object, rejected: object) -> None:
    if chosen == rejected:
        raise RowRefused(f"`{layout.columns['chosen']}` and `{layout.columns['rejected']}` are the same")


def _prompt(layout: Layout, row: Mapping[str, Any]) -> tuple[Message, ...]:
    """The prompt that a column of its own holds."""
    part = next((part for part in ("prompt", "messages", "question") if part in layout.columns), None)
    if part is None:
        raise RowRefused("there is no prompt: both answers begin without one")
    return _either(layout, row, part, "user")


def _apart(layout: Layout, chosen: Sequence[Message], rejected: Sequence[Message]) -> tuple[tuple[Message, ...], ...]:
    """The longest beginning that two conversations share, which is the prompt, and what is left of each."""
    alike = next((place for place, (one, other) in enumerate(zip(chosen, rejected, strict=False)) if one != other), min(len(chosen), len(rejected)))
    if alike == 0:
        raise RowRefused("the two share no prompt")
    if alike == min(len(chosen), len(rejected)):
        raise RowRefused("one of the two is the beginning of the other")
    return tuple(chosen[:alike]), tuple(chosen[alike:]), tuple(rejected[alike:])


def _judged(layout: Layout, row: Mapping[str, Any]) -> Judged:
    name = layout.columns["label"]
    good = row.get(name)
    if good is None:
        raise RowRefused(f"`{name}` is null")
    if not isinstance(good, bool):
        raise RowRefused(f"`{name}` is {_kind(good) if not isinstance(good, str) else 'a text'}, and not true or false")
    said = _conversation(layout, row, "messages") if "messages" in layout.columns else _completion(layout, row)
    return Judged(Conversation(said.messages, said.learned[-1:], said.tools, said.plain), good)


def _labelled(layout: Layout, row: Mapping[str, Any]) -> Labelled:
    text, name = _text(layout, row, "text"), layout.columns["label"]
    label = row.get(name)
    if label is None:
        raise RowRefused(f"`{name}` is null")
    if not isinstance(label, str | int):
        raise RowRefused(f"`{name}` is {_kind(label)}, and not a class")
    told = str(label).lower() if isinstance(label, bool) else str(label)
    if not told.strip():
        raise RowRefused(f"`{name}` is blank")
    return Labelled(text, told)


READERS: Mapping[Format, Callable[[Layout, Mapping[str, Any]], Row]] = {
    "text": lambda layout, row: Text(_text(layout, row, "text")),
    "completion": _completion,
    "question": _question,
    "alpaca": _alpaca,
    "sharegpt": lambda layout, row: _conversation(layout, row, "conversations"),
    "messages": lambda layout, row: _conversation(layout, row, "messages"),
    "preference": _preference,
    "judged": _judged,
    "classification": _labelled,
}
"""How the rows of each format are read."""
