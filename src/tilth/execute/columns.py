"""Columns: what the steps of a dataset read is there before anything heavy starts."""

from __future__ import annotations

from collections.abc import Mapping

from tilth.errors import RecipeError
from tilth.recipe.plan import Lane
from tilth.recipe.resolve import Placed
from tilth.record import OWN
from tilth.step import Filter, Map, Whole

LIKELY = ("content", "body", "article", "document", "description", "review", "message", "title")
"""Names under which people keep their text, for a suggestion."""


def check_columns(lane: Lane, columns: Mapping[str, str]) -> None:
    """Every column that a step reads is there, or a step before it makes it."""
    known = {*OWN, *columns} - (set() if "text" in columns else {"text"})
    for placed in lane.data.steps:
        for name in reads(placed):
            if name not in known:
                raise RecipeError(
                    f"It reads the column `{name}`, which is not there.",
                    where=placed.where,
                    accepted=f"Columns: {', '.join(sorted(columns))}.",
                    remedy=_naming(name, columns),
                )


def _naming(name: str, columns: Mapping[str, str]) -> str:
    strings = [column for column in (*LIKELY, *columns) if columns.get(column) == "string"]
    return f"Say in the source which column is the text, as `text: {strings[0]}`." if name == "text" and strings else ""


def reads(placed: Placed) -> tuple[str, ...]:
    """The columns that a step of a dataset reads."""
    match placed.step:
        case Filter():
            return tuple(dict.fromkeys(column for check in placed.step.checks() for column in check.measure.columns))
        case Map() | Whole():
            return placed.step.reads()
    return ()
