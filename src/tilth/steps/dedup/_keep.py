"""The setting `keep`: which row of several that say the same thing stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ConfigDict, Field

from tilth.errors import RecipeError
from tilth.record import Batch, texts
from tilth.step import Settings


class Best(Settings):
    """Keep the row with the greatest value of a column."""

    best: str
    """A column of numbers; a row without a value comes last."""


class Prefer(Settings):
    """Keep the row whose column has the value that stands first in a list."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    prefer: Annotated[dict[str, tuple[str, ...]], Field(min_length=1, max_length=1)]
    """One column and its values, best first; other values come last."""


Keep = Literal["first", "longest"] | Best | Prefer


def column(keep: Keep) -> tuple[str, ...]:
    """The column that `keep` looks at, if it looks at one."""
    if isinstance(keep, Best):
        return (keep.best,)
    return tuple(keep.prefer) if isinstance(keep, Prefer) else ()


def claims(keep: Keep, batch: Batch, fields: Sequence[str]) -> pa.Array | None:
    """A number for each row: the greater, the sooner it is kept, null being the least. None: all are equal."""
    if keep == "first":
        return None
    if isinstance(keep, Best):
        return _numbers(batch[keep.best], keep.best)
    if isinstance(keep, Prefer):
        ((name, values),) = keep.prefer.items()
        place = pc.index_in(texts(batch[name]), pa.array(values, pa.large_string()))
        return pc.negate(pc.cast(place, pa.float64()))
    lengths = [np.asarray(pc.fill_null(pc.utf8_length(texts(batch[name])), 0)) for name in fields]
    return pa.array(np.sum(lengths, axis=0), pa.float64())


def _numbers(values: pa.Array, name: str) -> pa.Array:
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type) or pa.types.is_null(values.type)):
        raise RecipeError(
            f"`keep: {{best: {name}}}` needs numbers, and `{name}` holds {values.type}.",
            accepted="It takes a column of numbers; for a column of words there is `{prefer: {column: [a, b]}}`.",
            remedy=f"If they are numbers written as text, say `columns: {{{name}: number}}` at the source.",
        )
    return pc.cast(values, pa.float64(), safe=False)
