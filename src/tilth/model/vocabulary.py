"""How a tokenizer splits: bytes a token, unknown tokens, and the pieces of terms that matter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tokenizers import Tokenizer

from tilth.model.pack import pieces
from tilth.model.terms import read_range

SHOWN = 20
"""So many top and longest tokens, and examples of a range, are told."""


def measure(tokenizer: Tokenizer, texts: Iterable[str], unknown: str | None) -> dict[str, Any]:
    """Tokenise the texts and count: documents, bytes, tokens, unknown and used ones, the most frequent."""
    documents = size = 0
    used: Counter[int] = Counter()
    tokenizer.encode_special_tokens = True
    for piece in pieces(texts):
        documents, size = documents + len(piece), size + sum(len(text.encode()) for text in piece)
        for encoding in tokenizer.encode_batch_fast(piece, add_special_tokens=False):
            used.update(encoding.ids)
    tokenizer.encode_special_tokens = False
    total = sum(used.values())
    unknown_id = None if unknown is None else tokenizer.token_to_id(unknown)
    missed = 0 if unknown_id is None else used[unknown_id]
    ranked = sorted(used.items(), key=lambda pair: (-pair[1], pair[0]))
    return {
        "documents": documents,
        "bytes": size,
        "tokens": total,
        "bytes_per_token": size / total if total else 0.0,
        "unknown_rate": missed / total if total else 0.0,
        "used": len(used),
        "top_tokens": [[_readable(tokenizer, token), times] for token, times in ranked[:SHOWN]],
    }


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
