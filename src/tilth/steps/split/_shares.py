"""How many rows each part of a split is to have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field, StrictInt

from tilth.errors import NothingLeft
from tilth.shares import exact

Share = Annotated[StrictInt, Field(ge=0)] | Annotated[float, Field(gt=0, lt=1, strict=True)]
"""A number of rows, or a fraction of them."""

DRAWN = ("test", "validation", "train")
"""The parts in the order in which they are drawn."""


def asked(test: Share | None, validation: Share | None, train: Share | None) -> dict[str, int | float]:
    """What is asked for, in the order in which it is drawn."""
    shares = zip(DRAWN, (test, validation, train), strict=True)
    return {name: share for name, share in shares if share is not None}


def check_possible(shares: Mapping[str, object]) -> None:
    """Raise ValueError where nothing is drawn, or more than everything."""
    if not shares:
        raise ValueError("Nothing is drawn. Say how many rows or what fraction: `{validation: 300, test: 300}` or `{test: 0.1}`.")
    total = sum((exact(share) for share in shares.values() if isinstance(share, float)), Fraction(0))
    if total > 1:
        named = ", ".join(f"`{name}`" for name in shares)
        raise ValueError(f"The fractions of {named} add up to {float(total):g}, which is more than all rows.")


def parts_of(shares: Mapping[str, object]) -> tuple[str, ...]:
    """The names of the parts, train first; what is not drawn is `train`."""
    return tuple(name for name in reversed(DRAWN) if name == "train" or name in shares)


def wanted(shares: Mapping[str, int | float], rows: int) -> dict[str, int]:
    """Rows for each part that was asked for. Raises NothingLeft when there are not so many."""
    counts = dict(_counts(shares, rows))
    if sum(counts.values()) > rows:
        told = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise NothingLeft(
            f"{sum(counts.values())} rows are asked for ({told}), and {rows} came to the split.",
            accepted=f"The parts may take {rows} rows together.",
            remedy="Ask for fewer, or for fractions such as `test: 0.1`.",
        )
    return counts


def _counts(shares: Mapping[str, int | float], rows: int) -> Iterator[tuple[str, int]]:
    """Fractions are rounded so that those which make up the whole take every row."""
    before = Fraction(0)
    for name, share in shares.items():
        if isinstance(share, int):
            yield name, share
            continue
        after = before + exact(share)
        yield name, int(after * rows) - int(before * rows)
        before = after


def is_rest_train(shares: Mapping[str, object], counts: Mapping[str, int], rows: int) -> bool:
    """Whether rows that fitted nowhere are train: it was not asked for, or every row was."""
    return "train" not in shares or sum(counts.values()) == rows


def counted(part: npt.NDArray[np.int16], parts: tuple[str, ...]) -> dict[str, int]:
    """How many rows each part has."""
    return {name: int((part == number).sum()) for number, name in enumerate(parts)}


def shortfalls(counts: Mapping[str, int], got: Mapping[str, int]) -> dict[str, int]:
    """By how many rows a part is short of what was asked for."""
    return {name: count - got[name] for name, count in counts.items() if got[name] < count}


def check_filled(got: Mapping[str, int], shares: Mapping[str, object], rows: int, why: Mapping[str, str]) -> None:
    """Raise NothingLeft when a part that is to have rows has none; `why` for each part, if that is known."""
    for name, count in got.items():
        share = shares.get(name)
        if count or share == 0:
            continue
        what = "the rest" if share is None else str(share)
        raise NothingLeft(
            f"`{name}` is to have {what} of {rows} rows, and that leaves it none.{why.get(name, '')}",
            accepted="Every part that is asked for has rows; a part of 0 has none on purpose.",
            remedy="Ask for other numbers, or give the split more rows.",
        )


def check_groups_fit(largest: int, counts: Mapping[str, int], rows: int, what: str, remedy: str) -> None:
    """Raise NothingLeft when a group is larger than every part."""
    room = max({"train": rows - sum(counts.values()), **counts}.values())
    if largest > room:
        raise NothingLeft(
            f"{largest} of {rows} rows {what}, and the largest part is to have {room}.", accepted="They go to one part together.", remedy=remedy
        )
