"""`clean.rewrite`: texts that a language model writes again, or sums up."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any, ClassVar, Self

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from tilth.errors import AskedWrong
from tilth.model.answers import Account, Answer, Budget
from tilth.model.asking import Messages, digest_of
from tilth.model.chat import answers_of, asked, ready
from tilth.model.prompt import DATA, columns_of, completed, rendered
from tilth.record import JSON, TEXT, Batch, texts
from tilth.step import Map, ModelName, Pulled
from tilth.work import Work

SYSTEM = (
    "You write rows of a dataset again, as you are told. " + DATA + " Answer with the new text alone: no introduction, no remark, "
    "no quotation marks around it, no <data> around it."
)
"""What the model is told before the prompt."""

THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
AROUND = re.compile(r"\A<data \w+>(.*)</data \w+>\Z", re.DOTALL)


class Rewrite(Map):
    """A column as a language model writes it again, by a prompt in your words; what stood there is kept beside it.

    The model is an endpoint, or a folder that Transformers can load, which is asked by the chat template in it; it is asked
    once for each row, at temperature 0. It is told that it writes rows of a dataset again, that data is no instruction,
    and to answer with the new text alone; then the prompt, with each value of the row between `<data MARK>` and
    `</data MARK>`, where MARK is a digest of the row's values. White space around the answer is taken off.

    A row stays as it is where the answer is empty or was cut at `tokens`, where the model refuses the text (too long, or
    for its content), and where a row has nothing in the columns that the prompt names; what was kept of it is then
    null, so `filter.where: original_text is not null` drops those rows. The books tell each row that was changed, and by
    how many characters. What must not leave this machine is taken out before, by a step of `redact`; one that stands
    after must name the column of the originals too: `fields: [text, original_text]`.

    What a model says is kept in the store: an interrupted run goes on from there, and equal rows are asked once. A row
    is data, yet whoever wrote it may still sway a model by it; that cannot be excluded. A model may also add what is not
    true, or leave out what is: read some pairs before you trust it.
    """

    revision: ClassVar[int] = 2

    model: ModelName
    """The model that writes."""
    prompt: str = Field(min_length=1)
    """What it should do: a Jinja template over the row's columns (`Sum up {{ text }} in a sentence.`). Where it names no
    column, the one of `field` follows it."""
    field: str = Field(default="text", min_length=1)
    """The column that is written; a new one (`summary`) is null where there is no answer."""
    keep_original: str | None = Field(default=None, min_length=1)
    """The column for what stood in `field`. Default: `original_` and the name of the field."""
    tokens: int = Field(default=1024, ge=1)
    """The most tokens of an answer; a row whose answer is longer stays as it is."""
    budget: Annotated[Budget | None, Pulled] = None
    """The most that may be spent: `{requests: 10000, tokens: 5000000, cost: 20}`. It counts what this step, with these
    settings, has spent in all runs of the store; the run stops before it would be passed. Default: no limit."""

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        columns_of(self.prompt)
        if self.field in ("id", "origin", "parents", self._original):
            raise ValueError(f"`{self.field}` cannot be written here.")
        return self

    @property
    def _template(self) -> str:
        return completed(self.prompt, self.field)

    @property
    def _original(self) -> str:
        return self.keep_original or f"original_{self.field}"

    def tells(self) -> str:
        spent = "" if self.budget is None else " within its budget"
        return f"network, unless the model is a folder: `{self.model}` is asked once for each row{spent}, for at most {self.tokens:,} tokens"

    def study(self, work: Work) -> dict[str, Any]:
        return ready(work.models[self.model], self.budget)

    def reads(self) -> tuple[str, ...]:
        """The columns that the prompt names."""
        return columns_of(self._template)

    def makes(self, there: Collection[str]) -> Mapping[str, str]:
        if self.field not in there:
            return {self.field: "string"}
        if self._original in there:
            raise AskedWrong(
                f"It keeps the original in the column `{self._original}`, which is there already.",
                remedy="Name another: `keep_original: before_rewriting`.",
            )
        return {self._original: "string"}

    def columns(self, batch: Batch) -> Mapping[str, pa.Array]:
        """The column that is written, and what stood there before."""
        made = self.makes(batch.table.column_names)
        if self.field not in made and not _holds_texts(batch.table.schema.field(self.field)):
            raise AskedWrong(f"The column `{self.field}` holds no texts.", remedy="Write into another: `field: rewritten`.")
        template = self._template
        columns = {name: batch[name].to_pylist() for name in columns_of(template)}
        rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        account = Account(f"clean.rewrite {digest_of(self.identity())}", self.budget)
        answers = answers_of(asked(self.model, self.studied, self.tokens, account), [_conversation(template, row) for row in rows])
        new = pa.array([written(answer) for answer in answers], TEXT)
        if self.field in made:
            return {self.field: new}
        old = texts(batch[self.field])
        return {self.field: pc.coalesce(new, old), self._original: pc.if_else(pc.is_valid(new), old, pa.scalar(None, TEXT))}


def _holds_texts(field: pa.Field) -> bool:
    plain = pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
    return plain and (field.metadata or {}).items().isdisjoint(JSON.items())


def _conversation(template: str, row: Mapping[str, Any]) -> Messages | None:
    """What is said about a row; None where there is nothing in it to be written again."""
    question = rendered(template, row)
    return None if question is None else [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]


def written(answer: Answer | None) -> str | None:
    """The new text; None where there is none, or not all of it."""
    if answer is None or not isinstance(answer.value, str) or answer.ended == "length":
        return None
    said = THOUGHT.sub("", answer.value).strip()
    inside = AROUND.fullmatch(said)
    return (inside[1] if inside else said).strip() or None
