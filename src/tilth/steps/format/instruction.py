"""`format.instruction`: an instruction, what it is about, and the answer, each made from the row by a template."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pyarrow as pa

from tilth.record import Batch
from tilth.step import Map
from tilth.steps.format._filling import Filled, Template, texts_of
from tilth.steps.format._kept import made, with_originals
from tilth.templates import variables


class Instruction(Map):
    """The columns `instruction`, `input` and `output`, made from the row by templates: the layout of Alpaca.

    Training writes them as the template says that it is given: Alpaca's own (with an input, or without where it is blank), `###
    Instruction:` and `### Response:`, or the tokenizer's chat template, where instruction and input become one message with a blank
    line between; the output alone is learned. `{instruction: "{{ question }}", output: "{{ answer }}"}` renames a question and its answer.

    A template is Jinja in its sandbox; it reaches the row's columns and nothing else. Where it would fill in a null, or fails,
    its column is null for that row, and the column `refused` says why: `filter.where: refused is null` takes such rows out. What may be
    missing is asked about: `{{ context or '' }}`. The other columns stay, and one of the four that is there already is kept:
    `original_instruction`.
    """

    instruction: Template
    """What is asked: a Jinja template over the row's columns; it may be the same text for every row."""
    input: Template = ""
    """What it is about: another one. Default: every input is blank."""
    output: Filled
    """What it should learn to say: another one."""

    def reads(self) -> tuple[str, ...]:
        """The columns that the templates name."""
        return tuple(dict.fromkeys(name for source in self._templates.values() for name in variables(source)))

    @property
    def _templates(self) -> dict[str, str]:
        return {"instruction": self.instruction, "input": self.input, "output": self.output}

    def makes(self, there: Collection[str]) -> Mapping[str, str]:
        return made(there, dict.fromkeys((*self._templates, "refused"), "string"))

    def columns(self, batch: Batch) -> Mapping[str, pa.Array]:
        """The three texts of every row, and why there is none."""
        return with_originals(batch, texts_of(batch, self._templates))
