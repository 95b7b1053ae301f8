"""Sentence encoders: a Transformers encoder, its tokens pooled into one vector, and what the folder says comes after.

Texts are encoded in groups of a fixed shape (`tilth.model.padding`), so a text's vector is the same to the bit whatever else
is encoded. On a processor each group runs on one thread.
Source of the folder's format: Sentence Transformers 6.2.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import normalize
from transformers import AutoModel, AutoTokenizer

from tilth.errors import AskedWrong, Missing
from tilth.model.device import pick, use_all_cores
from tilth.model.embedding import Embeddings, read_settings
from tilth.model.load import quiet
from tilth.model.padding import filled, groups, positions

TOKENS = {"cpu": 256, "mps": 4096, "cuda": 1 << 14}
"""About so many tokens are encoded at once. On a processor larger groups were no faster."""

OLD_NAMES = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
"""How `1_Pooling/config.json` said it before version 5.4, in the order in which several are joined."""

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "Identity": lambda given: given,
    "Tanh": torch.tanh,
    "ReLU": torch.relu,
    "GELU": torch.nn.functional.gelu,
}

Pooling = Callable[[Tensor, Tensor], Tensor]
"""From tokens' vectors (texts × tokens × width) and what is no filling (texts × tokens) to a vector for each text."""


class Sentences:
    """A sentence encoder in a folder."""

    def __init__(self, folder: Path, parts: Sequence[tuple[str, Path]]) -> None:
        self._device = pick("auto")
        (_, place), *after = parts
        said = read_settings(place / "sentence_bert_config.json")
        with quiet():
            self._tokenizer = AutoTokenizer.from_pretrained(place)
            self._network = AutoModel.from_pretrained(place, dtype=torch.float32).to(self._device)
        self._network.train(False)
        self._lower = bool(said.get("do_lower_case"))
        self._most = said.get("max_seq_length") or min(self._tokenizer.model_max_length, positions(self._network.config))
        self._prompt = _prompt(folder)
        self._pooling, self._modes = _pooling(after, prompted=bool(self._prompt))
        self._after = [_step(name, place, self._device) for name, place in after if name not in ("Pooling", "Normalize", "Dropout")]
        self.facts: Mapping[str, Any] = {
            "kind": "sentence",
            "dimensions": int(self.encode([""]).shape[1]),
            "tokens": int(self._most),
            "pooling": list(self._modes),
            "device": self._device.type,
        }

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """The vector of each text, of length 1."""
        read = [self._prompt + (text.lower() if self._lower else text) for text in texts]
        every = self._tokenizer(read, truncation=True, max_length=self._most, padding=False)["input_ids"] if read else []
        shapes = list(groups([len(ids) for ids in every], TOKENS[self._device.type], self._most))
        with _one_thread_each() as pool:
            told = list(pool.map(lambda group: self._group([every[number] for number in group[0]], group[1], group[2]), shapes))
        found = np.zeros((len(texts), told[0].shape[1] if told else int(self.facts["dimensions"])), np.float32)
        for (numbers, _, _), vectors in zip(shapes, told, strict=True):
            found[numbers] = vectors
        return found

    def _group(self, some: Sequence[Sequence[int]], size: int, width: int) -> Embeddings:
        """The vectors of some texts, in a group of `size` texts of `width` tokens."""
        ids, there = filled(some, size, width, self._tokenizer.pad_token_id or 0)
        with torch.inference_mode():
            mask = torch.from_numpy(there).to(self._device)
            tokens = self._network(input_ids=torch.from_numpy(ids).to(self._device), attention_mask=mask)[0]
            vectors = self._pooling(tokens, mask)
            for step in self._after:
                vectors = step(vectors)
            found: Embeddings = normalize(vectors).cpu().numpy()[: len(some)]
        return found


@contextmanager
def _one_thread_each() -> Iterator[ThreadPoolExecutor]:
    """A pool in which each group has one thread: as many as there are cores, or one in a worker, which has a core."""
    before = torch.get_num_threads()
    cores = use_all_cores() if multiprocessing.parent_process() is None else 1
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(cores) as pool:
            yield pool
    finally:
        torch.set_num_threads(before)


def _prompt(folder: Path) -> str:
    """What is set before each text, where the folder names a default."""
    said = read_settings(folder / "config_sentence_transformers.json")
    name = said.get("default_prompt_name")
    return str(said.get("prompts", {}).get(name, "")) if name else ""


def _pooling(after: Sequence[tuple[str, Path]], *, prompted: bool) -> tuple[Pooling, Sequence[str]]:
    """How tokens become one vector. Raises AskedWrong for a way that is not known."""
    place = next((place for name, place in after if name == "Pooling"), None)
    said = read_settings(place / "config.json") if place else {}
    modes = said.get("pooling_mode") or [mode for name, mode in OLD_NAMES.items() if said.get(name)] or ["mean"]
    modes = [modes] if isinstance(modes, str) else list(modes)
    unknown = [mode for mode in modes if mode not in POOLINGS]
    if unknown or (prompted and not said.get("include_prompt", True)):
        found = (
            f"Tokens are pooled by `{unknown[0]}`, which is not known." if unknown else "Its prompt is left out of the pooling, which is not known."
        )
        raise AskedWrong(found, where=str(place), accepted=f"Known: {', '.join(POOLINGS)}; a prompt counts as text.")
    return (lambda tokens, mask: torch.cat([POOLINGS[mode](tokens, mask) for mode in modes], dim=-1)), modes


def _mean(tokens: Tensor, mask: Tensor) -> Tensor:
    weights = mask.unsqueeze(-1).to(tokens.dtype)
    return (tokens * weights).sum(1) / weights.sum(1)


def _weighted(tokens: Tensor, mask: Tensor) -> Tensor:
    """The mean in which the n-th token counts n times."""
    weights = (mask.cumsum(1) * mask).unsqueeze(-1).to(tokens.dtype)
    return (tokens * weights).sum(1) / weights.sum(1)


def _last(tokens: Tensor, mask: Tensor) -> Tensor:
    return tokens[torch.arange(len(tokens)), mask.sum(1) - 1]


POOLINGS: dict[str, Pooling] = {
    "cls": lambda tokens, mask: tokens[:, 0],
    "max": lambda tokens, mask: tokens.masked_fill(mask.unsqueeze(-1) == 0, -torch.inf).max(1).values,
    "mean": _mean,
    "mean_sqrt_len_tokens": lambda tokens, mask: _mean(tokens, mask) * mask.sum(1, keepdim=True).to(tokens.dtype).sqrt(),
    "weightedmean": _weighted,
    "lasttoken": _last,
}
"""Sentence Transformers' ways to make one vector of many."""


def _step(name: str, place: Path, device: torch.device) -> Callable[[Tensor], Tensor]:
    """What a `Dense` part does with a vector. Raises AskedWrong for a part or an activation that is not known, Missing
    where its weights are not there."""
    said = read_settings(place / "config.json")
    activation = str(said.get("activation_function", "torch.nn.modules.activation.Tanh")).rpartition(".")[2]
    if name != "Dense" or activation not in ACTIVATIONS or said.get("use_residual"):
        raise AskedWrong(
            f"The encoder has a part `{name}`{f' with {activation}' if name == 'Dense' else ''} that is not known.",
            where=str(place),
            accepted=f"Known: Transformer, Pooling, Normalize, Dropout, and Dense with {', '.join(ACTIVATIONS)}.",
        )
    if not (place / "model.safetensors").is_file():
        raise Missing("The part `Dense` has no `model.safetensors`.", where=str(place), remedy="Fetch the whole folder of the model.")
    weights = {key: tensor.float().to(device) for key, tensor in load_file(place / "model.safetensors").items()}
    return lambda vectors: ACTIVATIONS[activation](torch.nn.functional.linear(vectors, weights["linear.weight"], weights.get("linear.bias")))
