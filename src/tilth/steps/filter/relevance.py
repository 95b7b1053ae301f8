"""`filter.relevance`: texts that mean much the same as those of a dataset that is an example."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field, StrictInt, field_validator

from tilth.errors import AskedWrong, NothingLeft
from tilth.model.embedding import dimensions, encoder
from tilth.record import Check, Measure
from tilth.step import DataName, Filter, Limit, ModelName, Range
from tilth.steps.filter._limits import possible
from tilth.text import vectors
from tilth.work import Studied, Work

EXAMPLES = 10_000
"""Rows of the reference dataset that are compared with, at most."""


class Relevance(Filter):
    """Keeps a row if its text is like the texts of a reference dataset, and tells how like it is.

    The measure `relevance` is the mean cosine of the text's vector with the vectors of the `neighbours` reference texts
    most like it (fewer where the reference has fewer), as the model encodes them (`tilth.model.embedding`). Of a
    reference of more than 10,000 different texts 10,000 are taken, by a hash of their vectors, so whatever their order.
    Which cosine is near differs from model to model: look at the rows at the border before you set a limit.

    The rows get the column `relevance`. It is null where the text is null or white space alone, or the model knows no
    word of it; such a row is not judged, and stays.
    """

    dear: ClassVar[bool] = True

    like: DataName
    """The reference dataset: what the rows should be like."""
    model: ModelName
    """The model that encodes the texts: a folder of Sentence Transformers or of model2vec, or an endpoint."""
    similarity: Annotated[Range, Limit] = Range()
    """How like the reference a row must be: `{at_least: 0.5}`."""
    neighbours: Annotated[StrictInt, Field(ge=1, le=1000)] = 5
    """Over how many of the nearest reference texts the cosine is averaged."""
    fields: Annotated[tuple[str, ...], Field(min_length=1)] = ("text",)
    """The columns that are compared, joined by line ends; the reference has them too."""

    @field_validator("similarity")
    @classmethod
    def _can_be(cls, limits: Range) -> Range:
        return possible("similarity", limits)

    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """The reference has the columns of `fields` too."""
        return {self.like: self.fields}

    def study(self, work: Work) -> dict[str, Any]:
        """Encode the reference and keep its vectors. Raises NothingLeft where it has no text."""
        folder, data = work.models[self.model], work.datasets[self.like]
        made, size = encoder(folder, work.scratch), dimensions(folder, work.scratch)
        kept, rows = np.zeros((0, size), np.int16), 0
        for batch in data.batches(self.fields):
            found = vectors.of_texts(vectors.joined([batch[name] for name in self.fields]), made.encode, size)
            rows += len(found)
            kept = vectors.drawn(np.concatenate([kept, found]), EXAMPLES)
            work.tell({"rows": rows, "of": data.rows})
        if not len(kept):
            raise NothingLeft(f"`{self.like}` has no text in {', '.join(f'`{name}`' for name in self.fields)} to compare with.")
        np.save(work.folder / "reference.npy", kept)
        (work.folder / "encoder.json").write_text(json.dumps({"dimensions": size}), "utf-8")
        return {"encoder": {**made.facts, "dimensions": size}, "reference_rows": rows, "compared_with": len(kept)}

    def checks(self) -> tuple[Check, ...]:
        return (Check("relevance", self._measure(), self.similarity.at_least, self.similarity.at_most),)

    def adds(self) -> tuple[Measure, ...]:
        return (self._measure(),)

    def _measure(self) -> Measure:
        known = self.studied
        of = _unknown if known is None else _family(_Reference(known, self.model), self.neighbours)
        key = f"like {self.like} by {self.model}, {self.neighbours} neighbours"
        return Measure("relevance", of, self.fields, key, studied=known.content if known else "")

    def prepare(self) -> None:
        vectors.prepare()


class _Reference:
    """What is compared with, by its content: so that functions of the same reference are the same function."""

    def __init__(self, studied: Studied, model: str) -> None:
        self.content, self.folder, self.model, self.answers = studied.content, studied.folder, studied.models[model], studied.cache

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reference) and (other.content, other.folder, other.model) == (self.content, self.folder, self.model)

    def __hash__(self) -> int:
        return hash(self.content)


@cache
def _family(reference: _Reference, neighbours: int) -> partial[Mapping[str, pa.Array]]:
    return partial(_relevance, reference=reference, neighbours=neighbours)


@cache
def _load(folder: Path) -> tuple[npt.NDArray[np.int16], int]:
    told = json.loads((folder / "encoder.json").read_text("utf-8"))
    return np.load(folder / "reference.npy"), int(told["dimensions"])


def _relevance(*columns: pa.Array, reference: _Reference, neighbours: int) -> Mapping[str, pa.Array]:
    """The mean cosine with the nearest reference texts; null where nothing is known of a text."""
    examples, size = _load(reference.folder)
    found = vectors.of_texts(vectors.joined(columns), encoder(reference.model, reference.answers).encode, size)
    count = min(neighbours, len(examples))
    told = np.empty(len(found))
    for begin in range(0, len(found), 512):
        near = np.sort(vectors.cosines(found[begin : begin + 512], examples), axis=1)[:, -count:]
        told[begin : begin + 512] = near.sum(axis=1) / count
    return {"relevance": pa.array(told, pa.float64(), mask=~found.any(axis=1))}


def _unknown(*columns: pa.Array) -> Mapping[str, pa.Array]:
    raise AskedWrong(
        "It compares with a dataset by a model, and was given neither.",
        remedy="In Python: `step.given(folder, data={…}, models={…})`, with the table and the model's folder by the names of the settings.",
    )
