"""Models in folders, ready to be asked: decoders, which go on with a text, and encoders with decoders, which answer one with another."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tilth.model.device import pick, use_all_cores
from tilth.model.families import CLASSES, kind_of
from tilth.model.load import Tokenizer, configuration_of, not_for, places, quiet, refuse_endpoint, same_size, standing
from tilth.model.seq2seq import source

Writes = Literal["decoder", "encoder_decoder"]
"""The kinds of networks that write."""


def writes(folder: Path) -> Writes:
    """What kind of network writes with the weights of a folder. Raises AskedWrong where none does."""
    config = configuration_of(folder)
    kind = kind_of(config)
    if kind in ("decoder", "encoder_decoder"):
        return kind
    raise not_for(config.model_type, kind, "causal")


class Model:
    """The model in a folder with its tokenizer, ready to be asked; with its adapter if it has one."""

    def __init__(self, folder: Path, wanted_device: str = "auto") -> None:
        refuse_endpoint(folder)
        use_all_cores()
        self.device = pick(wanted_device)
        config = configuration_of(folder)
        self.tokenizer = Tokenizer(folder)
        same_size(folder, config, self.tokenizer)
        self.kind = writes(folder)
        with quiet():
            self.network = standing(folder, CLASSES["causal" if self.kind == "decoder" else "seq2seq"], self.device)
        self.network.train(False)

    @property
    def context(self) -> int:
        """The most tokens that the model sees at once; of an encoder and a decoder, that each of them sees. The t5 family has no limit,
        which is a very large number here."""
        return places(self.network.config)

    @property
    def vocabulary(self) -> int:
        """How many tokens the model chooses from."""
        return int(self.network.config.get_text_config().vocab_size)

    def prompt(self, text: str) -> list[int]:
        """The tokens of a prompt, in which control tokens mean what they say."""
        return self.tokenizer.prompt(text) if self.kind == "decoder" else source(self.tokenizer, text, control=True)

    def room(self, tokens: int) -> int:
        """How many new tokens there is room for after so many; below 1 where the model cannot see these and write."""
        if self.kind == "decoder":
            return self.context - tokens
        return self.context if tokens <= self.context else 0
