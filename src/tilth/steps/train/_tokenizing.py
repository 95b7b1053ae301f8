"""A tokenizer learned, saved and measured: the worker of train.tokenizer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer

from tilth.errors import NothingLeft
from tilth.model.seeing import pieces_of
from tilth.model.tokenizer import Algorithm, Plan, learn, save
from tilth.model.vocabulary import longest, measure, split_terms
from tilth.steps.train._special_tokens import SpecialTokens
from tilth.work import Dataset, Window, Work, look_at

MEASURED_BYTES = 32 << 20
"""About so much text is tokenised again, taken evenly from all of it, to measure bytes a token."""


class _Size:
    """Documents and bytes of the last time all texts went by."""

    def __init__(self) -> None:
        self.documents = self.bytes = 0

    def count(self, texts: Iterator[str]) -> Iterator[str]:
        self.documents = self.bytes = 0
        for text in texts:
            self.documents, self.bytes = self.documents + 1, self.bytes + len(text.encode())
            yield text


@dataclass(frozen=True)
class Wanted:
    """What is to be learned from which column of what."""

    data: Dataset
    field: str
    algorithm: Algorithm
    vocab_size: int
    min_frequency: int
    special_tokens: SpecialTokens
    unknown: str | None
    terms: tuple[str, ...]


def make(wanted: Wanted, work: Work) -> dict[str, Any]:
    """Write the tokenizer to `work.folder`; its size, bytes a token, unknown tokens, and how terms are split.

    Raises: NothingLeft when there is no text."""
    data, field, size = wanted.data, wanted.field, _Size()
    plan = Plan(wanted.algorithm, wanted.vocab_size, wanted.min_frequency, tuple(wanted.special_tokens.listed(wanted.unknown)), wanted.unknown)
    work.tell({"doing": "learning tokens", "rows": data.rows})
    made = learn(plan, lambda: size.count(data.texts(field)))
    if not size.bytes:
        raise NothingLeft(f"There is no text in `{field}` of `{data.name}` to learn from.", remedy=look_at(data.name))
    save(made, wanted.special_tokens.roles(wanted.unknown), work.folder)
    work.tell({"doing": "measuring tokens", "rows": data.rows})
    return {
        "algorithm": plan.algorithm,
        "vocab_size": made.get_vocab_size(),
        "vocab_size_asked": plan.vocab_size,
        "data_documents": size.documents,
        "data_bytes": size.bytes,
        **measure(made, _sample(data, field, size.bytes), plan.unknown),
        "longest_tokens": longest(made),
        "terms": split_terms(made, wanted.terms),
        **_reproducible(plan),
    }


def see(wanted: Wanted, work: Work, first: int, search: str) -> Iterator[Window]:
    """The rows as the finished tokenizer cuts them."""
    return pieces_of(wanted.data.placed(wanted.field), Tokenizer.from_file(str(work.folder / "tokenizer.json")), first, search)


def _sample(data: Dataset, field: str, size: int) -> Iterator[str]:
    """Every so many texts, so that about `MEASURED_BYTES` of them are measured."""
    every = max(1, -(-size // MEASURED_BYTES))
    return (text for number, text in enumerate(data.texts(field)) if number % every == 0)


def _reproducible(plan: Plan) -> dict[str, Any]:
    if plan.algorithm != "unigram":
        return {"reproducible": True}
    why = "tokenizers sums likelihoods in hash order, so pieces that tie at the border of the vocabulary may differ from run to run"
    return {"reproducible": False, "why_not_reproducible": why}
