"""What a decoder looks like: its sizes, whether they fit together, and what they cost. No torch here."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Architecture(BaseModel):
    """A decoder-only transformer to be trained from nothing, without dropout.

    `llama` (Touvron et al. 2023): RMSNorm, rotary positions, SwiGLU, no biases.
    `gpt2` (Radford et al. 2019): LayerNorm, learned positions, GELU, biases.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["llama", "gpt2"] = "llama"
    """The family of decoder."""
    layers: int = Field(ge=1)
    """Number of blocks."""
    width: int = Field(ge=1)
    """Size of the hidden state."""
    heads: int = Field(ge=1)
    """Attention heads; they divide the width."""
    context: int = Field(ge=2)
    """The most tokens that it sees at once, and the length of a training window."""
    kv_heads: int | None = Field(default=None, ge=1)
    """Key and value heads (llama), shared by groups of attention heads; default: as many as `heads`."""
    feed_forward: int | None = Field(default=None, ge=1)
    """Inner size of the feed-forward part; default 8/3 of the width, up to a multiple of 32, for llama, and 4 times the width for gpt2."""
    vocabulary: int | None = Field(default=None, ge=2)
    """Rows of the embedding matrix; default: the tokenizer's size. Larger is allowed, smaller is not."""
    tie_embeddings: bool = True
    """Whether input and output share one embedding matrix."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Sizes that no model can have are refused when the recipe is read."""
        if self.width % self.heads:
            raise ValueError(f"`width` {self.width} is not a multiple of `heads` {self.heads}; widths near it: {self._near_widths()}")
        if self.type == "gpt2" and self.kv_heads not in (None, self.heads):
            raise ValueError("gpt2 has no `kv_heads`; leave it out, or take `type: llama`")
        if self.heads % self.kv:
            raise ValueError(f"`heads` {self.heads} is not a multiple of `kv_heads` {self.kv}")
        if self.type == "llama" and self.head_width % 2:
            raise ValueError(f"`width` / `heads` is {self.head_width}; rotary positions need an even number")
        return self

    def _near_widths(self) -> str:
        below = self.width // self.heads * self.heads
        return " and ".join(str(width) for width in (below, below + self.heads) if width)

    @property
    def head_width(self) -> int:
        """The size of one head."""
        return self.width // self.heads

    @property
    def kv(self) -> int:
        """Key and value heads."""
        return self.kv_heads or self.heads

    @property
    def inner(self) -> int:
        """The inner size of the feed-forward part."""
        default = 4 * self.width if self.type == "gpt2" else -(-8 * self.width // 3 // 32) * 32
        return self.feed_forward or default

    def vocabulary_for(self, tokens: int) -> int:
        """The rows of the embedding matrix for a tokenizer of so many tokens.

        Raises: ValueError when the matrix would be too small."""
        if self.vocabulary is not None and self.vocabulary < tokens:
            raise ValueError(f"`vocabulary` is {self.vocabulary}, and the tokenizer has {tokens} tokens")
        return self.vocabulary or tokens

    def parameters(self, vocabulary: int) -> int:
        """The exact number of weights, tied ones counted once."""
        matrices = self._matrices_of_block()
        if self.type == "llama":
            rest = self.layers * 2 * self.width + self.width
        else:
            biases = 3 * self.width + self.width + self.inner + self.width
            rest = self.layers * (biases + 4 * self.width) + 2 * self.width + self.context * self.width
        embeddings = vocabulary * self.width * (1 if self.tie_embeddings else 2)
        return embeddings + self.layers * matrices + rest

    def _matrices_of_block(self) -> int:
        attention = 2 * self.width * self.width + 2 * self.width * self.kv * self.head_width
        return attention + (3 if self.type == "llama" else 2) * self.width * self.inner

    def flops_per_token(self, vocabulary: int) -> float:
        """Floating-point operations to train one token: 6 for each weight in a matrix product, the output
        layer included and the lookup of embeddings not, plus 12 · layers · width · context for attention
        (Chowdhery et al. 2022, appendix B)."""
        weights = self.layers * self._matrices_of_block() + vocabulary * self.width
        return 6.0 * weights + 12.0 * self.layers * self.width * self.context

    def training_memory(self, vocabulary: int, tokens: int) -> float:
        """Bytes while training `tokens` at a time: 16 for each weight (the weight, its gradient and two Adam
        moments in fp32), 78 for each token, layer and width (measured with MemTracker on llama blocks in
        fp32; bf16 needs 43), and 12 for each logit (the logits, their log-softmax and their gradient)."""
        return 16.0 * self.parameters(vocabulary) + 78.0 * tokens * self.width * self.layers + 12.0 * tokens * vocabulary
