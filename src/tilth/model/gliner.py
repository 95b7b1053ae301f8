"""GLiNER: a model that is told in words what to find (Zaratiana et al. 2024, NAACL). The one module that imports it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from tilth.errors import Missing
from tilth.model.identifying import Found
from tilth.model.load import quiet

try:
    import gliner
except ImportError:
    gliner = None

WORDS, OVERLAP = 200, 50
"""A long text is read in windows of so many words (GLiNER's models read 384 or more), of which the next one begins so many before the
end; words are runs of letters and digits, and each other sign, as GLiNER counts them."""

ASKED = {
    "email": "email address",
    "phone": "phone number",
    "card": "credit card number",
    "ip": "ip address",
    "mac": "mac address",
    "ssn": "social security number",
}
"""How an entity is asked for; any other by its name, with blanks."""


class Gliner:
    """The model of GLiNER in a folder. Raises Missing without the package."""

    entities: Collection[str] = ()

    def __init__(self, folder: Path) -> None:
        if gliner is None:
            raise Missing("The package `gliner` is not installed.", where=str(folder), remedy="Type: pip install gliner")
        with quiet():
            self._model: Any = gliner.GLiNER.from_pretrained(str(folder), local_files_only=True)
        self._model.eval()

    def find(self, texts: Sequence[str], entities: Collection[str], confidence: float) -> list[list[Found]]:
        """The pieces of each text; a window at a time, so that they do not depend on what else is read."""
        asked = {ASKED.get(entity, entity.replace("_", " ")): entity for entity in sorted(entities)}
        return [self._of(text, asked, confidence) for text in texts]

    def _of(self, text: str, asked: dict[str, str], confidence: float) -> list[Found]:
        found: set[Found] = set()
        for begin, stop in _windows(text):
            for one in self._model.predict_entities(text[begin:stop], list(asked), threshold=confidence):
                start, end = begin + int(one["start"]), begin + int(one["end"])
                found.add(Found(asked[one["label"]], start, end, round(float(one["score"]), 4)))
        return sorted(found)


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """Where each window begins and ends, in characters."""
    words = [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]
    for first in range(0, max(len(words) - OVERLAP, 1), WORDS - OVERLAP):
        some = words[first : first + WORDS]
        if some:
            yield some[0][0], some[-1][1]
