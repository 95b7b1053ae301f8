"""Shares: a total dealt out in whole numbers, by exact arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def exact(number: float) -> Fraction:
    """The decimal that was written, so that 0.8 + 0.1 + 0.1 is one."""
    return Fraction(repr(number))


def dealt(total: int, weights: Sequence[Fraction | int], first: Sequence[object] | None = None, room: Sequence[int] | None = None) -> list[int]:
    """Whole numbers that add up to `total`, each less than one off its weight's share of it: the largest remainder (Hamilton's method).

    Equal remainders go by `first`, the least one first. None gets more than its `room`; what has none there goes by the
    same order to the others, so a share may then be more than one off. `total` is no more than all room."""
    every = sum(weights)
    asked = [Fraction(total) * weight / every if every else Fraction(0) for weight in weights]
    got = [min(int(share), room[place] if room else total) for place, share in enumerate(asked)]
    order = sorted(range(len(got)), key=lambda place: (got[place] - asked[place], first[place] if first else place))
    left = total - sum(got)
    while left:
        for place in order:
            if left and (room is None or got[place] < room[place]):
                got[place], left = got[place] + 1, left - 1
    return got
