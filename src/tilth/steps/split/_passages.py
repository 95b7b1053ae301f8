"""Rows that hold long passages of others, such as a document in which a row of the test stands: what near-duplicates never show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, StrictInt

from tilth.lots import Column, halves
from tilth.pairs import Columns, Compared
from tilth.record import TEXT, Batch, flat, texts
from tilth.step import Settings
from tilth.text import holding, winnowing
from tilth.text.holding import held
from tilth.text.winnowing import samples

Numbers = npt.NDArray[np.int64]

NAME = "passages"
"""The column of the sketch: the samples of a row's runs of words."""


class Passages(Settings):
    """What makes a passage that two rows share."""

    words: Annotated[StrictInt, Field(ge=5, le=100)] = 13
    """How many words a run has. A row of fewer words is not looked for, and one of `words` + 7 never missed that stands whole in another."""

    share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """How much of a row another must have: of its words, among those in sampled runs that are not common."""

    common: Annotated[StrictInt, Field(ge=2)] = 10
    """A run that stands in more rows of different content than this says nothing: boilerplate, a template."""


@dataclass(frozen=True)
class Shared:
    """Row `holders[n]` has `shares[n]` of the row `held[n]`; of rows with equal content one stands for all."""

    holders: Numbers
    held: Numbers
    shares: npt.NDArray[np.float64]


NONE = Shared(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
"""Where no passages are looked for."""


def compile_passages() -> None:
    """Compile what passages are found by, before workers start."""
    winnowing.prepare()
    holding.prepare()


def sampled(batch: Batch, fields: tuple[str, ...], passages: Passages | None) -> dict[str, pa.Array]:
    """The column of the sketch, by name: about 8 bytes for 4.5 words. Of `fields` those that hold texts are read, joined by line ends;
    none where no field does."""
    columns = [texts(batch[name]) for name in fields if _is_text(batch[name].type)]
    if passages is None or not columns:
        return {}
    joined = columns[0] if len(columns) == 1 else pc.binary_join_element_wise(*(pc.fill_null(one, "") for one in columns), pa.scalar("\n", TEXT))
    values, counts = samples(joined, passages.words)
    return {NAME: pa.LargeListArray.from_arrays(pa.array(np.append(0, np.cumsum(counts)), pa.int64()), pa.array(values, pa.uint64()))}


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind))


def shared(sketches: Columns, content: Column, passages: Passages | None) -> Shared:
    """Which rows have how much of which others; rows of one `content` are one. None where there are no sketches of passages."""
    if passages is None or NAME not in sketches.column_names:
        return NONE
    high, low = halves(content)
    order = np.lexsort((low, high))
    new = np.append(True, (high[order][1:] != high[order][:-1]) | (low[order][1:] != low[order][:-1]))[: len(order)]
    firsts = np.sort(order[new])
    column = flat(sketches[NAME])
    column = column if len(firsts) == len(column) else column.take(pa.array(firsts))
    begins = np.asarray(column.offsets)
    values = np.asarray(column.values)[begins[0] : begins[-1]]
    found = held(values, begins - begins[0], passages.words, passages.common, passages.share)
    return Shared(firsts[found.holders], firsts[found.held], found.shares)


def together(compared: Compared, found: Shared) -> Compared:
    """The pairs, and those of rows of which one has most of the other."""
    later, sooner = np.maximum(found.holders, found.held), np.minimum(found.holders, found.held)
    every = np.append(compared.later, later), np.append(compared.sooner, sooner), np.append(compared.similarity, found.shares)
    return replace(compared, later=every[0], sooner=every[1], similarity=every[2])
