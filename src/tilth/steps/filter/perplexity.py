"""`filter.perplexity`: texts that read like the texts of another dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from tilth.errors import AskedWrong, NothingLeft
from tilth.lots import chances, lots
from tilth.record import Check, Measure, row_digests
from tilth.step import DataName, Filter, Limit, Range
from tilth.steps.filter._limits import possible, rule_of
from tilth.text import ngram_counts, ngrams
from tilth.text.buffers import as_texts
from tilth.work import Dataset, Work

MEASURES = ("perplexity", "bits_per_character")

HELD_OUT = 0.05
"""The share of the reference that is not learned, so that what is learned can be tried on it."""

QUANTILES = (0.5, 0.9, 0.99)


class Perplexity(Filter):
    """Keeps a row if its text is not too surprising to one who has read the reference.

    A small model of runs of words is counted from the reference dataset, in memory and without a GPU (half a minute for
    twenty million characters): an interpolated Witten–Bell model over a model of spelling, so strange words and other languages
    surprise as much as strange phrases. Definition: `tilth.text.ngrams`. Limits mean nothing without the reference:
    one row in twenty of it is not learned, and the facts of the step tell the perplexity of those rows (the median,
    and what 90 and 99 % of them stay below), beside which limits may be set.

    `perplexity` is for each word, `bits_per_character` for each character, which is the fairer one where texts
    differ in the length of their words. A text without a word is not judged.
    """

    reference: DataName
    """The dataset whose texts are learned: `good`, or `wiki.train`."""
    order: int = Field(default=3, ge=1, le=ngrams.MOST)
    """A word is expected after so many words, itself included: 3 is a trigram model."""
    characters: int = Field(default=20_000_000, ge=1)
    """At most about so many characters of the reference are learned; of a larger one, rows drawn by lot. A
    million take about 10 MB."""
    column: str = "text"
    """The column of the reference that is learned."""
    perplexity: Annotated[Range, Limit] = Range()
    """The perplexity that a text may have: `{at_most: 2000}`."""
    bits_per_character: Annotated[Range, Limit] = Range()
    """The bits for each character that a text may have: `{at_most: 3}`."""
    add: tuple[Literal["perplexity", "bits_per_character"], ...] = ()
    """Measures that the rows get as columns; with one, limits may be left out, and every row stays."""
    fields: tuple[str, ...] = Field(default=("text",), min_length=1)
    """The columns that are judged; each must lie within the limits. The columns that are added tell of the first."""

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if all(possible(name, limits) == Range() for name, limits in self._limits().items()) and not self.add:
            raise ValueError("No limit is given, so every row would stay. Give `perplexity: {at_most: 2000}`, or `add` to get it as a column.")
        return self

    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """The reference has the column that is learned."""
        return {self.reference: (self.column,)}

    def study(self, work: Work) -> dict[str, Any]:
        """Count the model, and try it on the rows that were held out."""
        ngram_counts.prepare()
        dataset = work.datasets[self.reference]
        share = min(1.0, self.characters / max(1, self._size(dataset, work.seed)))
        told = {"rows": 0, "characters": 0}
        model = ngram_counts.count(self._learned(dataset, (work.seed, share), told), self.order)
        model.write(work.folder)
        ngrams.prepare()
        scores = [ngrams.likelihood(model, batch) for batch in self._drawn(dataset, work.seed, lambda lot: lot < HELD_OUT)]
        words = {"words": int(model.totals[1]), "different_words": int(model.totals[2])}
        return {**told, **words, "held_out": _told(scores)}

    def _size(self, dataset: Dataset, seed: int) -> int:
        learned = self._drawn(dataset, seed, lambda lot: lot >= HELD_OUT)
        found = sum(pc.sum(pc.utf8_length(column)).as_py() or 0 for column in learned)
        if not found:
            raise NothingLeft(f"`{self.reference}` has no text in `{self.column}`, so that nothing can be learned from it.")
        return int(found)

    def _learned(self, dataset: Dataset, drawn: tuple[int, float], told: dict[str, int]) -> Iterator[pa.Array]:
        """The texts that are learned; how many rows and characters that were is added to `told`."""
        seed, share = drawn
        for column in self._drawn(dataset, seed, lambda lot: (lot >= HELD_OUT) & ((lot - HELD_OUT) < share * (1 - HELD_OUT))):
            told["rows"] += len(column) - column.null_count
            told["characters"] += pc.sum(pc.utf8_length(column)).as_py() or 0
            yield column

    def _drawn(self, dataset: Dataset, seed: int, wanted: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.bool_]]) -> Iterator[pa.Array]:
        """The texts of the rows whose lots are wanted. A lot is of the text alone, so where a row stands changes nothing."""
        for batch in dataset.batches([self.column]):
            column = as_texts(batch[self.column])
            yield column.filter(pa.array(wanted(chances(lots(row_digests(pa.table({"text": column})), seed, "filter.perplexity")))))

    def checks(self) -> tuple[Check, ...]:
        pairs = [(self._measure(name, field), limits) for field in self.fields for name, limits in self._limits().items()]
        return tuple(Check(rule_of(measure), measure, each.at_least, each.at_most) for measure, each in pairs)

    def adds(self) -> tuple[Measure, ...]:
        return tuple(self._measure(name, self.fields[0]) for name in self.add)

    def prepare(self) -> None:
        ngrams.prepare()

    def _limits(self) -> dict[str, Range]:
        return {name: getattr(self, name) for name in MEASURES}

    def _measure(self, name: str, field: str) -> Measure:
        known = self.studied
        key = f"{self.reference} {self.column}, order {self.order}, {self.characters} characters"
        return Measure(name, _family(known.folder if known else None), (field,), key, studied=known.content if known else "")


@cache
def _family(folder: Path | None) -> Callable[[pa.Array], Mapping[str, pa.Array]]:
    """The function that measures, the same one for the same model, so that both measures share its work."""
    return partial(_likelihood, folder)


def _likelihood(folder: Path | None, column: pa.Array) -> Mapping[str, pa.Array]:
    if folder is None:
        raise AskedWrong(
            "Nothing has been learned from the reference yet.",
            remedy="On a table of its own, give it: `step.given(folder, data={…})`.",
        )
    return ngrams.likelihood(ngrams.load(folder), column)


def _told(scores: list[Mapping[str, pa.Array]]) -> dict[str, Any]:
    """How many rows were held out, and quantiles of their measures; without a row, none."""
    found = {name: np.concatenate([np.empty(0), *(np.asarray(one[name].drop_null()) for one in scores)]) for name in MEASURES}
    rows = len(found["perplexity"])
    quantiles = {name: [float(value) for value in ngrams.five_digits(np.quantile(values, QUANTILES))] for name, values in found.items() if rows}
    return {"rows": rows, **{name: dict(zip(("median", "90 %", "99 %"), values, strict=True)) for name, values in quantiles.items()}}
