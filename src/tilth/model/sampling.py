"""What a model in training writes after a few prompts, the likeliest token each time: a look between the steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tilth.model.decoding import Line, written
from tilth.model.drawing import Sampling
from tilth.model.load import Tokenizer

MOST = 48
"""New tokens after a prompt."""

Prompted = Callable[[str], Sequence[int]]
"""The tokens by which a model is asked."""


@dataclass(frozen=True)
class Sampler:
    """Prompts that a model in training is asked. `stops`: the tokens that end what it writes; `context`: the most tokens it sees, those
    that it writes among them."""

    prompts: tuple[str, ...]
    asked: Prompted
    tokenizer: Tokenizer
    stops: tuple[int, ...]
    context: int

    def written(self, network: Any) -> Sequence[Mapping[str, str]]:
        """What it writes after each prompt that leaves it room: `prompt` and `text`. Nothing of the training is moved by it."""
        ids = [self.asked(prompt) for prompt in self.prompts]
        there = [number for number, one in enumerate(ids) if len(one) < self.context]
        lines = [Line(ids[number], Sampling(MOST), min(MOST, self.context - len(ids[number]))) for number in there]
        training = network.training
        network.train(False)
        found = {there[place]: self.tokenizer.decode(new) for place, new in written(network, lines, self.stops, self.tokenizer.filling)}
        network.train(training)
        return [{"prompt": prompt, "text": found.get(number, "")} for number, prompt in enumerate(self.prompts)]
