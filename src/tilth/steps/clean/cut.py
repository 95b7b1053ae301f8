"""clean.cut: texts made short enough, at the end of a sentence or of a word."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, Self

import pyarrow as pa
from pydantic import ConfigDict, Field, model_validator

from tilth.errors import AskedWrong
from tilth.model.extra import training_packages
from tilth.record import Batch
from tilth.step import Map, TokenizerName
from tilth.steps.clean._fields import Fields, roots
from tilth.text import units
from tilth.text.cutting import Side, cut_text

Counter = Callable[[Sequence[str]], list[int]]
"""How long texts are, in the unit of the limit."""

UNITS = ("tokens", "words", "characters")

FIRST = 8
"""So many characters are looked at for each unit of the limit, and twice as many as long as that is too few."""

SURELY = 0.7
"""Pieces shorter than this share of what a text's mean allows are not counted while the place is looked for; what was chosen is."""


class Cut(Map):
    """Texts of at most so many tokens, words or characters, cut at the end of a sentence, or else of a word.

    A text that is short enough stays as it is, to the byte. Of a longer one the longest beginning stays that ends with a
    sentence (`tilth.text.lines` says where) and is within the limit; its tokens are counted on the text as it was cut, not
    read off the tokens of the whole, which are others at the cut. Where not one sentence fits, or fewer than `at_least` units
    would be left, it is cut behind a word. A word is never taken apart: in scripts that set no space between words the cut stands
    between two characters as readers see them. A text whose first word alone is too long becomes empty; no row is dropped.

    What stays is a piece of the text as it was. The books tell of each cut row how many characters went. Tokens are those of
    the text alone, none for its ends or for a template around it.
    """

    model_config = ConfigDict(populate_by_name=True)

    tokens: int | None = Field(default=None, ge=1)
    """The most tokens, as `tokenizer` counts them."""
    words: int | None = Field(default=None, ge=1)
    """The most words: pieces between white space. For scripts without spaces say `characters`."""
    characters: int | None = Field(default=None, ge=1)
    """The most characters (Unicode code points)."""
    tokenizer: TokenizerName | None = None
    """The tokenizer that counts tokens: a tokenizer or a model of the recipe."""
    at: Literal["sentence", "word"] = "sentence"
    """Where a text may be cut."""
    at_least: int | None = Field(default=None, ge=1)
    """A cut at a sentence that would leave fewer units than this is made at a word; null: any sentence will do."""
    from_: Literal["end", "start"] = Field(default="end", alias="from")
    """Which end of a text goes. In Python: `from_`."""
    fields: Fields = ("text",)
    """Columns or paths to cut, each by itself."""

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        said = [unit for unit in UNITS if getattr(self, unit) is not None]
        if len(said) != 1:
            raise ValueError(f"It takes one limit, of tokens, words or characters; here are {' and '.join(said) or 'none'}.")
        if said == ["tokens"] and self.tokenizer is None:
            raise ValueError("Tokens are counted by a tokenizer: name one, `tokenizer: …`, or give the limit in `words` or `characters`.")
        if self.at_least is not None and self.at_least > self._most:
            raise ValueError(f"`at_least: {self.at_least}` is more than the limit of {self._most}.")
        return self

    @property
    def _most(self) -> int:
        return next(int(limit) for limit in (self.tokens, self.words, self.characters) if limit is not None)

    def prepare(self) -> None:
        units.prepare()

    def reads(self) -> tuple[str, ...]:
        """The columns of `fields`."""
        return roots(self.fields)

    def columns(self, batch: Batch) -> Mapping[str, pa.Array]:
        """The columns with their texts cut."""
        counts = self._counter()
        return batch.edit(self.fields, lambda array: pa.array(self._cut(array.to_pylist(), counts), pa.large_string()))

    def _counter(self) -> Counter:
        if self.tokens is None:
            return (lambda some: [len(text.split()) for text in some]) if self.words is not None else (lambda some: [len(text) for text in some])
        if self.studied is None or self.tokenizer is None:
            raise AskedWrong(f"The tokenizer `{self.tokenizer}` is not at hand.", remedy="Outside a recipe: `step.given(folder, models={…})`.")
        with training_packages():
            from tilth.model.counting import token_counts
        folder = self.studied.models[self.tokenizer]
        return lambda some: token_counts(folder, some)

    def _cut(self, texts: Sequence[str | None], counts: Counter) -> Iterator[str | None]:
        there = [text for text in texts if text is not None]
        long = iter([size > self._most for size in counts(there)])
        for text in texts:
            yield self._shorter(text, counts) if text is not None and next(long) else text

    def _shorter(self, text: str, counts: Counter) -> str:
        """What stays of a text that is too long."""
        near, size = self._near(text, counts)
        surely = SURELY * len(near) * self._most / size
        kept = self._kept(near, counts, surely)
        return kept if not kept or counts([kept])[0] <= self._most else self._kept(near, counts, 0)

    def _kept(self, near: str, counts: Counter, surely: float) -> str:
        """The text cut at its best place. Pieces of fewer than `surely` characters are taken to fit without being counted."""
        side: Side = "right" if self.from_ == "end" else "left"

        def fits(piece: str) -> bool:
            return len(piece) < surely or counts([piece])[0] <= self._most

        kept = cut_text(near, fits, side, self.at)
        if self.at == "sentence" and self.at_least is not None and counts([kept])[0] < self.at_least:
            return cut_text(near, fits, side, "word")
        return kept

    def _near(self, text: str, counts: Counter) -> tuple[str, int]:
        """The end of a text that stays, and half as much again or more, with its length in units: what lies further off is not counted
        again."""
        size = FIRST * self._most
        while size < len(text):
            piece = text[:size] if self.from_ == "end" else text[-size:]
            if (found := counts([piece])[0]) > 1.5 * self._most:
                return piece, found
            size *= 2
        return text, counts([text])[0]
