"""clean.whitespace: one space between words, one newline between lines, nothing at the ends."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
from pydantic import Field

from tilth.record import Batch
from tilth.step import Map
from tilth.steps.clean._fields import Fields, roots
from tilth.text.spacing import prepare, single_spaced


class Whitespace(Map):
    """Runs of spaces become one space, runs of blank lines become few, and both ends are bare.

    A space is a tab or any character of Unicode's category Zs (no-break, ideographic, thin …); a run
    of them inside a line becomes one plain space, and those at either end of a line go. A line ends
    with LF, CR LF, CR, VT, FF, NEL, U+2028 or U+2029, written as a newline from then on. A line of
    spaces is blank. Cleaning twice gives what cleaning once gives.
    """

    fields: Fields = ("text",)
    """Columns or paths to clean."""

    blank_lines: int = Field(default=1, ge=0, le=100)
    """At most so many blank lines in a row."""

    keep_indentation: bool = False
    """Leave spaces at the beginning of a line as they are: for code, poems and nested lists."""

    def reads(self) -> tuple[str, ...]:
        """The columns of `fields`."""
        return roots(self.fields)

    def prepare(self) -> None:
        prepare()

    def columns(self, batch: Batch) -> Mapping[str, pa.Array]:
        """The cleaned columns."""
        return batch.edit(self.fields, lambda array: single_spaced(array, self.blank_lines, keep_indentation=self.keep_indentation))
