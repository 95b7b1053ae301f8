"""Texts to tokens, where a control token is one only where a template wrote it.

A tokenizer turns the letters `<|im_end|>` into the control token wherever they stand, so a user's text could end its own turn.
Here the tokenizer is copied and taught a second spelling of each control token, an alias of plain letters; what a template wrote is
spelt with aliases, and the copy takes the first spelling for letters (`encode_special_tokens`). An alias behaves as its token does, in
all that the tokenizer knows of it, and its number is put back afterwards. So a text without such letters becomes exactly the
tokens that the tokenizer gives, whatever its kind, and in any text each control token is accounted for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import AddedToken, Tokenizer

ALIAS = "qxzvjkcontrol"
"""How every alias begins; a text that holds it is refused."""

Ids = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]


def _alias(number: int) -> str:
    """`qxzvjkcontrol…`, in lower-case letters alone: normalizers leave them as they are. All have the same length."""
    letters = "".join(chr(ord("a") + int(digit)) for digit in f"{number:08}")
    return f"{ALIAS}{letters}"


@dataclass(frozen=True)
class Encoded:
    """The tokens of a text, and the places of its control tokens. `stray`: control tokens that no alias stood for."""

    ids: Ids
    controls: Places
    stray: int


class ControlTokens:
    """A tokenizer's control tokens: those that it calls special. Other added tokens mean what they say, whoever wrote them.

    `fast`: a tokenizer of the package tokenizers; it is copied and stays as it is."""

    def __init__(self, fast: Any) -> None:
        self._fast = Tokenizer.from_str(fast.to_str())
        self._fast.no_padding()
        self._fast.no_truncation()
        self.description: str = self._fast.to_str()
        told = json.loads(self.description)
        special = {number: token for number, token in self._fast.get_added_tokens_decoder().items() if token.special}
        self._aliases = {token.content: _alias(number) for number, token in special.items()}
        self._letters = re.compile("|".join(re.escape(one) for one in sorted(self._aliases, key=len, reverse=True)) or "(?!)")
        self._fast.add_tokens([_as(token, self._aliases[token.content]) for token in special.values()])
        self._fast.encode_special_tokens = True
        self._real = np.arange(max(self._fast.get_vocab().values(), default=-1) + 1, dtype=np.int32)
        self._kind = np.zeros(len(self._real), np.int8)
        """1: an alias; 2: a control token that is none, which no text may become."""
        unknown = told["model"].get("unk_token")
        unknown = self._fast.token_to_id(unknown) if unknown is not None else told["model"].get("unk_id")
        for number, token in special.items():
            alias = self._fast.token_to_id(self._aliases[token.content])
            self._real[alias], self._kind[alias] = number, 1
            self._kind[number] = 0 if number == unknown else 2
        decoder = told["decoder"]
        self.spaced = decoder is None or decoder["type"] == "WordPiece"
        """Whether the tokenizer's tokens do not say where white space stood."""

    def found(self, text: str) -> re.Match[str] | None:
        """The first control token that stands in a text, by its letters."""
        return self._letters.search(text)

    def forged(self, text: str) -> bool:
        """Whether a text holds what only a template may write."""
        return ALIAS in text

    def mark(self, written: str) -> str:
        """A template's own text, each control token in it as its alias."""
        return self._letters.sub(lambda token: self._aliases[token[0]], written)

    def count(self, marked: str) -> int:
        """How many control tokens a marked text has."""
        return marked.count(ALIAS)

    def last_piece(self, marked: str) -> tuple[int, str]:
        """A marked text from its last control token on, and how many come before that. A tokenizer cuts a text at its added tokens
        first, and what stands between two of them is tokenised by itself: so only this piece depends on what follows the text."""
        start = max(marked.rfind(ALIAS), 0)
        return marked.count(ALIAS, 0, start), marked[start:]

    def encode(self, marked: Sequence[str]) -> Iterator[Encoded]:
        """The tokens of marked texts."""
        for one in self._fast.encode_batch_fast(list(marked), add_special_tokens=False):
            ids = np.array(one.ids, np.int32)
            kinds = self._kind[ids]
            yield Encoded(self._real[ids], np.flatnonzero(kinds == 1), int(np.count_nonzero(kinds == 2)))

    def decode(self, ids: Sequence[Sequence[int]]) -> list[str]:
        """The texts of tokens, control tokens written out."""
        texts: list[str] = self._fast.decode_batch([list(one) for one in ids], skip_special_tokens=False)
        return texts


def _as(token: AddedToken, letters: str) -> AddedToken:
    """The same token in other letters; not special, so that it is found where those are passed over."""
    return AddedToken(letters, single_word=token.single_word, lstrip=token.lstrip, rstrip=token.rstrip, normalized=token.normalized, special=False)
