"""Texts to tokens word by word, each word tokenised once, for tokenizers that cut a text into words by a rule known here.

Byte-level tokenizers cut a text by a regular expression (Radford et al. 2019 and those after it) before they look for their pieces, so
the tokens of a text are those of its words. Of letters, digits, marks and blanks of ASCII every engine of regular expressions reads
these rules alike; what stands around another character, up to where two words surely part, is left whole to the tokenizer. Words
recur, and a text of known words is tokenised in a fraction of the time, to the same tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]

GPT_2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_LATER = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}DIGITS| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
RULES = (GPT_2, _LATER.replace("DIGITS", "{1,3}"), _LATER.replace("DIGITS", ""))
"""The rules of GPT-2 (and GPT-NeoX, which pythia is), of Llama 3, and of Qwen 2 and 3, as their tokenizers write them."""

STRANGE = re.compile(r"[^\t\n\r -~]")
"""A character that is left to the tokenizer."""
PARTING = re.compile(r"(?<=[a-z])(?= [a-z])")
"""Where any of the rules cuts, whatever stands further away."""
REMEMBERED = 1 << 17
"""So many words are remembered."""
LONG = 64
"""Longer pieces, in characters, are tokenised each time."""


class Words:
    """The words of a tokenizer and their tokens. `fast`: a tokenizer of the package tokenizers; `told`: its JSON; `apart`: the added
    tokens at which a text is cut before, all of one form, as a regular expression."""

    def __init__(self, fast: Any, told: Mapping[str, Any], apart: str) -> None:
        self._fast = fast
        rule = _rule(told)
        self._rule = None if rule is None else re.compile(_of_ascii(rule))
        self._apart = re.compile(f"({apart})")
        added = [one for one in told["added_tokens"] if not _plain(one) or not re.fullmatch(apart, one["content"])]
        if not all(one["content"].isascii() for one in added):
            self._rule = None
        self._others = re.compile("|".join(re.escape(one["content"]) for one in added)) if added else None
        self._known: dict[str, tuple[int, ...]] = {}

    def encode(self, texts: Sequence[str]) -> list[Ids]:
        """The tokens of texts."""
        if self._rule is None:
            return [np.array(one, np.int32) for one in self._tokenised(texts)]
        cut = [self._cut(text) for text in texts]
        new = list(set(chain.from_iterable(cut)).difference(self._known))
        self._known.update(zip(new, self._tokenised(new), strict=True))
        read = self._known.__getitem__
        found = [np.fromiter(chain.from_iterable(map(read, words)), np.int32) for words in cut]
        for word in new:
            if len(word) > LONG:
                del self._known[word]
        if len(self._known) > REMEMBERED:
            self._known.clear()
        return found

    def _tokenised(self, texts: Sequence[str]) -> Iterable[tuple[int, ...]]:
        return (tuple(one.ids) for one in self._fast.encode_batch_fast(list(texts), add_special_tokens=False))

    def _cut(self, text: str) -> list[str]:
        """The words of a text; of one with other added tokens, itself."""
        assert self._rule is not None
        if self._others is not None and self._others.search(text):
            return [text]
        strange = STRANGE.search(text) is not None
        words: list[str] = []
        for place, piece in enumerate(self._apart.split(text)):
            if place % 2:
                words.append(piece)
            elif not strange:
                words += self._rule.findall(piece)
            else:
                for part in PARTING.split(piece):
                    words += [part] if STRANGE.search(part) else self._rule.findall(part)
        return words


def _plain(added: Mapping[str, Any]) -> bool:
    """Whether an added token is one wherever its letters stand, and takes no white space with it."""
    return not (added["lstrip"] or added["rstrip"] or added["single_word"])


def _rule(told: Mapping[str, Any]) -> str | None:
    """The rule by which a tokenizer cuts texts into words; None where it is another than those known here, or texts are changed before
    it otherwise than by composing, which leaves ASCII as it is."""
    normalizer, before = told["normalizer"], told["pre_tokenizer"]
    if told["model"]["type"] != "BPE" or told["model"]["dropout"] or (normalizer is not None and normalizer["type"] not in ("NFC", "NFKC")):
        return None
    match before:
        case {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}:
            return GPT_2
        case {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": rule}, "behavior": "Isolated", "invert": False},
                {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False},
            ],
        }:
            return rule if rule in RULES else None
    return None


def _of_ascii(rule: str) -> str:
    """A rule as Python reads it, of ASCII alone."""
    names = {r"\p{L}": "a-zA-Z", r"\p{N}": "0-9"}

    def named(found: re.Match[str]) -> str:
        if found[0] in names:
            return f"[{names[found[0]]}]"
        return found[0].replace(r"\p{L}", names[r"\p{L}"]).replace(r"\p{N}", names[r"\p{N}"])

    return re.sub(r"\[[^\]]*\]|\\p\{[LN]\}", named, rule)
