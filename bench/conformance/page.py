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
"""At most so many documents of a cause are named on the page."""

HEAD = """<!-- Written by `make conformance` from bench/conformance/results; do not edit. -->

# Conformance of the dialects

`filter.quality` has the rules of Gopher, its repetition rules, C4 and FineWeb as other tools read them: `dialect: datatrove`, `dclm`,
`curator` (NeMo Curator) or `dolma`. Here each is compared with its tool on the same real documents, rule by rule: the measured value,
and whether the rule drops the row; the agreement is of verdicts. Two values are the same if they differ by no more than 10⁻¹². A tie
is a most frequent run of words beside another as frequent one, of which NeMo Curator takes either, by chance. Every tool is asked by its own code,
installed into an environment of its own; DCLM, which is no package, by its definition written anew in plain Python, which is a second
reading and not the tool. The four measures of `filter.characters` that are Data-Juicer's are compared with its filters of
characters, at their usual limits, and `dedup.minhash` with text-dedup, row by row. `make conformance` compares anew.

The documents are web pages, encyclopedia articles (English and Chinese), products, novels in pieces, stories, answers to instructions,
dialogues, and news lines in 75 languages. None of their text is told here: a document is named by its file and its place in it.
"""


def newest(place: Path = PLACE) -> list[dict[str, Any]]:
    """The newest result for each tool, by name."""
    found = {path.name[11:]: path for path in sorted(place.glob("????-??-??-*.json"))}
    return [json.loads(found[name].read_text("utf-8")) for name in sorted(found)]


def page(results: Sequence[dict[str, Any]]) -> str:
    """The whole page."""
    lines = [
        HEAD,
        "| dialect | rules | documents | lowest agreement of a rule | but for ties | other values, all rules |",
        "|---|---|---|---|---|---|",
    ]
    dialects = [result for result in results if "rules" in result]
    for result in dialects:
        rules = result["rules"]
        lowest, steady = (min(rule[share] for rule in rules) for share in ("agreement", "but_for_ties"))
        others = f"{sum(map(_values, rules)):,} of {sum(rule['rows'] for rule in rules):,}"
        lines.append(f"| {result['tool']} | {len(rules)} | {rules[0]['rows']:,} | {_percent(lowest)} | {_percent(steady)} | {others} |")
    for result in results:
        lines += ["", f"## {result['tool']}", "", *(_section(result) if result in dialects else _near(result))]
    return "\n".join(lines) + "\n"


def _near(result: dict[str, Any]) -> Iterator[str]:
    """Of near-duplicates: the counts, and every row that one side alone drops."""
    yield _heading(result)
    yield ""
    yield f"`dedup.minhash` beside text-dedup's MinHash on {result['rows']:,} documents, at a similarity of {result['similarity']} by runs of five"
    yield "words; text-dedup otherwise as it comes. Alike is what is at least so similar, exactly. Here every drop is verified, there none is."
    yield f"Rows dropped: {result['dropped_here']:,} here, {result['dropped_there']:,} there, {result['dropped_by_both']:,} of them by both."
    for cause, count in result["causes"].items():
        some = [one for one in result["differences"] if one["cause"] == cause]
        yield ""
        yield f"**{count:,} dropped {some[0]['dropped']} alone: {cause}.**"
        yield ""
        yield from (f"- `{one['document']}`" for one in some[:SHOWN])
        if count > SHOWN:
            yield f"- and {count - SHOWN:,} more, listed in bench/conformance/results"


def _heading(result: dict[str, Any]) -> str:
    beside = f" with {', '.join(result['beside'])}" if result["beside"] else ""
    return f"{result['package']}{beside}, {result['date']}, Python {result['machine']['python']}."


def _section(result: dict[str, Any]) -> Iterator[str]:
    yield _heading(result)
    yield ""
    yield "| rules | rule | documents | dropped there | other value | other verdict | agreement | but for ties |"
    yield "|---|---|---|---|---|---|---|---|"
    for rule in result["rules"]:
        other = rule["rows"] - rule["same_verdict"]
        counts = f"{rule['rows']:,} | {rule['dropped']:,} | {_values(rule):,} | {other:,}"
        yield f"| {rule['rules']} | `{rule['rule']}` | {counts} | {_percent(rule['agreement'])} | {_percent(rule['but_for_ties'])} |"
    for one in result["reasons"]:
        yield ""
        yield f"- {one['rules']}: the first rule that is broken is the same one for {one['same']:,} of {one['rows']:,} documents."
    yield from _differences(result["rules"])


def _differences(rules: Sequence[dict[str, Any]]) -> Iterator[str]:
    totals: Counter[str] = Counter()
    turned: Counter[str] = Counter()
    for rule in rules:
        for cause, (values, verdicts) in rule["causes"].items():
            totals[cause] += values
            turned[cause] += verdicts
    for cause, count in totals.most_common():
        some = [(rule["rule"], one) for rule in rules for one in rule["differences"] if one["cause"] == cause]
        yield ""
        yield f"**{count:,} other values, {turned[cause]:,} of them with another verdict: {cause}.**"
        yield ""
        first = sorted(some, key=lambda pair: not pair[1]["other_verdict"])[:SHOWN]
        yield from (f"- `{one['document']}`, `{rule}`: {_number(one['ours'])} here, {_number(one['theirs'])} there" for rule, one in first)
        if count > SHOWN:
            yield f"- and {count - SHOWN:,} more; all that have another verdict are listed in bench/conformance/results"


def _values(rule: dict[str, Any]) -> int:
    """How many documents have another value."""
    return int(sum(values for values, _ in rule["causes"].values()))


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
