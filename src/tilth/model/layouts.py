"""How the rows of a dataset are laid out: which format they have, and which of their columns holds what.

A format is told by the names of the columns and by up to a hundred rows, or it is said in the recipe: `format: question`, or with
the columns, `format: {type: question, question: frage, answer: antwort}`. Where several fit, those that `format.*` write
(`messages`, `prompt` and `completion`, `chosen` and `rejected`) come before an instruction, a question, a label and a text, in this
order; several of the first kind are refused, and the message says what to write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from tilth.errors import AskedWrong
from tilth.model.conversations import decoded, spoken_in, way

Format = Literal["text", "completion", "question", "alpaca", "sharegpt", "messages", "preference", "judged", "classification"]
Parts = Mapping[str, tuple[str, ...]]
"""What a format holds, and the names under which people keep it, in the order in which they are looked for."""

LOOKED_AT = 100
"""So many rows tell how values are written."""

OUTPUTS = ("output", "response", "answer", "completion")
CHOSEN, REJECTED = ("chosen", "chosen_response", "response_chosen"), ("rejected", "rejected_response", "response_rejected")
SYSTEM, LABELS = ("system", "system_prompt"), ("label", "labels", "class")

TURNS = ("messages", "conversations")
"""Parts that are always messages."""

NEEDED: dict[Format, tuple[Parts, ...]] = {
    "preference": ({"chosen": CHOSEN, "rejected": REJECTED},),
    "judged": ({"prompt": ("prompt",), "completion": ("completion",), "label": ("label",)}, {"messages": TURNS, "label": ("label",)}),
    "messages": ({"messages": ("messages",)},),
    "sharegpt": ({"conversations": ("conversations",)},),
    "completion": ({"prompt": ("prompt",), "completion": ("completion", "response", "output", "answer")},),
    "alpaca": ({"instruction": ("instruction",), "output": OUTPUTS},),
    "question": ({"question": ("question", "query"), "answer": ("answer", "response", "output")},),
    "classification": ({"text": ("text", "sentence", "content"), "label": LABELS},),
    "text": ({"text": ("text",)},),
}
"""The parts that a format must have, in one way or another."""

BESIDE: dict[Format, Parts] = {
    "preference": {"prompt": ("prompt",), "question": ("question", "instruction"), "messages": TURNS, "system": SYSTEM, "tools": ("tools",)},
    "judged": {"tools": ("tools",)},
    "messages": {"tools": ("tools",)},
    "sharegpt": {"system": SYSTEM, "tools": ("tools",)},
    "completion": {"tools": ("tools",)},
    "alpaca": {"input": ("input", "context"), "system": SYSTEM},
    "question": {"context": ("context", "input"), "system": SYSTEM},
    "classification": {},
    "text": {},
}
"""The parts that it may have."""

WAYS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("prompt", "completion"), ("messages", "sharegpt")),
    **dict.fromkeys(("chosen", "rejected"), ("messages", "sharegpt", "spoken")),
}
"""Parts that are messages where their values say so, and how these may be written."""


class FormatSettings(BaseModel):
    """How the rows are laid out: the format, and what its parts are called. A part that is not named is looked for under the
    names that people give it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Format
    """The format."""
    text: str | None = None
    """The column of the text (text, classification)."""
    prompt: str | None = None
    """The column of what comes before, a text or messages (completion, judged, preference)."""
    completion: str | None = None
    """The column of what is learned (completion, judged)."""
    question: str | None = None
    """The column of the question (question, preference)."""
    context: str | None = None
    """The column of what the question is about, which stands before it (question)."""
    answer: str | None = None
    """The column of the answer (question)."""
    instruction: str | None = None
    """The column of the instruction (alpaca)."""
    input: str | None = None
    """The column of what the instruction is about, which may be blank (alpaca)."""
    output: str | None = None
    """The column of the answer (alpaca)."""
    system: str | None = None
    """The column of the system message (question, alpaca, sharegpt, preference)."""
    messages: str | None = None
    """The column of the messages (messages, judged, and the prompt of a preference)."""
    conversations: str | None = None
    """The column of the messages (sharegpt)."""
    tools: str | None = None
    """The column of the functions that may be called (completion, messages, sharegpt, judged, preference)."""
    chosen: str | None = None
    """The column of the better answer (preference)."""
    rejected: str | None = None
    """The column of the worse answer (preference)."""
    label: str | None = None
    """The column of the class (classification), or of true and false (judged)."""

    @model_validator(mode="after")
    def _has_these_parts(self) -> Self:
        for part in self.named():
            if part not in parts_of(self.type):
                raise ValueError(f"The format `{self.type}` has no `{part}`; it has {', '.join(parts_of(self.type))}.")
        return self

    def named(self) -> dict[str, str]:
        """The columns that are said, by the part that they are."""
        return {name: value for name, value in self.model_dump(exclude={"type"}).items() if value is not None}


@dataclass(frozen=True)
class Layout:
    """The format of rows. `columns`: what each part is called in them; `ways`: of the parts that are no plain texts how they are
    written, `messages`, `sharegpt` or `spoken` (`Human: … Assistant: …` in a text); `why` it is this one, in words for the plan."""

    format: Format
    columns: Mapping[str, str]
    why: str = ""
    ways: Mapping[str, str] = field(default_factory=dict)


def columns_named(asked: Format | FormatSettings | None, *datasets: str | None) -> dict[str, tuple[str, ...]]:
    """The columns that a recipe names in a format, for each of the datasets that are read by it; of parts of one dataset, which have the
    same columns, for the first."""
    named = tuple(asked.named().values()) if isinstance(asked, FormatSettings) else ()
    first = {name.partition(".")[0]: name for name in reversed(datasets) if name is not None}
    return dict.fromkeys(first.values(), named)


def parts_of(kind: Format) -> tuple[str, ...]:
    """All parts that a format may have."""
    return tuple(dict.fromkeys([*(part for needed in NEEDED[kind] for part in needed), *BESIDE[kind]]))


def detect(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Layout:
    """The layout of rows, by the names of their columns and the first of them. Raises AskedWrong where none fits, or several do."""
    seen = _Seen(columns, rows)
    fitting = ([one for kind in rank for one in _fitting(kind, seen)] for rank in RANKS)
    found = _settled(next((some for some in fitting if some), []))
    if len(found) == 1:
        return found[0]
    if found:
        raise _several(found)
    raise _none(seen)


def layout(asked: Format | FormatSettings | None, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Layout:
    """The layout that is asked for; where nothing is said, the one that is found. Raises AskedWrong for a part without a column."""
    if asked is None:
        return detect(columns, rows)
    seen = _Seen(columns, rows)
    wanted = asked if isinstance(asked, FormatSettings) else FormatSettings(type=asked)
    for part, name in wanted.named().items():
        if name not in columns:
            raise AskedWrong(f"The {part} is said to be in `{name}`, and there is no such column.", accepted=f"Columns: {', '.join(seen.names)}.")
    found = [parts for needed in NEEDED[wanted.type] if (parts := seen.parts(wanted.type, needed, wanted.named())) is not None]
    if not found:
        ways = " or ".join(", ".join(f"`{part}`" for part in needed) for needed in NEEDED[wanted.type])
        first = next(iter(NEEDED[wanted.type][0]))
        raise AskedWrong(
            f"The format `{wanted.type}` needs {ways}, and the columns are {', '.join(seen.names)}.",
            remedy=f"Say what they are called: `format: {{type: {wanted.type}, {first}: NAME, …}}`.",
        )
    return seen.layout(wanted.type, found[0], "as the recipe says")


RANKS: tuple[tuple[Format, ...], ...] = (
    ("preference", "judged", "messages", "sharegpt", "completion"),
    ("alpaca", "question"),
    ("classification",),
    ("text",),
)
"""Formats that exclude each other, the more telling first."""

OVER = {"preference": ("messages", "sharegpt"), "messages": ("sharegpt",)}
"""Formats that stand for others beside them: whole conversations are often kept beside the pair that was made of them, and
`format.chat` keeps those that it made messages of."""


def _settled(found: list[Layout]) -> list[Layout]:
    """The layouts without those that another one stands for, or is more of. An instruction with an output of its own stands for a
    question with its answer, which it was made from."""
    there = {one.format for one in found}
    left = [one for one in found if not any(one.format in OVER.get(kind, ()) for kind in there)]
    left = [one for one in left if not any(set(one.columns.values()) < set(other.columns.values()) for other in left)]
    answers = {one.columns.get("output", one.columns.get("answer")) for one in left}
    return left[:1] if there == {"alpaca", "question"} and len(answers) == 2 else left


class _Seen:
    """What is known of the rows: the names of their columns, and how the values of the first are written."""

    def __init__(self, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        self.names = tuple(name for name in columns if name not in ("id", "origin", "parents") and not name.startswith("original_"))
        self.folded = {name.lower(): name for name in reversed(self.names)}
        some = rows[:LOOKED_AT]
        self.values = {name: [row[name] for row in some if row.get(name) is not None] for name in self.names}
        self.ways = {name: how for name, values in self.values.items() if (how := _way(values))}

    def named(self, names: Sequence[str]) -> str | None:
        """The first of these names that there is, whatever its case."""
        return next((self.folded[one] for one in names if one in self.folded), None)

    def talk(self, part: str, names: Sequence[str], taken: Sequence[str]) -> str | None:
        """The column of messages: the one named `messages`, else the only one; without rows, by its name."""
        if not any(self.values.values()):
            return self.named(names)
        ways = {"sharegpt"} if part == "conversations" else {"messages", "sharegpt"}
        found = [name for name, how in self.ways.items() if how in ways and name not in taken]
        named = next((name for name in found if name.lower() == "messages"), None)
        return named or (found[0] if len(found) == 1 else self.named([part]) if self.named([part]) in found else None)

    def parts(self, kind: Format, needed: Parts, given: Mapping[str, str]) -> dict[str, str] | None:
        """What the parts of a format are called; None where one is missing."""
        found: dict[str, str] = {}
        for part, names in {**needed, **BESIDE[kind]}.items():
            taken = list(found.values())
            name = given.get(part) or (
                self.talk(part, names, taken) if part in TURNS else self.named([one for one in names if self.named([one]) not in taken])
            )
            if name is not None:
                found[part] = name
            elif part in needed:
                return None
        return _one_prompt(found, self, given) if kind == "preference" else found

    def layout(self, kind: Format, parts: Mapping[str, str], begin: str) -> Layout:
        """The layout, told in words."""
        ways = {part: self.ways.get(name, "messages") for part, name in parts.items() if part in TURNS}
        ways |= {part: self.ways[name] for part, name in parts.items() if self.ways.get(name) in WAYS.get(part, ())}
        told = [f"`{name}` is the {part}" if name != part else f"`{name}`" for part, name in parts.items()]
        written = [f"`{parts[part]}` holds {WRITTEN[how]}" for part, how in ways.items()]
        unread = [f"`{name}`" for name in self.names if name not in parts.values() and (self.values[name] or not any(self.values.values()))]
        others = [f"not read: {', '.join(unread[:6])}{', …' if len(unread) > 6 else ''}"] if unread else []
        return Layout(kind, parts, "; ".join([f"{begin}: {', '.join(told)}", *written, *others]), ways)


WRITTEN = {"messages": "messages (role, content)", "sharegpt": "messages (from, value)", "spoken": "turns of `Human:` and `Assistant:`"}


def _way(values: Sequence[Any]) -> str:
    """How most values are written, if they are no plain texts."""
    for how in ("messages", "sharegpt"):
        if 2 * sum(way(value) == how for value in values) > len(values):
            return how
    return "spoken" if 2 * sum(map(spoken_in, values)) > len(values) else ""


def _one_prompt(found: dict[str, str], seen: _Seen, given: Mapping[str, str]) -> dict[str, str]:
    """The parts of a preference with one prompt: the prompt by name, else messages that end with a question, else a question."""
    said = next((part for part in ("prompt", "messages", "question") if part in given), None)
    if said is None and "prompt" not in found and "messages" in found and _answers(seen.values[found["messages"]]):
        del found["messages"]
    kept = said or next((part for part in ("prompt", "messages", "question") if part in found), None)
    return {part: name for part, name in found.items() if part == kept or part not in ("prompt", "messages", "question")}


def _answers(values: Sequence[Any]) -> bool:
    """Whether most conversations end with an answer, so that they are no prompts."""
    return 2 * sum(_last_speaker(value) in ("assistant", "gpt") for value in values) > len(values)


def _last_speaker(value: Any) -> Any:
    found = decoded(value)
    last = found[-1] if isinstance(found, Sequence) and not isinstance(found, str) and found else found
    return last.get("role", last.get("from")) if isinstance(last, Mapping) else None


def _fitting(kind: Format, seen: _Seen) -> Iterator[Layout]:
    """The layouts of a format that the rows may have."""
    for needed in NEEDED[kind]:
        parts = seen.parts(kind, needed, {})
        if parts is not None and _suits(kind, parts, seen):
            yield seen.layout(kind, parts, "by the columns")
    if kind == "text" and not seen.values.get(seen.folded.get("text", "")):
        texts = [name for name, values in seen.values.items() if values and all(isinstance(value, str) for value in values)]
        if len(texts) == 1:
            yield seen.layout(kind, {"text": texts[0]}, "by the only column of texts")


def _suits(kind: Format, parts: Mapping[str, str], seen: _Seen) -> bool:
    """Whether the values of the parts are what the format needs."""
    values = seen.values[parts["label"]] if "label" in parts else []
    if "text" in parts and not seen.values[parts["text"]] and any(seen.values.values()):
        return False  # the column `text`, which every dataset has, of rows whose texts are elsewhere
    match kind:
        case "judged":
            return bool(values) and all(isinstance(value, bool) for value in values)
        case "classification":
            return all(isinstance(value, str | int) for value in values)
        case "messages":
            return seen.ways.get(parts["messages"], "messages") == "messages"
        case "preference":
            asked = any(part in parts for part in ("prompt", "question", "messages"))
            return asked or not seen.values[parts["chosen"]] or parts["chosen"] in seen.ways
        case "completion":
            return parts["completion"].lower() == "completion" or not {"question", "instruction"} & seen.folded.keys()
    return True


def _several(found: Sequence[Layout]) -> AskedWrong:
    told = "; ".join(f"{one.format} ({', '.join(f'`{name}`' for name in one.columns.values())})" for one in found)
    first = found[0]
    named = ", ".join(f"{part}: {name}" for part, name in first.columns.items())
    again = f"`format: {{type: {first.format}, {named}}}`"
    wanted = again if len({one.format for one in found}) == 1 else " or ".join(f"`format: {one.format}`" for one in found)
    return AskedWrong(f"The columns fit more than one format: {told}.", accepted="A row is learned from in one way.", remedy=f"Say which: {wanted}.")


def _none(seen: _Seen) -> AskedWrong:
    if {"chosen", "rejected"} <= seen.folded.keys():
        found = "`chosen` and `rejected` are plain texts, and no column holds the prompt that they answer."
        return AskedWrong(found, remedy="Say where it is: `format: {type: preference, prompt: NAME}`.")
    accepted = "; ".join(f"{kind} ({' or '.join(', '.join(needed) for needed in NEEDED[kind])})" for kind in NEEDED)
    filled = [name for name in seen.names if seen.values[name]] or list(seen.names)
    texts = [name for name, values in seen.values.items() if values and all(isinstance(value, str) for value in values)]
    asked, answered = texts[:2] if len(texts) > 1 else ("NAME", "NAME")
    say = f"`format: {{type: question, question: {asked}, answer: {answered}}}`"
    return AskedWrong(
        f"The columns {', '.join(filled) or '(none)'} are of no format that is known.",
        accepted=f"Formats: {accepted}.",
        remedy=f"Say which columns they are, such as {say}, or write them by `format.completion`.",
    )
