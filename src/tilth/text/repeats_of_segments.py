"""Which lines or paragraphs of a text come again, counted in each way that a tool counts them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tilth.text.pieces import Described

Numbers = npt.NDArray[np.int64]


class Segments(NamedTuple):
    """What is known of the segments of each row."""

    number: Numbers
    """How many there are."""
    characters: Numbers
    """Of all segments."""
    again: Numbers
    """How many have occurred before."""
    again_characters: Numbers
    copies: Numbers
    """How many are like another one: all copies, the first among them."""
    copied: Numbers
    """Their characters."""


def segments(found: Described) -> Segments:
    """What is known of each row. Two segments are the same if they have the same characters."""
    spans, lengths = found.spans, found.lengths
    count = spans.counts()
    row = np.repeat(np.arange(len(count)), count)
    order = np.lexsort((found.hashes, row))  # stable: of the same segments the first stands first
    same = (found.hashes[order][1:] == found.hashes[order][:-1]) & (row[order][1:] == row[order][:-1])
    again, copy = np.zeros(len(row), np.bool_), np.zeros(len(row), np.bool_)
    again[order[1:]] = same
    copy[order[1:]] = same
    copy[order[:-1]] |= same
    sums = spans.sums
    return Segments(count, sums(lengths), sums(again), sums(again * lengths), sums(copy), sums(copy * lengths))
