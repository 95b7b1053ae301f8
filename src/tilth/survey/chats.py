"""Conversations, whatever way they are written: turns, roles, and what is unusual about them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from tilth.survey.columns import ABOUT_ALL, is_chat
from tilth.survey.facts import Chats
from tilth.survey.numbers import Numbers, nothing

Turn = tuple[str, str, bool]
"""Who speaks, what is said, and whether a tool is called."""

ASSISTANTS = {"assistant", "gpt", "model", "bot", "chatgpt", "bing", "bard"}
USERS = {"user", "human", "prompter", "instruction"}
SYSTEMS, TOOLS = {"system", "developer"}, {"tool", "function", "function_call", "observation", "ipython", "tool_call", "tool_response"}
KNOWN = ASSISTANTS | USERS | SYSTEMS | TOOLS
SPOKEN = re.compile(r"(?:^|\n\n)(Human|Assistant|System|User|H|A): ?")
WRITTEN = r"^\s*(?:Human|User|H): "


def messages(text: str) -> list[Turn]:
    """The turns of a JSON list of messages, of either way to write them."""
    found = msgspec.json.decode(text)
    if isinstance(found, dict):
        found = [found]
    if not is_chat(found):
        return []
    return [(_role(one), _said(one), bool(one.get("tool_calls") or one.get("function_call"))) for one in found]


def _role(message: dict[str, Any]) -> str:
    return str(message.get("role", message.get("from", ""))).strip().lower()


def _said(message: dict[str, Any]) -> str:
    content = message.get("content", message.get("value"))
    if isinstance(content, list):
        return "\n".join(str(one.get("text", "")) if isinstance(one, dict) else str(one) for one in content)
    return "" if content is None else str(content)


def spoken(text: str) -> list[Turn]:
    """The turns of a text in which `Human:` and `Assistant:` speak."""
    pieces = SPOKEN.split(text)
    return [(role.lower(), said.strip(), False) for role, said in zip(pieces[1::2], pieces[2::2], strict=False)]


def layout(name: str, array: pa.Array, kind: str) -> str:
    """How conversations are written in a column; empty where there are none."""
    some = array.drop_null().slice(0, 200).to_pylist()
    if not some:
        return ""
    if kind == "chat":
        first = next((one for one in some if one.startswith("[")), "[]")
        return "messages" if '"role"' in first else "sharegpt"
    talks = sum(bool(re.match(WRITTEN, one)) and "Assistant:" in one for one in some)
    return "human_assistant" if kind == "text" and talks >= ABOUT_ALL * len(some) else ""


def chats(name: str, array: pa.Array, written: str) -> Chats:
    """What is known of a column of conversations."""
    turns_of: Callable[[str], Sequence[Turn]] = spoken if written == "human_assistant" else messages
    roles, firsts, lasts, oddities = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    counts, answers, systems, tools = list[int](), list[int](), 0, 0
    told = array.drop_null().to_pylist()
    for text in told:
        turns = turns_of(text)
        counts.append(len(turns))
        named = [role for role, _, _ in turns]
        roles.update(named)
        firsts.update(named[:1])
        lasts.update(named[-1:])
        answers += [len(said) for role, said, _ in turns if role in ASSISTANTS]
        systems += bool(SYSTEMS.intersection(named))
        tools += bool(TOOLS.intersection(named)) or any(called for _, _, called in turns)
        oddities.update(_odd(turns))
    lengths, answered = Numbers(), Numbers()
    lengths.add(np.array(counts, np.int64))
    answered.add(np.array(answers, np.int64))
    return Chats(
        column=name,
        layout=written,
        rows=len(told),
        turns=lengths.distribution() or nothing(),
        roles=roles.most_common(12),
        first_roles=firsts.most_common(6),
        last_roles=lasts.most_common(6),
        answer_characters=answered.distribution(logarithmic=True),
        systems=systems,
        tools=tools,
        oddities=dict(oddities.most_common()),
    )


def _odd(turns: Sequence[Turn]) -> set[str]:
    """What is unusual about a conversation."""
    named = ["assistant" if role in ASSISTANTS else "user" if role in USERS else role for role, _, _ in turns]
    if not turns:
        return {"no turns"}
    found = set()
    if "assistant" not in named:
        found.add("no answer")
    elif named[-1] != "assistant":
        found.add("does not end with an answer")
    if any(one == other and one in ("assistant", "user") for one, other in zip(named, named[1:], strict=False)):
        found.add("two turns of one role in a row")
    if any(not said.strip() and not called for role, said, called in turns):
        found.add("empty turn")
    if any(role not in KNOWN for role, _, _ in turns):
        found.add("unknown role")
    return found
