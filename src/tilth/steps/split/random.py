"""split.random: parts drawn by lot, the same lot every time."""

from __future__ import annotations

from typing import Annotated, Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from tilth.lots import lots
from tilth.pairs import NOTHING, Columns, Compared
from tilth.record import Batch, Outcome, row_digests
from tilth.step import Limit, Whole
from tilth.steps.split._groups import ALIKE, APART, TOO_LARGE, filled, groups
from tilth.steps.split._leaks import compared_by, crossing, near_by
from tilth.steps.split._passages import Passages, compile_passages, sampled, shared, together
from tilth.steps.split._shares import (
    Share,
    asked,
    check_filled,
    check_groups_fit,
    check_possible,
    counted,
    is_rest_train,
    parts_of,
    shortfalls,
    wanted,
)
from tilth.text import near
from tilth.text.near import Near


class Random(Whole):
    """Rows drawn by lot into `test`, `validation` and `train`.

    A row's lot is the BLAKE2b hash of (seed, address of the step, digest of the row's content), so it
    depends on no other row: a line inserted at the top of a file moves no row to another part but, at
    most, one out of each part, which it displaces. Rows with equal content have one lot and are a group, and so are
    rows whose texts are nearly the same (`near`; verified pairs), and rows of which one holds most of the other in
    long `passages`, such as a document in which another row stands; and all that hang together by such pairs. Their
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

    revision = 4

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

    passages: Passages | None = Passages()
    """Long passages that rows share although as a whole they differ, such as a row within a document; null: not looked for."""

    seed: int = 0
    """Another seed draws other lots. A recipe's own `seed` stands here unless the step has one."""

    salt: str = ""
    """The step's address in its recipe, which the recipe sets: two splits draw different lots."""

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        check_possible(self._shares())
        return self

    def identity(self) -> dict[str, Any]:
        """Its settings, and how near texts and passages are found."""
        return {**super().identity(), **compared_by(self.near, self.passages)}

    def parts(self) -> tuple[str, ...]:
        """The names of its parts; what is not drawn is `train`."""
        return parts_of(self._shares())

    def reads(self) -> tuple[str, ...]:
        """The columns of `content`, if any is named."""
        return self.content

    def prepare(self) -> None:
        near.prepare()
        compile_passages()

    def comparison(self) -> Near | None:
        return near_by(self.near, self.content or ("text",))

    def sketch(self, batch: Batch) -> pa.Table:
        """The id and the lot of each row, and by what rows that are near or share passages are found, if they have a text."""
        named = self.content or (("text",) if "text" in batch.table.column_names else ())
        lot = lots(self._digests(batch, named), self.seed, self.salt)
        comparison = self.comparison() if named else None
        near_by_bands = {} if comparison is None else comparison.sketch(batch)
        return pa.table({"id": batch["id"], "lot": lot, **near_by_bands, **sampled(batch, named, self.passages)})

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
        rows, shares, parts = sketches.num_rows, self._shares(), self.parts()
        counts = wanted(shares, rows)
        passages = shared(sketches, sketches["lot"], self.passages)
        group_of, sizes = groups(sketches["lot"], together(compared, passages))
        largest = int(sizes.max(initial=0))
        check_groups_fit(largest, counts, rows, ALIKE, APART)
        part_of = filled(sizes, counts, parts)
        if is_rest_train(shares, counts, rows):
            part_of[part_of < 0] = parts.index("train")
        part = part_of[group_of]
        got = counted(part, parts)
        check_filled(got, shares, rows, dict.fromkeys([name for name in counts if counts[name]], TOO_LARGE))
        facts = {"rows": got, "short": shortfalls(counts, got), "groups": int((sizes > 1).sum()), "largest_group": largest}
        return Outcome(parts, part, "not_drawn", facts={**facts, "leaks": crossing(part, compared, passages)})

    def _shares(self) -> dict[str, int | float]:
        """What was asked for, in the order in which it is drawn."""
        return asked(self.test, self.validation, self.train)
