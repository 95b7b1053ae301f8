"""The filters of content on one core: `python -m bench.ours.content_filters`, in an environment with `../shared/data`.

Prints one JSON object: the megabytes a second of each measure, and how well the perplexity to a reference (encyclopedia and
novels) tells other texts from texts of the same kind that it has not seen, as the area under the ROC curve.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bench.documents import SHARED, corpus
from tilth.text import makeup, ngram_counts, ngrams, repeats, terms

TURNS = 5
LEARNED_WIKI, LEARNED_BOOKS = 8, 7
"""Files of the encyclopedia and books that are learned; the others are held out."""

PIECE = 3000
"""About how many characters a piece of a book has."""

TERMS = 400
"""Terms of the blocklist, as many as the English list of LDNOOBW has."""


def main() -> None:
    """Measure and print."""
    few = corpus(30)
    texts = [str(msgspec.json.decode(line)["text"]) for line in few.path.read_bytes().splitlines()]
    learned, held = reference()
    begun = time.process_time()
    model = ngram_counts.count([column(learned)], 3)
    counting = time.process_time() - begun
    listed = ((terms.ALL, tuple(sorted({word for text in texts[:200] for word in re.findall(r"\w{6,}", text.lower())})[:TERMS])),)
    measures: dict[str, Callable[[pa.Array], object]] = {
        "makeup": makeup.makeup,
        "character_repetition": partial(repeats.character_repetition, 10),
        "word_repetition": partial(repeats.word_repetition, 10),
        f"blocklist of {TERMS} terms": partial(terms.blocked, listed),
        "perplexity": partial(ngrams.likelihood, model),
    }
    told = {
        "mb_per_second": {name: round(speed(measure, texts), 1) for name, measure in measures.items()},
        "model": {
            "megabytes": size(learned),
            "seconds": round(counting, 1),
            "table_mb": round(model.table.nbytes / 1e6),
            "words": int(model.totals[1]),
        },
        "auc": {name: apart(model, held, name) for name in ("perplexity", "bits_per_character")},
    }
    sys.stdout.write(json.dumps(told, indent=2) + "\n")


def column(texts: Sequence[str]) -> pa.Array:
    """The texts as Arrow has them."""
    return pa.array(texts, pa.large_string())


def size(texts: Sequence[str]) -> float:
    """Megabytes of UTF-8."""
    return round(sum(len(text.encode()) for text in texts) / 1e6, 1)


def speed(measure: Callable[[pa.Array], object], texts: Sequence[str]) -> float:
    """Megabytes a second of processor time, the median of several turns, compiled before."""
    array, seconds = column(texts), []
    for _ in range(TURNS + 1):
        begun = time.process_time()
        measure(array)
        seconds.append(time.process_time() - begun)
    return size(texts) / float(np.median(seconds[1:]))


def reference() -> tuple[list[str], list[str]]:
    """What is learned, and what is like it and held out."""
    wiki = [re.findall(r"<doc [^>]*>\n(.*?)\n</doc>", read(path), re.DOTALL) for path in sorted((SHARED / "encyclopedia").glob("en_*.gz"))]
    books = [pieces(read(path)) for path in sorted((SHARED / "books").glob("*.gz"))]
    learned = [text for some in (*wiki[:LEARNED_WIKI], *books[:LEARNED_BOOKS]) for text in some]
    held = [text for some in (*wiki[LEARNED_WIKI:], *books[LEARNED_BOOKS:]) for text in some if len(text) > 200]
    return learned, held


def read(path: object) -> str:
    """The text of a packed file."""
    with gzip.open(str(path), "rt", encoding="utf-8") as file:
        return file.read().replace("\r\n", "\n")


def pieces(text: str) -> list[str]:
    """Paragraphs joined until a piece is long enough."""
    found, held = [], ""
    for part in text.split("\n\n"):
        held += f"{part}\n\n"
        if len(held) > PIECE:
            found, held = [*found, held], ""
    return [*found, held]


def apart(model: ngrams.Ngrams, held: Sequence[str], name: str) -> dict[str, float]:
    """For each kind of text, the chance that one of it has a higher measure than one that is held out (or that is labelled to keep)."""

    def scores(texts: Sequence[str]) -> npt.NDArray[np.float64]:
        return np.asarray(ngrams.likelihood(model, column(texts))[name].drop_null())

    chance, plain = random.Random(1), scores(held)
    lines = [(SHARED / "languages" / path.name).read_text("utf-8").splitlines() for path in (SHARED / "languages").glob("*.txt") if path.stem != "en"]
    told = {
        "their own words shuffled": area(plain, scores([" ".join(chance.sample(text.split(), len(text.split()))) for text in held])),
        "74 other languages": area(plain, scores([" ".join(some[at : at + 10]) for some in lines for at in range(0, len(some), 10)])),
    }
    for label in ("agreement", "majority"):
        rows = [json.loads(line) for line in read(SHARED / f"quality/{label}_data.jsonl.gz").splitlines()]
        keep, drop = ([str(row["text"]) for row in rows if row["label"] == kind] for kind in (1, 0))
        told[f"web documents labelled drop, against keep ({label}, {len(rows)})"] = area(scores(keep), scores(drop))
    return told


def area(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]) -> float:
    """The area under the ROC curve: how often a value of `high` is above one of `low`, ties counting half."""
    ordered = np.sort(low)
    above = (np.searchsorted(ordered, high, "left") + np.searchsorted(ordered, high, "right")) / 2
    return round(float(above.mean() / len(low)), 3)


if __name__ == "__main__":
    main()
