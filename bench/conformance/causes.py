"""Why a tool and its dialect here have two values for a text. What has no cause that can be shown is called unexplained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

NEAR = 1e-12
FAILS = "the tool divides by nothing and fails"
TIED = "several runs are as frequent, and the tool takes the one that Python's hash seed puts first"
EMPTY = "the text is empty: the tool drops it, or divides by nothing, before it measures"
UNEXPLAINED = "unexplained"


def of_curator(rule: str, text: str, ours: float | None, theirs: float | None, told: Mapping[str, Any]) -> str:
    """Curator's: where several runs of words are the most frequent, one of them must have its value and another ours."""
    if rule in told.get("errors", {}):
        return FAILS
    if rule.startswith("top_") and ours is not None and theirs is not None:
        possible = shares_of_tied(text, int(rule.split("_")[1]))
        if len(possible) > 1 and all(any(abs(value - one) <= NEAR for one in possible) for value in (ours, theirs)):
            return TIED
    return UNEXPLAINED


def of_others(rule: str, text: str, ours: float | None, theirs: float | None, told: Mapping[str, Any]) -> str:
    """The others': they are the same each time."""
    if not text:
        return EMPTY
    return FAILS if told.get("failed") else UNEXPLAINED


def shares_of_tied(text: str, length: int) -> set[float]:
    """What Curator may find as the share of the most frequent run of so many words: a value for each that is as frequent."""
    words = text.split()
    counts = Counter(zip(*(words[start:] for start in range(length)), strict=False))
    most = max(counts.values(), default=0)
    return {(len(text) - len(text.replace(" ".join(run), ""))) / len(text) for run, count in counts.items() if count == most}
