"""How many tokens a text is, by the tokenizer in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tokenizers import Tokenizer

from tilth.errors import Missing

AT_ONCE = 1024
"""So many texts are cut at once: the memory that their tokens take is let go before the next."""


def token_counts(folder: Path, texts: Sequence[str | None]) -> list[int]:
    """The number of tokens of each text, none added at its ends; a null has none.

    A text that contains a control token's letters is counted by its letters. Raises: Missing where the folder has no `tokenizer.json`."""
    tokenizer = _tokenizer(folder)
    counts: list[int] = []
    for first in range(0, len(texts), AT_ONCE):
        some = [text or "" for text in texts[first : first + AT_ONCE]]
        counts += [len(found) for found in tokenizer.encode_batch_fast(some, add_special_tokens=False)]
    return counts


def token_spans(folder: Path, text: str) -> list[tuple[int, int]]:
    """Where each token of a text begins and ends in its characters; as in `token_counts`, none is added."""
    return list(_tokenizer(folder).encode(text, add_special_tokens=False).offsets)


@cache
def _tokenizer(folder: Path) -> Tokenizer:
    file = folder / "tokenizer.json"
    if not file.exists():
        raise Missing(
            "This folder holds no tokenizer that can count.",
            where=str(folder),
            accepted="Tokens are counted by a `tokenizer.json`.",
            remedy="Load it once with `AutoTokenizer.from_pretrained(folder)` and `save_pretrained(folder)`, which writes one.",
        )
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer
