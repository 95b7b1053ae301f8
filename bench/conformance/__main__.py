"""How far the dialects of `filter.quality` agree with their tools: `python -m bench.conformance [TOOL …]`. Run by `make conformance`.

Each tool is installed into an environment of its own and reads the same documents as we do; its values and verdicts are compared row by
row. The result is kept with its date, and docs/conformance.md is written from it."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.conformance import causes, page
from bench.conformance.comparing import Agreement, compare, ours, reasons
from bench.conformance.documents import Document, documents
from bench.environments import PEERS, python_of
from bench.results import machine
from bench.works.quality import NAMES

ROOT = Path(__file__).parents[2]
SEED = "0"
"""Of Python's hashes in the tools' processes: the first of those on which Curator's most frequent run depends."""

TOOLS: dict[str, Callable[..., str]] = {
    "datatrove": causes.of_others,
    "curator": causes.of_curator,
    "dolma": causes.of_others,
    "dclm": causes.of_others,
}


def main() -> None:
    """Compare with each tool, or those that are named."""
    unknown = [name for name in sys.argv[1:] if name not in TOOLS]
    if unknown:
        sys.exit(f"There is no dialect {', '.join(unknown)}. There are: {', '.join(TOOLS)}.")
    texts = documents()
    for name in sys.argv[1:] or TOOLS:
        begun = time.monotonic()
        path = _write(name, _compared(name, texts))
        sys.stdout.write(f"{path.name}  {time.monotonic() - begun:.0f} s\n")
        sys.stdout.flush()
        page.write()


def _compared(name: str, texts: Sequence[Document]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="tilth-conformance-") as place:
        given, taken = Path(place, "documents.jsonl"), Path(place, "told.jsonl")
        given.write_text("".join(json.dumps({"id": document, "text": text}) + "\n" for document, text in texts))
        command = [python_of(name), ROOT / f"bench/peers/conform_{name}.py", given]
        with taken.open("wb") as out:
            process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=subprocess.DEVNULL, env={"PYTHONHASHSEED": SEED})
            mine = ours(name, texts)
            if process.wait():
                raise subprocess.CalledProcessError(process.returncode, process.args)
        told = [json.loads(line) for line in taken.open("rb")]
    found = compare(name, texts, mine, told, TOOLS[name])
    return {"rules": [_told(one) for one in found], "reasons": _reasons(name, texts, mine, told)}


def _told(one: Agreement) -> dict[str, Any]:
    return {**asdict(one), "agreement": one.share}


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
