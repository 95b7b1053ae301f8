"""Text that a model writes after prompts, or in answer to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from tilth.errors import AskedWrong
from tilth.model import decoding
from tilth.model.decoding import Line
from tilth.model.drawing import Sampling
from tilth.model.held_out import Asking
from tilth.model.ready import Model

__all__ = ["Asking", "Line", "Sampling", "Stop", "Writer", "Written", "drawn_from"]

Stop = Literal["eos", "length", "context"]


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

    def line(self, prompt: str, sampling: Sampling, seed: int) -> Line:
        """A text to be written after a prompt. What is drawn depends on the seed and the prompt alone.

        Raises: AskedWrong when the prompt leaves no room in the model's context."""
        ids = self.model.prompt(prompt)
        if self.model.room(len(ids)) < 1:
            raise AskedWrong(
                f"A prompt has {len(ids)} tokens, and the model sees {self.model.context}.",
                where=f"prompt {prompt[:40]!r}…",
                remedy="Shorten the prompt, or use a model with a longer context.",
            )
        return self.after(ids, sampling, drawn_from(seed, prompt))

    def after(self, ids: Sequence[int], sampling: Sampling, seed: int) -> Line:
        """A text to be written after the tokens of a prompt, which leave room in the model's context."""
        return Line(ids, sampling, min(self.model.room(len(ids)), sampling.max_new_tokens), seed)

    def written(self, lines: Sequence[Line], stops: Sequence[int] = ()) -> Iterator[tuple[int, Written]]:
        """The number of each line with its text, in the order in which they are ready. `stops`: the tokens that end what is written, if
        that is not the end of text alone. A text does not depend on the others (`tilth.model.decoding`)."""
        ends = list(stops) or [self.model.tokenizer.marks.end]
        for number, new in decoding.written(self.model.network, lines, ends, self.model.tokenizer.filling):
            ended, line = bool(new) and new[-1] in ends, lines[number]
            stopped: Stop = "eos" if ended else "length" if len(new) == line.sampling.max_new_tokens else "context"
            yield number, Written(self.model.tokenizer.decode(new[:-1] if ended else new), len(new), stopped)

    def write(self, prompt: str, sampling: Sampling, seed: int) -> Written:
        """Write after one prompt. Raises AskedWrong when it leaves no room in the model's context."""
        [(_, found)] = self.written([self.line(prompt, sampling, seed)])
        return found

    def go_on(self, ids: Sequence[int], sampling: Sampling, seed: int, stops: Sequence[int] = ()) -> Written:
        """Write after the tokens of one prompt, which leave room in the model's context."""
        [(_, found)] = self.written([self.after(ids, sampling, seed)], stops)
        return found


def drawn_from(seed: int, prompt: str) -> int:
    """The seed of what is drawn after a prompt."""
    return int.from_bytes(blake2b(f"{seed}\0{prompt}".encode(), digest_size=7).digest(), "big")
