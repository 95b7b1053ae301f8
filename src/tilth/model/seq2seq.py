"""One text answered with another by an encoder and a decoder (the t5 family): examples, batches, and what is learned.

The encoder sees the source as the tokenizer closes a text (T5 puts its end token behind it). The decoder sees its start
token and what it has said so far, and learns every token of the target and the token that ends it. An example holds the
source's tokens and then the target's, and only these are learned. Sources become tokens by `source` alone, in training
and whenever the model is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from tilth.errors import AskedWrong
from tilth.model.examples import Example, Examples
from tilth.model.formats import Conversation
from tilth.model.load import Tokenizer
from tilth.model.material import Batch, Numbers
from tilth.model.objectives import seen
from tilth.model.pack import IGNORED


def source(tokenizer: Tokenizer, text: str) -> list[int]:
    """The tokens of a source, closed as the tokenizer closes texts. Control tokens in it are letters like others."""
    tokenizer.fast.encode_special_tokens = True
    ids: list[int] = tokenizer.fast.encode(text).ids
    return ids


def target(tokenizer: Tokenizer, text: str) -> list[int]:
    """The tokens of a target and the one that ends it."""
    [ids] = tokenizer.encode([text])
    return [*ids, tokenizer.marks.end]


def asked(conversation: Conversation, number: int) -> str:
    """What the message with a number answers: all that was said before it, with a blank line between messages."""
    return "\n\n".join(str(message["content"]) for message in conversation.messages[:number])


def examples(tokenizer: Tokenizer, conversations: Iterable[tuple[int, Conversation]]) -> Iterator[Example]:
    """An example for each learned message of each conversation, which comes with the number of its row."""
    for row, conversation in conversations:
        for number in conversation.learned:
            seen = source(tokenizer, asked(conversation, number))
            learned = target(tokenizer, str(conversation.messages[number]["content"]))
            ids = np.array([*seen, *learned], np.int32)
            yield Example(row, ids, np.arange(len(ids)) >= len(seen), ((len(seen), len(ids)),))


def start_of(config: Any) -> int:
    """The token that a decoder begins with. Raises AskedWrong where the model's configuration names none."""
    found = config.decoder_start_token_id if config.decoder_start_token_id is not None else config.pad_token_id
    if found is None:
        raise AskedWrong("The model's configuration does not say with which token its decoder begins (`decoder_start_token_id`).")
    return int(found)


class Answers:
    """Examples as an encoder and a decoder see them. `filling`: fills up sources, masked."""

    def __init__(self, examples: Examples, filling: int) -> None:
        self.examples, self.filling = examples, filling
        self.sizes: Numbers = examples.lengths

    def __len__(self) -> int:
        return len(self.sizes)

    def batch(self, numbers: Sequence[int]) -> Batch:
        """`input_ids` and `attention_mask`, items × the longest source; `labels`, items × the longest target, not shifted."""
        found = [self.examples[number] for number in numbers]
        cuts = [int(np.argmax(one.learned)) for one in found]
        sources = [one.ids[:cut] for one, cut in zip(found, cuts, strict=True)]
        return {
            "input_ids": _filled(sources, self.filling),
            "attention_mask": _filled([np.ones_like(one) for one in sources], 0),
            "labels": _filled([one.ids[cut:] for one, cut in zip(found, cuts, strict=True)], IGNORED),
        }


def _filled(lines: Sequence[np.ndarray[Any, Any]], filling: int) -> Tensor:
    """Lines filled up at the right to the length of the longest."""
    made = np.full((len(lines), max(len(line) for line in lines)), filling, np.int64)
    for row, line in enumerate(lines):
        made[row, : len(line)] = line
    return torch.from_numpy(made)


@dataclass(frozen=True)
class TargetToken:
    """The cross-entropy of each token of a target, given its source and the target's tokens before it. `start`: what a decoder
    begins with."""

    start: int

    def weight(self, batch: Batch) -> float:
        """The tokens of the targets."""
        return float((batch["labels"] != IGNORED).sum())

    def sums(self, network: Any, batch: Batch) -> dict[str, Tensor]:
        """The sum of their nats."""
        learned = batch["labels"] != IGNORED
        given = {**seen(batch), "decoder_input_ids": self.heard(batch["labels"])}
        logits = network(**given, use_cache=False).logits[learned]
        return {"loss": cross_entropy(logits.float(), batch["labels"][learned], reduction="sum")}

    def heard(self, labels: Tensor) -> Tensor:
        """What the decoder sees: at place k the target up to its token k − 1. It sees nothing to the right, so what stands where a
        target has ended says nothing."""
        later = labels.roll(1, -1).masked_fill(labels.roll(1, -1) == IGNORED, self.start)
        later[:, 0] = self.start
        return later
