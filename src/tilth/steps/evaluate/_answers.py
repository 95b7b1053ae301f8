"""How right a written answer is: the same text, or how far its number lies from the one that was to be written."""

from __future__ import annotations

import math
import re
from typing import Any

import pyarrow as pa

from tilth.work import Ratio

NUMBER = re.compile(r"[-−]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?", re.ASCII)
"""A number in a text: digits, with commas between thousands or none, and a fraction after a point."""

RATIOS = {
    "exact": Ratio("exact", better="higher"),
    "mae": Ratio("absolute_error"),
    "rmsle": Ratio("squared_log_error", then="sqrt"),
    "with_number": Ratio("with_number", better="higher"),
    "length": Ratio("tokens", better=""),
    "ended": Ratio("ended", better="higher"),
}
"""The metrics of written texts, as they come of the items."""

OF_NUMBERS = ("mae", "rmsle")

COLUMNS = [
    ("exact", pa.int64()),
    ("number", pa.float64()),
    ("reference_number", pa.float64()),
    ("with_number", pa.int64()),
    ("absolute_error", pa.float64()),
    ("squared_log_error", pa.float64()),
]
"""What is told of each answer; errors are null where one of the two texts has no number."""


def first_number(text: str) -> float | None:
    """The first number of a text, such as 1299 of `Price is $1,299.00`; null where it has none."""
    found = NUMBER.search(text)
    value = None if found is None else float(found[0].replace(",", "").replace("−", "-"))
    return value if value is not None and math.isfinite(value) else None


def told(text: str, reference: str) -> dict[str, Any]:
    """What is told of an answer beside what was to be written. Numbers below 0 count as 0 for the logarithm."""
    number, wanted = first_number(text), first_number(reference)
    found: dict[str, Any] = {"exact": int(text.strip() == reference.strip()), "number": number, "reference_number": wanted}
    found["with_number"] = int(number is not None) if wanted is not None else None
    if number is None or wanted is None:
        return {**found, "absolute_error": None, "squared_log_error": None}
    log = math.log1p(max(number, 0.0)) - math.log1p(max(wanted, 0.0))
    return {**found, "absolute_error": abs(number - wanted), "squared_log_error": log * log}
