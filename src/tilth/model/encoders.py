"""Encoders that lie in folders. A static one needs `tokenizers` and `safetensors` alone.

Format of model2vec 0.10: `tokenizer.json`, `config.json`, and in `model.safetensors` the tensor `embeddings` (a line for
each token), with `mapping` (from tokens to lines) and `weights` (one a token) where the vocabulary was quantised.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from tokenizers import Tokenizer

from tilth.errors import AskedWrong, Missing
from tilth.model.embedding import Embeddings, read_settings
from tilth.model.extra import training_packages

if TYPE_CHECKING:
    from tilth.model.embedding import Encoder

MOST_TOKENS = 512
"""Tokens that are read of a text where the model's configuration does not say."""

WIDEST = 32
"""Characters that a token has at most on average: what lies behind them is not cut into tokens, for a text of a megabyte
would take as long as a thousand others. (model2vec cuts at the median length of its tokens, which can cut too soon.)"""

AT_ONCE = 1 << 15
"""Tokens whose vectors are held at once: 64 MB at 256 dimensions."""


def made(folder: Path, parts: Sequence[tuple[str, Path]]) -> Encoder:
    """The encoder of which a folder's parts tell. Raises Missing for a file or package that is not there."""
    if parts[0][0] == "StaticEmbedding":
        return Static(parts[0][1])
    with training_packages():
        from tilth.model.sentence_encoder import Sentences
    return Sentences(folder, parts)


class Static:
    """The mean of the vectors of a text's tokens, unknown tokens left out."""

    def __init__(self, folder: Path) -> None:
        for name in ("tokenizer.json", "model.safetensors"):
            if not (folder / name).is_file():
                raise Missing(f"A static encoder needs `{name}`.", where=str(folder), remedy="Fetch or copy the whole folder of the model.")
        config = read_settings(folder / "config.json")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._table, self._mapping, self._weights = _tensors(folder / "model.safetensors")
        self._unknown = _unknown(self._tokenizer)
        most = config.get("max_length", MOST_TOKENS)
        self._tokenizer.no_padding()
        if most is None:
            self._tokenizer.no_truncation()
        else:
            self._tokenizer.enable_truncation(most)
        self._characters = None if most is None else most * WIDEST
        self.facts: Mapping[str, Any] = {"kind": "static", "dimensions": int(self._table.shape[1]), "tokens": most}

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """The mean of each text's vectors, added up one after the other in 64 bits."""
        cut = [text[: self._characters] for text in texts]
        found = np.zeros((len(texts), self._table.shape[1]), np.float32)
        begin = 0
        every = [np.array(one.ids, np.int64) for one in self._tokenizer.encode_batch_fast(cut, add_special_tokens=False)]
        every = [ids[ids != self._unknown] for ids in every]
        held = np.cumsum([len(ids) for ids in every])
        while begin < len(texts):
            before = int(held[begin - 1]) if begin else 0
            end = max(begin + 1, int(np.searchsorted(held, before + AT_ONCE, side="right")))
            found[begin:end] = self._means(every[begin:end])
            begin = end
        return found

    def _means(self, every: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.float64]:
        sizes = np.array([len(ids) for ids in every])
        means = np.zeros((len(every), self._table.shape[1]))
        ids, some = np.concatenate(every), sizes > 0
        if some.any():
            lines = self._table[ids if self._mapping is None else self._mapping[ids]].astype(np.float64)
            lines = lines if self._weights is None else lines * self._weights[ids][:, None]
            means[some] = np.add.reduceat(lines, np.cumsum(sizes[some]) - sizes[some], axis=0) / sizes[some][:, None]
        return means


def _tensors(file: Path) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64] | None, npt.NDArray[np.float64] | None]:
    """The vectors, and where the vocabulary was quantised the line and the weight of each token."""
    try:
        with safe_open(file, framework="numpy") as tensors:
            told = {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118  it is no mapping
    except SafetensorError as error:
        raise Missing(f"The vectors cannot be read: {error}.", where=str(file), remedy="Fetch the file again.") from error
    table = told.get("embeddings", told.get("embedding.weight"))
    if table is None:
        raise AskedWrong("It has no vectors of tokens.", where=str(file), accepted="They are in the tensor `embeddings` or `embedding.weight`.")
    mapping, weights = told.get("mapping"), told.get("weights")
    return table, None if mapping is None else mapping.astype(np.int64), None if weights is None else weights.astype(np.float64)


def _unknown(tokenizer: Tokenizer) -> int:
    """The token that stands for what is not in the vocabulary; −1: there is none."""
    model = json.loads(tokenizer.to_str())["model"]
    if model.get("unk_id") is not None:
        return int(model["unk_id"])
    found = tokenizer.token_to_id(model["unk_token"]) if model.get("unk_token") else None
    return -1 if found is None else int(found)
