"""A look at the first records of every source, before anything heavy starts: sizes, columns, and every mistake in them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from tilth import masking
from tilth.errors import AskedWrong, NotThere, RecipeError
from tilth.execute.columns import check_each, check_field, check_needs
from tilth.execute.datasets import source_of
from tilth.execute.local import at_step
from tilth.recipe.plan import Lane, lanes
from tilth.recipe.resolve import Placed, Recipe, steps_read_by
from tilth.recipe.words import did_you_mean, nearest, sentences
from tilth.redaction import Redaction

Answer = TypeVar("Answer")

PEEKED = 1_000
"""Records of each source that are read before anything heavy starts."""


@dataclass(frozen=True)
class Peeked:
    """What the first records of a source or dataset tell: about how many there are (None: not known), the bytes
    of the sources, the columns by type, and whether these are all records."""

    rows: int | None
    bytes: int
    columns: Mapping[str, str]
    whole: bool


@dataclass
class Seen:
    """What was seen: of each source, by its address; of each dataset, by its name; and what may yet turn out wrong."""

    sources: dict[str, Peeked] = field(default_factory=dict)
    data: dict[str, Peeked] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)


def peek(recipe: Recipe, wanted: Collection[str]) -> Seen:
    """Look at the sources of what is wanted, and at the columns that its steps, models and scores read.

    Raises: RecipeError with all that is wrong, or the one thing that is; Missing where all is right and a key is wanted."""
    seen, wrong = Seen(), list[AskedWrong]()
    for lane in lanes(recipe).values():
        if lane.data.name in wanted:
            _dataset(recipe, lane, seen, wrong)
    makers = [model.made for model in recipe.models if model.made and model.name in wanted]
    for placed in [*makers, *(score.made for score in recipe.scores if score.name in wanted)]:
        for name in steps_read_by(placed.step):
            known = seen.data.get(name.partition(".")[0])
            if known is not None and known.columns:
                _told(partial(check_field, placed, name, known.columns), known, seen, wrong)
    _check_audit(recipe, seen, wrong)
    if wrong:
        raise wrong[0] if len(wrong) == 1 else RecipeError("\n".join(str(one) for one in wrong))
    _check_key(recipe, wanted)
    return seen


def _check_key(recipe: Recipe, wanted: Collection[str]) -> None:
    """Where something stands for what is hidden, there is a key. Raises: Missing, at the first step that needs it."""
    for placed in (placed for data in recipe.data if data.name in wanted for placed in data.steps):
        if isinstance(placed.step, Redaction) and placed.step.with_ in masking.KEYED:
            at_step(masking.key, placed.where, ())


def _check_audit(recipe: Recipe, seen: Seen, wrong: list[AskedWrong]) -> None:
    """The columns of `audit` are in one dataset at least."""
    known = {name for one in seen.data.values() for name in one.columns}
    for name in recipe.audit:
        if name not in known and known:
            error = RecipeError(
                f"No dataset has the column `{name}`.",
                where="audit",
                accepted=sentences(did_you_mean(nearest(name, known)), f"Columns: {', '.join(sorted(known))}."),
            )
            _told(partial(_raise, error), _together(list(seen.data.values())), seen, wrong)


def _raise(error: RecipeError) -> None:
    raise error


def _dataset(recipe: Recipe, lane: Lane, seen: Seen, wrong: list[AskedWrong]) -> None:
    """Look at a dataset: at its sources, or at what is known of those that it begins with."""
    for placed in lane.data.sources:
        try:
            seen.sources[placed.address] = _source(placed, recipe, seen, wrong)
        except AskedWrong as error:
            wrong.append(error)
    begun = {placed.address: seen.sources.get(placed.address) for placed in lane.data.sources}
    begun |= {start: seen.data.get(start.partition(".")[0]) for start in lane.data.starts}
    known = {name: one for name, one in begun.items() if one is not None}
    if len(known) == len(begun):
        before = _together(list(known.values()))
        columns = {name: one.columns for name, one in known.items()}
        checked = _told(partial(check_each, lane, columns), before, seen, wrong) if before.columns else None
        seen.data[lane.data.name] = before if checked is None else replace(before, columns=checked)
    for name, one in seen.data.items():
        for placed in lane.data.steps:
            _told(partial(check_needs, placed, {name: one.columns}), one, seen, wrong)


def _told(check: Callable[[], Answer], known: Peeked, seen: Seen, wrong: list[AskedWrong]) -> Answer | None:
    """The answer of a check. A column that is missing is a mistake if all records were seen; else it may yet come."""
    try:
        return check()
    except AskedWrong as error:
        if known.whole or not isinstance(error, RecipeError | NotThere):
            wrong.append(error)
        else:
            seen.findings.append(f"{error}\n  (The first {PEEKED:,} records do not have it; the run, which looks at all, decides.)")
    return None


def _source(placed: Placed, recipe: Recipe, seen: Seen, wrong: list[AskedWrong]) -> Peeked:
    source = source_of(placed)
    shards = at_step(source.shards, placed.where, (recipe.file.parent, recipe.machine.shard_bytes))
    told = at_step(source.peek, placed.where, (shards, PEEKED))
    size = sum(shard.size for shard in shards)
    about = round(size * told.records / told.size) if told.size else None
    found = Peeked(told.records if told.whole else about, size, {}, told.whole)
    if told.whole and not told.records:
        seen.findings.append(f"{placed.where}\n  There are no records in it.")
    columns = _told(partial(at_step, source.settle, placed.where, ([told],)), found, seen, wrong)
    return found if columns is None else replace(found, columns=columns)


def _together(every: Sequence[Peeked]) -> Peeked:
    columns = {name: kind for one in every for name, kind in one.columns.items()}
    return Peeked(total(one.rows for one in every), sum(one.bytes for one in every), columns, all(one.whole for one in every))


def total(values: Any) -> int | None:
    """The sum; None where one of them is not known."""
    every = list(values)
    return None if any(value is None for value in every) else sum(every)
