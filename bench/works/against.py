"""Decontamination: what it finds of items planted in real documents, beside a plain search for runs of words; and how fast it scans."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from bench.documents import corpus
from bench.results import Line, Result
from bench.works.near import texts_of
from tests.steps.dedup.leaked import EACH, WAYS, any_ngram, noticed, planted, sets, table
from tilth.frames import to_batch
from tilth.record import Batch
from tilth.steps.dedup._contaminated import Share
from tilth.steps.dedup.against import Against

NGRAMS, LIMITS = (8, 13), (0.3, 0.5, 0.8)

DECON = 34e-6 / 5.9e-3
"""Seconds a megabyte: what allenai/decon tells of 5,162,084 documents of 5.9 kB on a machine whose cores it does not tell."""

AGAIN = 9


def measure() -> Result:
    """Plant, decide under each limit, and time the scan."""
    evaluation, others = sets()
    evaluation = noticed(evaluation)
    rows = planted(evaluation, others)
    batch, timed, found = _batch(rows.texts), corpus(30), dict[str, Counter[str]]()
    speeds: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="tilth-bench-") as place:
        data = {name: table(some) for name, some in evaluation.items()}
        for ngram in NGRAMS:
            step = Against(data=tuple(evaluation), ngram=ngram).given(Path(place) / str(ngram), data=data)
            step.prepare()
            sketches = step.sketch(batch)
            for limit in LIMITS:
                part = step.model_copy(update={"share": Share(at_least=limit)}).decide(sketches).part
                found[f"{ngram} words, share {limit:g}"] = _fallen(rows.kinds, part < 0)
            found[f"{ngram} words, any run"] = _fallen(rows.kinds, any_ngram(evaluation, rows.texts, ngram))
            speeds[f"{ngram} words"] = {"megabytes": timed.megabytes, "seconds": _seconds(step, _batch(texts_of(timed.path)))}
    kinds = Counter(rows.kinds)
    return Result(
        name="against",
        title="Decontamination",
        lines=_lines(found, speeds),
        documents=f"{timed.said}; items of three instruction sets in English web pages and articles",
        how="One core; processor time of the scan, in memory. Every second item of three sets is the evaluation set: "
        f"{sum(map(len, evaluation.values())):,} items, {EACH} planted in each way, the others in the same wrapper.",
        measured={"seconds": speeds, "rows": dict(kinds), "found": {name: dict(some) for name, some in found.items()}},
        notes=(
            "Found are rows that fall. Any run: every run of so many words of a question or an answer drops a row, with no guard, as GPT-3's authors "
            "and open-r1 begin; written by us in plain Python.",
            "Other items of lamini: its questions and answers repeat each other, so most that are found have an item's answer word for word.",
            "allenai/decon tells 34 µs a document of 5.9 kB, and not on how many cores; it was not run here.",
        ),
    )


def _batch(texts: Iterable[str]) -> Batch:
    return to_batch(pa.table({"text": pa.array(texts, pa.large_string())}))


def _fallen(kinds: Iterable[str], falls: Iterable[bool]) -> Counter[str]:
    return Counter(kind for kind, one in zip(kinds, falls, strict=True) if one)


def _seconds(step: Against, batch: Batch) -> list[float]:
    """Seconds of processor for the sketch of all rows, several times."""
    return [_timed(lambda: step.sketch(batch)) for _ in range(AGAIN + 1)][1:]


def _timed(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _lines(found: dict[str, Counter[str]], speeds: dict[str, Any]) -> tuple[Line, ...]:
    chosen, plain = found["8 words, share 0.5"], found["8 words, any run"]
    recall = sum(chosen[way] for way in WAYS) / (EACH * len(WAYS))
    clean = [sum(some[kind] for kind in ("web pages", "articles", "pages with a notice that items have")) for some in (chosen, plain)]
    lines = [
        Line("decontamination: planted items found, all ways", "told", f"{recall:.1%} of {EACH * len(WAYS):,}", None),
        Line("decontamination: pages and articles that fall", "fewer than by any run", f"{clean[0]} against {clean[1]}", clean[0] < clean[1]),
    ]
    for name, told in speeds.items():
        each = statistics.median(told["seconds"]) / told["megabytes"]
        said = f"{1 / each:.0f} MB/s, {each * 5.9e-3 * 1e6:.0f} µs for 5.9 kB"
        lines.append(Line(f"decontamination: scan for runs of {name}, one core", "34 µs for 5.9 kB (decon's figure)", said, each <= DECON))
    return tuple(lines)
