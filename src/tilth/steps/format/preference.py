"""`format.preference`: a prompt, a better and a worse answer, each as messages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pyarrow as pa
from pydantic import Field

from tilth.model.formats import FormatSettings, Pair, Row, RowRefused
from tilth.record import TEXT, Batch, as_json
from tilth.step import Map
from tilth.steps.format._kept import made, with_originals
from tilth.steps.format._reading import each, laid_out

PARTS = ("prompt", "chosen", "rejected")


class Preference(Map):
    """The columns `prompt`, `chosen` and `rejected`: what was asked, a better answer and a worse one, each as a list of messages.

    Answers may be texts, messages, or whole conversations: of lists of messages, and of texts in which `Human:` and `Assistant:`
    speak, the prompt is the longest beginning that both share, in whole messages. The prompt may also have a column of its own, a
    text or messages. A row without two answers that differ has nulls there, and in the column `refused` why: `filter.where: refused
    is null` takes such rows out. The other columns stay; one of the three that is there already is kept as `original_prompt`,
    `original_chosen` or `original_rejected`.
    """

    prompt: str | None = Field(default=None, min_length=1)
    """The column of the prompt. Default: `prompt`, `question` or `instruction`, or messages that end with a question, if one is there."""
    chosen: str | None = Field(default=None, min_length=1)
    """The column of the better answer. Default: `chosen`."""
    rejected: str | None = Field(default=None, min_length=1)
    """The column of the worse answer. Default: `rejected`."""
    system: str | None = Field(default=None, min_length=1)
    """The column of the system message. Default: `system` or `system_prompt`, if one is there."""

    @property
    def _format(self) -> FormatSettings:
        return FormatSettings(type="preference", prompt=self.prompt, chosen=self.chosen, rejected=self.rejected, system=self.system)

    def reads(self) -> tuple[str, ...]:
        """The columns that the settings name."""
        return tuple(self._format.named().values())

    def makes(self, there: Collection[str]) -> Mapping[str, str]:
        laid_out(self._format, there)
        return made(there, {**dict.fromkeys(PARTS, "json"), "refused": "string"})

    def columns(self, batch: Batch) -> Mapping[str, pa.Array]:
        """The prompt and both answers of every row, and why there are none."""
        names = batch.table.column_names
        self.makes(names)
        found = list(each(batch, laid_out(self._format, names), _messages))
        new = {part: as_json(None if said is None else said[part] for said, _ in found) for part in PARTS}
        return with_originals(batch, {**new, "refused": pa.array([why for _, why in found], TEXT)})


def _messages(row: Row) -> dict[str, Any]:
    if not isinstance(row, Pair):
        raise RowRefused("it is no preference")
    return {part: getattr(row, part) for part in PARTS}
