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
from tilth.spreading import Spread
from tilth.step import Filter, Map, Whole

DATASET = "dataset"
"""The column that a Whole finds, whether or not rows have it: the dataset that a row came from, where one begins with others."""

LIKELY = ("content", "body", "article", "document", "description", "review", "message", "title")
"""Names under which people keep their text, for a suggestion."""


def check_each(lane: Lane, begun: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """`check_columns` of all that a dataset begins with, by name: together, then each by itself, for a row has the columns of where it
    came from alone. Where something has no columns, nothing is known of it."""
    known = check_columns(lane, {name: kind for columns in begun.values() for name, kind in columns.items()})
    for name, columns in begun.items():
        if columns and len(begun) > 1:
            check_columns(lane, columns, name)
    return known


def check_columns(lane: Lane, columns: Mapping[str, str], of: str = "") -> dict[str, str]:
    """The columns, by type, that whoever goes on from this dataset finds. `of`: what they are the columns of, where the dataset begins
    with more than that.

    Raises: RecipeError for every column that is not there, at the first step that reads it, as far as is known; AskedWrong for
    one that a step adds and that is there, which more records do not mend."""
    known = dict(columns)
    missing: dict[str, RecipeError] = {}
    for placed in lane.data.steps:
        there = {*OWN, *known} - (set() if "text" in known else {"text"})
        there |= {DATASET} if lane.data.starts and isinstance(placed.step, Whole) else set()
        lacking = [name for name in at_step(reads, placed.where, (placed,)) if name not in there]
        missing |= {name: _missing(placed, name, known, of) for name in lacking if name not in missing}
        for measure in placed.step.adds() if isinstance(placed.step, Filter) else ():
            if measure.name in known:
                raise _there(placed, measure.name)
            known[measure.name] = "string" if measure.label else "float64"
        made = at_step(placed.step.makes, placed.where, (tuple(known),)) if isinstance(placed.step, Map | Spread | Whole) else {}
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


@runtime_checkable
class Comparing(Protocol):
    """A step that reads columns of the datasets that its settings name, and says which."""

    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """By the name of the dataset, the columns that it must have."""


def check_field(placed: Placed, name: str, columns: Mapping[str, str]) -> None:
    """The column that a model or a score reads of the dataset `name` is there. Raises: RecipeError."""
    step: object = placed.step
    wanted = step.needs().get(name, ()) if isinstance(step, Comparing) else (step.field,) if isinstance(step, Reader) else ()
    for column in wanted:
        if column not in columns:
            error = _missing(placed, column, columns)
            error.found = f"It reads the column `{column}` of `{name}`, which is not there."
            raise error


def check_needs(placed: Placed, known: Mapping[str, Mapping[str, str]]) -> None:
    """The columns that a step reads of the datasets that it names are there; `known`: the columns of those that are known, by name.

    Raises: RecipeError."""
    step: object = placed.step
    for name, columns in step.needs().items() if isinstance(step, Comparing) else ():
        there = known.get(name.partition(".")[0])
        for column in columns if there else ():
            if there and column not in there:
                error = _missing(placed, column, there)
                error.found = f"It reads the column `{column}` of `{name}`, which is not there."
                raise error


def _there(placed: Placed, name: str) -> AskedWrong:
    return AskedWrong(
        f"It adds the column `{name}`, which is there already.",
        where=placed.where,
        accepted="Each column is set once.",
        remedy=f"Rename that column in the source, or decide by it in place of this step: `filter.where: {name} …`.",
    )


def _missing(placed: Placed, name: str, columns: Mapping[str, str], of: str = "") -> RecipeError:
    return RecipeError(
        f"It reads the column `{name}`, which {f'`{of}` does not have' if of else 'is not there'}.",
        where=placed.where,
        accepted=f"Columns: {', '.join(sorted(columns))}." if columns else "The records have no columns.",
        remedy="All that a dataset begins with needs the columns that its steps read." if of else _naming(name, columns),
    )


def _naming(name: str, columns: Mapping[str, str]) -> str:
    if parted(columns):
        return f'Its cells seem to be parted by `{parted(columns)}`: say so in the source, as `csv: {{delimiter: "{parted(columns)}"}}`.'
    if name == DATASET:
        return "A dataset that begins with several, `from: [a, b]`, tells of each row where it came from. Elsewhere say by which column: `by: …`."
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
        case Map() | Redaction() | Spread() | Whole():
            return placed.step.reads()
    return ()
