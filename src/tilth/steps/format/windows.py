"""`format.windows`: long texts as several rows, each a window of so many tokens."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Self

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from tilth.errors import AskedWrong
from tilth.model.extra import training_packages
from tilth.record import TEXT, Batch, Numbers, texts
from tilth.spreading import Spread
from tilth.step import TokenizerName

PLACES = ("window_start", "window_stop")


class Windows(Spread):
    """Long texts as several rows, each a window of at most so many tokens; short texts stay one row.

    A window begins `overlap` tokens before the end of the one before it, so each moves on by `tokens − overlap`, and a token far from
    the ends of its text is seen tokens ÷ (tokens − overlap) times in an epoch: 1.14 times with 128 of 1,024, twice with 512, and four
    times with 768, which is called 75 % overlap. What is seen more often weighs more and is learned by heart sooner, and an epoch
    takes as many times longer; the overlap is there so that what spans a border is whole in one of the two, and a tenth is mostly
    enough. Without overlap every token is seen once.

    The text of a window is a piece of the text as it was, to the byte, and never ends inside a character. `window_start` and
    `window_stop` say where it stands, in bytes of UTF-8. Tokens are those of the whole text, and a window that has more by itself,
    because a word was parted at its border, is made shorter; none is counted for the ends of a text or a template around it. The first
    window keeps the row's id; the others have ids of their own, and the row as their parent. All other columns are those of the row.
    A text that is null stays so.

    Windows of one text share words, so a split comes before: `from: books.train`, then this step.
    """

    tokens: int = Field(ge=16)
    """The most tokens of a window."""
    overlap: int = Field(default=0, ge=0)
    """How many tokens a window shares with the one before it; a few more or less where a border would fall inside a character."""
    tokenizer: TokenizerName
    """The tokenizer that counts: a tokenizer or a model of the recipe."""
    field: str = Field(default="text", min_length=1)
    """The column whose texts are long."""

    @model_validator(mode="after")
    def _moves_on(self) -> Self:
        if self.overlap >= self.tokens:
            raise ValueError(f"With an `overlap` of {self.overlap} of {self.tokens} tokens no window moves on; it is less than `tokens`.")
        return self

    def tells(self) -> str:
        return f"a token is seen about {self.tokens / (self.tokens - self.overlap):.3g} times" if self.overlap else ""

    def reads(self) -> tuple[str, ...]:
        """The column of the texts."""
        return (self.field,)

    def makes(self, there: Collection[str]) -> Mapping[str, str]:
        found = next((name for name in PLACES if name in there), None)
        if found is not None:
            raise AskedWrong(f"It adds the column `{found}`, which is there already.", remedy="Rows are cut into windows once; rename that column.")
        return dict.fromkeys(PLACES, "int64")

    def rows(self, batch: Batch) -> tuple[pa.Table, Numbers]:
        """The windows of every text, in order."""
        self.makes(batch.table.column_names)
        found = [self._windows(text) for text in texts(batch[self.field]).to_pylist()]
        parents = np.repeat(np.arange(len(found)), [len(some) for some in found]).astype(np.int64)
        every = [one for some in found for one in some]
        pieces, starts, stops = (pa.array([one[part] for one in every], kind) for part, kind in enumerate((TEXT, pa.int64(), pa.int64())))
        table = batch.table.take(pa.array(parents))
        place = table.schema.get_field_index(self.field)
        table = table.set_column(place, table.schema.field(place).with_type(TEXT), pieces)
        return table.append_column(PLACES[0], starts).append_column(PLACES[1], stops), parents

    def _windows(self, text: str | None) -> list[tuple[str | None, int | None, int | None]]:
        """The windows of a text, with their places in bytes."""
        if text is None:
            return [(None, None, None)]
        if self.studied is None:
            raise AskedWrong(f"The tokenizer `{self.tokenizer}` is not at hand.", remedy="Outside a recipe: `step.given(folder, models={…})`.")
        with training_packages():
            from tilth.model.windowing import windows
        told: list[tuple[str | None, int | None, int | None]] = []
        place, start = 0, 0
        for first, last in windows(self.studied.models[self.tokenizer], text, self.tokens, self.overlap):
            start += len(text[place:first].encode())
            place = first
            piece = text[first:last]
            told.append((piece, start, start + len(piece.encode())))
        return told
