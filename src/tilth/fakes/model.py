"""A tiny model: an untrained llama written by numpy, without torch; Transformers loads it in a blink."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tilth.fakes.tokenizer import tiny_tokenizer

VOCABULARY, WIDTH, INNER, LAYERS, HEADS, CONTEXT = 268, 32, 96, 2, 2, 32
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": VOCABULARY,
    "hidden_size": WIDTH,
    "intermediate_size": INNER,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": HEADS,
    "max_position_embeddings": CONTEXT,
    "tie_word_embeddings": True,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 1,
}

Weights = dict[str, npt.NDArray[np.float32]]


def tiny_model(folder: Path, seed: int = 0, spread: float = 0.2) -> Path:
    """Write the model with the tiny tokenizer; equal seeds give equal weights. A wider `spread` makes it more certain."""
    tiny_tokenizer(folder)
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": 1, "pad_token_id": 0}), encoding="utf-8")
    write_weights(_weights(seed, spread), folder / "model.safetensors")
    return folder


def _weights(seed: int, spread: float) -> Weights:
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (VOCABULARY, WIDTH)}
    for layer in range(LAYERS):
        block = f"model.layers.{layer}"
        shapes |= {f"{block}.self_attn.{name}_proj.weight": (WIDTH, WIDTH) for name in "qkvo"}
        shapes |= {f"{block}.mlp.{name}_proj.weight": (INNER, WIDTH) for name in ("gate", "up")}
        shapes[f"{block}.mlp.down_proj.weight"] = (WIDTH, INNER)
    generator = np.random.Generator(np.random.PCG64(seed))
    drawn = {name: generator.normal(0.0, spread, shape).astype("<f4") for name, shape in shapes.items()}
    norms = [f"model.layers.{layer}.{place}_layernorm.weight" for layer in range(LAYERS) for place in ("input", "post_attention")]
    return drawn | {name: np.ones(WIDTH, "<f4") for name in (*norms, "model.norm.weight")}


def write_weights(weights: Weights, file: Path) -> None:
    """Write the safetensors format: the length of a JSON header, the header, the numbers."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, values in weights.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [at, at + values.nbytes]}
        at += values.nbytes
    said = json.dumps(header).encode()
    said += b" " * (-len(said) % 8)
    file.write_bytes(len(said).to_bytes(8, "little") + said + b"".join(values.tobytes() for values in weights.values()))
