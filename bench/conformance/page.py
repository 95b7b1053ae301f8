"""The page of conformance, docs/conformance.md, from the newest result for each tool; a test compares. Alone: `python -m bench.conformance.page`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

PLACE = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
SHOWN = 10
"""At most so many documents of a cause are named on the page; all of them are in the results."""

HEAD = """<!-- Written by `make conformance` from bench/conformance/results; do not edit. -->

# Conformance of the dialects

`filter.quality` has the rules of Gopher, its repetition rules, C4 and FineWeb as other tools read them: `dialect: datatrove`, `dclm`,
`curator` (NeMo Curator) or `dolma`. Here each is compared with its tool on the same real documents, rule by rule: the measured value,
and whether the rule drops the row. Two values are the same if they differ by no more than 10⁻¹². Every tool is asked by its own code,
installed into an environment of its own; DCLM, which is no package, by its definition written anew in plain Python, which is a second
reading and not the tool. `make conformance` compares anew.

The documents are web pages, encyclopedia articles (English and Chinese), products, novels in pieces, stories, answers to instructions,
dialogues, and news lines in 75 languages. None of their text is told here: a document is named by its file and its place in it.
"""


def newest(place: Path = PLACE) -> list[dict[str, Any]]:
    """The newest result for each tool, by name."""
    found = {path.name[11:]: path for path in sorted(place.glob("????-??-??-*.json"))}
    return [json.loads(found[name].read_text("utf-8")) for name in sorted(found)]


def page(results: Sequence[dict[str, Any]]) -> str:
    """The whole page."""
    lines = [HEAD, "| dialect | rules compared | documents | lowest agreement of a rule | other values, all rules |", "|---|---|---|---|---|"]
    for result in results:
        rules = result["rules"]
        lowest = min(rules, key=lambda rule: rule["agreement"])
        others = sum(len(rule["differences"]) for rule in rules)
        lines.append(f"| {result['tool']} | {len(rules)} | {rules[0]['rows']:,} | {_percent(lowest['agreement'])} | {others:,} |")
    for result in results:
        lines += ["", f"## {result['tool']}", "", *_section(result)]
    return "\n".join(lines) + "\n"


def _section(result: dict[str, Any]) -> Iterator[str]:
    beside = f" with {', '.join(result['beside'])}" if result["beside"] else ""
    yield f"{result['package']}{beside}, {result['date']}, Python {result['machine']['python']}."
    yield ""
    yield "| rules | rule | documents | dropped there | other value | other verdict | agreement |"
    yield "|---|---|---|---|---|---|---|"
    for rule in result["rules"]:
        other = rule["rows"] - rule["same_verdict"]
        counts = f"{rule['rows']:,} | {rule['dropped']:,} | {len(rule['differences']):,} | {other:,}"
        yield f"| {rule['rules']} | `{rule['rule']}` | {counts} | {_percent(rule['agreement'])} |"
    for one in result["reasons"]:
        yield ""
        yield f"- {one['rules']}: the first rule that is broken is the same one for {one['same']:,} of {one['rows']:,} documents."
    yield from _differences(result["rules"])


def _differences(rules: Sequence[dict[str, Any]]) -> Iterator[str]:
    every = [(rule["rule"], one) for rule in rules for one in rule["differences"]]
    for cause, count in Counter(one["cause"] for _, one in every).most_common():
        some = [(rule, one) for rule, one in every if one["cause"] == cause]
        turned = sum(one["other_verdict"] for _, one in some)
        yield ""
        yield f"**{count:,} other values, {turned:,} of them with another verdict: {cause}.**"
        yield ""
        first = sorted(some, key=lambda pair: not pair[1]["other_verdict"])[:SHOWN]
        yield from (f"- `{one['document']}`, `{rule}`: {_number(one['ours'])} here, {_number(one['theirs'])} there" for rule, one in first)
        if count > SHOWN:
            yield f"- and {count - SHOWN:,} more, in bench/conformance/results"


def _percent(share: float) -> str:
    """Never rounded up to all of them."""
    return "100 %" if share == 1 else f"{int(share * 100_000) / 1000:.3f} %"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"


def write() -> None:
    """Write the page from the newest results."""
    PAGE.write_text(page(newest()), "utf-8")


if __name__ == "__main__":
    write()
