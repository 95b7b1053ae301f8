"""`format.completion`: a prompt and what should follow it, each made from the row by a template."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pyarrow as pa

from tilth.record import Batch
from tilth.step import Map
from tilth.steps.format._filling import Filled, texts_of
from tilth.steps.format._kept import made, with_originals
from tilth.templates import variables


class Completion(Map):
    r"""The columns `prompt` and `completion`, made from the row by two templates.

    Training joins the two as they are, with nothing between them and the end token after; the completion alone is learned. So the
    prompt ends as the model will see it end when it is asked, best with a line end or a colon, and the completion begins with what
    should come next: `{prompt: "{{ text }}\n\nHow much does this cost?\n\n", completion: "Price is ${{ price | round | int }}.00"}`.

    A template is Jinja in its sandbox; it reaches the row's columns and nothing else, a json column as the list or mapping that it
    holds. Where it would fill in a null, or fails, its column is null for that row, and the column `refused` says why:
    `filter.where: refused is null` takes such rows out. What may be missing is asked about: `{% if category %}Category: {{ category }}
    {% endif %}`. The other columns stay, and one of the three that is there already is kept: `original_prompt`.
    """

    prompt: Filled
    """What the model is given: a Jinja template over the row's columns."""
    completion: Filled
    """What it should learn to say: another one."""

    def reads(self) -> tuple[str, ...]:
        """The columns that the templates name."""
        return tuple(dict.fromkeys((*variables(self.prompt), *variables(self.completion))))

    def makes(self, there: Collection[str]) -> Mapping[str, str]:
        return made(there, dict.fromkeys(("prompt", "completion", "refused"), "string"))

    def columns(self, batch: Batch) -> Mapping[str, pa.Array]:
        """Both texts of every row, and why there is none."""
        return with_originals(batch, texts_of(batch, {"prompt": self.prompt, "completion": self.completion}))
