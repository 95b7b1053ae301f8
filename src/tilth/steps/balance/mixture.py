"""balance.mixture: so much of one dataset for so much of another."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, StrictInt, model_validator

from tilth.errors import AskedWrong, DataRefused, NothingLeft
from tilth.lots import by_lot
from tilth.model.extra import training_packages
from tilth.pairs import NOTHING, Columns, Compared
from tilth.record import Batch, Outcome, coded, flat
from tilth.shares import dealt, exact
from tilth.sql import Expression
from tilth.step import Limit, TokenizerName, Whole
from tilth.steps.balance._draws import Numbers, columns, drawn, value
from tilth.steps.balance._targets import some_classes
from tilth.text import walk
from tilth.text.buffers import as_texts

Total = Annotated[StrictInt, Field(ge=1)]
_UNITS = ("tokens", "words", "characters", "rows")


class Mixture(Whole):
    """A mixture of datasets by weights, of so many tokens, words, characters or rows in all.

    `{from: [web, books]}`, then `{weights: {web: 0.7, books: 0.3}, tokens: 1000000, tokenizer: words}`: 700,000 tokens of web and 300,000
    of books, counted exactly. Weights are relative: 7 and 3 say the same. The total is dealt out by the largest remainder.

    A dataset larger than its share is drawn from by lot: rows are taken in the order of their lots until their sum reaches the share,
    so it is exceeded by less than the last row; `rows` are exact. A dataset smaller than its share is repeated: every row as often as
    the dataset goes whole into it, and the rows with the lowest lots once more. Up to 4 epochs of repeated text cost little against new
    text (Muennighoff et al. 2023, "Scaling data-constrained language models"), so more are refused unless `at_most_epochs` says so.

    A row's lot is the BLAKE2b hash of (seed, address of the step, the row's content), so a greater total keeps every row of a smaller
    one. Rows that are left, and those of datasets without a weight, are dropped (rules `not_drawn` and `no_weight`). A further copy of a row has
    an id of its own, and the first as its parent. The facts are a manifest: of each dataset what it had, its weight, what was asked
    and taken of it, how many rows, and the epochs.

    Refused with exit code 3: a dataset with a weight that has no rows or no text, and more epochs than `at_most_epochs`.
    """

    weights: Annotated[dict[str, Annotated[float, Field(gt=0)]], Limit, Field(min_length=1)]
    """How much of each dataset, relative to each other: by the name of the dataset, or the value of `by`."""

    tokens: Annotated[Total | None, Limit] = None
    """How many tokens in all, as `tokenizer` counts them."""

    words: Annotated[Total | None, Limit] = None
    """How many words in all: pieces between white space. Refused where words cannot be counted (scripts without spaces)."""

    characters: Annotated[Total | None, Limit] = None
    """How many characters in all (Unicode code points)."""

    rows: Annotated[Total | None, Limit] = None
    """How many rows in all."""

    tokenizer: TokenizerName | None = None
    """The tokenizer that counts tokens; none is added for the ends of a text."""

    by: Expression = "dataset"
    """What says which rows are mixed: the name of the dataset that a row came from by `from: [a, b]`, a column, or an SQL expression."""

    field: str = "text"
    """The column whose tokens, words and characters count, and by which lots are drawn."""

    at_most_epochs: Annotated[float, Limit, Field(ge=1)] = 4
    """How often a dataset may be repeated to fill its share."""

    seed: int = 0
    """Another seed draws other lots. A recipe's own `seed` stands here unless the step has one."""

    salt: str = ""
    """The step's address in its recipe, which the recipe sets: two steps draw different lots."""

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        said = [unit for unit in _UNITS if getattr(self, unit) is not None]
        if len(said) != 1:
            raise ValueError(f"It takes one total, of tokens, words, characters or rows; here are {' and '.join(said) or 'none'}.")
        if said == ["tokens"] and self.tokenizer is None:
            raise ValueError("Tokens are counted by a tokenizer: name one, `tokenizer: …`, or give the total in `words` or `characters`.")
        return self

    def reads(self) -> tuple[str, ...]:
        """The columns that say the dataset, and the text."""
        return columns((self.field,), self.by)

    def prepare(self) -> None:
        walk.prepare()

    def sketch(self, batch: Batch) -> pa.Table:
        """The id and the lot of each row, the dataset that it is of, and its size in each unit that can be counted."""
        measured = walk.walk(as_texts(batch[self.field]))
        sizes = {name: measured[name] for name in ("words", "characters")} | {"rows": pa.array(np.ones(len(batch), np.int64))}
        tokens = {} if self.tokenizer is None else {"tokens": pa.array(self._counted(batch), pa.int64())}
        return pa.table({**drawn(batch, (self.field,), self.seed, self.salt), "dataset": value(batch, self.by), **sizes, **tokens})

    def decide(self, sketches: Columns, compared: Compared = NOTHING) -> Outcome:
        """Deal out the total, and take of each dataset what is its share."""
        unit, total = next((unit, int(getattr(self, unit))) for unit in _UNITS if getattr(self, unit) is not None)
        found, kind = coded(flat(sketches["dataset"]))
        names = [*self.weights]
        rows = dict(zip(found, np.bincount(kind[kind >= 0], minlength=len(found)).tolist(), strict=True))
        turn = np.append([names.index(name) if name in names else -1 for name in found], -1).astype(np.int64)
        kind = turn[kind]
        size = self._sizes(sketches, unit, kind)
        every = [int(size[kind == number].sum()) for number in range(len(names))]
        asked = dealt(total, [exact(weight) for weight in self.weights.values()])
        self._check_enough(unit, dict(zip(names, every, strict=True)), dict(zip(names, asked, strict=True)), rows)
        copies = np.zeros(len(kind), np.int64)
        mixed = np.flatnonzero(kind >= 0)
        some = pa.array(mixed)
        ids, lot = (flat(sketches[name]).take(some) for name in ("id", "lot"))
        order = mixed[by_lot(lot, ids, kind[mixed])]
        for number, (share, there) in enumerate(zip(asked, every, strict=True)):
            mine = order[kind[order] == number]
            copies[mine] = _taken(size[mine], share, there)
        part = np.where(copies > 0, 0, -1).astype(np.int16)
        which = np.where(kind >= 0, 0, 1).astype(np.int16)
        facts = self._manifest(unit, kind, size, copies, asked)
        return Outcome(("",), part, ("not_drawn", "no_weight"), which=which, copies=np.maximum(copies, 1), facts=facts)

    def _counted(self, batch: Batch) -> list[int]:
        """The tokens of each text."""
        if self.studied is None or self.tokenizer is None:
            raise AskedWrong(f"The tokenizer `{self.tokenizer}` is not at hand.", remedy="Outside a recipe: `step.given(folder, models={…})`.")
        with training_packages():
            from tilth.model.counting import token_counts
        return token_counts(self.studied.models[self.tokenizer], batch[self.field].to_pylist())

    def _sizes(self, sketches: Columns, unit: str, kind: Numbers) -> Numbers:
        """The size of each row. Raises DataRefused where a row's words cannot be counted."""
        size = flat(sketches[unit])
        if unit == "words":
            unjudged = np.asarray(pc.and_(pc.is_null(size), pc.is_valid(flat(sketches["characters"])))) & (kind >= 0)
            if unjudged.any():
                raise DataRefused(
                    f"{int(unjudged.sum()):,} rows are in scripts without spaces between words, so their words cannot be counted.",
                    remedy="Give the total in `characters`, or in `tokens` with a `tokenizer`.",
                )
        return np.asarray(pc.fill_null(size, 0), np.int64)

    def _check_enough(self, unit: str, there: dict[str, int], asked: dict[str, int], rows: dict[str, int]) -> None:
        """Raise DataRefused where a dataset has nothing, or would be repeated too often. `rows`: the rows of all that there is."""
        empty = [name for name in there if not there[name]]
        if empty:
            there_are = some_classes(empty[0], list(rows), list(rows.values()))
            accepted = f"Each dataset with a weight has some. Those there are, and their rows: {there_are}."
            raise NothingLeft(f"There are no {unit} of `{empty[0]}` to mix.", accepted=accepted)
        often = {name: asked[name] / there[name] for name in there if Fraction(asked[name], there[name]) > exact(self.at_most_epochs)}
        if not often:
            return
        weights = {name: exact(weight) for name, weight in self.weights.items()}
        most = min(there[name] * exact(self.at_most_epochs) * sum(weights.values()) / weight for name, weight in weights.items())
        told = "; ".join(f"{asked[name]:,} {unit} of `{name}`, which has {there[name]:,}: {epochs:.4g} epochs" for name, epochs in often.items())
        raise DataRefused(
            f"The mixture asks for {told}.",
            accepted=f"At most {self.at_most_epochs:g} epochs: with these weights {int(most):,} {unit} in all.",
            remedy="Ask for less, give it a smaller weight, or say `at_most_epochs`.",
        )

    def _manifest(self, unit: str, kind: Numbers, size: Numbers, copies: Numbers, asked: list[int]) -> dict[str, Any]:
        """What was taken of each dataset."""
        got = [int((size * copies)[kind == number].sum()) for number in range(len(asked))]
        told = []
        for number, name in enumerate(self.weights):
            mine = kind == number
            taken = copies[mine]
            told.append(
                {
                    "dataset": name,
                    "rows_there": int(mine.sum()),
                    f"{unit}_there": int(size[mine].sum()),
                    "weight": self.weights[name],
                    "share_asked": asked[number] / sum(asked),
                    "share_got": got[number] / sum(got),
                    f"{unit}_asked": asked[number],
                    unit: got[number],
                    "rows_drawn": int((taken > 0).sum()),
                    "rows_with_copies": int(taken.sum()),
                    "epochs": got[number] / int(size[mine].sum()),
                }
            )
        counter = self.tokenizer if unit == "tokens" else None
        return {"unit": unit, "tokenizer": counter, "asked": sum(asked), "got": sum(got), "without_weight": int((kind < 0).sum()), "mixture": told}


def _taken(size: Numbers, share: int, there: int) -> Numbers:
    """How often each row is taken, the rows being in the order of their lots."""
    whole, rest = divmod(share, there)
    before = np.cumsum(size) - size
    return whole + (before < rest)
