"""Sequence classifiers of Transformers, asked for the probability of a label.

Texts go through the network in groups of a fixed shape (`tilth.model.padding`), whatever else is scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification

from tilth.errors import AskedWrong
from tilth.model.classifying import Scores, labels_of
from tilth.model.load import judging
from tilth.model.padding import fill_with, filled, groups, positions

TOKENS = {"cpu": 512, "mps": 4096, "cuda": 1 << 14}
"""About so many tokens are scored at once."""

CHARACTERS = 64
"""Of a text at most so many characters a token are read, so that one of ten megabytes is not tokenized as a whole."""


class TextClassifier:
    """The classifier in a folder, with its tokenizer."""

    def __init__(self, folder: Path, length: int) -> None:
        self.labels: Sequence[str] = labels_of(folder)
        self._tokenizer, self._network, self._device = judging(folder, AutoModelForSequenceClassification)
        known = (self._tokenizer.pad_token_id, self._network.config.pad_token_id, self._tokenizer.eos_token_id)
        filling = next((int(token) for token in known if token is not None), None)
        if filling is None:
            raise AskedWrong("The tokenizer of the classifier has no token to fill up with.", where=str(folder), remedy="Name its `pad_token`.")
        self._filling = filling
        fill_with(self._network, filling)
        self._length = min(length, int(self._tokenizer.model_max_length), positions(self._network.config))
        self._several = self._network.config.problem_type == "multi_label_classification"
        self.facts: Mapping[str, Any] = {"kind": "transformers", "labels": list(self.labels), "tokens": self._length, "device": self._device.type}

    def scores(self, texts: Sequence[str], label: str) -> Scores:
        """The score of a label for the first tokens of each text."""
        place = self.labels.index(label)
        read = [text[: self._length * CHARACTERS] for text in texts]
        every = self._tokenizer(read, truncation=True, max_length=self._length, padding=False)["input_ids"] if read else []
        found = np.zeros(len(texts), np.float64)
        for some, size, width in groups([len(ids) for ids in every], TOKENS[self._device.type], self._length):
            found[some] = self._group([every[number] for number in some], size, width)[: len(some), place]
        return found

    def _group(self, some: Sequence[Sequence[int]], size: int, width: int) -> Scores:
        """The scores of all labels for some texts, in a group of `size` texts of `width` tokens."""
        ids, there = filled(some, size, width, self._filling)
        with torch.inference_mode():
            mask = torch.from_numpy(there).to(self._device)
            logits = self._network(input_ids=torch.from_numpy(ids).to(self._device), attention_mask=mask).logits.double()
            if len(self.labels) > 1:
                logits = logits.sigmoid() if self._several else logits.softmax(-1)
            told: Scores = logits.cpu().numpy()
            return told
