"""Texts to tokens, where a control token is one only where a template wrote it.

A tokenizer turns the letters `<|im_end|>` into the control token wherever they stand, so a user's text could end its own turn; and
some can make one of their pieces of such letters even where they are told not to. Here the tokenizer is copied, and in the copy each
control token is spelt otherwise, as an alias of plain letters; what a template wrote is spelt so too before it is tokenised. All
else is the same, numbers included. So a text without such letters becomes exactly the tokens that the tokenizer gives, whatever
its kind, and in any text the control tokens are those of the template.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from tilth.model.spelling import alphabet
from tilth.model.words import Ids, Words

ALIAS = "qxzvjkcontrol"
"""How every alias begins; a text that holds it is refused."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Encoded:
    """The tokens of a text, and the places of its control tokens."""

    ids: Ids
    controls: Places


class ControlTokens:
    """A tokenizer's control tokens: those that it calls special, but for the one of unknown letters. Other added tokens mean what they
    say, whoever wrote them.

    `fast`: a tokenizer of the package tokenizers; it is copied and stays as it is. `ends`: the tokens that begin and end a text."""

    def __init__(self, fast: Any, ends: Collection[str] = ()) -> None:
        self._plain = Tokenizer.from_str(fast.to_str())
        self._plain.no_padding()
        self._plain.no_truncation()
        self.description: str = self._plain.to_str()
        """All of the tokenizer, as JSON."""
        told = json.loads(self.description)
        unknown = _unknown(told["model"])
        special = {one["content"]: one["id"] for one in told["added_tokens"] if one["special"]}
        special = {text: number for text, number in special.items() if text != unknown or text in ends}
        self._aliases = {text: _alias(number) for text, number in special.items()}
        self._letters = re.compile("|".join(re.escape(one) for one in sorted(special, key=len, reverse=True)) or "(?!)")
        respelt = _respelt(told, self._aliases)
        self._copy = Words(Tokenizer.from_str(json.dumps(respelt)), respelt, f"{ALIAS}[a-j]{{8}}")
        self._special = np.zeros(max(self._plain.get_vocab().values(), default=-1) + 1, np.bool_)
        self._special[list(special.values())] = True
        self.spaced = told["decoder"] is None or told["decoder"]["type"] == "WordPiece"
        """Whether the tokenizer's tokens do not say where white space stood."""
        self._bytes = self._byte_level() if told["decoder"] is not None and told["decoder"]["type"] == "ByteLevel" else []

    def found(self, text: str) -> re.Match[str] | None:
        """The first control token that stands in a text, by its letters."""
        return self._letters.search(text)

    def forged(self, text: str) -> bool:
        """Whether a text holds what only a template may write."""
        return ALIAS in text

    def mark(self, written: str) -> str:
        """A template's own text, each control token in it as its alias."""
        return self._letters.sub(lambda token: self._aliases[token[0]], written)

    def ending(self, written: str) -> str:
        """What of a text goes to the end of its first control token; nothing where more than white space stands before that."""
        found = self.found(written)
        return "" if found is None or written[: found.start()].strip() else written[: found.end()]

    def count(self, marked: str) -> int:
        """How many control tokens a marked text has."""
        return marked.count(ALIAS)

    def last_piece(self, marked: str) -> tuple[int | None, str]:
        """A marked text from its last control token on, and which one that is, from 0; all of it, and None, where it has none.

        A tokenizer cuts a text at its added tokens first, and what stands between two of them is tokenised by itself: so only this
        piece of a text can depend on what follows it."""
        start = marked.rfind(ALIAS)
        return (None, marked) if start < 0 else (marked.count(ALIAS, 0, start), marked[start:])

    def encode(self, marked: Sequence[str]) -> Iterator[Encoded]:
        """The tokens of marked texts."""
        return (Encoded(ids, np.flatnonzero(self._special[ids])) for ids in self._copy.encode(marked))

    def _byte_level(self) -> list[bytes]:
        """What each token stands for where tokens are bytes, each written as a letter; a token with other letters is these."""
        byte_of = {letter: bytes([byte]) for byte, letter in enumerate(alphabet())}
        found = [b""] * len(self._special)
        for piece, number in self._plain.get_vocab().items():
            found[number] = b"".join([byte_of[letter] for letter in piece]) if all(letter in byte_of for letter in piece) else piece.encode()
        return found

    def says(self, ids: Sequence[int], text: str) -> bool:
        """Whether tokens that are bytes are this text: then they decode to it. False for those of other tokenizers too."""
        return bool(self._bytes) and b"".join([self._bytes[one] for one in ids]) == text.encode()

    def decode(self, ids: Sequence[Sequence[int]]) -> list[str]:
        """The texts of tokens, control tokens written out."""
        texts: list[str] = self._plain.decode_batch([list(one) for one in ids], skip_special_tokens=False)
        return texts


def _alias(number: int) -> str:
    """`qxzvjkcontrol…`, in lower-case letters alone: normalizers leave them as they are. All have the same length."""
    letters = "".join(chr(ord("a") + int(digit)) for digit in f"{number:08}")
    return f"{ALIAS}{letters}"


def _unknown(model: Mapping[str, Any]) -> str | None:
    """The token that stands for what has no piece."""
    if model.get("unk_id") is not None:
        return str(model["vocab"][model["unk_id"]][0])
    return model.get("unk_token")


def _respelt(told: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A tokenizer's JSON in which these tokens have other names; none of them is merged from pieces."""
    model = told["model"]
    vocabulary = model["vocab"]
    if isinstance(vocabulary, list):
        model["vocab"] = [[names.get(piece, piece), score] for piece, score in vocabulary]
    else:
        model["vocab"] = {names.get(piece, piece): number for piece, number in vocabulary.items()}
    if "merges" in model:
        pairs = [(pair, pair.split(" ") if isinstance(pair, str) else pair) for pair in model["merges"]]
        model["merges"] = [pair for pair, pieces in pairs if not {*pieces, "".join(pieces)} & names.keys()]
    if model.get("unk_token") in names:
        model["unk_token"] = names[model["unk_token"]]
    told["added_tokens"] = [{**one, "content": names.get(one["content"], one["content"])} for one in told["added_tokens"]]
    return {**told, "post_processor": None}
