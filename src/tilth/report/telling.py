"""Facts of a run as words and as short tables."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tilth.report import numbers
from tilth.report.curated import fits
from tilth.report.facts import Measured, Model, Part, Score
from tilth.report.figures import Series
from tilth.report.tuned import Tuned

_DIGEST = re.compile(r"[0-9a-f]{16,}")
_OWN_PLACE = ("curve", "validation", "terms", "top_tokens", "estimate", "template_source")
"""Facts of a model that are shown elsewhere on the page."""


def is_digest(said: str) -> bool:
    """Whether something is known by a digest alone, which tells a reader nothing."""
    return _DIGEST.fullmatch(said) is not None


def words(name: str) -> str:
    """A name of ours as people write it: `bits per byte`."""
    return name.replace("_", " ")


def group(scores: Sequence[Score]) -> list[tuple[str, list[Score]]]:
    """The scores by metric, for only those share a scale."""
    metrics: dict[str, list[Score]] = defaultdict(list)
    for score in scores:
        metrics[score.metric].append(score)
    return list(metrics.items())


def told(model: Model) -> list[tuple[str, str]]:
    """The facts of a model that are no curve and have no sentences of their own, as words."""
    rest = {name: value for name, value in model.facts.items() if name not in _OWN_PLACE and value not in (None, [], {})}
    return [(words(name), _worded(name, value)) for name, value in rest.items() if not (isinstance(value, dict) and fits(rest, name, Tuned))]


def _worded(name: str, value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float() if name.endswith(("_bytes", "seconds")) or name == "bytes":
            return numbers.quantity(value, name)
        case int() | float():
            return numbers.number(value, 4) if abs(value) < 1e9 else numbers.short(value)
        case str():
            return value
        case [*items] if items and all(isinstance(item, str) for item in items):
            return "  ".join(pieces(items))
        case _:
            return msgspec.json.encode(value).decode()


def pieces(value: object) -> list[str]:
    """How a term is split: its pieces, spaces made visible; empty where the facts hold something else."""
    return [piece.replace(" ", "·") for piece in value] if isinstance(value, list) and all(isinstance(piece, str) for piece in value) else []


def range_of(value: object) -> str:
    """How a range of numbers is split, in words: `212 of 999 are one token; 787 take 2`."""
    match value:
        case {"numbers": int(numbers_in_all), "one_token": int(whole), "tokens": dict(by_length)}:
            rest = [f"{numbers.count(rows)} take {length}" for length, rows in by_length.items() if length != "1"]
            return "; ".join([f"{numbers.count(whole)} of {numbers.count(numbers_in_all)} are one token", *rest])
        case _:
            return msgspec.json.encode(value).decode()


def thinned_rows(rows: Sequence[Any], at_most: int = 25) -> list[Any]:
    """So many rows of a long table, evenly, the first and the last among them."""
    if len(rows) <= at_most:
        return list(rows)
    return [rows[round(index * (len(rows) - 1) / (at_most - 1))] for index in range(at_most)]


def spaced(token: str) -> str:
    """An entry of a vocabulary with its spaces made visible."""
    return token.replace(" ", "·").replace("\n", "⏎").replace("\t", "⇥")


def pairs(value: object) -> list[tuple[str, int]]:
    """Entries of a vocabulary with how often they occur, as older facts hold them; empty where they hold something else."""
    if not isinstance(value, list):
        return []
    return [(one[0], one[1]) for one in value if isinstance(one, list) and len(one) == 2 and isinstance(one[0], str) and isinstance(one[1], int)]


def entered(measured: Measured) -> dict[str, int]:
    """The rows of each label that entered a step."""
    return {label: both[0] for label, both in measured.labels.items()}


def sides(measured: Measured) -> list[tuple[str, str]]:
    """The lines of a measure that has two limits, each with its kind."""
    names = [words(side) for side in measured.kept_at]
    return list(zip(("first", "second"), names, strict=False)) if len(names) > 1 else []


def keys(lines: Sequence[Series]) -> list[tuple[str, str]]:
    """The names of several lines, each with its kind."""
    return [(line.kind, line.name) for line in lines] if len(lines) > 1 else []


def rows_of(parts: Mapping[str, Part]) -> dict[str, int]:
    """The rows of each part."""
    return {name: part.rows for name, part in parts.items()}


_GLOSSES = {
    "perplexity": "lower is better; 1 would be certainty",
    "nats_per_token": "lower is better; the logarithm of the perplexity",
    "bits_per_byte": "lower is better; compares models of different tokenizers",
    "exact": "higher is better; the share of answers that are right to the letter",
    "mae": "lower is better; how far the number is off, on average",
    "rmsle": "lower is better; how far the logarithm of the number is off",
    "with_number": "the share of answers that have a number; the others are not in the errors",
}


def gloss(metric: str) -> str:
    """What a metric means, where it is one of ours that needs a word."""
    if metric.endswith("_difference"):
        return "of two models on the same items, the first less the second; not told apart where the interval holds 0"
    return _GLOSSES.get(metric, "")
