"""Text that a model writes after a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Literal

import torch
from transformers import GenerationConfig

from tilth.errors import AskedWrong
from tilth.model.held_out import Asking
from tilth.model.load import Model, quiet

__all__ = ["Asking", "Sampling", "Stop", "Writer", "Written", "drawn_from"]

Stop = Literal["eos", "length", "context"]


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen: always the likeliest (`temperature` 0), or drawn."""

    max_new_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0


@dataclass(frozen=True)
class Written:
    """The new text, its tokens, and why it ended: the model ended it, enough was written, or the context was full."""

    text: str
    tokens: int
    stopped: Stop


class Writer:
    """A model that writes."""

    def __init__(self, folder: Path, device: str) -> None:
        self.model = Model(folder, device)

    def write(self, prompt: str, sampling: Sampling, seed: int) -> Written:
        """Write after one prompt. What is drawn depends on the seed and the prompt alone.

        Raises: AskedWrong when the prompt leaves no room in the model's context."""
        ids = self.model.tokenizer.prompt(prompt)
        room = self.model.context - len(ids)
        if room < 1:
            raise AskedWrong(
                f"A prompt has {len(ids)} tokens, and the model sees {self.model.context}.",
                where=f"prompt {prompt[:40]!r}…",
                remedy="Shorten the prompt, or use a model with a longer context.",
            )
        return self.go_on(ids, sampling, drawn_from(seed, prompt))

    def go_on(self, ids: list[int], sampling: Sampling, seed: int, stops: Sequence[int] = ()) -> Written:
        """Write after the tokens of a prompt, which leave room in the model's context. `stops`: the tokens that end what is
        written, if that is not the end of text alone."""
        room = self.model.context - len(ids)
        ends = list(stops) or [self.model.tokenizer.marks.end]
        new = self._new(ids, _config(self.model, sampling, min(room, sampling.max_new_tokens), ends), seed)
        ended = bool(new) and new[-1] in ends
        stopped: Stop = "eos" if ended else "length" if len(new) == sampling.max_new_tokens else "context"
        return Written(self.model.tokenizer.decode(new[:-1] if ended else new), len(new), stopped)

    def _new(self, ids: list[int], config: GenerationConfig, seed: int) -> list[int]:
        """The new tokens. The generators of the process are left as they were."""
        device = self.model.device
        given = torch.tensor([ids], device=device)
        with quiet(), torch.inference_mode(), torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            row = self.model.network.generate(given, attention_mask=torch.ones_like(given), generation_config=config)[0]  # type: ignore[operator]
        return [int(token) for token in row[len(ids) :]]


def drawn_from(seed: int, prompt: str) -> int:
    """The seed of what is drawn after a prompt."""
    return int.from_bytes(blake2b(f"{seed}\0{prompt}".encode(), digest_size=7).digest(), "big")


def _config(model: Model, sampling: Sampling, new: int, ends: list[int]) -> GenerationConfig:
    end, pad = model.tokenizer.marks.end, model.tokenizer.full.pad_token_id
    drawn = sampling.temperature > 0
    return GenerationConfig(  # type: ignore[no-untyped-call]
        max_new_tokens=new,
        do_sample=drawn,
        temperature=sampling.temperature if drawn else None,
        top_p=sampling.top_p if drawn else None,
        top_k=sampling.top_k if drawn else None,
        eos_token_id=ends,
        pad_token_id=end if pad is None else pad,
        use_cache=True,
    )
