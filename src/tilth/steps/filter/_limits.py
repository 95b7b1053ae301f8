"""What the filters of this room share: limits that can be met, and the names of rules."""

from __future__ import annotations

from tilth.record import Measure
from tilth.step import Range


def possible(name: str, limits: Range) -> Range:
    """The limits themselves. Raises ValueError where no value can lie within them."""
    low, high = limits.at_least, limits.at_most
    if low is not None and high is not None and low > high:
        raise ValueError(f"`{name}` can be no number that is at least {low:g} and at most {high:g}, so every row would be dropped.")
    return limits


def rule_of(measure: Measure) -> str:
    """The rule that limits a measure: named as the measure, with the column it is of unless that is `text`."""
    return measure.name if measure.columns[0] == "text" else f"{measure.name}({measure.columns[0]})"
