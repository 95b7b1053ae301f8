"""The documents that both sides read: real ones in `../shared/data` where that is there, else docstrings of the standard library.

They are few megabytes, so they are repeated to the size that a measurement needs. Each repetition varies a text by
exchanging words with each other, which keeps its words, lines and length: one repetition in ten lightly, so that
it is a near-duplicate, the others so much that they share few runs of five words with any other. (`near`: every other
repetition lightly, more or less so.) The order is
shuffled, so that the first megabytes are like all of them. Nothing depends on chance or on the day.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tilth.steps.source.docstrings import Docstrings

CACHE = Path(__file__).parents[1] / ".bench" / "documents"
SHARED = Path(__file__).parents[2] / "shared" / "data"
LIGHT, HEAVY = (0.002, 0.005, 0.01, 0.02, 0.05), 0.25
"""The share of words that are exchanged with another word of the text."""
PIECE = 5000
"""About how many characters a piece of a book, of stories or of docstrings has."""


@dataclass(frozen=True)
class Corpus:
    """A file of JSON lines with `number` and `text`, and what is in it."""

    path: Path
    rows: int
    bytes: int
    said: str
    """Where the documents come from, in words."""

    @property
    def megabytes(self) -> float:
        """The size of the texts, encoded as UTF-8."""
        return self.bytes / 1e6


def corpus(megabytes: float, *, marked: bool = False, near: bool = False) -> Corpus:
    """About so many megabytes of documents; the first ones are the same whatever the size.

    `marked`: with HTML, links and wrong decoding in some of them, for the steps that clean; `near`: with many near-duplicates."""
    texts, said = _real() if SHARED.is_dir() else _docstrings()
    name = hashlib.blake2b(repr([megabytes, marked, near, _identity(texts)]).encode(), digest_size=8).hexdigest()
    path, told = CACHE / f"{name}.jsonl", CACHE / f"{name}.json"
    if not told.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        told.write_text(json.dumps(_write(path, _endless(texts, 2 if near else 10, marked=marked), megabytes * 1e6)))
    rows, size = json.loads(told.read_text())
    return Corpus(path, rows, size, said + (", some with HTML, links and wrong decoding put in" if marked else ""))


def _identity(texts: list[str]) -> str:
    told = hashlib.blake2b(Path(__file__).read_bytes(), digest_size=8)
    for text in texts:
        told.update(text.encode())
    return told.hexdigest()


def _write(path: Path, texts: Iterator[str], size: float) -> tuple[int, int]:
    rows = written = 0
    with path.open("wb") as file:
        while written < size:
            text = next(texts)
            file.write(msgspec.json.encode({"number": rows, "text": text}) + b"\n")
            rows, written = rows + 1, written + len(text.encode())
    return rows, written


def _endless(texts: list[str], one_light_in: int, *, marked: bool) -> Iterator[str]:
    """All texts as they are, and then again and again with words exchanged."""
    number = 0
    for turn in range(1 << 30):
        for place, text in enumerate(texts):
            share = LIGHT[place % len(LIGHT)] if turn % one_light_in == 1 else HEAVY
            varied = exchanged(text, turn, share) if turn else text
            yield _marked(varied, number) if marked else varied
            number += 1


def exchanged(text: str, turn: int, share: float) -> str:
    """The text with this share of its words moved to other places in it; the same for the same turn."""
    chance = random.Random(f"{turn} {text}")
    pieces = re.split(r"(\s+)", text)
    words = len(pieces) // 2 + 1
    for _ in range(max(1, round(words * share / 2))):
        one, other = 2 * chance.randrange(words), 2 * chance.randrange(words)
        pieces[one], pieces[other] = pieces[other], pieces[one]
    return "".join(pieces)


def _marked(text: str, number: int) -> str:
    """Every fourth text as HTML, every eighth with addresses in it, every sixteenth decoded wrongly."""
    if number % 16 == 3:
        return text.replace("'", "’").replace('"', "”").encode().decode("cp1252", "replace")
    if number % 8 == 2:
        return re.sub(r"\. ", f". See https://www.example.org/notes/{number}?page=2 for more. ", text, count=4)
    if number % 4 == 0:
        lines = (line.replace("&", "&amp;").replace(". ", '. <a href="https://example.org/">More</a> ', 1) for line in text.split("\n"))
        return "<div>" + "".join(f"<p>{line}</p>\n" for line in lines) + "</div>"
    return text


def _real() -> tuple[list[str], str]:
    sources: dict[str, Callable[[], Iterator[str]]] = {"web": _web, "encyclopedia": _encyclopedia, "books": _books, "stories": _stories}
    found = {name: list(read()) for name, read in sources.items() if (SHARED / name).is_dir()}
    if not found:
        return _docstrings()
    said = ", ".join(f"{len(texts):,} of {name}" for name, texts in found.items())
    return _shuffled([text for texts in found.values() for text in texts]), f"real documents ({said}), repeated with words exchanged"


def _docstrings() -> tuple[list[str], str]:
    texts = Docstrings()()["text"].to_pylist()
    pieces = list(_pieces(texts, "\n\n"))
    return _shuffled(pieces), f"docstrings of Python's standard library ({len(pieces):,} pieces), repeated with words exchanged"


def _shuffled(texts: list[str]) -> list[str]:
    return sorted(texts, key=lambda text: hashlib.blake2b(text.encode(), digest_size=8).digest())


def _web() -> Iterator[str]:
    for path in sorted((SHARED / "web").glob("c4_*.jsonl.gz")):
        with gzip.open(path, "rb") as file:
            yield from (str(json.loads(line)["text"]) for line in file)


def _encyclopedia() -> Iterator[str]:
    for path in sorted((SHARED / "encyclopedia").glob("en_*.txt.gz")):
        yield from re.findall(r"<doc [^>]*>\n(.*?)\n</doc>", _unpacked(path), re.DOTALL)


def _books() -> Iterator[str]:
    for path in sorted((SHARED / "books").glob("*.txt.gz")):
        yield from _pieces(_unpacked(path).replace("\r\n", "\n").split("\n\n"), "\n\n")


def _stories() -> Iterator[str]:
    for path in sorted((SHARED / "stories").glob("*.txt.gz")):
        yield from _pieces(_unpacked(path).split("\n\n"), "\n\n")


def _unpacked(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode()


def _pieces(parts: list[str], between: str) -> Iterator[str]:
    """The parts joined until a piece is long enough."""
    held: list[str] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= PIECE:
            yield between.join(held)
            held, size = [], 0
    if held:
        yield between.join(held)
