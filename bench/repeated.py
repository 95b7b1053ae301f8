"""How well and how fast `dedup.lines` finds planted boilerplate, beside datatrove: `python -m bench.repeated [PYTHON]`.

Real documents get lines that they share: as they are, or with other case and white space. `recall`: the share of the planted
characters that are gone; `wrong`: the characters that went though their line stands in one document only, by a plain recount;
`precision`: one less their share of what went. PYTHON: an interpreter that has datatrove; else one is installed. Prints JSON.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from bench.documents import SHARED, corpus
from bench.environments import python_of
from tilth.applied import apply
from tilth.frames import to_batch
from tilth.steps.dedup.lines import Lines

PEER = Path(__file__).parent / "peers/run_datatrove_sentences.py"
BOILERPLATE = [
    "We use cookies to make this site work better; read more in our notice on privacy.",
    "Sign up for our newsletter and never miss a story again!",
    "All rights reserved. No part of this page may be copied without permission.",
    "Share this article with your friends on the networks that you use.",
    "You must be logged in to post a comment on this page.",
    "Click here to see all the offers that we have for you today.",
    "This page was last changed by the editors of this site.",
    "Prices include tax; delivery costs are shown before you pay.",
    "Please enable scripts in your browser to see the whole page.",
    "Back to the top of the page | Contact | About us | Imprint",
]
TIMES = 5


def main() -> None:
    """Measure all."""
    python = Path(sys.argv[1]) if len(sys.argv) > 1 else python_of("datatrove")
    documents = _documents()
    told: dict[str, Any] = {"documents": len(documents), "characters": sum(map(len, documents))}
    told["lines"] = {**_planted(documents, "\n", "line"), "datatrove": _peer_planted(documents, python)}
    told["paragraphs"] = _planted([document.replace("\n", "\n\n") for document in documents], "\n\n", "paragraph")
    told["sentences"] = _planted([document.replace("\n", " ") for document in documents], " ", "sentence")
    told["speed"] = _speed(python)
    json.dump(told, sys.stdout, indent=1)
    sys.stdout.write("\n")


def _documents() -> list[str]:
    found = [str(json.loads(line)["text"]) for line in gzip.open(SHARED / "web/c4_sample_1000.jsonl.gz", "rt")]
    for path in sorted((SHARED / "encyclopedia").glob("en_*.txt.gz")):
        found += re.findall(r"<doc [^>]*>\n(.*?)\n</doc>", gzip.decompress(path.read_bytes()).decode(), re.DOTALL)
    articles = json.loads((SHARED / "web/articles_ground_truth.json").read_text())
    return [*found, *(one["articleBody"] for one in articles.values())]


def planted(documents: Sequence[str], between: str) -> tuple[list[str], list[dict[str, str]]]:
    """The documents with up to three shared pieces in half of them; and for each what was planted, with how it was changed."""
    draw, texts, truth = random.Random(1), [], list[dict[str, str]]()
    for document in documents:
        pieces, mine = document.split(between if between != " " else ". "), dict[str, str]()
        if draw.random() < 0.5:
            for piece in draw.sample(BOILERPLATE, draw.randint(1, 3)):
                how = draw.choice(["exact", "exact", "case", "white space"])
                written = {"exact": piece, "case": piece.upper(), "white space": f"{piece.replace(' ', '  ')}"}[how]
                pieces.insert(draw.randint(0, len(pieces)), written.removesuffix(".") if between == " " else written)
                mine[written] = how
        texts.append((between if between != " " else ". ").join(pieces))
        truth.append(mine)
    return texts, truth


def _planted(documents: Sequence[str], between: str, unit: str) -> dict[str, Any]:
    texts, truth = planted(documents, between)
    told = {}
    for limit in (2, 3, 10):
        step = Lines.model_validate({"unit": unit, "at_least": limit, "keep": "none"})
        left = step({"text": texts})["text"]
        told[f"at_least {limit}"] = judged(texts, left, truth, between, limit)
    return told


def judged(texts: Sequence[str], left: Sequence[str], truth: Sequence[Mapping[str, str]], between: str, limit: int) -> dict[str, Any]:
    """What went, piece by piece; a piece is a line, paragraph, or for sentences the planted ones alone."""
    sought, gone = Counter[str](), Counter[str]()
    holders: defaultdict[str, int] = defaultdict(int)
    for text in texts:
        for one in {_plain(piece) for piece in text.split(between)}:
            holders[one] += 1
    took = wrong = 0
    for before, after, mine in zip(texts, left, truth, strict=True):
        for piece, how in mine.items():
            sought[how] += len(piece)
            gone[how] += len(piece) if " ".join(piece.split()) not in " ".join(after.split()) else 0
        took += sum(map(len, before.split())) - sum(map(len, after.split()))
        if between != " ":
            lost = Counter(map(_plain, before.split(between))) - Counter(map(_plain, after.split(between)))
            wrong += sum(len("".join(piece.split())) * count for piece, count in lost.items() if holders[piece] < limit)
    told = {"recall": round(gone.total() / sought.total(), 5), "recall_by_change": {how: round(gone[how] / sought[how], 5) for how in sorted(sought)}}
    if between != " ":
        told |= {"precision": round(1 - wrong / max(1, took), 5), "wrong": wrong}
    return {**told, "characters_taken": took, "characters_planted": sought.total()}


def _plain(piece: str) -> str:
    return " ".join(piece.lower().split())


def _peer_planted(documents: Sequence[str], python: Path) -> dict[str, Any]:
    texts, truth = planted(documents, "\n")
    return judged(texts, _theirs(texts, python, 1, "--lines")["left"], truth, "\n", 2)


def _theirs(texts: Sequence[str], python: Path, run: int, unit: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="tilth-bench-") as place:
        file = Path(place) / "rows.jsonl"
        file.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        done = subprocess.run([python, PEER, file, place, str(run), unit], check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _speed(python: Path) -> dict[str, Any]:
    many, few = corpus(200), corpus(8)
    texts = [json.loads(line)["text"] for line in many.path.read_bytes().splitlines()]
    little = [json.loads(line)["text"] for line in few.path.read_bytes().splitlines()]
    told: dict[str, Any] = {"documents": many.said, "megabytes": round(many.megabytes, 1)}
    table = pa.table({"text": pa.array(texts, pa.large_string())})
    for unit, run, theirs in (("line", 1, "--lines"), ("sentence", 3, "--sentences")):
        step = Lines.model_validate({"unit": unit, "run": run, "at_least": 2})
        step.prepare()
        ours = [_timed(step, table) for _ in range(TIMES)]
        peer = [_theirs(little, python, run, theirs) for _ in range(3)]
        middle = {name: statistics.median(one[name] for one in ours) for name in ours[0]}
        speed = many.megabytes / (middle["sketch"] + middle["decide"] + middle["apply"])
        other = few.megabytes / statistics.median(one["cpu"] for one in peer)
        told[f"{unit}, {run} in a row"] = {"seconds": middle, "mb_per_second": speed, "datatrove_mb_per_second": other, "ratio": speed / other}
    return {**told, "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def _timed(step: Lines, table: pa.Table) -> dict[str, float]:
    batch = to_batch(table)
    took = dict[str, float]()
    sketch = _clocked(took, "sketch", lambda: pa.concat_tables([step.sketch(to_batch(piece)) for piece in _batches(batch.table)]))
    outcome = _clocked(took, "decide", lambda: step.decide(sketch))
    _clocked(took, "apply", lambda: apply(outcome, batch))
    return {**took, "sketch_bytes": float(sketch.nbytes)}


def _batches(table: pa.Table) -> list[pa.Table]:
    return [table.slice(at, 4096) for at in range(0, table.num_rows, 4096)]


def _clocked(took: dict[str, float], name: str, do: Callable[[], Any]) -> Any:
    begun = time.process_time()
    found = do()
    took[name] = time.process_time() - begun
    return found


if __name__ == "__main__":
    main()
