"""At least 20,000 real documents of many kinds from `../shared/data`, the same ones each time: each with the file and the place it
comes from as its id, so that a row can be found again and its text need not be told."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterator

from bench.documents import SHARED

Document = tuple[str, str]
"""The file with the place in it, and the text."""

BOOK_PIECE, LINES_OF_STORIES, LINES_OF_LANGUAGES = 1500, 40, 10
LONGEST = 5000
"""Longer texts are left out: the tools are slow, and more texts tell more."""
EVERY_PRODUCT, EVERY_PIECE = 16, 5
"""Of 22,000 products every sixteenth is taken, and every fifth piece of books and stories: they are much alike."""


def documents() -> list[Document]:
    """All of them, in an order of their own. Raises FileNotFoundError without the data."""
    if not SHARED.is_dir():
        raise FileNotFoundError("The documents of ../shared/data are not here; conformance is measured on them.")
    found = [document for read in (_web, _encyclopedia, _products, _books, _lines, _instructions) for document in read()]
    found = [document for document in found if len(document[1]) <= LONGEST]
    return sorted(found, key=lambda document: hashlib.blake2b(document[0].encode(), digest_size=8).digest())


def kind(place: str) -> str:
    """The kind of a document, which is the folder of its file."""
    return place.partition("/")[0]


def _web() -> Iterator[Document]:
    for name in ("web/c4_sample_1000.jsonl.gz", "web/cc_en_head-0091.jsonl", "web/cc_en_head-0174.jsonl"):
        yield from _records(name, lambda row: row["text"])
    for name in ("quality/agreement_data.jsonl.gz", "quality/majority_data.jsonl.gz"):
        yield from _records(name, lambda row: row["text"])
    for key, row in json.loads(_text("web/articles_ground_truth.json")).items():
        yield f"web/articles_ground_truth.json:{key}", row["articleBody"]


def _encyclopedia() -> Iterator[Document]:
    for name in ("en_wiki_00", "en_wiki_11", "zh_wiki_00"):
        found = re.findall(r"<doc [^>]*>\n(.*?)\n</doc>", _text(f"encyclopedia/{name}.txt.gz"), re.DOTALL)
        yield from ((f"encyclopedia/{name}.txt.gz:{place}", text) for place, text in enumerate(found))


def _products() -> Iterator[Document]:
    yield from _records("products/priced_text_3837.jsonl.gz", lambda row: row["text"])
    items = _records("products/items_2023_22k.jsonl.gz", lambda row: "\n".join([row["title"], *row["description"], *row["features"]]))
    yield from (item for place, item in enumerate(items) if place % EVERY_PRODUCT == 0)
    yield from _records("products/gift_cards_2018.jsonl.gz", lambda row: "\n".join([row["title"], *row["description"]]))


def _books() -> Iterator[Document]:
    for path in sorted((SHARED / "books").glob("*.txt.gz")):
        held: list[str] = []
        number, text = 0, _text(f"books/{path.name}")
        blank = "\r\n\r\n" if "\r\n\r\n" in text else "\n\n"  # their line breaks are left: tools differ in what CR is
        for part in text.split(blank):
            held.append(part)
            if sum(map(len, held)) >= BOOK_PIECE:
                if number % EVERY_PIECE == 0:
                    yield f"books/{path.name}:{number}", blank.join(held)
                held, number = [], number + 1


def _lines() -> Iterator[Document]:
    stories = _groups("stories/tinystories.txt.gz", LINES_OF_STORIES)
    yield from (story for place, story in enumerate(stories) if place % EVERY_PIECE == 0)
    for path in sorted((SHARED / "languages").glob("*.txt")):
        yield from _groups(f"languages/{path.name}", LINES_OF_LANGUAGES)


def _instructions() -> Iterator[Document]:
    yield from _records("instructions/lamini_docs.jsonl.gz", lambda row: row["answer"])
    yield from _records("instructions/alpaca_5000.jsonl.gz", lambda row: row["output"])
    yield from _records("instructions/dolly_3k.jsonl.gz", lambda row: "\n".join(filter(None, (row["input"], row["output"]))))
    yield from _records("preferences/hh_harmless_1000.jsonl.gz", lambda row: row["chosen"])
    yield from _records("pii/synthetic_1500.jsonl.gz", lambda row: row["full_text"])


def _groups(name: str, size: int) -> Iterator[Document]:
    lines = _text(name).removesuffix("\n").split("\n")
    yield from ((f"{name}:{place}", "\n".join(lines[place : place + size])) for place in range(0, len(lines), size))


def _records(name: str, text: Callable[[dict[str, str]], str]) -> Iterator[Document]:
    for place, line in enumerate(filter(None, _text(name).split("\n"))):
        told = text(json.loads(line))
        if isinstance(told, str):
            yield f"{name}:{place}", told


def _text(name: str) -> str:
    path = SHARED / name
    return (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()
