"""How a tokenizer splits: bytes a token, unknown tokens, and the pieces of terms that matter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from tilth.model.pack import pieces
from tilth.model.terms import read_range

SHOWN = 20
"""So many top, rare and longest tokens, and examples of a range, are told."""
POINTS = 100
"""Ranks at which it is told how often a token occurs, about evenly spaced in their logarithm."""
COVERED = (50, 90, 99)
"""Per cent of all tokens for which it is told how many entries make them up."""
SPACES = str.maketrans({" ": "·", "\n": "⏎", "\t": "⇥", "\r": "␍"})
"""How white space in a token is shown."""

Counts = npt.NDArray[np.int64]


def measure(tokenizer: Tokenizer, texts: Iterable[str], unknown: str | None) -> dict[str, Any]:
    """Tokenise the texts and count: documents, bytes, tokens, unknown and used ones, the most frequent."""
    documents = size = 0
    used = np.zeros(max(tokenizer.get_vocab().values(), default=-1) + 1, np.int64)
    tokenizer.encode_special_tokens = True
    for piece in pieces(texts):
        documents, size = documents + len(piece), size + sum(len(text.encode()) for text in piece)
        encodings = tokenizer.encode_batch_fast(piece, add_special_tokens=False)
        used += np.bincount(np.fromiter(chain.from_iterable(one.ids for one in encodings), np.int64), minlength=len(used))
    tokenizer.encode_special_tokens = False
    total = int(used.sum())
    unknown_id = None if unknown is None else tokenizer.token_to_id(unknown)
    missed = 0 if unknown_id is None else int(used[unknown_id])
    return {
        "documents": documents,
        "bytes": size,
        "tokens": total,
        "bytes_per_token": size / total if total else 0.0,
        "unknown_rate": missed / total if total else 0.0,
        "used": int((used > 0).sum()),
        "top_tokens": [[_readable(tokenizer, token), int(used[token])] for token in _ranked(used)[:SHOWN].tolist()],
        "vocabulary": usage(tokenizer, used),
    }


def _ranked(used: Counts) -> Counts:
    """The tokens that occur, the most frequent first, equal ones by number."""
    order = np.lexsort((np.arange(len(used)), -used))
    return order[: int((used > 0).sum())]


def usage(tokenizer: Tokenizer, used: Counts) -> dict[str, Any]:
    """What the entries of a vocabulary are used for, from how often each occurs: how many of the most frequent make up most
    of all tokens, how often those of some ranks occur, the most and the least frequent ones that occur at all."""
    ranked = _ranked(used)
    times = used[ranked]
    total, sums = int(times.sum()), np.cumsum(times)
    at = np.unique(np.rint(np.geomspace(1, len(ranked), POINTS)).astype(np.int64)) if total else np.empty(0, np.int64)
    return {
        "tokens": total,
        "coverage": [[share / 100, int(np.searchsorted(sums, -(-total * share // 100))) + 1] for share in COVERED if total],
        "ranks": [[rank, int(times[rank - 1])] for rank in at.tolist()],
        "top": _counted(tokenizer, ranked[:SHOWN], used),
        "rare": _counted(tokenizer, ranked[: -SHOWN - 1 : -1], used),
        "unused": len(used) - len(ranked),
    }


def _counted(tokenizer: Tokenizer, tokens: Counts, used: Counts) -> list[list[Any]]:
    return [[_readable(tokenizer, token).translate(SPACES), int(used[token])] for token in tokens.tolist()]


def _readable(tokenizer: Tokenizer, token: int) -> str:
    """A token as text where it is whole text, else as it stands in the vocabulary."""
    text = str(tokenizer.decode([token], skip_special_tokens=False))
    return text if text and "\ufffd" not in text else str(tokenizer.id_to_token(token))


def longest(tokenizer: Tokenizer) -> list[str]:
    """The longest tokens, the longest first."""
    ranked = sorted(tokenizer.get_vocab().items(), key=lambda pair: (-len(pair[0]), pair[0]))
    return [_readable(tokenizer, number) for _, number in ranked[:SHOWN]]


def split_terms(tokenizer: Tokenizer, terms: Sequence[str]) -> dict[str, Any]:
    """The pieces of each term; for a range such as `1..999`, how many are one token, and examples."""
    ranges = {term: read_range(term) for term in terms}
    return {term: _split(tokenizer, term) if numbers is None else _split_range(tokenizer, numbers) for term, numbers in ranges.items()}


def _split(tokenizer: Tokenizer, term: str) -> list[str]:
    ids = tokenizer.encode(term, add_special_tokens=False).ids
    return [_readable(tokenizer, token) for token in ids]


def _split_range(tokenizer: Tokenizer, wanted: range) -> dict[str, Any]:
    numbers = [str(number) for number in wanted]
    split = dict(zip(numbers, (found.ids for found in tokenizer.encode_batch_fast(numbers, add_special_tokens=False)), strict=True))
    several = [number for number, ids in split.items() if len(ids) > 1]
    by_length = Counter(len(ids) for ids in split.values())
    return {
        "numbers": len(numbers),
        "one_token": len(numbers) - len(several),
        "tokens": {str(length): times for length, times in sorted(by_length.items())},
        "examples": {number: _split(tokenizer, number) for number in several[:SHOWN]},
    }
