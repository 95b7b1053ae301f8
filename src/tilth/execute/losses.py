"""Where rows went: what each step took in and dropped so far, for the error that says that none are left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tilth.errors import NothingLeft

RULES = 4
"""How many rules of a step are named; the most frequent first."""


def with_losses(error: NothingLeft, path: Iterable[Mapping[str, Any]]) -> NothingLeft:
    """The same error, with where the rows went. `path`: the lines of the steps that were done, as a run tells them."""
    said = [_said(line) for line in path if line["shape"] == "Source" or line["dropped"]]
    went = f" Where the rows went: {'; '.join(said)}." if said else ""
    return NothingLeft(f"{error.found}{went}", where=error.where, accepted=error.accepted, remedy=error.remedy)


def _said(line: Mapping[str, Any]) -> str:
    if line["shape"] == "Source":
        bad = f", {line['quarantined']:,} of them unreadable" if line["quarantined"] else ""
        return f"{line['step']} read {_counted(line['rows_in'], 'record')}{bad}"
    rules = sorted(line["reasons"].items(), key=lambda one: (-one[1], one[0]))
    named = ", ".join(f"{rule} {rows:,}" for rule, rows in rules[:RULES]) + (", …" if len(rules) > RULES else "")
    return f"{line['step']} dropped {line['dropped']:,} of {_counted(line['rows_in'], 'row')} ({named})"


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
