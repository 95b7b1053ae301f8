"""clean.punctuation: `!!!!!!!!` and `----------` cut short."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping

import pyarrow as pa
from pydantic import Field

from tilth.record import Batch
from tilth.step import Map
from tilth.steps.clean._fields import Fields, roots
from tilth.text.normalise import each, where

_ELLIPSIS = 3


class Punctuation(Map):
    """Runs of one punctuation mark cut to at most `longest` of it.

    Marks are Unicode's categories P* and the ASCII symbols `$ + < = > ^ ` | ~`. Two are special:
    `#` is never cut, because in Markdown its number is a heading's level, and a run of full stops is
    cut to no less than the three of an ellipsis. With the default of three, what else repeats with a
    meaning stays: `--`, `++`, `===`, `>>>`, Markdown's rules, fences and emphasis; a longer rule or the
    dashes of a table (`|-----|`) become three, which mean the same. Mixed runs (`?!?!?!`), letters,
    digits and emoji are left. Cleaning twice gives what cleaning once gives.
    """

    fields: Fields = ("text",)
    """Columns or paths to clean."""

    longest: int = Field(default=3, ge=1, le=1000)
    """The longest run that is left alone; longer ones are cut to it."""

    def reads(self) -> tuple[str, ...]:
        """The columns of `fields`."""
        return roots(self.fields)

    def columns(self, batch: Batch) -> Mapping[str, pa.Array]:
        """The cleaned columns."""
        run = re.compile(rf"([^\w\s]|_)\1{{{self.longest},}}")
        change = each(lambda text: run.sub(self._cut, text))
        return batch.edit(self.fields, lambda array: where(array, rf"[\pP$+<=>^`|~]{{{self.longest + 1}}}", change))

    def _cut(self, run: re.Match[str]) -> str:
        mark = run[1]
        if mark == "#" or not (mark in string.punctuation or unicodedata.category(mark).startswith("P")):
            return run[0]
        return run[0][: max(self.longest, _ELLIPSIS) if mark == "." else self.longest]
