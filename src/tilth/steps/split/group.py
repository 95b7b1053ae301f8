"""split.group: rows that belong together, such as those of one author, go to one part."""

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
from tilth.steps.split._groups import filled, groups
from tilth.steps.split._leaks import RULES, Limits, Policy, compared_by, near_by, settled
from tilth.steps.split._passages import Passages, compile_passages
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
from tilth.steps.split._sketches import By, listed, sketched
from tilth.text import near
from tilth.text.near import Near


class Group(Whole):
    """Whole groups of rows drawn by lot into `test`, `validation` and `train`: all rows of an author, a site or a patient in one part.

    A group's lot is the BLAKE2b hash of (seed, address of the step, the group's values), so it depends on no other group, nor on the
    group's rows. In the order of their lots, `test` takes every group that still fits into its count of rows, then
    `validation`, then `train`. Without `train`, the rest is train. With it, the rest is dropped (rule `not_drawn`), unless every
    row was asked for. A row that is null in every column of `by` belongs to no group and is drawn by its content.

    Rows of different groups may say the same. So the parts are then checked: of every row of `train` and `validation` whether a
    later part (`test` being the last) has one that is equal or at least `near` alike, or of which the row holds most in long
    `passages`. `leaks` says what follows.

    Refused with exit code 3: as by `split.random`, and a leak, unless `leaks` says otherwise.
    """

    revision = 2

    by: By
    """The column that says which group a row is of; of several, each combination of values is a group."""

    train: Annotated[Share | None, Limit] = None
    """Rows or fraction for training; null: the rest."""

    validation: Annotated[Share | None, Limit] = None
    """Rows or fraction for validation while training."""

    test: Annotated[Share | None, Limit] = None
    """Rows or fraction for the test at the end."""

    content: Annotated[tuple[str, ...], Field(min_length=1)] = ("text",)
    """The columns that are a row's content, by which leaks are looked for."""

    near: Annotated[float, Field(gt=0, le=1)] | None = 0.8
    """From what similarity on a row leaks: that of `dedup.minhash`, of the columns of `content`; null: only equal rows do."""

    passages: Passages | None = Passages()
    """Long passages that rows share although as a whole they differ, such as a row within a document; null: not looked for."""

    leaks: Annotated[Policy, Limit] = "refuse"
    """What to do with rows that leak: `refuse` the split and show pairs; `drop` the row of the earlier part (rule `leak`, the
    similarity its value, or `passage`, the share; the row that it resembles its partner); or `keep` them and tell how many there are."""

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
        """The columns of groups and of the content."""
        return tuple(dict.fromkeys((*listed(self.by), *self.content)))

    def prepare(self) -> None:
        near.prepare()
        compile_passages()

    def comparison(self) -> Near | None:
        return near_by(self.near, self.content)

    def sketch(self, batch: Batch) -> pa.Table:
        """The id, the content, the lot of the row's group, and by what rows that are near or share passages are found."""
        columns, digests = sketched(batch, self.content, self.comparison(), self.passages)
        values = batch.table.select(list(dict.fromkeys(listed(self.by))))
        keys = row_digests(values)
        alone = np.logical_and.reduce([np.asarray(pc.is_null(column.combine_chunks())) for column in values.columns])
        for place in np.flatnonzero(alone).tolist():
            keys[place] = digests[place]
        return pa.table({**columns, "lot": lots(keys, self.seed, self.salt)})

    def decide(self, sketches: Columns, compared: Compared = NOTHING) -> Outcome:
        """Fill the parts in the order of the groups' lots, then look for leaks."""
        rows, shares, parts = sketches.num_rows, self._shares(), self.parts()
        counts = wanted(shares, rows)
        group_of, sizes = groups(sketches["lot"], NOTHING)
        largest = int(sizes.max(initial=0))
        check_groups_fit(largest, counts, rows, "are of one group", "Ask for other numbers, or choose a column with smaller groups.")
        part_of = filled(sizes, counts, parts)
        if is_rest_train(shares, counts, rows):
            part_of[part_of < 0] = parts.index("train")
        part = part_of[group_of]
        got = counted(part, parts)
        check_filled(got, shares, rows, dict.fromkeys([name for name in counts if counts[name]], " Every group that was left is larger than that."))
        groups_of = {name: int((part_of == number).sum()) for number, name in enumerate(parts)}
        facts = {"rows": got, "short": shortfalls(counts, got), "groups": len(sizes), "largest_group": largest, "groups_of": groups_of}
        done = settled(Outcome(parts, part, ("not_drawn", *RULES), facts=facts), sketches, compared, Limits(self.near, self.passages), self.leaks)
        check_filled(counted(done.part, parts), shares, rows, dict.fromkeys(parts, " What it had leaked into a later part and was dropped."))
        return done

    def _shares(self) -> dict[str, int | float]:
        """What was asked for, in the order in which it is drawn."""
        return asked(self.test, self.validation, self.train)
