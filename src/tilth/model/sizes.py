"""What a plan needs to know of a model, read without loading it: from its configuration and the names and shapes of its weights.

A safetensors file begins with 8 bytes, the length of the header, and the header: JSON that tells of each tensor its format and shape
(https://github.com/huggingface/safetensors). So the number of weights is exact for any family. No torch here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tilth.model.adapter import ALL, Adapter, base_of
from tilth.model.architecture import Architecture

BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "F8_E4M3": 1, "F8_E5M2": 1}
"""Bytes of a number, by the names of safetensors' formats."""

HEADS = ("lm_head", "embed_out", "cls", "score", "classifier", "qa_outputs")
"""What output layers are called."""

LOOKED_UP = re.compile(r"embed|wte|wpe|shared|relative_attention_bias|pooler")
"""In the names of matrices of which rows are looked up, or that are used once a text: none that every token goes through."""

LARGEST_HEADER = 100 << 20
"""Bytes that a header may have; safetensors itself reads no larger ones."""


@dataclass(frozen=True)
class Matrix:
    """A linear layer that a model has `many` times: `name` with `*` for the number of the block, and the shape of its weight."""

    name: str
    many: int
    rows: int
    columns: int

    @property
    def names(self) -> list[str]:
        """The name in each block."""
        return [self.name.replace("*", str(number), 1) for number in range(self.many)] if "*" in self.name else [self.name]

    @property
    def numbers(self) -> int:
        """The weights of one."""
        return self.rows * self.columns


@dataclass(frozen=True)
class Sizes:
    """A model in numbers. `parameters`: all weights, tied ones counted once; `bytes`: that they take in their folder;
    `matrices`: the linear layers but the output layer; `context`: the most tokens at once, None where none is told, or where positions are
    relative (T5, whose `n_positions` limits nothing)."""

    family: str
    parameters: int
    bytes: int
    layers: int
    width: int
    inner: int
    vocabulary: int
    context: int | None
    matrices: tuple[Matrix, ...]

    def told(self) -> dict[str, Any]:
        """As plain data."""
        return {**asdict(self), "matrices": [asdict(one) for one in self.matrices]}

    @property
    def multiplied(self) -> int:
        """The weights that each token is multiplied with, the output layer left out."""
        return sum(one.many * one.numbers for one in self.matrices)

    def adapted(self, adapter: Adapter) -> int:
        """The weights that an adapter adds and trains."""
        found = [(one, sum(map(_named(adapter.targets), one.names))) for one in self.matrices]
        pairs = sum(many * adapter.rank * (one.rows + one.columns) for one, many in found)
        lengths = sum(many * one.rows for one, many in found) if adapter.type == "dora" else 0
        whole = sum(one.numbers * sum(map(_named(adapter.save), one.names)) for one in self.matrices)
        return pairs + lengths + whole + sum(self.vocabulary * self.width for name in adapter.save if LOOKED_UP.search(name) or name in HEADS)

    def overfull(self, adapter: Adapter) -> list[str]:
        """What is to be said of an adapter whose rank is greater than the smaller side of a layer: a product of its pair has no higher rank
        than that side, and the pair has more weights than the layer. Nothing where every layer has room for the rank."""
        meant = _named(adapter.targets)
        small = [(one, many) for one in self.matrices if adapter.rank > min(one.rows, one.columns) and (many := sum(map(meant, one.names)))]
        if not small:
            return []
        layers, least = sum(many for _, many in small), min(min(one.rows, one.columns) for one, _ in small)
        own = sum(many * one.numbers for one, many in small)
        added = sum(many * adapter.rank * (one.rows + one.columns) for one, many in small)
        which = f"{layers:,} adapted layer{'' if layers == 1 else 's'}"
        return [
            f"`rank: {adapter.rank}` is more than the smaller side of {which} ({least:,} at the least): the adapter has {added:,} weights there, "
            f"where the weights themselves are {own:,}. A rank above that side learns nothing more."
        ]


def _named(targets: str | tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a layer of a name is meant, as PEFT reads it."""
    if targets == ALL:
        return lambda _: True
    if isinstance(targets, str):
        return lambda name: re.fullmatch(targets, name) is not None
    return lambda name: any(name == one or name.endswith(f".{one}") for one in targets)


def of_facts(told: Mapping[str, Any]) -> Sizes | None:
    """The sizes that are told of a model: by its folder, or by the estimate of one that is not made yet; None where nothing is."""
    if "sizes" in told:
        return Sizes(**{**told["sizes"], "matrices": tuple(Matrix(**one) for one in told["sizes"]["matrices"])})
    return of_folder(Path(told["folder"])) if "folder" in told else None


def of_origin(folder: Path, architecture: Architecture | None, tokens: int) -> Sizes | None:
    """The sizes of the model in a folder, or of fresh weights for a tokenizer of so many tokens."""
    return of_folder(folder) if architecture is None else of_architecture(architecture, architecture.vocabulary_for(tokens))


def of_folder(folder: Path) -> Sizes | None:
    """The sizes of the model in a folder, of one with an adapter those of its base; None where there is no configuration or there are no
    safe weights, or where they cannot be read."""
    base = base_of(folder)
    try:
        config = json.loads((base / "config.json").read_text("utf-8"))
        tensors = dict(pair for file in sorted(base.glob("*.safetensors")) for pair in _tensors(file))
    except (OSError, ValueError):
        return None
    return _sized(config, tensors) if tensors else None


def _tensors(file: Path) -> Iterator[tuple[str, tuple[tuple[int, ...], int]]]:
    """Names of tensors, with their shapes and the bytes that they take."""
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > LARGEST_HEADER:
            raise ValueError(file)
        header = json.loads(stream.read(length))
    for name, one in header.items():
        if name != "__metadata__":
            shape = tuple(int(size) for size in one["shape"])
            yield name, (shape, _product(shape) * BYTES.get(str(one["dtype"]), 4))


def _product(shape: tuple[int, ...]) -> int:
    found = 1
    for size in shape:
        found *= size
    return found


def _sized(config: Mapping[str, Any], tensors: Mapping[str, tuple[tuple[int, ...], int]]) -> Sizes:
    text = config.get("text_config") or config
    transposed = config.get("model_type") == "gpt2"
    matrices = tuple(_matrices({name: shape for name, (shape, _) in tensors.items()}, transposed=transposed))
    width = int(_said(text, "hidden_size", "n_embd", "d_model", "dim") or 0)
    return Sizes(
        family=str(config.get("model_type", "")),
        parameters=sum(_product(shape) for shape, _ in tensors.values()),
        bytes=sum(size for _, size in tensors.values()),
        layers=int(_said(text, "num_hidden_layers", "n_layer", "num_layers", "n_layers") or 0),
        width=width,
        inner=int(_said(text, "intermediate_size", "n_inner", "d_ff", "hidden_dim") or 4 * width),
        vocabulary=int(text.get("vocab_size", 0)),
        context=None if "relative_attention_num_buckets" in text else _said(text, "max_position_embeddings", "n_positions"),
        matrices=matrices,
    )


def _said(config: Mapping[str, Any], *names: str) -> int | None:
    return next((int(config[name]) for name in names if config.get(name) is not None), None)


def _matrices(shapes: Mapping[str, tuple[int, ...]], *, transposed: bool) -> Iterator[Matrix]:
    """The linear layers, those of all blocks together, in the order of their names."""
    found: Counter[tuple[str, int, int]] = Counter()
    for name, shape in shapes.items():
        module = name.removesuffix(".weight")
        if len(shape) == 2 and module != name and not LOOKED_UP.search(module) and module.split(".")[0] not in HEADS:
            rows, columns = reversed(shape) if transposed else shape
            found[re.sub(r"(?<=\.)\d+(?=\.)", "*", module, count=1), rows, columns] += 1
    yield from (Matrix(name, many, rows, columns) for (name, rows, columns), many in sorted(found.items()))


def of_architecture(wanted: Architecture, vocabulary: int, labels: int = 0) -> Sizes:
    """The sizes of a model that is not made yet, for an embedding matrix of so many rows; of a classifier with `labels`."""
    parameters = wanted.parameters(vocabulary, labels)
    blocks = [Matrix(name, wanted.layers, rows, columns) for name, (rows, columns) in sorted(_layers(wanted).items())]
    context = None if wanted.type == "t5" else wanted.context
    return Sizes(wanted.type, parameters, 4 * parameters, wanted.layers, wanted.width, wanted.inner, vocabulary, context, tuple(blocks))


def _layers(wanted: Architecture) -> dict[str, tuple[int, int]]:
    """The linear layers of a block by name, with their shapes."""
    width, inner, kv = wanted.width, wanted.inner, wanted.kv * wanted.head_width
    square, up, down = (width, width), (inner, width), (width, inner)
    match wanted.type:
        case "llama":
            attention = {"q_proj": square, "k_proj": (kv, width), "v_proj": (kv, width), "o_proj": square}
            mlp = {"gate_proj": up, "up_proj": up, "down_proj": down}
            return {f"model.layers.*.self_attn.{name}": shape for name, shape in attention.items()} | {
                f"model.layers.*.mlp.{name}": shape for name, shape in mlp.items()
            }
        case "gpt2":
            parts = {"attn.c_attn": (3 * width, width), "attn.c_proj": square, "mlp.c_fc": up, "mlp.c_proj": down}
            return {f"transformer.h.*.{name}": shape for name, shape in parts.items()}
        case "gpt_neox":
            parts = {
                "attention.query_key_value": (3 * width, width),
                "attention.dense": square,
                "mlp.dense_h_to_4h": up,
                "mlp.dense_4h_to_h": down,
            }
            return {f"gpt_neox.layers.*.{name}": shape for name, shape in parts.items()}
        case "bert":
            parts = {f"attention.self.{name}": square for name in ("query", "key", "value")}
            parts |= {"attention.output.dense": square, "intermediate.dense": up, "output.dense": down}
            return {f"bert.encoder.layer.*.{name}": shape for name, shape in parts.items()}
    return _layers_of_t5(square, up, down)


def _layers_of_t5(square: tuple[int, int], up: tuple[int, int], down: tuple[int, int]) -> dict[str, tuple[int, int]]:
    own = {f"SelfAttention.{name}": square for name in "qkvo"}
    mlp = {"DenseReluDense.wi_0": up, "DenseReluDense.wi_1": up, "DenseReluDense.wo": down}
    encoder = {"0": own, "1": mlp}
    decoder = {"0": own, "1": {f"EncDecAttention.{name}": square for name in "qkvo"}, "2": mlp}
    return {
        f"{side}.block.*.layer.{number}.{name}": shape
        for side, layers in (("encoder", encoder), ("decoder", decoder))
        for number, parts in layers.items()
        for name, shape in parts.items()
    }
