"""A tiny static encoder in the format of model2vec: a vector drawn for each token of the tiny tokenizer."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tilth.fakes.model import write_weights
from tilth.fakes.tokenizer import tiny_tokenizer

TOKENS = 268


def tiny_encoder(folder: Path, seed: int = 0, dimensions: int = 32) -> Path:
    """Write the encoder. Texts of much the same letters are alike; equal seeds give equal vectors."""
    tiny_tokenizer(folder)
    (folder / "config.json").write_text(json.dumps({"model_type": "model2vec", "normalize": True}), encoding="utf-8")
    drawn = np.random.Generator(np.random.PCG64(seed)).normal(0.0, 1.0, (TOKENS, dimensions)).astype("<f4")
    write_weights({"embeddings": drawn}, folder / "model.safetensors")
    return folder
