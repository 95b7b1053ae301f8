"""Why a tool and its dialect here have two values for a text. What has no cause that can be shown is called unexplained."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from typing import Any

NEAR = 1e-12
FAILS = "the tool divides by nothing and fails"
TIED = "several runs are as frequent, and the tool takes the one that Python's hash seed puts first"
EMPTY = "the text is empty: the tool drops it, or divides by nothing, before it measures"
UNEXPLAINED = "unexplained"
BLANK = "the text is empty: it is not judged here, and Data-Juicer measures 0"
LISTED = "special characters are here all that are neither letters nor marks, in Data-Juicer those of a list"
PARTED = "words are parted here at any white space and bared of what is neither letter nor mark, in Data-Juicer at three characters and by its list"
UNSPACED = "most letters stand in a script without spaces, whose words are not judged here"


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


def of_data_juicer(rule: str, text: str, ours: float | None, theirs: float | None, told: Mapping[str, Any]) -> str:
    """Data-Juicer's: it has other special characters; what the definition of ours is has been said in plain Python here once more."""
    if not text:
        return BLANK
    if rule == "special_share":
        special = sum(unicodedata.category(one)[0] not in "LM" for one in text) / len(text)
        return LISTED if ours is not None and abs(ours - special) <= NEAR else UNEXPLAINED
    if rule == "word_repetition":
        if ours is None:
            return UNSPACED
        return PARTED if abs(ours - share_of_runs(text)) <= NEAR else UNEXPLAINED
    return UNEXPLAINED


def share_of_runs(text: str, length: int = 10) -> float:
    """How many of the runs of so many words occur more than once, by the definition of `tilth.text.repeats`."""
    words = [word for word in map(_bare, text.split()) if word]
    counts = Counter(zip(*(words[start:] for start in range(length)), strict=False))
    return sum(count for count in counts.values() if count > 1) / max(counts.total(), 1)


def _bare(word: str) -> str:
    """In lower case, without what is neither a letter nor a mark at either end."""
    kept = [place for place, one in enumerate(word) if unicodedata.category(one)[0] in "LM"]
    return word[kept[0] : kept[-1] + 1].lower() if kept else ""


def shares_of_tied(text: str, length: int) -> set[float]:
    """What Curator may find as the share of the most frequent run of so many words: a value for each that is as frequent."""
    words = text.split()
    counts = Counter(zip(*(words[start:] for start in range(length)), strict=False))
    most = max(counts.values(), default=0)
    return {(len(text) - len(text.replace(" ".join(run), ""))) / len(text) for run, count in counts.items() if count == most}
