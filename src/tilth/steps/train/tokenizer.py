"""A vocabulary learned from text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from tilth.model.extra import training_packages
from tilth.model.terms import read_range
from tilth.step import DataName, Fit
from tilth.steps.train._special_tokens import SpecialTokens
from tilth.work import Known, Window, Work

if TYPE_CHECKING:
    from tilth.steps.train._tokenizing import Wanted

BYTES_PER_SECOND = {"bpe": 2e6, "unigram": 0.4e6, "wordpiece": 2e6}
"""Learning and measuring, as measured on 3 MB of English docstrings with 2 busy cores."""
LONGEST_RANGE = 1_000_000


class Tokenizer(Fit):
    """Learn a tokenizer from text and write it as a folder that Transformers loads.

    `bpe`: byte-level byte-pair encoding (Radford et al. 2019): lossless, never an unknown token.
    `unigram`: pieces chosen by likelihood (Kudo 2018), ▁ stands for a blank; lossless for known letters.
    `wordpiece`: as for BERT (Schuster & Nakajima 2012), words and punctuation apart, blanks not kept.

    The same data gives the same bpe and wordpiece tokenizer in every process. Of unigram the scores and
    numbers are settled, but pieces that tie at the border of the vocabulary may differ; its facts say so.
    """

    makes: ClassVar[Literal["tokenizer", "model"]] = "tokenizer"
    draws: ClassVar[bool] = False

    data: DataName
    """The texts to learn from."""
    algorithm: Literal["bpe", "unigram", "wordpiece"] = "bpe"
    """How pieces are chosen."""
    vocab_size: int = Field(default=32_000, ge=8)
    """How many tokens are wanted, control tokens included; too little text may give fewer, and the facts say how many."""
    special_tokens: SpecialTokens = SpecialTokens()
    """Control tokens by role: pad, unk, bos, eos, others."""
    terms: tuple[str, ...] = ()
    """Words whose splitting is told, such as `myocardial infarction`, and ranges of numbers, such as `1..999`."""
    min_frequency: int = Field(default=2, ge=1)
    """How often a pair of pieces must occur to be merged (bpe, wordpiece)."""
    field: str = "text"
    """The column that holds the text."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        names = self.special_tokens.listed(self._unknown())
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"special token {twice[0]!r} is given twice; only `bos` and `eos` may be the same")
        if self.algorithm == "bpe" and self.vocab_size < 256 + len(names):
            raise ValueError(f"`vocab_size` {self.vocab_size} is less than the 256 bytes and {len(names)} special tokens of a byte-level bpe")
        for term in self.terms:
            found = read_range(term)
            if found is not None and not 1 <= len(found) <= LONGEST_RANGE:
                raise ValueError(f"the range {term} is empty or longer than a million numbers")
        return self

    def _unknown(self) -> str | None:
        return self.special_tokens.unk or (None if self.algorithm == "bpe" else "<|unknown|>")

    def fit(self, work: Work) -> dict[str, Any]:
        with training_packages():
            from tilth.steps.train._tokenizing import make
        return make(self._wanted(work), work)

    def sees(self, work: Work, first: int = 1, search: str = "") -> Iterator[Window]:
        with training_packages():
            from tilth.steps.train._tokenizing import see
        return see(self._wanted(work), work, first, search)

    def _wanted(self, work: Work) -> Wanted:
        with training_packages():
            from tilth.steps.train._tokenizing import Wanted
        return Wanted(
            data=work.datasets[self.data],
            field=self.field,
            algorithm=self.algorithm,
            vocab_size=self.vocab_size,
            min_frequency=self.min_frequency,
            special_tokens=self.special_tokens,
            unknown=self._unknown(),
            terms=self.terms,
        )

    def estimate(self, known: Known) -> dict[str, float]:
        """Size of the vocabulary, bytes a token by rule of thumb (0.29 · log2 of the size, English), and time."""
        told: dict[str, float] = {"vocab_size": self.vocab_size, "bytes_per_token": 0.29 * math.log2(self.vocab_size)}
        size = known.bytes.get(self.data)
        if size is not None:
            told["tokens"] = size / told["bytes_per_token"]
            told["seconds"] = size / BYTES_PER_SECOND[self.algorithm]
        return told
