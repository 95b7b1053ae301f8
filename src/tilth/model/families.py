"""Architectures as configurations of Transformers, and networks of fresh weights made from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_MASKED_LM_MAPPING

from tilth.model.architecture import Architecture, Kind

Task = Literal["causal", "classification", "seq2seq"]
"""What a network is for: going on with texts, telling their label, or answering one text with another."""

CLASSES: dict[Task, Any] = {
    "causal": AutoModelForCausalLM,
    "classification": AutoModelForSequenceClassification,
    "seq2seq": AutoModelForSeq2SeqLM,
}
"""The class of Transformers for each task."""

DOES: dict[Kind, tuple[Task, ...]] = {
    "decoder": ("causal", "classification"),
    "encoder": ("classification",),
    "encoder_decoder": ("seq2seq",),
}
"""The tasks that each kind of network is trained for."""


def kind_of(config: PreTrainedConfig) -> Kind | None:
    """What kind of network a configuration describes; None for one that is none of them, such as one of images.

    Encoders such as BERT have a decoder's class too, and decoders have no class for masked tokens: that tells them apart."""
    if config.is_encoder_decoder:
        return "encoder_decoder"
    if type(config) in MODEL_FOR_MASKED_LM_MAPPING:
        return "encoder"
    return "decoder" if type(config) in MODEL_FOR_CAUSAL_LM_MAPPING else None


def configuration(wanted: Architecture, vocabulary: int, labels: Sequence[str] = ()) -> PreTrainedConfig:
    """The configuration of an architecture, for an embedding matrix of so many rows; of a classifier with `labels`."""
    sizes = {"llama": _llama, "gpt2": _gpt2, "gpt_neox": _gpt_neox, "bert": _bert, "t5": _t5}[wanted.type](wanted)
    names = {"id2label": dict(enumerate(labels)), "label2id": {label: number for number, label in enumerate(labels)}} if labels else {}
    made: PreTrainedConfig = AutoConfig.for_model(wanted.type, vocab_size=vocabulary, tie_word_embeddings=wanted.tied, **sizes, **names)
    return made


def fresh(config: PreTrainedConfig, task: Task, seed: int) -> PreTrainedModel:
    """A network in fp32 whose weights are drawn from the seed. The generators of the process are left as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made: PreTrainedModel = CLASSES[task].from_config(config, dtype=torch.float32)
    return made


def _llama(wanted: Architecture) -> dict[str, Any]:
    return {**_sizes(wanted), "num_key_value_heads": wanted.kv}


def _gpt_neox(wanted: Architecture) -> dict[str, Any]:
    rotation = {"rope_theta": 10_000.0, "partial_rotary_factor": wanted.rotary_share, "rope_type": "default"}
    return {**_sizes(wanted), "rope_parameters": rotation, "use_parallel_residual": True, "classifier_dropout": 0.0}


def _bert(wanted: Architecture) -> dict[str, Any]:
    return {**_sizes(wanted), "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}


def _sizes(wanted: Architecture) -> dict[str, Any]:
    return {
        "hidden_size": wanted.width,
        "intermediate_size": wanted.inner,
        "num_hidden_layers": wanted.layers,
        "num_attention_heads": wanted.heads,
        "max_position_embeddings": wanted.context,
    }


def _gpt2(wanted: Architecture) -> dict[str, Any]:
    return {
        "n_embd": wanted.width,
        "n_inner": wanted.inner,
        "n_layer": wanted.layers,
        "n_head": wanted.heads,
        "n_positions": wanted.context,
        "resid_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "attn_pdrop": 0.0,
        "bos_token_id": None,  # its own defaults are of a vocabulary of 50,257
        "eos_token_id": None,
    }


def _t5(wanted: Architecture) -> dict[str, Any]:
    """t5 has no limit of positions; the context is written down as T5's own checkpoints do it."""
    return {
        "d_model": wanted.width,
        "d_kv": wanted.head_width,
        "d_ff": wanted.inner,
        "num_layers": wanted.layers,
        "num_heads": wanted.heads,
        "n_positions": wanted.context,
        "feed_forward_proj": "gated-gelu",
        "dropout_rate": 0.0,
    }
