"""`filter.length`: texts that are neither too short nor too long."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from tilth.record import Check, Measure
from tilth.step import Filter, Limit, Range
from tilth.steps.filter._limits import possible
from tilth.text import walk


class Length(Filter):
    """Keeps a row if its text has as many characters and words as asked.

    Characters are Unicode code points; words are pieces between white space, as Python's `str.split()` finds
    them. Both limits include their bound. A text in a script without spaces between words (Chinese, Japanese,
    Thai …) is not judged by its words, and a row without a text is not judged at all.
    """

    characters: Annotated[Range, Limit] = Range()
    """How many characters each field must have: `{at_least: 80, at_most: 100000}`, or one of the two."""
    words: Annotated[Range, Limit] = Range()
    """How many words each field must have."""
    fields: tuple[str, ...] = Field(default=("text",), min_length=1)
    """The columns that are measured; each must lie within the limits."""

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        given = {"characters": self.characters, "words": self.words}
        if all(possible(name, limits) == Range() for name, limits in given.items()):
            raise ValueError("No limit is given, so every row would stay. Give `characters` or `words`, such as `characters: {at_least: 80}`.")
        return self

    def checks(self) -> tuple[Check, ...]:
        limits = {"characters": self.characters, "words": self.words}
        measures = [(Measure(name, walk.walk, (field,)), limits[name]) for field in self.fields for name in limits]
        return tuple(Check(measure.column, measure, each.at_least, each.at_most) for measure, each in measures)

    def prepare(self) -> None:
        walk.prepare()
