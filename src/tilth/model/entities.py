"""Token classifiers of Transformers, asked for the pieces of a text that stand for something.

A long text is read in windows that overlap by a quarter, and what a token is, is told by the window in which it stands
farthest from an edge. Windows go through the network in groups of a fixed shape (`tilth.model.text_classifier`), and
probabilities are rounded to four decimals, so what is found does not depend on what else is read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from transformers import AutoModelForTokenClassification

from tilth.errors import AskedWrong
from tilth.model.identifying import Found, entity_of, labels_of
from tilth.model.load import judging
from tilth.model.padding import filled, groups, positions
from tilth.model.text_classifier import TOKENS

LENGTH = 512
"""Tokens of a window, where the model can place so many."""

DECIMALS = 4

TEXTS = 64
"""Texts that are taken apart at once."""

_APART = re.compile(r"[^\W_]")
_TOGETHER = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
"""Letters and digits; and those of scripts that put no blanks between words (Thai, Lao, Burmese, Khmer, Kana, Han)."""

Chances = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Window:
    """Some tokens of a text: their ids with those of the marks around them, and of those that are no marks the places
    in `ids`, the characters, and the number of the first in its text."""

    text: int
    ids: Sequence[int]
    inner: Sequence[int]
    offsets: Sequence[tuple[int, int]]
    first: int


class TokenClassifier:
    """The classifier in a folder, with its tokenizer."""

    def __init__(self, folder: Path) -> None:
        labels = labels_of(folder)
        self._labels = len(labels)
        self._tokenizer, self._network, self._device = judging(folder, AutoModelForTokenClassification)
        if not self._tokenizer.is_fast:
            raise AskedWrong("The model has no `tokenizer.json`, so nobody can tell where in a text its tokens stand.", where=str(folder))
        self._length = min(LENGTH, int(self._tokenizer.model_max_length), positions(self._network.config))
        told = [entity_of(label) for label in labels]
        self.entities: Collection[str] = sorted({*told} - {""})
        self._places = {entity: [place for place, one in enumerate(told) if one == entity] for entity in self.entities}
        self._begins = [place for place, label in enumerate(labels) if label[:2] in ("B-", "S-", "U-")]

    def find(self, texts: Sequence[str], entities: Collection[str], confidence: float) -> list[list[Found]]:
        """The pieces of each text that are of some entities. A word, which is a run of letters and digits, is what its
        first token is; where a script puts no blanks between words, each token is a word."""
        asked = [entity for entity in self.entities if entity in entities]
        found: list[list[Found]] = []
        for begin in range(0, len(texts), TEXTS) if asked else ():
            some = texts[begin : begin + TEXTS]
            found += [self._pieces(text, *told, asked, confidence) for text, told in zip(some, self._told(some), strict=True)]
        return found or [[] for _ in texts]

    def _told(self, texts: Sequence[str]) -> list[tuple[list[tuple[int, int]], Chances]]:
        """For each text the characters of its tokens, and for each token the probability of each label."""
        windows = list(self._windows(texts))
        sizes = [max((one.first + len(one.inner) for one in windows if one.text == number), default=0) for number in range(len(texts))]
        told = [([(0, 0)] * size, np.zeros((size, self._labels), np.float64)) for size in sizes]
        nearest = [np.full(size, -1, np.int64) for size in sizes]
        for window, chances in zip(windows, self._chances(windows), strict=True):
            count, size = len(window.inner), sizes[window.text]
            places = np.arange(window.first, window.first + count)
            before = np.arange(count) if window.first else np.full(count, size)
            behind = np.arange(count)[::-1] if window.first + count < size else np.full(count, size)
            better = np.minimum(before, behind) > nearest[window.text][places]
            nearest[window.text][places[better]] = np.minimum(before, behind)[better]
            told[window.text][1][places[better]] = chances[np.asarray(window.inner, np.int64)[better]]
            told[window.text][0][window.first : window.first + count] = window.offsets
        return told

    def _windows(self, texts: Sequence[str]) -> Iterator[_Window]:
        marks = self._tokenizer.num_special_tokens_to_add()
        overlap = max(0, (self._length - marks) // 4)
        cut = {"truncation": True, "max_length": self._length, "stride": overlap, "return_overflowing_tokens": True}
        told = self._tokenizer(list(texts), **cut, padding=False, return_offsets_mapping=True, verbose=False)
        begun: defaultdict[int, int] = defaultdict(int)
        for text, one in zip(told["overflow_to_sample_mapping"], told.encodings, strict=True):
            inner = [place for place, mark in enumerate(one.special_tokens_mask) if not mark]
            yield _Window(text, one.ids, inner, [one.offsets[place] for place in inner], begun[text])
            begun[text] += max(len(inner) - overlap, 0)

    def _chances(self, windows: Sequence[_Window]) -> list[Chances]:
        """For each window the probability of each label at each of its ids."""
        found: list[Chances] = [np.zeros((0, 0))] * len(windows)
        for some, size, width in groups([len(window.ids) for window in windows], TOKENS[self._device.type], self._length):
            for number, told in zip(some, self._group([windows[one].ids for one in some], size, width), strict=False):
                found[number] = told
        return found

    def _group(self, some: Sequence[Sequence[int]], size: int, width: int) -> Chances:
        """The probabilities of all labels at all tokens of some windows, in a group of `size` windows of `width` tokens."""
        ids, there = filled(some, size, width, self._tokenizer.pad_token_id or 0)
        with torch.inference_mode():
            mask = torch.from_numpy(there).to(self._device)
            logits = self._network(input_ids=torch.from_numpy(ids).to(self._device), attention_mask=mask).logits.double()
            told: Chances = logits.softmax(-1).cpu().numpy()
        return told

    def _pieces(self, text: str, offsets: Sequence[tuple[int, int]], chances: Chances, asked: Sequence[str], confidence: float) -> list[Found]:
        found: list[Found] = []
        joins = False
        for first, beyond in _words(text, offsets):
            sums = [chances[first, self._places[entity]].sum().round(DECIMALS) for entity in self.entities]
            best = int(np.argmax(sums))
            entity, sureness = list(self.entities)[best], float(sums[best])
            if entity not in asked or sureness < confidence:
                joins = False
                continue
            start, stop = offsets[first][0], max(end for _, end in offsets[first:beyond])
            begins = int(chances[first].round(DECIMALS)[self._places[entity]].argmax())
            new = self._places[entity][begins] in self._begins
            if joins and not new and found[-1].entity == entity:
                found[-1] = Found(entity, found[-1].start, stop, min(sureness, found[-1].sureness))
            else:
                found.append(Found(entity, start, stop, sureness))
            joins = True
        return [_bare(text, one) for one in found]


def _words(text: str, offsets: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The words of a text as numbers of tokens: the first, and the one behind the last."""
    begins = [place for place, (one, other) in enumerate(pairwise([(-1, -1), *offsets])) if not _continues(text, one, other)]
    yield from pairwise([*begins, len(offsets)])


def _continues(text: str, one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether a token goes on with the word, or with the character, of the one before it."""
    if other[0] < one[1]:
        return True
    around = text[max(other[0] - 1, 0) : other[0] + 1]
    return other[0] == one[1] > 0 and all(_APART.match(sign) and not _TOGETHER.match(sign) for sign in around)


def _bare(text: str, found: Found) -> Found:
    """Without blanks at its ends, which some tokenizers count to a word."""
    held = text[found.start : found.stop]
    return found._replace(start=found.stop - len(held.lstrip()), stop=found.start + len(held.rstrip()))
