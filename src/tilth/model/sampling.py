"""What a model in training writes after a few prompts, the likeliest token each time: a look between the steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import GenerationConfig

from tilth.model.load import Tokenizer, quiet
from tilth.model.objectives import whole_network

MOST = 48
"""New tokens after a prompt."""

Prompted = Callable[[str], Sequence[int]]
"""The tokens by which a model is asked."""


@dataclass(frozen=True)
class Sampler:
    """Prompts that a model in training is asked. `stops`: the tokens that end what it writes; `context`: the most tokens it sees."""

    prompts: tuple[str, ...]
    asked: Prompted
    tokenizer: Tokenizer
    stops: tuple[int, ...]
    context: int

    def written(self, network: Any) -> Sequence[Mapping[str, str]]:
        """What it writes after each prompt that leaves it room: `prompt` and `text`. Nothing of the training is moved by it."""
        training = network.training
        network.train(False)
        found = [{"prompt": prompt, "text": self._after(network, list(self.asked(prompt)))} for prompt in self.prompts]
        network.train(training)
        return found

    def _after(self, network: Any, ids: list[int]) -> str:
        new = min(MOST, self.context - len(ids))
        if new < 1:
            return ""
        config = GenerationConfig(  # type: ignore[no-untyped-call]
            max_new_tokens=new, do_sample=False, eos_token_id=list(self.stops), pad_token_id=self.tokenizer.filling, use_cache=True
        )
        given = torch.tensor([ids], device=whole_network(network).device)
        with quiet(), torch.no_grad():
            row = network.generate(input_ids=given, attention_mask=torch.ones_like(given), generation_config=config)[0]
        return self.tokenizer.decode([int(token) for token in row[len(ids) :]])
