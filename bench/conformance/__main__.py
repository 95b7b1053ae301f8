"""How far the dialects of `filter.quality`, `filter.characters` and `dedup.minhash` agree with other tools: `python -m bench.conformance
[TOOL …]`. Run by `make conformance`.

Each tool is installed into an environment of its own and reads the same documents as we do; its values and verdicts are compared row by
row. The result is kept with its date, and docs/conformance.md is written from it."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from bench.conformance import causes, near, page
from bench.conformance.comparing import Agreement, Value, compare, ours, reasons
from bench.conformance.documents import Document, documents
from bench.environments import PEERS, python_of
from bench.results import machine
from bench.timing import ALONE
from bench.works.quality import NAMES

ROOT = Path(__file__).parents[2]
PARTS = 4
"""Processes on either side: the tools are slow."""

KEPT = 20
"""So many documents of a rule and a cause are kept where the verdict is the same."""

SEED = "0"
"""Of Python's hashes in the tools' processes: the first of those on which Curator's most frequent run depends."""

TOOLS: dict[str, Callable[..., str]] = {
    "datatrove": causes.of_others,
    "curator": causes.of_curator,
    "dolma": causes.of_others,
    "dclm": causes.of_others,
    "data-juicer": causes.of_data_juicer,
}

NEAR = "text-dedup"
"""Compared as a whole and not rule by rule."""


def main() -> None:
    """Compare with each tool, or those that are named."""
    unknown = [name for name in sys.argv[1:] if name not in (*TOOLS, NEAR)]
    if unknown:
        sys.exit(f"There is no tool {', '.join(unknown)}. There are: {', '.join((*TOOLS, NEAR))}.")
    texts = documents()
    for name in sys.argv[1:] or (*TOOLS, NEAR):
        begun = time.monotonic()
        path = _write(name, near.compared(texts) if name == NEAR else _compared(name, texts))
        sys.stdout.write(f"{path.name}  {time.monotonic() - begun:.0f} s\n")
        sys.stdout.flush()
        page.write()


def _compared(name: str, texts: Sequence[Document]) -> dict[str, Any]:
    parts = [texts[part::PARTS] for part in range(PARTS)]
    with tempfile.TemporaryDirectory(prefix="tilth-conformance-") as place, ProcessPoolExecutor(PARTS) as workers:
        asked = [_asked(name, part, Path(place, f"{number}.jsonl")) for number, part in enumerate(parts)]
        mine = _joined(workers.map(partial(ours, name), parts))
        told = [row for process, path in asked for row in _answers(process, path)]
    ordered = [text for part in parts for text in part]
    found = compare(name, ordered, mine, told, TOOLS[name])
    return {"rules": [_told(one) for one in found], "reasons": _reasons(name, ordered, mine, told)}


def _asked(name: str, texts: Sequence[Document], given: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """A process of the tool that reads these documents, and where it writes its answers."""
    given.write_text("".join(json.dumps({"id": document, "text": text}) + "\n" for document, text in texts))
    taken = given.with_suffix(".told")
    command = [python_of(name), ROOT / f"bench/peers/conform_{name.replace('-', '_')}.py", given]
    with taken.open("wb") as out:
        return subprocess.Popen([str(word) for word in command], stdout=out, stderr=subprocess.DEVNULL, env={**ALONE, "PYTHONHASHSEED": SEED}), taken


def _answers(process: subprocess.Popen[bytes], path: Path) -> list[dict[str, Any]]:
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, process.args)
    with path.open("rb") as file:
        return [json.loads(line) for line in file]


def _joined(parts: Iterable[dict[str, dict[str, list[Value]]]]) -> dict[str, dict[str, list[Value]]]:
    """The values of all parts, one behind the other."""
    first, *others = parts
    for other in others:
        for rules, names in other.items():
            for name, values in names.items():
                first[rules][name] += values
    return first


def _told(one: Agreement) -> dict[str, Any]:
    """All documents with another verdict, and of those with another value alone the first of each cause; and how many there are."""
    counts = {cause: [0, 0] for cause in dict.fromkeys(difference.cause for difference in one.differences)}
    listed = []
    for difference in one.differences:
        count = counts[difference.cause]
        count[0] += 1
        count[1] += difference.other_verdict
        if difference.other_verdict or count[0] - count[1] <= KEPT:
            listed.append(difference)
    other = {cause: turned for cause, (_, turned) in counts.items()}
    steady = 1 - sum(turned for cause, turned in other.items() if cause != causes.TIED) / one.rows
    return {**asdict(one), "differences": [asdict(each) for each in listed], "causes": counts, "agreement": one.share, "but_for_ties": steady}


def _reasons(name: str, texts: Sequence[Document], mine: Any, told: Sequence[Any]) -> list[dict[str, Any]]:
    """Where a tool says by which rule a document falls first: on how many documents that is the same rule as ours."""
    found = []
    for rules in mine:
        theirs = [row[rules].get("reason") for row in told]
        if None in theirs:
            continue
        here = reasons(name, mine, rules)
        other = [
            {"document": document, "ours": one, "theirs": NAMES.get(each, each)}
            for (document, _), one, each in zip(texts, here, theirs, strict=True)
            if one != NAMES.get(each, each)
        ]
        found.append({"rules": rules, "rows": len(here), "same": len(here) - len(other), "other": other})
    return found


def _write(name: str, found: dict[str, Any]) -> Path:
    page.PLACE.mkdir(exist_ok=True)
    path = page.PLACE / f"{datetime.datetime.now(datetime.UTC).date()}-{name}.json"
    peer = PEERS[name]
    told = {"date": path.name[:10], "tool": name, "package": peer.package, "beside": peer.requirements, "machine": machine(), **found}
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


if __name__ == "__main__":
    main()
