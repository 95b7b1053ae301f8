"""From a recipe to the work it means: for each dataset its lane, a list of stages.

Consecutive Map and Filter steps form segments: maps, then the filters that judge their result. The
rows of a segment are stored as they stood when they were judged, so a changed limit decides again
from stored measures, and later maps of rows that stay after all are made from those rows. A Whole is
a stage of its own, and so is a Spread.
"""

from __future__ import annotations

from dataclasses import dataclass

from tilth.recipe.grammar import Split
from tilth.recipe.resolve import Data, Placed, Recipe, steps_read_by
from tilth.redaction import Redaction
from tilth.spreading import Spread
from tilth.step import Filter, Map, Step, Whole


@dataclass(frozen=True)
class Segment:
    """Maps and redactions, then the filters that judge what these made."""

    maps: tuple[Placed, ...] = ()
    filters: tuple[Placed, ...] = ()


@dataclass(frozen=True)
class Gather:
    """A step that looks at all rows at once."""

    placed: Placed


@dataclass(frozen=True)
class Unfold:
    """A step that makes several rows of one."""

    placed: Placed


@dataclass(frozen=True)
class Lane:
    """A dataset's way: where its rows come from, what is done to them, and whether it is handed out.

    `final`: it is written as files, because a model, a score or the person who asked needs it.
    """

    data: Data
    stages: tuple[Segment | Gather | Unfold, ...]
    final: bool


def lanes(recipe: Recipe) -> dict[str, Lane]:
    """The lane of each dataset, in the order in which they can be made. One is handed out unless all of it goes on into others."""
    known = {data.name: data for data in recipe.data}
    starts = {start for data in recipe.data for start in data.starts}
    onward = {data.name for data in recipe.data if all(name in starts for name in _ends(data))}
    used = {name.partition(".")[0] for placed in _workers(recipe) for name in steps_read_by(placed.step)}
    used |= {name.partition(".")[0] for data in recipe.data for placed in data.steps for name in studied_by(placed.step)}
    return {name: Lane(known[name], stages(known[name]), name in used or name not in onward) for name in recipe.order if name in known}


def _ends(data: Data) -> list[str]:
    """How others may begin with a dataset: by its name, or by those of its parts."""
    last = data.steps[-1].step if data.steps else None
    return [f"{data.name}.{part}" for part in last.parts()] if isinstance(last, Split) else [data.name]


def studied_by(step: Step) -> tuple[str, ...]:
    """The names of datasets and models that a step of a dataset studies before any row is read."""
    against = step.held_against() if isinstance(step, Whole) else ()
    return tuple(name for name in steps_read_by(step) if name not in against)


def _workers(recipe: Recipe) -> list[Placed]:
    """The steps that read finished datasets: models and scores."""
    return [model.made for model in recipe.models if model.made is not None] + [score.made for score in recipe.scores]


def stages(data: Data) -> tuple[Segment | Gather | Unfold, ...]:
    """Cut a list of steps into segments, gatherings and unfoldings. A dataset with sources begins with a segment."""
    found: list[Segment | Gather | Unfold] = [Segment()] if data.sources else []
    for placed in data.steps:
        last = found[-1] if found else None
        match placed.step:
            case Whole():
                found.append(Gather(placed))
            case Spread():
                found.append(Unfold(placed))
            case Map() | Redaction() if isinstance(last, Segment) and not last.filters:
                found[-1] = Segment((*last.maps, placed))
            case Map() | Redaction():
                found.append(Segment((placed,)))
            case Filter() if isinstance(last, Segment) and not (placed.step.dear and last.filters):
                found[-1] = Segment(last.maps, (*last.filters, placed))
            case Filter():
                found.append(Segment((), (placed,)))
            case _:
                raise TypeError(f"{placed.address} has the shape {placed.step.shape()}, which no dataset can hold.")
    return tuple(found)
