"""Which limit of which step an address means, and where that step decided in a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from tilth.errors import NotThere, UsageError
from tilth.execute.recipes import steps_of
from tilth.execute.rows import Archive
from tilth.execute.story import settings
from tilth.recipe.resolve import Placed
from tilth.recipe.words import did_you_mean, nearest, sentences
from tilth.step import Filter, Step, Whole
from tilth.store.runs import Run

NAMED = 12
"""How many limits are named where an address means none."""


@dataclass(frozen=True)
class Asked:
    """A setting of a step of a run, and the stage in which that step decided."""

    archive: Archive
    placed: Placed
    path: tuple[str, ...]
    address: str
    """Its address in the run's recipe, by which `--set` changes it; that of the step where it is written bare."""
    stage: Mapping[str, Any]
    before: tuple[Filter, ...]
    """The filters of the same stage that decided before it."""

    @property
    def now(self) -> Any:
        """The setting as it is."""
        return self.of(self.placed.step)

    def of(self, step: Step) -> Any:
        """The setting in another making of the step."""
        value: Any = step.model_dump(mode="json", by_alias=True)
        for name in self.path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def written(self, text: str) -> Step:
        """The step with another value there, as a recipe or `--set` would have it. Raises UsageError where that is no limit."""
        step = steps_of(self.archive.run, (f"{self.address}={text}",))[self.placed.address].step
        if not self.placed.step.same_but_for_limits(step):
            raise UsageError(
                f"`{self.address}` is no limit: it changes what is measured, so stored measures cannot tell.",
                accepted=_limits({self.placed.address: self.placed}),
                remedy=f"`tilth run RECIPE --set {self.address}=VALUE` does it, and `tilth plan` with the same `--set` tells what that takes.",
            )
        return step

    def changed(self, value: Any) -> Step | None:
        """The step with another value there; None where it does not take it, or where that is no limit."""
        whole = self.placed.step.model_dump(mode="json", by_alias=True)
        inner: Any = whole
        for name in self.path[:-1]:
            inner = inner.get(name) if isinstance(inner, dict) else None
        if not isinstance(inner, dict) or self.path[-1] not in inner:
            return None
        inner[self.path[-1]] = value
        try:
            step = type(self.placed.step).model_validate(whole)
        except ValidationError:
            return None
        return step if self.placed.step.same_but_for_limits(step) else None

    def beside(self) -> list[float]:
        """The numbers that stand beside the setting, such as `at_most` beside `at_least`."""
        value: Any = Asked(self.archive, self.placed, self.path[:-1], "", self.stage, ()).now
        inner = value.values() if isinstance(value, dict) else ()
        return [one for one in inner if isinstance(one, int | float) and not isinstance(one, bool)]


def ask(run: Run, address: str) -> Asked:
    """The setting that an address means. Raises UsageError where it is none of a step that keeps or drops rows,
    NotThere where the run did not come to that step."""
    steps = steps_of(run)
    short = address.removeprefix("data.")
    found = max((one for one in steps if f"{short}.".startswith(f"{one}.")), key=len, default=None)
    step = None if found is None else steps[found].step
    inner = short[len(found or "") + 1 :] or (step.bare if step is not None else None)
    if found is None or not isinstance(step, Filter | Whole) or not inner:
        accepted = sentences(did_you_mean(nearest(short, list(_leaves_of(steps)))), _limits(steps))
        raise UsageError(
            f"`{address}` is no limit of a step that keeps or drops rows.", accepted=accepted, remedy="`tilth steps STEP` tells all settings."
        )
    archive = Archive(run)
    stages = [stage for data in archive.record["data"].values() for stage in data["stages"] if found in stage["steps"]]
    if not stages:
        raise NotThere(
            f"The run {run.name}/{run.number} did not come to {found}.", remedy="Run the recipe to its end, or name another run with `--run`."
        )
    names = list(stages[0]["steps"])
    before = tuple(one for name in names[: names.index(found)] if isinstance(one := steps[name].step, Filter))
    bare = inner == step.bare and not isinstance(settings(run)[found], dict)
    return Asked(archive, steps[found], tuple(inner.split(".")), found if bare else f"{found}.{inner}", stages[0], before)


def _limits(steps: Mapping[str, Placed]) -> str:
    """Some addresses that can be asked."""
    leaves = list(_leaves_of(steps))
    return f"Limits of this run: {', '.join(leaves[:NAMED])}{' …' if len(leaves) > NAMED else ''}." if leaves else "No step of this run has a limit."


def _leaves_of(steps: Mapping[str, Placed]) -> Iterator[str]:
    """The address of every limit that is given, of the steps that keep or drop rows."""
    for address, placed in steps.items():
        if isinstance(placed.step, Filter | Whole):
            for name, value in placed.step.deciding().items():
                yield from _leaves(f"{address}.{name}", value)


def _leaves(address: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(f"{address}.{name}", inner)
    elif value is not None:
        yield address
