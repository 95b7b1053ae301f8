"""`dedup.minhash` beside text-dedup: which rows each drops at the same similarity, and why one drops a row that the other keeps."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.conformance.documents import Document
from bench.projects import recipe, tilth
from bench.works.near import SIMILARITY, STEPS, theirs
from tests.text.twins import shingled
from tilth.record import ids_of_values

OTHER = "of the alike rows text-dedup keeps another one"
OTHER_HERE = "of the alike rows text-dedup keeps this one, and lets the one go that stays here"
SHORT = "fewer than 5 words: text-dedup takes the row out, whatever the others are"
CHAIN = "alike only to a row that falls here: text-dedup follows the chain"
MISSED_HERE = "alike to a row that stays, and not found by the bands here"
UNLIKE = "alike to no row, by words of either side: text-dedup does not verify what agrees in a band"
THEIR_WORDS = "alike by text-dedup's words alone: between two signs it has an empty one"
MISSED_THERE = "alike to a row that stays there, and not found by its bands"
UNLIKE_THERE = "alike by the words here alone"

Shingles = set[Any]


@dataclass(frozen=True)
class Sides:
    """What became of the rows on both sides."""

    texts: Sequence[str]
    fell: dict[int, int]
    """Here, each with the row in whose favour."""
    kept: frozenset[int]
    """By text-dedup."""


def compared(texts: Sequence[Document]) -> dict[str, Any]:
    """Run both on the same rows, and list every row that only one of them drops, with the cause."""
    with tempfile.TemporaryDirectory(prefix="tilth-conformance-") as place:
        path = Path(place, "documents.jsonl")
        path.write_text("".join(json.dumps({"number": number, "text": text}) + "\n" for number, (_, text) in enumerate(texts)))
        lines = tilth(recipe(path, STEPS, {"id": "number"})).decisions.to_pylist()
        _, kept = theirs(path)
    known = {one: number for number, one in enumerate(ids_of_values(range(len(texts))))}
    fell = {known[line["id"]]: known[line["partner"]] for line in lines if line["action"] == "dropped"}
    sides = Sides([text for _, text in texts], fell, frozenset(kept))
    return told(sides, [document for document, _ in texts])


def told(sides: Sides, names: Sequence[str]) -> dict[str, Any]:
    """The counts, and the rows that one side alone drops."""
    there = set(range(len(names))) - sides.kept
    only = {**dropped_here(sides, sides.fell.keys() - there), **dropped_there(sides, there - sides.fell.keys())}
    return {
        "similarity": SIMILARITY,
        "rows": len(names),
        "dropped_here": len(sides.fell),
        "dropped_there": len(there),
        "dropped_by_both": len(sides.fell.keys() & there),
        "causes": dict(Counter(only.values()).most_common()),
        "differences": [{"document": names[row], "dropped": "here" if row in sides.fell else "there", "cause": only[row]} for row in sorted(only)],
    }


def dropped_here(sides: Sides, rows: set[int]) -> dict[int, str]:
    """Why text-dedup keeps rows that fall here."""
    causes = {}
    for row in rows:
        partner = sides.fell[row]
        if partner not in sides.kept:
            causes[row] = OTHER_HERE
        else:
            alike = similarity(*(their_shingles(sides.texts[one]) for one in (row, partner))) >= SIMILARITY
            causes[row] = MISSED_THERE if alike else UNLIKE_THERE
    return causes


def dropped_there(sides: Sides, rows: set[int]) -> dict[int, str]:
    """Why rows stay here that text-dedup drops."""
    ours, others = neighbours(sides.texts, rows, shingled), neighbours(sides.texts, rows, their_shingles)
    causes = {}
    for row in rows:
        if any(sides.fell.get(other) == row for other in ours[row]):
            causes[row] = OTHER
        elif len(their_words(sides.texts[row])) < 5:
            causes[row] = SHORT
        elif ours[row]:
            causes[row] = CHAIN if ours[row] <= sides.fell.keys() else MISSED_HERE
        else:
            causes[row] = THEIR_WORDS if others[row] else UNLIKE
    return causes


def neighbours(texts: Sequence[str], rows: set[int], cut: Callable[[str], Shingles]) -> dict[int, set[int]]:
    """For some of the texts all others that are at least as similar as the limit, found by going through all of them."""
    mine = {row: cut(texts[row]) for row in rows}
    having: defaultdict[Any, list[int]] = defaultdict(list)
    for row, shingles in mine.items():
        for one in shingles:
            having[one].append(row)
    found: dict[int, set[int]] = {row: set() for row in rows}
    for other, text in enumerate(texts):
        shingles = cut(text)
        shared = Counter(row for one in shingles for row in having.get(one, ()))
        for row, both in shared.items():
            if row != other and both / (len(shingles) + len(mine[row]) - both) >= SIMILARITY:
                found[row].add(other)
    return found


def similarity(one: Shingles, other: Shingles) -> float:
    """The Jaccard index; nothing is like nothing."""
    both = len(one & other)
    return both / max(1, len(one) + len(other) - both)


def their_words(text: str) -> list[str]:
    """What text-dedup takes for words: what stands between any two signs that are no part of a word, be it nothing."""
    return re.split(r"\W", text.lower())


def their_shingles(text: str) -> Shingles:
    """The runs of five of them."""
    words = their_words(text)
    return {tuple(words[place : place + 5]) for place in range(len(words) - 4)}
