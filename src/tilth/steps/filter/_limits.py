"""What the filters of this room ask of limits before they use them."""

from __future__ import annotations

from tilth.step import Range


def possible(name: str, limits: Range) -> Range:
    """The limits themselves. Raises ValueError where no value can lie within them."""
    low, high = limits.at_least, limits.at_most
    if low is not None and high is not None and low > high:
        raise ValueError(f"`{name}` can be no number that is at least {low:g} and at most {high:g}, so every row would be dropped.")
    return limits
