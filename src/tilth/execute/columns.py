"""Columns: what the steps of a dataset read is there before anything heavy starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, runtime_checkable

from tilth.errors import AskedWrong, RecipeError
from tilth.execute.local import at_step
from tilth.recipe.plan import Lane
from tilth.recipe.resolve import Placed
from tilth.recipe.words import did_you_mean, nearest
from tilth.record import OWN
from tilth.redaction import Redaction
from tilth.step import Filter, Map, Whole

DATASET = "dataset"
"""The column that a Whole finds, whether or not rows have it: the dataset that a row came from, where one begins with others."""

LIKELY = ("content", "body", "article", "document", "description", "review", "message", "title")
"""Names under which people keep their text, for a suggestion."""


def check_columns(lane: Lane, columns: Mapping[str, str]) -> dict[str, str]:
    """The columns, by type, that whoever goes on from this dataset finds.

    Raises: RecipeError for every column that is not there, at the first step that reads it, as far as is known; AskedWrong for
    one that a step adds and that is there, which more records do not mend."""
    known = dict(columns)
    missing: dict[str, RecipeError] = {}
    for placed in lane.data.steps:
        there = {*OWN, *known} - (set() if "text" in known else {"text"})
        there |= {DATASET} if lane.data.starts and isinstance(placed.step, Whole) else set()
        lacking = [name for name in at_step(reads, placed.where, (placed,)) if name not in there]
        missing |= {name: _missing(placed, name, known) for name in lacking if name not in missing}
        for measure in placed.step.adds() if isinstance(placed.step, Filter) else ():
            if measure.name in known:
                raise _there(placed, measure.name)
            known[measure.name] = "string" if measure.label else "float64"
        made = at_step(placed.step.makes, placed.where, (tuple(known),)) if isinstance(placed.step, Map | Whole) else {}
        if isinstance(placed.step, Whole) and (twice := [name for name in made if name in known or name in OWN]):
            raise _there(placed, twice[0])
        known |= made
    if missing:
        raise RecipeError.of(list(missing.values()))
    return known


@runtime_checkable
class Reader(Protocol):
    """A step of a model or a score that reads one column of its datasets, and says which."""

    field: str
    """The column."""


def check_field(placed: Placed, name: str, columns: Mapping[str, str]) -> None:
    """The column that a model or a score reads of the dataset `name` is there. Raises: RecipeError."""
    if isinstance(placed.step, Reader) and placed.step.field not in columns:
        error = _missing(placed, placed.step.field, columns)
        error.found = f"It reads the column `{placed.step.field}` of `{name}`, which is not there."
        raise error


def _there(placed: Placed, name: str) -> AskedWrong:
    return AskedWrong(
        f"It adds the column `{name}`, which is there already.",
        where=placed.where,
        accepted="Each column is set once.",
        remedy=f"Rename that column in the source, or decide by it in place of this step: `filter.where: {name} …`.",
    )


def _missing(placed: Placed, name: str, columns: Mapping[str, str]) -> RecipeError:
    return RecipeError(
        f"It reads the column `{name}`, which is not there.",
        where=placed.where,
        accepted=f"Columns: {', '.join(sorted(columns))}." if columns else "The records have no columns.",
        remedy=_naming(name, columns),
    )


def _naming(name: str, columns: Mapping[str, str]) -> str:
    if parted(columns):
        return f'Its cells seem to be parted by `{parted(columns)}`: say so in the source, as `csv: {{delimiter: "{parted(columns)}"}}`.'
    if name != "text":
        return did_you_mean(nearest(name, columns))
    strings = [column for column in (*LIKELY, *columns) if columns.get(column) == "string"]
    return f"Say in the source which column is the text, as `text: {strings[0]}`." if strings else ""


def parted(columns: Iterable[str]) -> str:
    """What cells seem to be parted by where a table has one column whose name looks like several; nothing where it does not."""
    named = list(columns)
    return next((sign for sign in (";", "|", "\t") if sign in named[0]), "") if len(named) == 1 else ""


def reads(placed: Placed) -> tuple[str, ...]:
    """The columns that a step of a dataset reads."""
    match placed.step:
        case Filter():
            return tuple(dict.fromkeys(column for check in placed.step.checks() for column in check.measure.columns))
        case Map() | Redaction() | Whole():
            return placed.step.reads()
    return ()
