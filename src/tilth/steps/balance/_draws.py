"""What the steps of balance know of each row, the kind it is of and its lot; and what they tell of kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.errors import RecipeError
from tilth.lots import content, lots
from tilth.record import Batch, texts
from tilth.sql import columns_of, values_in

Numbers = npt.NDArray[np.int64]


LISTED = 1000
"""So many kinds are told one by one."""


def columns(names: tuple[str, ...], *expressions: str | None) -> tuple[str, ...]:
    """The columns that expressions name, and others."""
    return tuple(dict.fromkeys([*(name for sql in expressions if sql for name in columns_of(sql)), *names]))


def value(batch: Batch, sql: str) -> pa.Array:
    """The value of an expression for each row, as a text; null where it is null."""
    return texts(_single(batch, sql))


def number_or_text(batch: Batch, sql: str) -> pa.Array:
    """The value of an expression for each row: a number, or else a text; null where it is null or no number."""
    found = _single(batch, sql)
    if not (pa.types.is_decimal(found.type) or pa.types.is_integer(found.type) or pa.types.is_floating(found.type)):
        return texts(found)
    numbers = pc.add(pc.cast(found, pa.float64(), safe=False), 0.0)  # −0 + 0 is 0
    return pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)


def _single(batch: Batch, sql: str) -> pa.Array:
    found = values_in(batch, sql)
    if pa.types.is_nested(found.type):
        raise RecipeError(f"`{sql}` gives {found.type}, which is no one value.", accepted="It gives a number, a text, a date, or true or false.")
    return found


def drawn(batch: Batch, names: tuple[str, ...], seed: int, salt: str) -> dict[str, pa.Array]:
    """The columns `id` and `lot` of a sketch."""
    return {"id": batch["id"], "lot": lots(content(batch, names), seed, salt)}


def listed(names: list[Any], columns: Mapping[str, npt.NDArray[Any] | list[Any]], most: int = LISTED) -> list[dict[str, Any]]:
    """What is told of each kind; of many only of the largest by the first column, in the order of names."""
    first = next(iter(columns.values()))
    some = sorted(sorted(range(len(names)), key=lambda kind: (-first[kind], kind))[:most])
    return [{"kind": names[kind], **{name: _plain(values[kind]) for name, values in columns.items()}} for kind in some]


def _plain(number: Any) -> Any:
    return number.item() if isinstance(number, np.generic) else number
