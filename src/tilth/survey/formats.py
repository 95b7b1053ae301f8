"""What a trainer would call these rows, told by names and kinds of columns."""

from __future__ import annotations

from collections.abc import Mapping

INPUTS = ("input", "context")
PAIRS: tuple[tuple[str, dict[str, tuple[str, ...]]], ...] = (
    (
        "preference",
        {"chosen": ("chosen", "chosen_response", "response_chosen", "preferred"), "rejected": ("rejected", "rejected_response", "response_rejected")},
    ),
    ("instruction", {"instruction": ("instruction", "instructions"), "output": ("output", "response", "answer", "completion")}),
    ("prompt_completion", {"prompt": ("prompt", "query", "problem"), "completion": ("completion", "response", "output", "answer", "solution")}),
    ("question_answer", {"question": ("question",), "answer": ("answer", "answers", "response", "output")}),
)
"""Formats that two columns make, in the order in which they are looked for, with the names that people give them."""

BESIDE: Mapping[str, dict[str, tuple[str, ...]]] = {
    "preference": {"prompt": ("prompt", "question", "instruction", "conversations", "messages")},
    "instruction": {"input": INPUTS},
    "question_answer": {"context": INPUTS},
}
"""Columns that may stand beside them."""

LABELS = ("label", "labels", "class", "target", "category", "sentiment", "rating", "score", "stars", "topic", "genre", "type")


def told(kinds: Mapping[str, str], layouts: Mapping[str, str], main: str | None) -> tuple[str, dict[str, str]]:
    """The format, and the columns that make it so. `kinds`: of each column; `layouts`: of columns of conversations."""
    named = {name.lower(): name for name in kinds}
    for name, wanted in PAIRS:
        found = _found(wanted, named)
        if len(found) == len(wanted):
            return name, {**found, **_found(BESIDE.get(name, {}), named)}
    spoken = next((name for name, layout in layouts.items() if layout in ("messages", "sharegpt")), None)
    if spoken is not None:
        label = {"label": named["label"]} if kinds.get(named.get("label", ""), "") in ("flag", "category") else {}
        return layouts[spoken], {"messages": spoken, **label}
    labels = [named[one] for one in LABELS if one in named and kinds[named[one]] in ("category", "flag") and named[one] != main]
    if main and labels:
        return "labelled", {"text": main, "label": labels[0]}
    texts = [name for name, kind in kinds.items() if kind == "text"]
    return ("text", {"text": main}) if main and (main == "text" or texts == [main]) else ("table", {})


def _found(wanted: Mapping[str, tuple[str, ...]], named: Mapping[str, str]) -> dict[str, str]:
    found = {role: next((named[one] for one in names if one in named), "") for role, names in wanted.items()}
    return {role: name for role, name in found.items() if name}
