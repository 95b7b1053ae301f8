"""Ranges of numbers written as terms: `1..999`."""

from __future__ import annotations

import re


def read_range(term: str) -> range | None:
    """The numbers of a range, both ends included, or None for any other term."""
    bounds = re.fullmatch(r"(-?\d+)\.\.(-?\d+)", term)
    return range(int(bounds[1]), int(bounds[2]) + 1) if bounds else None
