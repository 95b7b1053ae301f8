"""`filter.classifier`: texts that a model labels as asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from tilth.errors import AskedWrong
from tilth.model.classifying import DECIMALS, chosen, classifier, fasttext_file, is_transformers, labels_of
from tilth.record import Check, Measure
from tilth.step import Filter, Limit, ModelName, Range
from tilth.steps.filter._limits import possible, rule_of
from tilth.text import fasttext
from tilth.text.buffers import as_texts
from tilth.work import Work


class Classifier(Filter):
    """Keeps a row if a classifier gives its text such a score as asked.

    The model is any text classifier of Transformers (`AutoModelForSequenceClassification`; needs the extra `train`) or
    of fastText (a folder with one `.bin` or `.ftz` file; needs the extra `language`). The score is the probability
    of `label`; of a model with one output, the output itself. It is rounded to four decimals, to which it does not depend
    on the batch. A row is kept by its score and the limit alone, never by chance. A text that is null or blank is not
    judged.

    Of a long text, Transformers reads the first `length` tokens and no more than the model can place; fastText reads all
    of it, as one line.
    """

    model: ModelName
    """The model, as the recipe names it."""
    label: str | None = None
    """The label whose probability is the score: `high_quality`, without fastText's `__label__`. A model with one
    output needs none."""
    score: Annotated[Range, Limit] = Range()
    """The score that a text must have: `{at_least: 0.5}`."""
    length: int = Field(default=512, ge=1)
    """How many tokens of a text are read, from its beginning. For fastText it means nothing."""
    column: str | None = None
    """The score is also set as this column, and the rule is named so; with it, `score` may be left out, and every
    row stays."""
    fields: tuple[str, ...] = Field(default=("text",), min_length=1)
    """The columns that are judged; each must pass. The column that is added tells of the first."""

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if possible("score", self.score) == Range() and self.column is None:
            raise ValueError("No limit is given, so every row would stay. Give `score: {at_least: 0.5}`, or `column` to get it as a column.")
        return self

    def study(self, work: Work) -> dict[str, Any]:
        """Look whether the model has the label, before any row is read."""
        place = work.models[self.model]
        if is_transformers(place):
            return {"kind": "transformers", "label": chosen(self.label, labels_of(place), place), "tokens_at_most": self.length}
        file = fasttext_file(place)
        return {"kind": "fastText", "label": chosen(self.label, fasttext.labels(str(file)), file)}

    def checks(self) -> tuple[Check, ...]:
        measures = [self._measure(field) for field in self.fields]
        return tuple(Check(rule_of(measure), measure, self.score.at_least, self.score.at_most) for measure in measures)

    def adds(self) -> tuple[Measure, ...]:
        return () if self.column is None else (self._measure(self.fields[0]),)

    def _measure(self, field: str) -> Measure:
        known, name = self.studied, self.column or "score"
        place = known.models[self.model] if known else None
        key = f"{self.model} {self.label} {self.length}"
        return Measure(name, _scored(place, name, self.label, self.length), (field,), key, studied=known.content if known else "")


@cache
def _scored(place: Path | None, name: str, label: str | None, length: int) -> Callable[[pa.Array], Mapping[str, pa.Array]]:
    """The function that measures, the same one for the same settings."""
    return partial(_score, place, name, (label, length))


def _score(place: Path | None, name: str, asked: tuple[str | None, int], column: pa.Array) -> Mapping[str, pa.Array]:
    """The score of each text, under its name."""
    if place is None:
        raise AskedWrong("No model has been given yet.", remedy="On a table of its own, give it: `step.given(folder, models={…})`.")
    texts = as_texts(column)
    judged = np.asarray(pc.fill_null(pc.match_substring_regex(texts, r"\S"), False))
    scores = np.zeros(len(texts), np.float64)
    if judged.any():
        scores[judged] = _of(place, asked, texts.filter(pa.array(judged))).round(DECIMALS)
    return {name: pa.array(scores, pa.float64(), mask=~judged)}


def _of(place: Path, asked: tuple[str | None, int], texts: pa.LargeStringArray) -> Any:
    label, length = asked
    if is_transformers(place):
        return classifier(place, length).scores(texts.to_pylist(), chosen(label, labels_of(place), place))
    file = str(fasttext_file(place))
    return fasttext.probabilities(file, chosen(label, fasttext.labels(file), place), texts)
