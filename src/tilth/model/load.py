"""Models and tokenizers in folders, by way of Transformers: made, loaded, saved, without a word on the screen."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from logging import ERROR
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GPT2Config, LlamaConfig, PreTrainedModel
from transformers.utils import logging

from tilth.errors import AskedWrong, Missing
from tilth.model.architecture import Architecture
from tilth.model.device import pick, use_all_cores
from tilth.model.endpoint import read_endpoint
from tilth.model.pack import Marks

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "special_tokens_map.json")
"""The files of a tokenizer that go with the model that was trained on it."""


@contextmanager
def quiet() -> Iterator[None]:
    """Transformers draws a bar whenever it reads weights, and gives advice on stderr; both stop in this block."""
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(ERROR)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def refuse_endpoint(folder: Path) -> None:
    """Raises AskedWrong for the folder of a model that others run."""
    if read_endpoint(folder) is not None:
        raise AskedWrong(
            "This model is an endpoint: it can be asked, and its weights and its tokenizer are not here.",
            accepted="Here stands a model that was trained, or one of a folder or a hub's name: `{from: …}`.",
        )


def judging(folder: Path, kind: Any) -> tuple[Any, PreTrainedModel, torch.device]:
    """The tokenizer and the network of a folder, by one of Transformers' classes for a task, to judge and not to learn, and where
    it is: in a worker, which has a core, on one thread. Raises Missing."""
    if multiprocessing.parent_process() is None:
        use_all_cores()
    else:
        torch.set_num_threads(1)
    device = pick("auto")
    with quiet():
        try:
            tokenizer, network = AutoTokenizer.from_pretrained(folder), kind.from_pretrained(folder, dtype=torch.float32)
        except (OSError, ValueError) as error:
            raise Missing(f"The model cannot be loaded: {str(error).splitlines()[0]}", where=str(folder)) from error
    network.to(device)
    network.train(False)
    return tokenizer, network, device


class Tokenizer:
    """The tokenizer in a folder: texts to tokens and back, and the tokens that mark the ends of a text."""

    def __init__(self, folder: Path) -> None:
        refuse_endpoint(folder)
        if not (folder / "tokenizer.json").exists() and not (folder / "tokenizer_config.json").exists():
            raise Missing(
                "This folder holds no tokenizer.",
                where=str(folder),
                accepted="A tokenizer is a `tokenizer.json` with a `tokenizer_config.json`.",
                remedy="Copy the tokenizer's files into the folder, or name another model.",
            )
        with quiet():
            self.full = AutoTokenizer.from_pretrained(folder)
        self.folder = folder
        self.fast = self.full.backend_tokenizer

    @property
    def size(self) -> int:
        """How many tokens there are: the rows that an embedding matrix needs."""
        return max(self.full.get_vocab().values()) + 1

    @property
    def marks(self) -> Marks:
        """The tokens that end and begin a document. Raises AskedWrong when there is none to end it."""
        end, begin = self.full.eos_token_id, self.full.bos_token_id
        if end is None:
            raise AskedWrong(
                "The tokenizer has no end-of-text token, so a model could not learn where a text ends.",
                where=str(self.folder),
                remedy="Give it one: `special_tokens: {eos: <|endoftext|>}`.",
            )
        return Marks(end, begin)

    def encode(self, texts: Sequence[str]) -> Iterable[Sequence[int]]:
        """The tokens of plain texts. A text that contains `<|endoftext|>` gets the letters, not the control token."""
        self.fast.encode_special_tokens = True
        return (found.ids for found in self.fast.encode_batch_fast(list(texts), add_special_tokens=False))

    def prompt(self, text: str) -> list[int]:
        """The tokens of a prompt, in which control tokens mean what they say, after the begin token if there is one."""
        self.fast.encode_special_tokens = False
        ids: list[int] = self.fast.encode(text, add_special_tokens=False).ids
        begin = self.full.bos_token_id
        if begin is None:
            return ids or [self.marks.end]
        return ids if ids[:1] == [begin] else [begin, *ids]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens, control tokens left out."""
        return str(self.fast.decode(list(ids), skip_special_tokens=True))


def new_model(architecture: Architecture, tokenizer: Tokenizer, seed: int) -> PreTrainedModel:
    """A model with fresh weights in fp32, drawn from the seed.

    Raises: AskedWrong when the embedding matrix would be too small for the tokenizer."""
    try:
        vocabulary = architecture.vocabulary_for(tokenizer.size)
    except ValueError as error:
        raise AskedWrong(f"{error}.", remedy="Leave `vocabulary` out to take the tokenizer's size.") from error
    config = _llama(architecture, vocabulary) if architecture.type == "llama" else _gpt2(architecture, vocabulary)
    marks = tokenizer.marks
    config.bos_token_id, config.eos_token_id, config.pad_token_id = marks.first, marks.end, tokenizer.full.pad_token_id
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made: PreTrainedModel = AutoModelForCausalLM.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]
    return made


def _llama(wanted: Architecture, vocabulary: int) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=wanted.width,
        intermediate_size=wanted.inner,
        num_hidden_layers=wanted.layers,
        num_attention_heads=wanted.heads,
        num_key_value_heads=wanted.kv,
        max_position_embeddings=wanted.context,
        tie_word_embeddings=wanted.tie_embeddings,
    )


def _gpt2(wanted: Architecture, vocabulary: int) -> GPT2Config:
    return GPT2Config(
        vocab_size=vocabulary,
        n_embd=wanted.width,
        n_inner=wanted.inner,
        n_layer=wanted.layers,
        n_head=wanted.heads,
        n_positions=wanted.context,
        tie_word_embeddings=wanted.tie_embeddings,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
    )


def save_model(model: PreTrainedModel, tokenizer: Tokenizer, folder: Path) -> None:
    """Write weights, configuration and the tokenizer's own files, so that Transformers loads the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with quiet():
        model.save_pretrained(folder)
    for name in TOKENIZER_FILES:
        if (tokenizer.folder / name).exists():
            shutil.copyfile(tokenizer.folder / name, folder / name)


class Model:
    """The model in a folder with its tokenizer, ready to be asked."""

    def __init__(self, folder: Path, wanted_device: str = "auto") -> None:
        refuse_endpoint(folder)
        use_all_cores()
        self.device = pick(wanted_device)
        if not (folder / "config.json").exists():
            raise Missing("This folder holds no model.", where=str(folder), accepted="A model has a `config.json` and weights.")
        self.tokenizer = Tokenizer(folder)
        with quiet():
            config: Any = AutoConfig.from_pretrained(folder)
            rows = config.get_text_config().vocab_size
            if rows < self.tokenizer.size:
                raise AskedWrong(
                    f"The model has {rows} rows of embeddings, and its tokenizer {self.tokenizer.size} tokens.",
                    where=str(folder),
                    remedy="Use the tokenizer that the model was trained with.",
                )
            self.network: PreTrainedModel = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        self.network.to(self.device)  # type: ignore[arg-type]
        self.network.train(False)

    @property
    def context(self) -> int:
        """The most tokens that the model sees at once."""
        return int(self.network.config.get_text_config().max_position_embeddings)

    @property
    def vocabulary(self) -> int:
        """How many tokens the model chooses from."""
        return int(self.network.config.get_text_config().vocab_size)
