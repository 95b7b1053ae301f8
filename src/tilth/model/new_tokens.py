"""Tokens that a model did not know: added to its tokenizer and to its embeddings, before it is tuned.

Each new row is the mean of the old ones (Hewitt 2021, "Initializing New Word Embeddings for Pretrained Language Models"): random
rows would be likelier than every known token, or far less likely. The result is a folder like any other, so that an adapter
trained on it has a base of the right size wherever it goes.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from tilth.errors import AskedWrong
from tilth.model.families import CLASSES, kind_of
from tilth.model.load import Tokenizer, configuration_of, own_dtype, quiet, settle

MULTIPLE = 128
"""At most: GPUs gain nothing from embeddings whose number of rows is a multiple of more."""


@dataclass(frozen=True)
class Added:
    """A model's folder that knows the tokens, the numbers of those that are new, and the rows of its embeddings."""

    folder: Path
    tokens: Mapping[str, int]
    rows: int


def extended(folder: Path, names: Sequence[str], out: Path) -> Added:
    """The model of a folder with control tokens of these names, written to `out` if it does not stand there yet; the folder itself
    where it knows them all.

    Raises: AskedWrong for a model that does not write, and for names that are no tokens."""
    tokenizer, config = Tokenizer(folder), configuration_of(folder)
    before = tokenizer.size
    wrong = [name for name in names if not name.strip()]
    if wrong:
        raise AskedWrong(f"`{wrong[0]}` is no token.", where="new_tokens", accepted="A token is a word of its own, such as `<|im_end|>`.")
    known = tokenizer.full.get_vocab()
    missing = [name for name in dict.fromkeys(names) if name not in known]
    rows = int(config.get_text_config().vocab_size)
    if not missing:
        return Added(folder, {}, rows)
    tokenizer.full.add_special_tokens({"extra_special_tokens": missing}, replace_extra_special_tokens=False)
    numbers = {name: int(tokenizer.full.convert_tokens_to_ids(name)) for name in missing}
    if not out.exists():
        making = out.with_name(f"{out.name} being made")
        shutil.rmtree(making, ignore_errors=True)
        model = _read(folder)
        with quiet():
            _grow(model, sorted(numbers.values()), before, rows_for(rows, tokenizer.size))
            model.save_pretrained(making)
            tokenizer.full.save_pretrained(making)
        settle(making)
        making.rename(out)
    return Added(out, numbers, int(configuration_of(out).get_text_config().vocab_size))


def rows_for(rows: int, tokens: int) -> int:
    """The rows of embeddings for so many tokens: as many as there are where they suffice, else more, in whole multiples of the
    power of two that the old number was a multiple of."""
    multiple = min(rows & -rows, MULTIPLE)
    return rows if tokens <= rows else -(-tokens // multiple) * multiple


def _read(folder: Path) -> PreTrainedModel:
    """The whole model of a folder, in the number format that it has."""
    config = configuration_of(folder)
    kind = kind_of(config)
    if kind not in ("decoder", "encoder_decoder"):
        raise AskedWrong(f"`{config.model_type}` does not write, and takes no new tokens.", where=str(folder))
    with quiet():
        task = CLASSES["causal" if kind == "decoder" else "seq2seq"]
        found, told = task.from_pretrained(folder, dtype=own_dtype(config), output_loading_info=True)
    if told["missing_keys"]:
        raise AskedWrong("This model has no output layer for tokens.", where=str(folder), accepted="New tokens are for models that write.")
    model: PreTrainedModel = found
    return model


def _grow(model: PreTrainedModel, tokens: Sequence[int], before: int, rows: int) -> None:
    """Give both embeddings `rows` rows, and the new tokens and all rows that were not there the mean of the `before` old ones."""
    there = int(_both(model)[0].weight.shape[0])
    means = [_mean(layer, before) for layer in _both(model)]
    if rows != there:
        model.resize_token_embeddings(rows, mean_resizing=False)
    new = sorted({*tokens, *range(there, rows)})
    for layer, (row, bias) in zip(_both(model), means, strict=True):
        with torch.no_grad():
            layer.weight[new] = row
            if bias is not None:
                layer.bias[new] = bias


def _both(model: PreTrainedModel) -> tuple[Any, Any]:
    """The embeddings and the output layer."""
    return model.get_input_embeddings(), model.get_output_embeddings()  # type: ignore[no-untyped-call]


def _mean(layer: Any, rows: int) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The mean of the first rows of a layer, and of its biases where it has some, taken in fp64."""
    weight, bias = layer.weight, getattr(layer, "bias", None)
    return weight[:rows].detach().double().mean(0).to(weight.dtype), None if bias is None else bias[:rows].detach().double().mean().to(bias.dtype)
