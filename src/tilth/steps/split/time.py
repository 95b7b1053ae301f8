"""split.time: trained on what was, tested on what came after."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, Field, model_validator

from tilth.errors import DataRefused, RecipeError
from tilth.pairs import NOTHING, Columns, Compared
from tilth.record import Batch, Outcome, as_ids, flat, shown
from tilth.step import Limit, Whole
from tilth.steps.split._dates import instant, instants, written
from tilth.steps.split._leaks import RULES, SHOWN, Limits, Policy, compared_by, near_by, settled
from tilth.steps.split._passages import Passages, compile_passages
from tilth.steps.split._shares import DRAWN, Share, check_filled, check_possible, counted, is_rest_train, parts_of, shortfalls, wanted
from tilth.steps.split._sketches import sketched
from tilth.text import near
from tilth.text.near import Near

Numbers = npt.NDArray[np.int64]


def _a_date(text: str) -> str:
    if instant(text) is None:
        raise ValueError(f"`{text}` is no date; write `2024-06-01`, or `2024-06-01T12:00:00Z`.")
    return text


_From = Annotated[str, AfterValidator(_a_date)]
_RULES = ("not_drawn", "undated", *RULES)
_TIED = " Every row of the newest instant that was left goes with it, and they are more than that."
_NONE = " No row that was left is of that time."


class Time(Whole):
    """The newest rows to `test`, those before them to `validation`, older ones to `train`.

    A part takes a number or fraction of rows, the newest of those that are left, or every row from a date on:
    `{column: date, validation: 2024-01-01, test: 2024-06-01}`. Rows of the same instant are never divided: a part takes
    whole instants while they fit into its count, and the shortfall is told. A year alone is a number of rows: write `2024-01-01`.
    Without `train`, the rest is train; with it, what is older is dropped (rule `not_drawn`), unless every row was asked for.

    A date or time is read from ISO 8601 (`2024`, `2024-06`, `2024-06-01`, `2024-06-01T10:30:00+02:00`; without a zone it is
    UTC), or as `format` says. Numbers order rows as they are, and have no dates.

    The parts are then checked: of every row of `train` and `validation` whether a later part (`test` being the last) has one
    that is equal or at least `near` alike, such as a page that was published again, or of which the row holds most in long
    `passages`. `leaks` says what follows.

    Refused with exit code 3: as by `split.random`; rows without a date, and a leak, unless `undated` and `leaks` say otherwise.
    """

    revision = 2

    column: str
    """The column that says when a row is from."""

    train: Annotated[Share | _From | None, Limit] = None
    """Rows or fraction for training, or a date from which on; null: the rest."""

    validation: Annotated[Share | _From | None, Limit] = None
    """Rows or fraction for validation while training, or a date from which on."""

    test: Annotated[Share | _From | None, Limit] = None
    """Rows or fraction for the test at the end, or a date from which on."""

    format: str | None = None
    """How dates are written where it is not ISO 8601, in the codes of Python's `strptime`: `%m %d, %Y`."""

    undated: Annotated[Literal["refuse", "train", "drop"], Limit] = "refuse"
    """What to do with rows whose date is null or cannot be read: `refuse` the split and show some; put them into `train`; or
    `drop` them (rule `undated`). Fractions are of the rows that stay."""

    content: Annotated[tuple[str, ...], Field(min_length=1)] = ("text",)
    """The columns that are a row's content, by which leaks are looked for."""

    near: Annotated[float, Field(gt=0, le=1)] | None = 0.8
    """From what similarity on a row leaks: that of `dedup.minhash`, of the columns of `content`; null: only equal rows do."""

    passages: Passages | None = Passages()
    """Long passages that rows share although as a whole they differ, such as a row within a document; null: not looked for."""

    leaks: Annotated[Policy, Limit] = "refuse"
    """What to do with rows that leak: `refuse` the split and show pairs; `drop` the row of the earlier part (rule `leak`, the
    similarity its value, or `passage`, the share; the row that it resembles its partner); or `keep` them and tell how many there are."""

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        check_possible(self._shares())
        dates = [(name, share, instant(share)) for name, share in self._shares().items() if isinstance(share, str)]
        for (later, share, when), (sooner, other, before) in zip(dates, dates[1:], strict=False):
            if when is not None and before is not None and before >= when:
                raise ValueError(f"`{sooner}` begins with {other}, which is not before {share}, where `{later}` begins.")
        return self

    def identity(self) -> dict[str, Any]:
        """Its settings, and how near texts and passages are found."""
        return {**super().identity(), **compared_by(self.near, self.passages)}

    def parts(self) -> tuple[str, ...]:
        """The names of its parts; what is not drawn is `train`."""
        return parts_of(self._shares())

    def reads(self) -> tuple[str, ...]:
        """The column of dates and those of the content."""
        return tuple(dict.fromkeys((self.column, *self.content)))

    def prepare(self) -> None:
        near.prepare()
        compile_passages()

    def comparison(self) -> Near | None:
        return near_by(self.near, self.content)

    def sketch(self, batch: Batch) -> pa.Table:
        """The id, the content, the instant (of dates microseconds since 1970), and by what rows that are near or share passages
        are found."""
        columns, _ = sketched(batch, self.content, self.comparison(), self.passages)
        when = instants(batch[self.column], self.column, self.format)
        if not pa.types.is_timestamp(when.type):
            return pa.table({**columns, "number": when})
        return pa.table({**columns, "instant": when.cast(pa.int64())})

    def decide(self, sketches: Columns, compared: Compared = NOTHING) -> Outcome:
        """Fill the parts from the newest instant on, then look for leaks."""
        shares, parts = self._shares(), self.parts()
        is_date = "instant" in sketches.column_names
        when = flat(sketches["instant" if is_date else "number"])
        dated = np.asarray(pc.is_valid(when))
        self._check_dated(dated, sketches)
        some = np.flatnonzero(dated)
        numbers = np.asarray(when.take(pa.array(some)))
        rows = len(numbers) if self.undated == "drop" else len(when)
        counts = wanted({name: share for name, share in shares.items() if not isinstance(share, str)}, rows)
        part, which = np.full(len(when), -1, np.int16), np.zeros(len(when), np.int16)
        part[some] = self._drawn(numbers, counts, is_date=is_date)
        if is_rest_train(shares, counts, rows):
            part[some[part[some] < 0]] = parts.index("train")
        part[~dated], which[~dated] = (parts.index("train"), 0) if self.undated == "train" else (-1, _RULES.index("undated"))
        got = counted(part, parts)
        check_filled(got, shares, rows, {name: _TIED if name in counts else _NONE for name in shares})
        spans = {name: _span(numbers[part[some] == number], is_date=is_date) for number, name in enumerate(parts)}
        facts = {"rows": got, "short": shortfalls(counts, got), "undated": int((~dated).sum()), "spans": spans}
        done = settled(Outcome(parts, part, _RULES, facts=facts, which=which), sketches, compared, Limits(self.near, self.passages), self.leaks)
        check_filled(counted(done.part, parts), shares, rows, dict.fromkeys(parts, " What it had leaked into a later part and was dropped."))
        return done

    def _shares(self) -> dict[str, int | float | str]:
        """What was asked for, in the order in which it is drawn."""
        shares = zip(DRAWN, (self.test, self.validation, self.train), strict=True)
        return {name: share for name, share in shares if share is not None}

    def _drawn(self, numbers: npt.NDArray[Any], counts: dict[str, int], *, is_date: bool) -> npt.NDArray[np.int16]:
        """The part of each row, −1 where none was left for it: a part takes whole instants, the newest first."""
        values, instant_of, sizes = np.unique(numbers, return_inverse=True, return_counts=True)
        below = np.append(0, np.cumsum(sizes))
        part_of, end = np.full(len(values), -1, np.int16), len(values)
        for name, share in self._shares().items():
            if isinstance(share, str):
                begin = min(end, int(np.searchsorted(values, self._bound(share, is_date=is_date))))
            else:
                begin = int(np.searchsorted(below[: end + 1], below[end] - counts[name]))
            part_of[begin:end], end = self.parts().index(name), begin
        return part_of[instant_of]

    def _bound(self, share: str, *, is_date: bool) -> int:
        """A date as a number. Raises RecipeError where the column has no dates."""
        bound = instant(share)
        if bound is None or not is_date:
            raise RecipeError(
                f"`{self.column}` holds numbers, and {share} is a date.",
                accepted="Of numbers it takes how many of the newest rows: `test: 300` or `test: 0.1`.",
            )
        return bound

    def _check_dated(self, dated: npt.NDArray[np.bool_], sketches: Columns) -> None:
        """Raise DataRefused when rows have no date and nothing is said about them."""
        missing = np.flatnonzero(~dated)
        if self.undated != "refuse" or not len(missing):
            return
        some = ", ".join(shown(one.tobytes()) for one in as_ids(sketches["id"])[missing[:SHOWN]])
        raise DataRefused(
            f"{len(missing):,} of {len(dated):,} rows have no date in `{self.column}` that can be read, such as {some}.",
            accepted=f"Dates are ISO 8601, such as 2024-06-01{f', or as `format: {self.format}` says' if self.format else ''}.",
            remedy="Say how they are written, as `format: '%m/%d/%Y'`; or put such rows into train, `undated: train`, or drop them, `undated: drop`.",
        )


def _span(numbers: npt.NDArray[Any], *, is_date: bool) -> list[str]:
    """The oldest and the newest instant of a part; nothing where it has none."""
    return [written(numbers.min().item(), is_date=is_date), written(numbers.max().item(), is_date=is_date)] if len(numbers) else []
