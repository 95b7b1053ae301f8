"""Both sides on the same texts: scores on labelled ones, findings in real ones, and speed."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.documents import Corpus, corpus
from bench.environments import PEERS, python_of
from bench.pii.scoring import Findings, Score, best, overlap, same, score
from bench.pii.texts import LABELS, broken, labelled, real
from bench.results import Line, Result
from bench.timing import Ran, faster, interleaved, median, run

ROOT = Path(__file__).parents[2]
PEER = Path("bench/peers/run_presidio.py")
OURS = [sys.executable, "-m", "bench.ours.find_personal"]

THEIRS = {
    "email": ("EMAIL_ADDRESS",),
    "card": ("CREDIT_CARD",),
    "iban": ("IBAN_CODE",),
    "ip": ("IP_ADDRESS",),
    "url": ("URL",),
    "phone": ("PHONE_NUMBER", "PHONE_NUMBER_OURS"),
    "ssn": ("US_SSN",),
}
"""What Presidio calls our entities; telephone numbers also under our regions."""

JUDGED = ("email", "card", "iban", "ip", "url", "phone")
"""The entities of which ours shall be better."""

SPEED = 10_000
"""Documents of 2 kB that a core shall look through in a second."""

FEW, MANY = 2, 100
"""Megabytes that Presidio and we are timed on."""


def measure() -> Result:
    """Score, look into real texts, and time."""
    theirs = [python_of("presidio"), PEER]
    texts, clean = labelled(), real()
    scores = _scores(texts, [_found(side, [one.text for one in texts]) for side in (OURS, theirs)])
    findings = {name: _compared(some, *(_found(side, some) for side in (OURS, theirs))) for name, some in clean.items()}
    timed = _timed(theirs)
    rules = broken(texts)
    return Result(
        name="pii",
        title="Personal data",
        lines=(*_score_lines(scores), *speed_lines(timed)),
        documents="1,500 synthetic texts with labels; without labels " + ", ".join(f"{len(some):,} {name}" for name, some in clean.items()),
        how="Precision, recall and F1 of spans that are the same, and of spans that share a character. Presidio at the least sureness, of "
        "0 to 0.85, at which its F1 is best for that entity, and at its own (0, which takes everything); its telephone numbers under its regions "
        "or ours, whichever is better. It has no model of names here: its recognizers are patterns, and a word's lemma is its lower case. "
        "Times are of one core, start-up and reading left out, all entities of ours (names, dates of birth and addresses of pages "
        "too) against eight of Presidio's.",
        measured={"scores": scores, "findings": findings, "break their own rules": rules, "speed": timed},
        notes=notes(findings, rules),
        peer=f"{PEERS['presidio'].package}",
    )


def notes(findings: dict[str, list[tuple[str, dict[str, int]]]], rules: dict[str, tuple[int, int]]) -> tuple[str, ...]:
    """What should be known of the figures, and the findings in real texts."""
    told = [(entity, name, counts) for name, some in findings.items() for entity, counts in some]
    beside = [
        f"{entity} in {name} {counts['ours']:,}, {counts['peer']:,}, {counts['both']:,}"
        for entity, name, counts in told
        if entity in THEIRS and (counts["ours"] or counts["peer"])
    ]
    alone = [f"{entity} in {name} {counts['ours']:,}" for entity, name, counts in told if entity not in THEIRS]
    return (
        "Labelled values that break their own rules: "
        + "; ".join(f"{entity} {bad:,} of {every:,}" for entity, (bad, every) in rules.items())
        + ". Of cards those that no issuer gives out; of telephone numbers those that no country gives out, which are found all the same "
        "where a word speaks of telephones.",
        "The words beside telephone numbers, and three words that end a name (Apt, Suite, DDS), were chosen after reading these texts, so for those "
        "entities the scores say little of other texts. The labels for addresses of pages all begin with `http://` or `https://`, and names are "
        "labelled wherever they stand, also with no title or label beside them.",
        "Findings in real texts, which have no labels (here, there at Presidio's own sureness, and those of ours that share a character with one "
        f"there): {'; '.join(beside)}; of these entities nothing else on either side. In novels of before 1915 and in stories for children "
        "none could be right.",
        f"Looked for here alone, as Presidio finds names only with a model: {'; '.join(alone)}.",
    )


def _found(side: Sequence[str | Path], texts: Sequence[str]) -> Findings:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.jsonl"
        file.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf-8")
        found: Findings = run([*side, file, "--find"], ROOT).json()
    return found


def _scores(texts: Sequence[Any], found: Sequence[Findings]) -> dict[str, dict[str, dict[str, float]]]:
    """For each entity: ours, theirs at its best, and theirs as it comes; of the same spans and of spans that share a character."""
    told: dict[str, dict[str, dict[str, float]]] = {}
    ours, theirs = found
    for entity in LABELS:
        labels, names = [text.spans[entity] for text in texts], THEIRS.get(entity, ())
        told[entity] = {}
        for how, agree in (("same", same), ("overlap", overlap)):
            told[entity][f"ours, {how}"] = _numbers(score(labels, ours, entity, agree))
            if names:
                told[entity][f"theirs at best, {how}"] = _numbers(best(labels, theirs, names, agree))
                told[entity][f"theirs, {how}"] = _numbers(score(labels, theirs, names[0], agree))
    return told


def _numbers(one: Score) -> dict[str, float]:
    rounded = {name: round(getattr(one, name), 4) for name in ("precision", "recall", "f1", "sure")}
    return {**rounded, "labelled": one.labelled, "found": one.found}


def _score_lines(scores: dict[str, dict[str, dict[str, float]]]) -> list[Line]:
    lines = []
    for entity, told in scores.items():
        ours, asked = told["ours, same"], entity in JUDGED
        theirs = told.get("theirs at best, same")
        words = f"F1 {ours['f1']:.3f} (precision {ours['precision']:.3f}, recall {ours['recall']:.3f}) of {ours['labelled']:,} labels"
        if theirs:
            words += f", against {theirs['f1']:.3f} (as it comes {told['theirs, same']['f1']:.3f})"
        met = ours["f1"] > theirs["f1"] if asked and theirs and ours["f1"] != theirs["f1"] else None
        tie = "; this data tells no difference" if asked and met is None else ""
        lines.append(Line(f"`redact.pii` on labelled texts: {entity}", "above Presidio" if asked else "none", words + tie, met))
    return lines


def _compared(texts: Sequence[str], ours: Findings, theirs: Findings) -> list[tuple[str, dict[str, int]]]:
    """For each entity the findings on either side, and those of ours that share a character with one there."""
    told = []
    for entity, names in THEIRS.items():
        here = [[(start, stop) for name, start, stop, _ in some if name == entity] for some in ours]
        there = [[(start, stop) for name, start, stop, _ in some if name == names[0]] for some in theirs]
        both = sum(any(overlap(one, other) for other in others) for some, others in zip(here, there, strict=True) for one in some)
        told.append((entity, {"ours": sum(map(len, here)), "peer": sum(map(len, there)), "both": both}))
    for entity in ("date_of_birth", "person"):
        told.append((entity, {"ours": sum(name == entity for some in ours for name, *_ in some), "peer": 0, "both": 0}))
    return told


def _timed(theirs: Sequence[str | Path]) -> dict[str, Any]:
    few, many = corpus(FEW), corpus(MANY)
    sides = {"ours": lambda: run([*OURS, many.path, "--time"], ROOT), "presidio": lambda: run([*theirs, few.path, "--time"], ROOT)}
    found = interleaved(sides, {"ours": 5, "presidio": 3})
    return {name: _told(ran, many if name == "ours" else few) for name, ran in found.items()}


def _told(times: list[Ran], documents: Corpus) -> dict[str, Any]:
    found = [ran.json() for ran in times]
    return {
        "seconds": [round(one["wall"], 3) for one in found],
        "processor_seconds": [round(one["cpu"], 3) for one in found],
        "megabytes": round(documents.megabytes, 1),
        "rows": documents.rows,
        "mb_per_second": documents.megabytes / median([one["wall"] for one in found]),
        "mb_per_processor_second": documents.megabytes / median([one["cpu"] for one in found]),
    }


def speed_lines(timed: dict[str, Any]) -> list[Line]:
    """How fast, alone and beside Presidio."""
    clock, processor = (timed["ours"][name] * 500 for name in ("mb_per_second", "mb_per_processor_second"))
    _, told = faster(timed["ours"], timed["presidio"])
    met = None if clock < SPEED <= processor else clock >= SPEED  # a machine that does other work by the clock tells of that work
    return [
        Line(
            "`redact.pii`, all entities: documents of 2 kB a second a core", f"≥ {SPEED:,}", f"{clock:,.0f}; by processor time {processor:,.0f}", met
        ),
        Line("`redact.pii`, against Presidio's patterns", "none", told, None),
    ]
