"""clean.replace: every match of a pattern written as something else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ConfigDict, Field, model_validator

from tilth.record import Batch
from tilth.step import Map
from tilth.steps.clean._fields import Fields, roots
from tilth.text.normalise import only

_NOT_IN_RE2 = (
    (re.compile(r"\(\?<?[=!]"), "look-around", "Match what stands around it too, in groups, and write the groups again in `with`: \\1."),
    (re.compile(r"\\[1-9]"), "a reference back into the match", "Write out what may be repeated."),
    (re.compile(r"\(\?>|[*+?}]\+"), "possessive matching", "Leave it out: RE2 always takes time in proportion to the text."),
)


class Replace(Map):
    r"""Every match of a regular expression, or of a plain text, written as `with`.

    The expressions are RE2's (https://github.com/google/re2/wiki/Syntax): linear in time on any text,
    hence without look-around and references back. `^` and `$` are the ends of the text, and of lines
    after `(?m)`; `(?i)` ignores case; `\b` and `\w` are ASCII, `\pL` is a letter of any script. In
    `with`, `\1` … `\9` are the groups of the match and `\0` is all of it.
    """

    model_config = ConfigDict(populate_by_name=True)

    match: str = Field(min_length=1)
    """What to look for."""

    with_: str = Field(default="", alias="with")
    r"""What to write instead. In Python: `with_`."""

    fields: Fields = ("text",)
    """Columns or paths to clean."""

    literal: bool = False
    r"""Take `match` and `with` as they stand, without the meaning of `.` or `\1`."""

    @model_validator(mode="after")
    def _is_understood(self) -> Self:
        if self.literal:
            return self
        try:
            pc.replace_substring_regex(pa.array([""], pa.large_string()), self.match, self.with_)
        except pa.ArrowInvalid as error:
            raise ValueError(_explained(self.match, self.with_, str(error))) from error
        return self

    def reads(self) -> tuple[str, ...]:
        """The columns of `fields`."""
        return roots(self.fields)

    def columns(self, batch: Batch) -> Mapping[str, pa.Array]:
        """The cleaned columns."""
        return batch.edit(self.fields, self._clean)

    def _clean(self, array: pa.LargeStringArray) -> pa.LargeStringArray:
        found, changed = (pc.match_substring, pc.replace_substring) if self.literal else (pc.match_substring_regex, pc.replace_substring_regex)
        return only(array, found(array, self.match), lambda some: changed(some, self.match, self.with_))


def _explained(match: str, by: str, error: str) -> str:
    """Why RE2 refuses: what, where in the expression, and what to do."""
    for pattern, name, remedy in _NOT_IN_RE2:
        if found := pattern.search(match):
            return f"`{match}` uses {name}, `{found[0]}` at character {found.start() + 1}, which RE2 does not have. {remedy}"
    said = error.partition(": ")[2] or error
    if "replacement" in error:
        return f"`with: {by}` does not fit `{match}`: {said}."
    reason, _, fragment = said.rpartition(": ")
    where = _where(match, fragment)
    return f"`{match}` is no regular expression{where}: {reason or said}. To match it as it stands, set `literal: true`."


def _where(match: str, fragment: str) -> str:
    """Where RE2's fragment stands in the expression; nothing if it is the whole of it."""
    place = match.find(fragment)
    return f", from `{fragment}` at character {place + 1}" if fragment and place >= 0 else ""
