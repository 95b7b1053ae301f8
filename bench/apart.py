"""What `dedup.minhash: {facts: apart}` keeps and what it still merges: `python -m bench.apart`.

On made biographies, on real product variants, and on products that are listed twice. Prints one JSON object.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from bench.biographies import copies, people, variants
from bench.documents import SHARED
from tilth.pairs import Compared, compare
from tilth.record import Batch, as_ids, ids_of_values
from tilth.steps.dedup.minhash import Minhash
from tilth.text.near import Facts

SIMILARITY = 0.8
WAYS: tuple[Facts, ...] = ("together", "apart", "contained")
VARYING = ("Manufacturer Part Number", "Item model number", "Model Number", "Part Number", "Model Name", "Size", "Color", "Style", "Capacity")
VARYING += ("Item Weight", "Product Dimensions", "Unit Count", "Number of Items")
"""Details that tell variants of a product apart. They are no part of the texts that are compared."""


def main() -> None:
    """Measure all."""
    told: dict[str, Any] = {"similarity": SIMILARITY, "biographies": biographies()}
    if (SHARED / "products").is_dir():
        told |= {"variants": products(), "listed_twice": listed_twice()}
    json.dump(told, sys.stdout, indent=1)
    sys.stdout.write("\n")


def biographies(count: int = 300) -> dict[str, Any]:
    """Persons, those who differ from one of them in one fact, and copies; what falls in favour of whom."""
    draw = random.Random(5)
    rows: list[tuple[str, int, str]] = []  # the kind, the person, the text
    for number, person in enumerate(people(count, draw)):
        rows.append(("person", 10 * number, person.text()))
        rows += [(f"other {kind}", 10 * number + 1 + place, one.text()) for place, (kind, one) in enumerate(variants(person, draw))]
        rows += [(f"copy, {kind}", 10 * number, text) for kind, text in copies(person.text(), draw)]
    return {facts: _judged(rows, partners_of([text for _, _, text in rows], facts)) for facts in WAYS}


def _judged(rows: Sequence[tuple[str, int, str]], partners: Sequence[int]) -> dict[str, Any]:
    fell, right, every = Counter[str](), 0, Counter(kind for kind, _, _ in rows)
    for row, partner in enumerate(partners):
        if partner >= 0:
            fell[rows[row][0]] += 1
            right += rows[row][1] == rows[partner][1]
    copied = sum(count for kind, count in every.items() if kind.startswith("copy"))
    told = {"rows": len(rows), "fell": fell.total(), "precision": round(right / max(1, fell.total()), 4), "recall": round(right / copied, 4)}
    return {**told, "fell_by_kind": {kind: f"{fell[kind]} of {count}" for kind, count in every.items()}}


def products() -> dict[str, Any]:
    """Pairs of products as similar as the limit by title, features and description, and what their details say: `variants`
    differ in one of the details that tell variants apart, or in their prices; `alike` have two or more such details, and all
    are the same; of others nothing is known."""
    rows = [json.loads(line) for line in gzip.open(SHARED / "products/items_2023_22k.jsonl.gz", "rt")]
    texts = ["\n".join([row["title"], *row["features"], *row["description"]]) for row in rows]
    return {"rows": len(rows), **{facts: _variants(rows, texts, facts) for facts in WAYS}}


def _variants(rows: Sequence[Mapping[str, Any]], texts: Sequence[str], facts: Facts) -> dict[str, Any]:
    compared = compared_of(texts, facts)
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for later, sooner, alike in zip(compared.later.tolist(), compared.sooner.tolist(), compared.similarity.tolist(), strict=True):
        if abs(alike) >= SIMILARITY:
            same = " ".join(texts[later].lower().split()) == " ".join(texts[sooner].lower().split())
            counts[_label(rows[later], rows[sooner])]["apart" if alike < 0 else "merged, the same text" if same else "merged"] += 1
    return {"rows_that_fall": sum(partner >= 0 for partner in partners_of(texts, facts)), **{name: dict(count) for name, count in counts.items()}}


def _label(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    here, there = one["details"] or {}, other["details"] or {}
    both = [name for name in VARYING if name in here and name in there]
    differ = any(here[name] != there[name] for name in both) or bool(one["price"] and other["price"] and one["price"] != other["price"])
    return "variants" if differ else "alike" if len(both) > 1 else "unknown"


def listed_twice() -> dict[str, Any]:
    """Of the priced texts the pairs as similar as the limit; those that are the same product twice (prices that differ by less
    than a tenth of a dollar, and first lines of which eight words in ten are the same, in any case and order); and how many
    of both merge, the longer one being kept."""
    rows = [json.loads(line) for line in gzip.open(SHARED / "products/priced_text_3837.jsonl.gz", "rt")]
    told: dict[str, Any] = {"rows": len(rows)}
    for facts in WAYS:
        compared = compared_of([row["text"] for row in rows], facts)
        pairs = zip(compared.later.tolist(), compared.sooner.tolist(), compared.similarity.tolist(), strict=True)
        near = [(alike, rows[later], rows[sooner]) for later, sooner, alike in pairs if abs(alike) >= SIMILARITY]
        same = [alike for alike, one, other in near if abs(one["price"] - other["price"]) < 0.1 and _titles(one["text"], other["text"]) >= 0.8]
        merged = sum(alike > 0 for alike, *_ in near)
        told[facts] = {"pairs": len(near), "merged": merged, "same": len(same), "same_merged": sum(alike > 0 for alike in same)}
    return told


def _titles(one: str, other: str) -> float:
    ones, others = (set("".join(c if c.isalnum() else " " for c in text.split("\n")[0].lower()).split()) for text in (one, other))
    return len(ones & others) / max(1, len(ones | others))


def partners_of(texts: Sequence[str], facts: Facts) -> list[int]:
    """For each text the number of the one in whose favour it falls; −1: it stays."""
    step, rows = Minhash(similarity=SIMILARITY, facts=facts), _batch(texts)
    step.prepare()
    sketches = step.sketch(rows)
    outcome = step.decide(sketches, compare(step.comparison(), sketches, rows))
    assert outcome.partner is not None
    numbers = {bytes(one): number for number, one in enumerate(as_ids(rows["id"]))}
    return [numbers[bytes(one)] if part < 0 else -1 for one, part in zip(outcome.partner, outcome.part, strict=True)]


def compared_of(texts: Sequence[str], facts: Facts = "apart") -> Compared:
    """All pairs at least as similar as the step stores; those that their facts tell apart have a negative similarity."""
    step, rows = Minhash(similarity=SIMILARITY, facts=facts, keep="longest"), _batch(texts)
    return compare(step.comparison(), step.sketch(rows), rows)


def _batch(texts: Sequence[str]) -> Batch:
    return Batch(pa.table({"id": pa.array(ids_of_values(range(len(texts))), pa.binary(16)), "text": pa.array(texts, pa.large_string())}))


if __name__ == "__main__":
    main()
