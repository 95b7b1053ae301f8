"""A text by itself as tokens, and proof that they are it.

T5's tokenizer has no piece for `{`, `<` or a line break. It takes the first two for one unknown token and the last for a blank, and a
model that learns such tokens learns another text. So tokens are proved: decoded, they are the text to the letter, or the text in the
tokenizer's own normal form. That form is what its normalizer makes of a text. White space is not compared where a tokenizer's tokens do
not say where it stood (WordPiece), and only as blanks between words where they write it as `▁` (SentencePiece, T5's).
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Literal

from tilth.model.control_tokens import ControlTokens
from tilth.model.examples import Ids
from tilth.model.rendering import NotRendered

BLANK = "▁"
"""How SentencePiece writes a blank (Kudo & Richardson 2018)."""
SHOWN = 5
"""So many pieces of a text that have no token are named."""
LETTERS = 12
"""So many letters of each."""


class TextTokens:
    """A tokenizer, by which texts become tokens. It is copied, and not changed.

    `fast`: a tokenizer of the package tokenizers; `ends`: the tokens that begin and end a text."""

    def __init__(self, fast: Any, ends: Collection[str] = ()) -> None:
        self.control = ControlTokens(fast, ends)
        self._fast = fast
        told = json.loads(self.control.description)
        self._blanks = BLANK in json.dumps([told["decoder"], told["pre_tokenizer"]], ensure_ascii=False)
        self.unknown: int | None = _unknown(told)
        self._before, self._after = _closing(fast)

    def ids(self, text: str) -> Ids:
        """The tokens of a text, whose control tokens are letters like others.

        Raises: NotRendered for half of a surrogate pair, and for the letters by which control tokens are told apart."""
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise NotRendered("characters", "it holds half of a surrogate pair, which is no character") from error
        if self.control.forged(text):
            raise NotRendered("control tokens", "it holds the letters by which control tokens are told apart here")
        (found,) = self.control.encode([text])
        return found.ids

    def closed(self, text: str) -> list[int]:
        """The tokens of a text, closed as the tokenizer closes texts: T5 puts its end token behind them. Raises NotRendered."""
        return [*self._before, *self.ids(text).tolist(), *self._after]

    def without_token(self, text: str) -> list[str]:
        """What of a text became the unknown token, each once, in its order. Where letters of a control token hide it, its letters by
        themselves."""
        self._fast.encode_special_tokens = True
        found = self._fast.encode(text, add_special_tokens=False)
        pieces = (text[start:stop].strip() for one, (start, stop) in zip(found.ids, found.offsets, strict=True) if one == self.unknown)
        found_there = list(dict.fromkeys(piece for piece in pieces if piece))
        return found_there or [letter for letter in dict.fromkeys(text) if self.unknown in self.ids(letter)]

    def refuse_unknown(self, text: str, ids: Ids) -> None:
        """Raises NotRendered for tokens among which there is the unknown one."""
        if self.unknown is None or self.unknown not in ids:
            return
        pieces = [f"`{piece[:LETTERS]}`" for piece in self.without_token(text)]
        more = f", and {len(pieces) - SHOWN:,} more" if len(pieces) > SHOWN else ""
        raise NotRendered("unknown", f"the tokenizer has no token for {', '.join(pieces[:SHOWN])}{more} in an answer")

    def proof(self, text: str, ids: Ids) -> Literal["exact", "normal"]:
        """How tokens are proved to be a text. Raises NotRendered where they are not."""
        numbers = ids.tolist()
        if self.control.says(numbers, text):
            return "exact"
        (said,) = self.control.decode([numbers])
        if said == text:
            return "exact"
        normalizer = self._fast.normalizer
        if self._even(said) != self._even(text if normalizer is None else normalizer.normalize_str(text)):
            raise NotRendered("decoded", "the tokens of an answer do not decode to it")
        return "normal"

    def _even(self, text: str) -> str:
        """A text without that white space which the tokenizer does not tell."""
        words = text.replace(BLANK, " ").split()
        return "".join(words) if self.control.spaced else " ".join(words) if self._blanks else text.removeprefix(" ")


def _unknown(told: Any) -> int | None:
    """The token that stands for what has no piece; none where every byte has one."""
    model = told["model"]
    if model.get("unk_id") is not None:
        return int(model["unk_id"])
    vocabulary, token = model["vocab"], model.get("unk_token")
    found = vocabulary.get(token) if isinstance(vocabulary, dict) and token is not None else None
    return None if found is None else int(found)


def _closing(fast: Any) -> tuple[list[int], list[int]]:
    """What a tokenizer puts before a text and behind it."""
    found = fast.encode("a")
    own = [place for place, special in enumerate(found.special_tokens_mask) if not special]
    first, stop = (own[0], own[-1] + 1) if own else (0, 0)
    return found.ids[:first], found.ids[stop:]
