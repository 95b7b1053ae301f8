"""The rules of quality and their usual limits."""

import pyarrow as pa

from tilth.steps.filter.quality import RULES
from tilth.text import MEASURES
from tilth.text.rules import MEASURED, USUAL


def test_every_rule_limits_a_measure_that_its_family_gives() -> None:
    text = pa.array(["Some words."], pa.large_string())
    for rules in USUAL.values():
        for name, (low, high) in rules.items():
            assert name in MEASURES and name in MEASURED[name](text)
            assert low is not None or high is not None


def test_the_filter_has_the_same_limits() -> None:
    assert {name: {rule: (limits.at_least, limits.at_most) for rule, limits in rules.items()} for name, rules in RULES.items()} == USUAL
