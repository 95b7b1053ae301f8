"""One text answered with another by an encoder and a decoder (the t5 family): examples, batches, and what is learned.

The encoder sees the source as the tokenizer closes a text (T5 puts its end token behind it). The decoder sees its start
token and what it has said so far, and learns every token of the target and the token that ends it. An example holds the
source's tokens and then the target's, and only these are learned. Sources become tokens by `source` alone, in training
and whenever the model is asked.

Of every row it is proved that each target has tokens, that these decode to it (`tilth.model.text_tokens`), and that none of them is
unknown or a control token that its text wrote. A row of which one of these is not so is `Unproved`, as is one with tools, for which
source and target have no place. A source may hold letters that are unknown, which the model then does not see; they are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from tilth.errors import AskedWrong, DataRefused
from tilth.model.examples import Example, Examples
from tilth.model.formats import Conversation
from tilth.model.load import Tokenizer
from tilth.model.masks import Unproved
from tilth.model.material import Batch, Numbers
from tilth.model.objectives import seen
from tilth.model.pack import IGNORED
from tilth.model.rendering import NotRendered
from tilth.model.text_tokens import TextTokens


@dataclass
class Proofs:
    """What was proved, counted. Rows; answers; tokens of sources and targets, and those of them that are learned; rows learned in the
    tokenizer's normal form; rows in whose texts a control token's letters stay letters; rows whose source has letters for which the
    tokenizer has no token."""

    rows: int = 0
    answers: int = 0
    tokens: int = 0
    learned: int = 0
    normal: int = 0
    letters: int = 0
    unknown: int = 0


@lru_cache(maxsize=4)
def texts_of(tokenizer: Tokenizer) -> TextTokens:
    """How a tokenizer writes texts by themselves; it is read once."""
    return TextTokens(tokenizer.fast, [mark for mark in (tokenizer.full.bos_token, tokenizer.full.eos_token) if mark])


def source(tokenizer: Tokenizer, text: str, *, control: bool = False) -> list[int]:
    """The tokens of a source, closed as the tokenizer closes texts. Control tokens in it are letters like others; with `control`
    they mean what they say, as in a prompt that asks for T5's `<extra_id_0>`. Raises DataRefused for a text that is none."""
    if control:
        tokenizer.fast.encode_special_tokens = False
        ids: list[int] = tokenizer.fast.encode(text).ids
        return ids
    try:
        return texts_of(tokenizer).closed(text)
    except NotRendered as error:
        raise DataRefused(f"A source cannot be read: {error.words}.") from error


def target(tokenizer: Tokenizer, text: str) -> list[int]:
    """The tokens of a target and the one that ends it. Raises NotRendered where they are not proved."""
    return _target(texts_of(tokenizer), text, tokenizer.marks.end)[0]


def _target(texts: TextTokens, text: str, end: int) -> tuple[list[int], bool]:
    """The tokens of a target and the one that ends it, and whether they are it in the tokenizer's normal form."""
    ids = texts.ids(text)
    if not len(ids) or not text.strip():
        raise NotRendered("nothing learned", "an answer of it is blank, or has no token")
    texts.refuse_unknown(text, ids)
    return [*ids.tolist(), end], texts.proof(text, ids) == "normal"


def asked(conversation: Conversation, number: int) -> str:
    """What the message with a number answers: all that was said before it, with a blank line between messages."""
    return "\n\n".join(str(message["content"]) for message in conversation.messages[:number])


def refuse_untold(conversation: Conversation, number: int) -> None:
    """Raises NotRendered where there is more to the message with a number, or to what it answers, than texts."""
    if conversation.tools:
        raise NotRendered("no place", "it has tools, which stand in no source")
    for place, message in enumerate(conversation.messages[: number + 1]):
        if message.get("tool_calls"):
            raise NotRendered("no place", f"its message {place + 1} calls a tool, and a call stands in no source and no target")
    if str(conversation.messages[number].get("reasoning_content") or "").strip():
        raise NotRendered("no place", "an answer of it has its reasoning beside it, which stands in no target")


def examples(tokenizer: Tokenizer, conversations: Iterable[tuple[int, Conversation]], proofs: Proofs | None = None) -> Iterator[Example | Unproved]:
    """An example for each learned message of each conversation, which comes with the number of its row; or, of a row that is not proved,
    the reason, once. Conversations of the same row follow each other."""
    texts, counted = texts_of(tokenizer), proofs if proofs is not None else Proofs()
    for row, some in groupby(conversations, key=itemgetter(0)):
        said = [(conversation, number) for _, conversation in some for number in conversation.learned]
        try:
            made = [_response(texts, tokenizer.marks.end, *one) for one in said]
        except NotRendered as error:
            yield Unproved(row, error.reason, error.words)
            continue
        counted.rows += 1
        counted.answers += len(made)
        counted.tokens += sum(len(one.source) + len(one.target) for one in made)
        counted.learned += sum(len(one.target) for one in made)
        counted.normal += any(one.normal for one in made)
        counted.letters += any(one.letters for one in made)
        counted.unknown += any(texts.unknown in one.source for one in made)
        for one in made:
            ids = np.array([*one.source, *one.target], np.int32)
            yield Example(row, ids, np.arange(len(ids)) >= len(one.source), ((len(one.source), len(ids)),))


@dataclass(frozen=True)
class _Response:
    """The tokens of a source and of its target, whether these are it in the tokenizer's normal form, and whether a control token's
    letters stand in either text."""

    source: Sequence[int]
    target: Sequence[int]
    normal: bool
    letters: bool


def _response(texts: TextTokens, end: int, conversation: Conversation, number: int) -> _Response:
    """A message and what it answers. Raises NotRendered where it is not proved."""
    refuse_untold(conversation, number)
    before, answer = asked(conversation, number), str(conversation.messages[number]["content"])
    target, normal = _target(texts, answer, end)
    return _Response(texts.closed(before), target, normal, any(texts.control.found(text) is not None for text in (before, answer)))


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
        return batch_of([self.examples[number] for number in numbers], self.filling)


def cut_of(example: Example) -> int:
    """How many tokens the source of an example has; its target follows."""
    return int(np.argmax(example.learned))


def batch_of(found: Sequence[Example], filling: int) -> Batch:
    """Examples as one batch, as `Answers.batch` gives it."""
    cuts = [cut_of(one) for one in found]
    sources = [one.ids[:cut] for one, cut in zip(found, cuts, strict=True)]
    return {
        "input_ids": _filled(sources, filling),
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
        return {"loss": cross_entropy(self._logits(network, batch)[learned].float(), batch["labels"][learned], reduction="sum")}

    def each(self, network: Any, batch: Batch) -> Tensor:
        """The nats of each item's target, in fp64."""
        logits, labels = self._logits(network, batch), batch["labels"]
        nats = cross_entropy(logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="none")
        return nats.view(labels.shape).double().sum(1)

    def _logits(self, network: Any, batch: Batch) -> Tensor:
        """What the decoder says at each place of the targets."""
        logits: Tensor = network(**seen(batch), decoder_input_ids=self.heard(batch["labels"]), use_cache=False).logits
        return logits

    def heard(self, labels: Tensor) -> Tensor:
        """What the decoder sees: at place k the target up to its token k − 1. It sees nothing to the right, so what stands where a
        target has ended says nothing."""
        later = labels.roll(1, -1).masked_fill(labels.roll(1, -1) == IGNORED, self.start)
        later[:, 0] = self.start
        return later
