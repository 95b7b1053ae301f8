"""English tokens and sentences by spaCy: the one module that imports it."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # spaCy 3.8 asks click for a name that click 9 will have elsewhere
    import spacy
    from spacy.attrs import IDX, LENGTH


def tokens(text: str) -> npt.NDArray[np.int64]:
    """The tokens of `spacy.blank("en")` that are no white space: at which character each begins, and at which it has ended."""
    with _english().memory_zone():
        told = _english().tokenizer(text).to_array([IDX, LENGTH]).astype(np.int64)
    pieces = [(start, start + length) for start, length in told.tolist() if not text[start : start + length].isspace()]
    return np.array(pieces, np.int64).reshape(-1, 2)


def sentences(text: str) -> int:
    """How many sentences the sentencizer finds, at least one."""
    with _english().memory_zone():
        return max(1, sum(1 for _ in _sentencizer()(_english().tokenizer(text)).sents))


@cache
def _english() -> Any:
    return spacy.blank("en")


@cache
def _sentencizer() -> Any:
    return _english().add_pipe("sentencizer")
