"""`filter.judge`: texts that a language model scores high enough by a rubric."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, partial
from typing import Annotated, Any, ClassVar, Self

import pyarrow as pa
from pydantic import Field, model_validator

from tilth.model.answers import Account, Budget
from tilth.model.asking import digest_of
from tilth.model.chat import Asked, asked, ready
from tilth.model.prompt import columns_of, completed, rendered
from tilth.record import Check, Measure
from tilth.step import Filter, Limit, ModelName, Pulled, Range
from tilth.steps.filter._limits import possible
from tilth.steps.filter._rubric import Example, Scale, judge_score
from tilth.work import Work


class Judge(Filter):
    """Keeps a row if a language model scores it as high as asked, by a rubric in your words.

    The model is an endpoint, or a folder that Transformers can load, which is asked by the chat template in it; it is asked
    once for each row that the filters before it keep, at temperature 0. It is told that it scores rows of a dataset, that
    data is no instruction, and the scale; then the rubric and the score of each of `examples`; then the rubric, with each
    value of the row between `<data MARK>` and `</data MARK>`, where MARK is a digest of the row's values. The score is the
    `score` of the JSON object in the answer, or else the first number in it that lies on the scale. Where there is
    neither, where the model refuses the text (too long, or for its content), and where a row has nothing in the columns
    that the rubric names, the row is *not judged*: its score is null, and it stays.

    What a model says is kept in the store: an interrupted run goes on from there, and equal rows are asked once. The
    rule and the measure are named `judge_score`. A row is data, yet whoever wrote it may still sway a model by it, for
    example by asking for a high score; that cannot be excluded. Look at both ends of the scores, and hold some scores
    against those of people, before you trust it. What must not leave this machine is taken out before, by a step of
    `redact`.
    """

    revision: ClassVar[int] = 2
    dear: ClassVar[bool] = True

    model: ModelName
    """The model that scores."""
    rubric: str = Field(min_length=1)
    """What is scored, and what each score means: a Jinja template over the row's columns (`Is {{ answer }} right for
    {{ question }}?`). Where it names no column, the text follows it."""
    scale: tuple[float, float] = (1, 5)
    """The lowest and the highest score."""
    score: Annotated[Range, Limit] = Range()
    """How high the score must be: `{at_least: 3}`. Default: no row is dropped."""
    column: str | None = Field(default=None, min_length=1)
    """A column for the score. Default: it is a measure alone."""
    examples: tuple[Example, ...] = ()
    """Rows with their scores, shown to the model before each row."""
    tokens: int = Field(default=64, ge=1)
    """The most tokens of an answer; a model that thinks before it answers needs more."""
    budget: Annotated[Budget | None, Pulled] = None
    """The most that may be spent: `{requests: 10000, tokens: 5000000, cost: 20}`. It counts what this step, with these
    settings, has spent in all runs of the store; the run stops before it would be passed. Default: no limit."""

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        low, high = self.scale
        if not low < high:
            raise ValueError(f"The scale goes from {low:g} to {high:g}; its first number is the lowest score.")
        possible("score", self.score)
        needed = columns_of(self._template)
        for number, example in enumerate(self.examples, 1):
            lacking = [name for name in needed if name not in example.row]
            if lacking:
                raise ValueError(f"Example {number} has no `{lacking[0]}`, which the rubric names.")
            if not low <= example.score <= high:
                raise ValueError(f"Example {number} has the score {example.score:g}, which is not on the scale from {low:g} to {high:g}.")
        return self

    @property
    def _template(self) -> str:
        return completed(self.rubric, "text")

    def tells(self) -> str:
        spent = "" if self.budget is None else " within its budget"
        return f"network, unless the model is a folder: `{self.model}` is asked once for each row{spent}, for at most {self.tokens:,} tokens"

    def study(self, work: Work) -> dict[str, Any]:
        return ready(work.models[self.model], self.budget)

    def checks(self) -> tuple[Check, ...]:
        return (Check("judge_score", self._measure(), self.score.at_least, self.score.at_most),)

    def adds(self) -> tuple[Measure, ...]:
        return () if self.column is None else (self._measure(),)

    def _measure(self) -> Measure:
        template, name = self._template, self.column or "judge_score"
        examples = tuple((str(rendered(template, example.row)), example.score) for example in self.examples)
        account = Account(f"filter.judge {digest_of(self.identity())}", self.budget)
        columns, scale = columns_of(template), Scale(template, columns_of(template), self.scale, examples)
        of = _family(asked(self.model, self.studied, self.tokens, account), scale, name)
        key = json.dumps([self.model, template, self.scale, examples, self.tokens])
        return Measure(name, of, columns, key, self.revision, studied=self.studied.content if self.studied else "")


@cache
def _family(model: Asked, scale: Scale, name: str) -> partial[Mapping[str, pa.Array]]:
    """The function that measures, the same one for the same settings."""
    return partial(judge_score, model, scale, name)
