"""Sequence classifiers of Transformers, asked for the probability of a label.

Texts go through the network in groups of a fixed shape: each is filled up to the next multiple of 16 tokens, and a group to
its number of texts. So a text is multiplied by the same kernels whatever else is scored.
"""

from __future__ import annotations

import multiprocessing
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel

from tilth.errors import AskedWrong, Missing
from tilth.model.classifying import Scores, labels_of
from tilth.model.device import pick, use_all_cores
from tilth.model.load import quiet

FILLED = 16
"""Texts are filled up to a multiple of so many tokens."""

TOKENS = {"cpu": 512, "mps": 4096, "cuda": 1 << 14}
"""About so many tokens are scored at once."""

CHARACTERS = 64
"""Of a text at most so many characters a token are read, so that one of ten megabytes is not tokenized as a whole."""


class TextClassifier:
    """The classifier in a folder, with its tokenizer."""

    def __init__(self, folder: Path, length: int) -> None:
        self.labels: Sequence[str] = labels_of(folder)
        if multiprocessing.parent_process() is None:
            use_all_cores()
        else:
            torch.set_num_threads(1)  # a worker has a core
        with quiet():
            config: Any = AutoConfig.from_pretrained(folder)
            try:
                self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
                self._network: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
            except (OSError, ValueError) as error:
                raise Missing(f"The classifier cannot be loaded: {str(error).splitlines()[0]}", where=str(folder)) from error
        if self._tokenizer.pad_token_id is None:
            raise AskedWrong("The tokenizer of the classifier has no token to fill up with.", where=str(folder), remedy="Name its `pad_token`.")
        self._network.config.pad_token_id = self._tokenizer.pad_token_id
        self._device = pick("auto")
        self._network.to(self._device)
        self._network.train(False)
        self._length = min(length, int(self._tokenizer.model_max_length), positions(config))
        self._several = config.problem_type == "multi_label_classification"
        self.facts: Mapping[str, Any] = {"kind": "transformers", "labels": list(self.labels), "tokens": self._length, "device": self._device.type}

    def scores(self, texts: Sequence[str], label: str) -> Scores:
        """The score of a label for the first tokens of each text."""
        place = self.labels.index(label)
        read = [text[: self._length * CHARACTERS] for text in texts]
        every = self._tokenizer(read, truncation=True, max_length=self._length, padding=False)["input_ids"] if read else []
        shapes: defaultdict[int, list[int]] = defaultdict(list)
        for number, ids in enumerate(every):
            shapes[-(-max(1, len(ids)) // FILLED) * FILLED].append(number)
        found = np.zeros(len(texts), np.float64)
        for width, numbers in sorted(shapes.items()):
            size = max(1, TOKENS[self._device.type] // width)
            for begin in range(0, len(numbers), size):
                some = numbers[begin : begin + size]
                found[some] = self._group([every[number] for number in some], size, min(width, max(self._length, 1)))[: len(some), place]
        return found

    def _group(self, some: Sequence[Sequence[int]], size: int, width: int) -> Scores:
        """The scores of all labels for some texts, in a group of `size` texts of `width` tokens."""
        ids = np.full((size, width), self._tokenizer.pad_token_id, np.int64)
        there = np.zeros((size, width), np.int64)
        for row in range(size):
            given = some[row % len(some)]
            ids[row, : len(given)], there[row, : max(1, len(given))] = given, 1
        with torch.inference_mode():
            mask = torch.from_numpy(there).to(self._device)
            logits = self._network(input_ids=torch.from_numpy(ids).to(self._device), attention_mask=mask).logits.double()
            if len(self.labels) > 1:
                logits = logits.sigmoid() if self._several else logits.softmax(-1)
            told: Scores = logits.cpu().numpy()
            return told


def positions(config: Any) -> int:
    """The most tokens that the model can place; where it does not say, no limit. RoBERTa's first two are not for tokens."""
    told = config.to_dict().get("max_position_embeddings")
    if not told:
        return 1 << 30
    return int(told) - (config.pad_token_id + 1 if config.model_type in ("roberta", "xlm-roberta", "camembert") else 0)
