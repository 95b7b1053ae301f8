"""The page of benchmarks, docs/benchmarks.md, from the newest results; a test compares. Alone: `python -m bench.page`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.results import newest

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"

HEAD = """<!-- Written by `make bench` from bench/results; do not edit. -->

# Benchmarks

Both sides are measured in one run, in turns, on one core each unless a line says otherwise. Times are medians by the clock, and beside
them those of the processor, which tell less of what else the machine did; a ratio or a speed meets its budget if it does by both.
Speeds are megabytes of text (UTF-8) a second. `make bench` measures anew, `make bench ONLY=quality` one benchmark; the peers are
installed for it, each into an environment of its own. The documents are few megabytes that are repeated with words exchanged,
so a figure tells of text like it.
"""

ANSWER = {True: "yes", False: "**no**", None: "not told"}


def page(results: Sequence[dict[str, Any]]) -> str:
    """The whole page."""
    parts = [HEAD, *_budgets(results)]
    for result in results:
        parts += ["", f"## {result['title']}", "", *_section(result)]
    return "\n".join(parts) + "\n"


def _budgets(results: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield "| work | budget | measured | met |"
    yield "|---|---|---|---|"
    for result in results:
        for line in result["lines"]:
            yield f"| {line['work']} | {line['budget']} | {line['measured']} | {ANSWER[line['met']]} |"


def _section(result: dict[str, Any]) -> Iterator[str]:
    machine = result["machine"]
    yield result["how"]
    yield ""
    yield f"- Measured {result['date']} by `{result['command']}` on {machine['cores']} cores of {machine['processor']}, Python {machine['python']}."
    yield f"- Documents: {result['documents']}."
    if result["peer"]:
        yield f"- Against: {result['peer']}."
    yield from (f"- {note}" for note in result["notes"])
    if result["agreement"]:
        yield ""
        yield "| rows dropped by | of rows | here | there | both |"
        yield "|---|---|---|---|---|"
        for line in result["agreement"]:
            yield f"| {line['rule']} | {line['rows']:,} | {line['ours']:,} | {line['peer']:,} | {_count(line['both'])} |"


def _count(rows: int | None) -> str:
    return "not compared" if rows is None else f"{rows:,}"


def write() -> None:
    """Write the page from the newest results."""
    PAGE.write_text(page(newest()), "utf-8")


if __name__ == "__main__":
    write()
