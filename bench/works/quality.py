"""The rules of `filter.quality` against datatrove's filters, on the same documents."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from bench.documents import Corpus, corpus
from bench.environments import PEERS, python_of
from bench.results import Line, Result
from bench.timing import Ran, fast, faster, interleaved, median, run
from tilth.steps.filter.quality import RULES

ROOT = Path(__file__).parents[2]
PEER = Path("bench/peers/run_datatrove.py")

NAMES = {
    "gopher_short_doc": "words",
    "gopher_long_doc": "words",
    "gopher_below_avg_threshold": "mean_word_length",
    "gopher_above_avg_threshold": "mean_word_length",
    "gopher_too_many_hashes": "hash_ratio",
    "gopher_too_many_ellipsis": "ellipsis_ratio",
    "gopher_too_many_bullets": "bullet_lines",
    "gopher_too_many_end_ellipsis": "ellipsis_lines",
    "gopher_below_alpha_threshold": "alphabetic_words",
    "gopher_enough_stop_words": "stop_words",
    "dup_para_frac": "duplicate_paragraphs",
    "dup_para_char_frac": "duplicate_paragraph_characters",
    "dup_line_frac": "duplicate_lines",
    "dup_line_char_frac": "duplicate_line_characters",
    **{f"duplicated_{n}_n_grams": f"duplicate_{n}_grams" for n in range(5, 11)},
    "curly_bracket": "curly_brackets",
    "too_few_sentences": "sentences",
    "empty": "lines",
    "line_punct_ratio": "ended_lines",
    "short_line_ratio": "short_lines",
    "char_dup_ratio": "repeated_line_characters",
    "list_ratio": "newline_ratio",
}
"""What datatrove's reasons are called here, where the name is another."""


def measure() -> Result:
    """Time both, then tell of each rule which rows it drops on either side."""
    few, many = corpus(5), corpus(100)
    ours, theirs = [sys.executable, "-m", "bench.ours.quality_filter"], [python_of("datatrove"), PEER]
    run([*ours, few.path, "--path"], ROOT)  # compiles
    sides = {
        "ours": lambda: run([*ours, many.path, "--path"], ROOT),
        "measures": lambda: run([*ours, many.path, "--measures"], ROOT),
        "datatrove": lambda: run([*theirs, few.path, "--path"], ROOT),
    }
    times = interleaved(sides, {"ours": 5, "measures": 5, "datatrove": 3})
    measured = {name: _told(found, few if name == "datatrove" else many) for name, found in times.items()}
    here, there = (run([*side, few.path, "--each"], ROOT).json() for side in (ours, theirs))
    return Result(
        name="quality",
        title="Rules of quality and repetition",
        lines=_lines(measured),
        documents=many.said,
        how="In memory on one core, start-up and reading left out, in FineWeb's order: repetition, Gopher, C4 without its rule of terminal "
        f"punctuation, FineWeb. datatrove has the first {few.megabytes:.0f} MB of the same documents, and one that a filter drops costs the next "
        "ones nothing; here, all rules of Gopher are measured, and those of C4 and FineWeb on rows that are still in.",
        measured=measured,
        agreement=tuple(line for name in here for line in agreement(name, here[name], there[name])),
        notes=(
            "Words are pieces between white space here, and spaCy's tokens there, which take punctuation and `n't` apart. So there are more words "
            "there, more of them without a letter (`alphabetic_words`), and runs of N words are shorter (`top_N_gram`, `duplicate_N_grams`).",
            "A line is ended here if a quotation mark, a bracket or white space stands behind the mark; there it is not (`ended_lines`). Where a "
            "sentence ends is told by marks here, by spaCy there (`sentences`).",
            "A most frequent run that occurs once is not repetition here, and is there, which drops short texts by `top_N_gram`.",
            "Each set of rules is asked of every document by itself. Its rules are tried in order and the first broken one is the reason, so a row "
            "on which an earlier rule differs is missing in a later one.",
        ),
        peer=f"{PEERS['datatrove'].package} with {PEERS['datatrove'].requirements[0]}",
    )


def _told(times: list[Ran], documents: Corpus) -> dict[str, Any]:
    found = [ran.json() for ran in times]
    wall, cpu = median([one["wall"] for one in found]), median([one["cpu"] for one in found])
    return {
        "seconds": [round(one["wall"], 3) for one in found],
        "processor_seconds": [round(one["cpu"], 3) for one in found],
        "megabytes": round(documents.megabytes, 1),
        "rows": documents.rows,
        "kept": found[0]["kept"],
        "mb_per_second": documents.megabytes / wall,
        "mb_per_processor_second": documents.megabytes / cpu,
        "peak_mb": round(max(ran.peak for ran in times) / 1e6),
    }


def _lines(measured: dict[str, Any]) -> tuple[Line, ...]:
    (ratio, told), (speed, said) = faster(measured["ours"], measured["datatrove"]), fast(measured["measures"])
    return (
        Line("rules of Gopher, its repetition, C4 (its lines taken out) and FineWeb, against datatrove", "≥ 100 ×", told, ratio >= 100),
        Line("the measures of these rules alone: a core's speed", "≥ 30 MB/s", said, speed >= 30),
    )


def agreement(name: str, ours: list[str], theirs: list[str]) -> list[dict[str, Any]]:
    """For a set of rules, and for each of its rules as the first that is broken, the rows on either side."""
    theirs = [NAMES.get(reason, reason) for reason in theirs]
    lines = [_counted(f"{name}, any rule", [bool(one) for one in ours], [bool(one) for one in theirs])]
    for rule in dict.fromkeys((*RULES[name], *sorted({*theirs} - {""}))):
        line = _counted(rule, [one == rule for one in ours], [one == rule for one in theirs])
        lines += [line] if line["ours"] or line["peer"] else []
    return lines


def _counted(rule: str, ours: list[bool], theirs: list[bool]) -> dict[str, Any]:
    both = sum(one and other for one, other in zip(ours, theirs, strict=True))
    return {"rule": rule, "rows": len(ours), "ours": sum(ours), "peer": sum(theirs), "both": both}
