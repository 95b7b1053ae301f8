"""What a model looks like: its family and sizes, whether they fit together, and what they cost. No torch here."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Family = Literal["llama", "gpt2", "gpt_neox", "bert", "t5"]
Kind = Literal["decoder", "encoder", "encoder_decoder"]

KINDS: dict[Family, Kind] = {"llama": "decoder", "gpt2": "decoder", "gpt_neox": "decoder", "bert": "encoder", "t5": "encoder_decoder"}
"""What each family is: a decoder goes on with a text, an encoder reads one, an encoder–decoder answers one with another."""

GATED = ("llama", "t5")
"""Families whose feed-forward part has three matrices, one of which is a gate."""

BUCKETS = 32
"""Distances between tokens that t5 tells apart, for each head of its encoder and of its decoder."""


class Architecture(BaseModel):
    """A transformer to be trained from nothing, without dropout.

    `llama` (Touvron et al. 2023): decoder; RMSNorm, rotary positions, SwiGLU, no biases.
    `gpt2` (Radford et al. 2019): decoder; LayerNorm, learned positions, GELU, biases.
    `gpt_neox` (Black et al. 2022; Pythia): decoder; attention and feed-forward part side by side, rotary
    positions on a share of each head, LayerNorm, GELU, biases.
    `bert` (Devlin et al. 2019): encoder, for train.classify; LayerNorm after each part, learned positions, biases.
    `t5` (Raffel et al. 2020, with the gated GELU of Shazeer 2020): encoder and decoder of `layers` blocks each,
    for train.seq2seq; RMSNorm, positions as biases of attention, no other biases.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Family = "llama"
    """The family."""
    layers: int = Field(ge=1)
    """Number of blocks; t5: of the encoder, and again of the decoder."""
    width: int = Field(ge=1)
    """Size of the hidden state."""
    heads: int = Field(ge=1)
    """Attention heads; they divide the width."""
    context: int = Field(ge=2)
    """The most tokens that it sees at once, and the length of a training window."""
    kv_heads: int | None = Field(default=None, ge=1)
    """Key and value heads (llama), shared by groups of attention heads; default: as many as `heads`."""
    feed_forward: int | None = Field(default=None, ge=1)
    """Inner size of the feed-forward part; default 8/3 of the width, up to a multiple of 32, for llama and t5, and 4 times the width for others."""
    vocabulary: int | None = Field(default=None, ge=2)
    """Rows of the embedding matrix; default: the tokenizer's size. Larger is allowed, smaller is not."""
    tie_embeddings: bool | None = None
    """Whether input and output share one embedding matrix; default: not for gpt_neox, and for all others."""
    rotary_share: float = Field(default=0.25, gt=0, le=1)
    """The share of each head that rotates with its position (gpt_neox); llama rotates all of it."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Sizes that no model can have are refused when the recipe is read."""
        if self.width % self.heads:
            raise ValueError(f"`width` {self.width} is not a multiple of `heads` {self.heads}; widths near it: {self._near_widths()}")
        if self.type != "llama" and self.kv_heads not in (None, self.heads):
            raise ValueError(f"{self.type} has no `kv_heads`; leave it out, or take `type: llama`")
        if self.heads % self.kv:
            raise ValueError(f"`heads` {self.heads} is not a multiple of `kv_heads` {self.kv}")
        if self.type in ("bert", "t5") and not self.tied:
            raise ValueError(f"{self.type} has one embedding matrix; leave `tie_embeddings` out")
        if self.type != "gpt_neox" and "rotary_share" in self.model_fields_set:
            raise ValueError(f"{self.type} has no `rotary_share`; leave it out, or take `type: gpt_neox`")
        if self.rotated % 2 or (self.type == "gpt_neox" and not self.rotated):
            share = f" · {self.rotary_share:g}" if self.type == "gpt_neox" else ""
            raise ValueError(f"`width` / `heads`{share} is {self.rotated}; rotary positions need an even number")
        return self

    def _near_widths(self) -> str:
        below = self.width // self.heads * self.heads
        return " and ".join(str(width) for width in (below, below + self.heads) if width)

    @property
    def kind(self) -> Kind:
        """Decoder, encoder or both."""
        return KINDS[self.type]

    @property
    def head_width(self) -> int:
        """The size of one head."""
        return self.width // self.heads

    @property
    def rotated(self) -> int:
        """How many places of a head rotate with its position."""
        return {"llama": self.head_width, "gpt_neox": int(self.head_width * self.rotary_share)}.get(self.type, 0)

    @property
    def kv(self) -> int:
        """Key and value heads."""
        return self.kv_heads or self.heads

    @property
    def inner(self) -> int:
        """The inner size of the feed-forward part."""
        default = -(-8 * self.width // 3 // 32) * 32 if self.type in GATED else 4 * self.width
        return self.feed_forward or default

    @property
    def tied(self) -> bool:
        """Whether input and output share one embedding matrix."""
        return self.type != "gpt_neox" if self.tie_embeddings is None else self.tie_embeddings

    def vocabulary_for(self, tokens: int) -> int:
        """The rows of the embedding matrix for a tokenizer of so many tokens.

        Raises: ValueError when the matrix would be too small."""
        if self.vocabulary is not None and self.vocabulary < tokens:
            raise ValueError(f"`vocabulary` is {self.vocabulary}, and the tokenizer has {tokens} tokens")
        return self.vocabulary or tokens

    def parameters(self, vocabulary: int, labels: int = 0) -> int:
        """The exact number of weights, tied ones counted once: of a language model, or with `labels` of a classifier,
        which has an output for each label in place of one for each token. An encoder without labels has no output."""
        embeddings = vocabulary * self.width * (1 if self.tied or labels else 2)
        return embeddings + self._weights_of_body() + self._weights_of_labels(labels)

    def _weights_of_body(self) -> int:
        """Everything but the embeddings of tokens and the outputs."""
        width, inner, layers, matrices = self.width, self.inner, self.layers, self._matrices_of_block()
        if self.type == "llama":
            return layers * (matrices + 2 * width) + width
        if self.type == "t5":
            norms = layers * (2 + 3) * width + 2 * width
            return layers * (2 * matrices + 4 * width * width) + norms + 2 * BUCKETS * self.heads
        biases = 3 * width + width + inner + width
        blocks = layers * (matrices + biases + 4 * width)
        if self.type == "bert":
            return blocks + (self.context + 2) * width + 2 * width + width * width + width
        return blocks + 2 * width + (self.context * width if self.type == "gpt2" else 0)

    def _weights_of_labels(self, labels: int) -> int:
        return labels * self.width + (labels if self.kind == "encoder" else 0)

    def _matrices_of_block(self) -> int:
        """Weights in the matrices of self-attention and of the feed-forward part."""
        attention = 2 * self.width * self.width + 2 * self.width * self.kv * self.head_width
        return attention + (3 if self.type in GATED else 2) * self.width * self.inner

    def flops_per_token(self, vocabulary: int, labels: int = 0) -> float:
        """Floating-point operations to train one token: 6 for each weight in a matrix product, the output
        layer included and the lookup of embeddings not, plus 12 · layers · width · context for attention
        (Chowdhery et al. 2022, appendix B). An encoder–decoder is taken to read as many tokens as it writes; one of
        either costs half of what a pair of them does. What a classifier does once a text is left out."""
        outputs = 0 if labels or self.kind == "encoder" else vocabulary * self.width
        attention = 12.0 * self.layers * self.width * self.context
        if self.kind == "encoder_decoder":
            pair = self.layers * (2 * self._matrices_of_block() + 4 * self.width * self.width) + outputs
            return (6.0 * pair + 3 * attention) / 2
        return 6.0 * (self.layers * self._matrices_of_block() + outputs) + attention
