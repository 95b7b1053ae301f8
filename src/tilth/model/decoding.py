"""Texts written token by token, many at once, each as if it were the only one.

Prompts of like length share a batch. Those of a decoder are filled up at the left, and masked, and positions begin at their own first
token; the sources of an encoder and a decoder are filled up at the right. Transformers' `generate` runs the network and keeps keys
and values. Which token comes next is chosen here, and nothing that lies in the model's folder (a penalty, a forced first token) has a
say in it. Each text has a generator of its own, so what is drawn depends on its seed and not on its neighbours.

Sums of floating-point numbers depend on their order, and a batch of another shape is added up in another order: logits differ by some
millionths. Where so little could tip the choice (two tokens as likely as each other, a number drawn at the border of two), the
row is computed once more by itself, unfilled and from its beginning, and its token is chosen from that. So a text is the same whatever
is written beside it. Weights that are quantised or not in fp32 round too coarsely for that, and write one text at a time.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor

from tilth.model.drawing import Sampling, Ways, chosen
from tilth.model.load import quiet
from tilth.model.objectives import whole_network
from tilth.model.seq2seq import start_of

AT_ONCE = 64
"""Texts that are written at once, at most."""

HELD = 1 << 28
"""Numbers that a batch may hold (1 GiB in fp32): keys and values, the scores of attention, logits."""


@dataclass(frozen=True)
class Line:
    """A text to be written: the tokens that it goes on from or answers, how the next one is chosen, the most that are written, and the
    seed of what is drawn."""

    ids: Sequence[int]
    sampling: Sampling
    most: int
    seed: int = 0


def written(network: Any, lines: Sequence[Line], stops: Sequence[int], filling: int) -> Iterator[tuple[int, list[int]]]:
    """The number of each line with its new tokens, the one of `stops` that ended it included, in the order in which they are ready."""
    whole = whole_network(network)
    order = sorted(range(len(lines)), key=lambda number: (-lines[number].most, -len(lines[number].ids)))
    while order:
        first = lines[order[0]]
        together = [number for number in order[: _at_once(whole, first)] if lines[number].most == first.most]
        yield from zip(together, _together(whole, [lines[number] for number in together], stops, filling), strict=True)
        order = order[len(together) :]


def _at_once(whole: Any, line: Line) -> int:
    """How many lines as long as this one are written at once."""
    if whole.dtype != torch.float32 or getattr(whole, "is_quantized", False):
        return 1
    config = whole.config.get_text_config()
    kept = 2 * config.num_hidden_layers * config.hidden_size * (len(line.ids) + line.most)
    scores = getattr(config, "num_attention_heads", 1) * len(line.ids) ** 2
    return int(max(1, min(AT_ONCE, HELD // (kept + scores + 4 * config.vocab_size))))


def _together(whole: Any, lines: Sequence[Line], stops: Sequence[int], filling: int) -> list[list[int]]:
    """The new tokens of lines that are written in one batch."""
    answers, width = bool(whole.config.is_encoder_decoder), max(len(line.ids) for line in lines)
    ids, there = torch.full((len(lines), width), filling), torch.zeros((len(lines), width), dtype=torch.long)
    for row, line in enumerate(lines):
        span = slice(0, len(line.ids)) if answers else slice(width - len(line.ids), width)
        ids[row, span], there[row, span] = torch.tensor(line.ids), 1
    begin = 1 if answers else width
    config = GenerationConfig(  # type: ignore[no-untyped-call]
        max_new_tokens=lines[0].most,
        do_sample=False,
        eos_token_id=list(stops),
        pad_token_id=filling,
        decoder_start_token_id=start_of(whole.config) if answers else None,
        use_cache=True,
    )
    with quiet(), torch.no_grad(), _unguided(whole):
        choosing = _Choosing(whole, lines, stops, begin)
        rows = whole.generate(ids.to(whole.device), attention_mask=there.to(whole.device), generation_config=config, logits_processor=[choosing])
    return [_ended(row[begin:].tolist(), stops) for row in rows]


@contextmanager
def _unguided(whole: Any) -> Iterator[None]:
    """In this block the model's own settings of generation say nothing; `generate` would take those that it is not given."""
    own, whole.generation_config = whole.generation_config, GenerationConfig()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        whole.generation_config = own


def _ended(ids: list[int], stops: Sequence[int]) -> list[int]:
    """The tokens up to the first that ends a text, it included; what fills up the row after it is left out."""
    return ids[: next((place + 1 for place, one in enumerate(ids) if one in stops), len(ids))]


class _Choosing(LogitsProcessor):
    """Chooses the next token of each line, and leaves all others no probability. `begin`: the place of the first new token."""

    def __init__(self, whole: Any, lines: Sequence[Line], stops: Sequence[int], begin: int) -> None:
        self.whole, self.lines, self.begin = whole, lines, begin
        self.place = torch.device("cpu") if whole.device.type == "mps" else whole.device  # there are no numbers of 64 bits on MPS
        self.ways = Ways.of([line.sampling for line in lines], self.place)
        numbers = [np.random.Generator(np.random.PCG64(line.seed)).random(line.most) for line in lines]
        self.numbers = torch.from_numpy(np.stack(numbers)).to(self.place)
        self.stops = torch.tensor(list(stops), device=whole.device)
        self.open = torch.ones(len(lines), dtype=torch.bool, device=self.place)

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """`input_ids`: all tokens so far, rows × places; `scores`: the logits of the next, rows × vocabulary."""
        place = input_ids.shape[1] - self.begin
        if place:
            self.open &= ~torch.isin(input_ids[:, -1], self.stops).to(self.place)
        numbers = self.numbers[:, place]
        tokens, sure = chosen(scores.to(self.place), self.ways, numbers)
        for row in torch.nonzero(self.open & ~sure).flatten():
            alone = self._alone(self.lines[int(row)].ids, input_ids[row, self.begin :])
            tokens[row] = chosen(alone.to(self.place), self.ways.rows(row[None]), numbers[row][None])[0]
        return torch.full_like(scores, -torch.inf).scatter(1, tokens[:, None].to(scores.device), 0.0)

    def _alone(self, ids: Sequence[int], new: Tensor) -> Tensor:
        """The logits of the next token of a row, 1 × vocabulary, computed by itself."""
        asked = torch.tensor([list(ids)], device=self.whole.device)
        last = {"logits_to_keep": 1} if "logits_to_keep" in inspect.signature(self.whole.forward).parameters else {}
        if self.whole.config.is_encoder_decoder:
            said = torch.cat([torch.tensor([[start_of(self.whole.config)]], device=new.device), new[None]], 1)
            given = {"input_ids": asked, "attention_mask": torch.ones_like(asked), "decoder_input_ids": said}
        else:
            asked = torch.cat([asked, new[None]], 1)
            given = {"input_ids": asked, "attention_mask": torch.ones_like(asked)}
        logits: Tensor = self.whole(**given, **last, use_cache=False).logits[:, -1].float()
        return logits
