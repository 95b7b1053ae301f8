"""split.random: parts drawn by lot, the same lot every time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, StrictInt, model_validator

from tilth.errors import NothingLeft
from tilth.pairs import NOTHING, Columns, Compared
from tilth.record import Batch, Outcome, as_ids, id_array, row_digests
from tilth.step import Limit, Whole
from tilth.text import near
from tilth.text.groups import components
from tilth.text.minhash import banding
from tilth.text.near import Near

Share = Annotated[StrictInt, Field(ge=0)] | Annotated[float, Field(gt=0, lt=1, strict=True)]
"""A number of rows, or a fraction of them."""

RECALL = 0.99
"""The probability with which two rows as similar as `near` are found."""

_DRAWN = ("test", "validation", "train")
_WHOLE = Decimal(1)


class Random(Whole):
    """Rows drawn by lot into `test`, `validation` and `train`.

    A row's lot is the BLAKE2b hash of (seed, address of the step, digest of the row's content), so it
    depends on no other row: a line inserted at the top of a file moves no row to another part but, at
    most, one out of each part, which it displaces. Rows with equal content have one lot and are a group, and so are
    rows whose texts are nearly the same (`near`; verified pairs, and all that hang together by them), whose
    lowest lot is the group's; groups are never divided.

    In the order of their lots, `test` takes every group that still fits into its count, then
    `validation`, then `train`, each from what those before it left. So another count for `validation`
    moves no row of `test`, and counts are exact unless too few small groups are left to fill one up:
    the shortfall is told in the facts. Without `train`, the rest is train. With it, the rest is dropped
    (rule `not_drawn`), unless every row was asked for: then groups that fitted nowhere are train.
    Fractions are of all rows, rounded so that fractions which make up the whole take every row.

    Refused with exit code 3: more rows asked for than there are, a part that gets none, and a group that no part
    can hold.
    """

    revision = 3

    train: Annotated[Share | None, Limit] = None
    """Rows or fraction for training; null: the rest."""

    validation: Annotated[Share | None, Limit] = None
    """Rows or fraction for validation while training."""

    test: Annotated[Share | None, Limit] = None
    """Rows or fraction for the test at the end."""

    content: tuple[str, ...] = ()
    """The columns that are a row's content. If none is named: `text` where the row has one, or else
    every column but `id`, `origin` and `parents`."""

    near: Annotated[float, Field(gt=0, le=1)] | None = 0.8
    """Rows at least so similar go to one part together, so that no text of the test was nearly seen in training: the
    similarity of `dedup.minhash`, of the columns of `content`; null: only equal rows go together."""

    seed: int = 0
    """Another seed draws other lots. A recipe's own `seed` stands here unless the step has one."""

    salt: str = ""
    """The step's address in its recipe, which the recipe sets: two splits draw different lots."""

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        shares = self._shares()
        if not shares:
            raise ValueError("Nothing is drawn. Say how many rows or what fraction: `{validation: 300, test: 300}` or `{test: 0.1}`.")
        total = sum((_exact(share) for share in shares.values() if isinstance(share, float)), Decimal(0))
        if total > _WHOLE:
            raise ValueError(f"The fractions of {_listed(list(shares))} add up to {total}, which is more than all rows.")
        return self

    def identity(self) -> dict[str, Any]:
        """Its settings, and how near texts are found."""
        told = super().identity()
        return told if self.near is None else {**told, "near": [self.near, near.REVISION]}

    def parts(self) -> tuple[str, ...]:
        """The names of its parts; what is not drawn is `train`."""
        shares = self._shares()
        return tuple(name for name in ("train", "validation", "test") if name == "train" or name in shares)

    def reads(self) -> tuple[str, ...]:
        """The columns of `content`, if any is named."""
        return self.content

    def prepare(self) -> None:
        near.prepare()

    def comparison(self) -> Near | None:
        return None if self.near is None else Near(banding(self.near, RECALL), self.content or ("text",), self.near)

    def sketch(self, batch: Batch) -> pa.Table:
        """The id and the lot of each row, and by what rows that are near are found, if they have a text."""
        named = self.content or (("text",) if "text" in batch.table.column_names else ())
        key = hashlib.blake2b(f"{self.seed}\0{self.salt}".encode(), digest_size=16).digest()
        lots = [hashlib.blake2b(digest, digest_size=16, key=key).digest() for digest in self._digests(batch, named)]
        comparison = self.comparison() if named else None
        return pa.table({"id": batch["id"], "lot": id_array(lots), **({} if comparison is None else comparison.sketch(batch))})

    def _digests(self, batch: Batch, named: tuple[str, ...]) -> list[bytes]:
        """The digest of each row's content. A row without a text is what its other columns hold: rows of a table that
        has no texts would all be equal otherwise."""
        if not named:
            return row_digests(batch.table)
        found = row_digests(pa.table({name: batch[name] for name in named}))
        blank = np.asarray(pc.is_null(batch["text"])) if not self.content else np.zeros(len(batch), np.bool_)
        places = np.flatnonzero(blank)
        for place, digest in zip(places, row_digests(batch.table.take(pa.array(places))) if len(places) else (), strict=True):
            found[place] = digest
        return found

    def decide(self, sketches: Columns, compared: Compared = NOTHING) -> Outcome:
        """Fill the parts in the order of lots."""
        rows, shares = sketches.num_rows, self._shares()
        wanted = self._wanted(rows)
        group_of, sizes = _groups(sketches, compared)
        self._refuse_large(int(sizes.max(initial=0)), wanted, rows)
        part_of = np.full(len(sizes), -1, np.int16)
        parts = tuple(name for name in reversed(_DRAWN) if name == "train" or name in shares)
        for name in wanted:
            free = np.flatnonzero(part_of < 0)
            part_of[free[_fitting(sizes[free], wanted[name])]] = parts.index(name)
        if "train" not in shares or sum(wanted.values()) == rows:
            part_of[part_of < 0] = parts.index("train")
        part = part_of[group_of]
        got: dict[str, int] = {name: int((part == number).sum()) for number, name in enumerate(parts)}
        self._refuse_empty(got, wanted, rows)
        short = {name: wanted[name] - got[name] for name in wanted if got[name] < wanted[name]}
        facts = {"rows": got, "short": short, "groups": int((sizes > 1).sum()), "largest_group": int(sizes.max(initial=0))}
        return Outcome(parts, part, "not_drawn", facts=facts)

    def _shares(self) -> dict[str, int | float]:
        """What was asked for, in the order in which it is drawn."""
        shares = {name: getattr(self, name) for name in _DRAWN}
        return {name: share for name, share in shares.items() if share is not None}

    def _wanted(self, rows: int) -> dict[str, int]:
        """Rows for each part that was asked for. Raises NothingLeft when there are not so many."""
        wanted = dict(self._counts(rows))
        if sum(wanted.values()) > rows:
            asked = ", ".join(f"{name} {count}" for name, count in wanted.items())
            raise NothingLeft(
                f"{sum(wanted.values())} rows are asked for ({asked}), and {rows} came to the split.",
                accepted=f"The parts may take {rows} rows together.",
                remedy="Ask for fewer, or for fractions such as `test: 0.1`.",
            )
        return wanted

    def _counts(self, rows: int) -> Iterator[tuple[str, int]]:
        before = Decimal(0)
        for name, share in self._shares().items():
            if isinstance(share, int):
                yield name, share
                continue
            after = before + _exact(share)
            yield name, int(after * rows) - int(before * rows)
            before = after

    def _refuse_large(self, largest: int, wanted: dict[str, int], rows: int) -> None:
        """Raise NothingLeft when a group is larger than every part."""
        room = {"train": rows - sum(wanted.values()), **wanted}
        if largest > max(room.values()):
            raise NothingLeft(
                f"{largest} of {rows} rows are equal or nearly the same, and the largest part is to have {max(room.values())}.",
                accepted="Rows that are nearly the same go to one part together.",
                remedy="Put `dedup.minhash` before the split, or ask for other numbers; `near: null` keeps only equal rows together.",
            )

    def _refuse_empty(self, got: dict[str, int], wanted: dict[str, int], rows: int) -> None:
        for name, count in got.items():
            asked = self._shares().get(name)
            if count or asked == 0:
                continue
            what = "the rest" if asked is None else str(asked)
            why = " Every group of equal rows that was left is larger than that." if wanted.get(name) else ""
            raise NothingLeft(
                f"`{name}` is to have {what} of {rows} rows, and that leaves it none.{why}",
                accepted="Every part that is asked for has rows; a part of 0 has none on purpose.",
                remedy="Ask for other numbers, or give the split more rows.",
            )


def _exact(share: float) -> Decimal:
    """The decimal that was written, so that 0.8 + 0.1 + 0.1 is one."""
    return Decimal(repr(share))


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _groups(sketches: Columns, compared: Compared) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For each row the number of its group, groups being counted in the order of their lowest lots; and their sizes."""
    halves = as_ids(sketches["lot"]).view("<u8").reshape(-1, 2)
    order = np.lexsort((halves[:, 1], halves[:, 0]))
    lots = halves[order]
    new = np.append(False, (lots[1:] != lots[:-1]).any(axis=1))[: len(order)]
    group_of = np.empty(len(order), np.int64)
    group_of[order] = np.cumsum(new)
    lowest = components(group_of[compared.later], group_of[compared.sooner], int(new.sum()) + bool(len(order)))
    _, group_of = np.unique(lowest[group_of], return_inverse=True)
    return group_of, np.bincount(group_of)


def _fitting(sizes: npt.NDArray[np.int64], room: int) -> npt.NDArray[np.int64]:
    """Which groups fit, each in its turn taken if there is still room for it.

    Each round takes the longest run of groups that fits and passes over all that are now too large,
    so a round begins with less room than the last one's obstacle had.
    """
    taken, candidates = [np.empty(0, np.int64)], np.flatnonzero(sizes <= room)
    while room and len(candidates):
        filled = np.cumsum(sizes[candidates])
        fits = int(np.searchsorted(filled, room, side="right"))
        taken.append(candidates[:fits])
        room -= int(filled[fits - 1])
        rest = candidates[fits:]
        candidates = rest[sizes[rest] <= room]
    return np.concatenate(taken)
