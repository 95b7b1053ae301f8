"""Models and tokenizers in folders, by way of Transformers: made, loaded, saved, without a word on the screen."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from logging import ERROR, getLogger
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import torch
from transformers import AutoConfig, AutoTokenizer, PreTrainedConfig, PreTrainedModel
from transformers.utils import logging

from tilth.errors import AskedWrong, Missing
from tilth.model.adapter import base_of, has_adapter, read_note
from tilth.model.architecture import Architecture, Kind
from tilth.model.checkpoint import digest_of
from tilth.model.device import pick, use_all_cores
from tilth.model.endpoint import read_endpoint
from tilth.model.extra import training_packages
from tilth.model.families import CLASSES, DOES, Task, configuration, fresh, kind_of
from tilth.model.head import rearranged
from tilth.model.opening import backend, fresh_modules, opening
from tilth.model.pack import Marks
from tilth.model.padding import UNLIMITED, fill_with, positions

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "special_tokens_map.json", "added_tokens.json")
"""The files of a tokenizer that go with the model that was trained on it."""

CPU = torch.device("cpu")

NAMES = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}
"""Number formats as they are told."""


@contextmanager
def quiet() -> Iterator[None]:
    """Transformers draws a bar whenever it reads weights, and gives advice on stderr, as bitsandbytes does; they stop in this block."""
    level, bars, other = logging.get_verbosity(), logging.is_progress_bar_enabled(), getLogger("bitsandbytes")
    other_level = other.level
    logging.set_verbosity(ERROR)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    other.setLevel(ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(level)
        other.setLevel(other_level)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def adapters() -> ModuleType:
    """The module that touches PEFT, imported when an adapter is met: that takes more than a second."""
    with training_packages(), quiet():
        from tilth.model import adapters as found
    return found


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
            tokenizer, network = tokenizer_of(folder), standing(folder, kind, device)
        except (OSError, ValueError) as error:
            raise Missing(f"The model cannot be loaded: {str(error).splitlines()[0]}", where=str(folder)) from error
    network.train(False)
    return tokenizer, network, device


def tokenizer_of(folder: Path) -> Any:
    """Transformers' tokenizer of a folder. Its class may be told by the model's configuration, which beside an adapter is the base's."""
    config = configuration_of(folder) if has_adapter(folder) else None
    return AutoTokenizer.from_pretrained(folder, config=config)


def standing(folder: Path, kind: Any, device: torch.device, *, quantized: bool = True) -> PreTrainedModel:
    """The network of a folder in fp32. An adapter is merged into its base, but stays beside one that was quantised when it was
    trained and is so again; without `quantized` such a base is read in full, and merged with."""
    if not has_adapter(folder):
        return _pretrained(folder, kind, torch.float32, device)[0]
    note = read_note(folder)
    bits = note.get("quantized") if quantized else None
    dtype = torch.float32 if bits is None else own_dtype(AutoConfig.from_pretrained(base_of(folder)))
    based, _ = _pretrained(base_of(folder), kind, dtype, device, bits, _named(note.get("labels", ())))
    found: PreTrainedModel = adapters().attach(based, folder)
    return found


def _pretrained(
    folder: Path,
    kind: Any,
    dtype: torch.dtype,
    device: torch.device,
    quantized: int | None = None,
    more: Mapping[str, Any] | None = None,
) -> tuple[PreTrainedModel, list[str]]:
    """A network of weights in a folder, and the modules that the weights did not say, which are fresh."""
    if quantized is not None:
        rounded = adapters().quantization(quantized, dtype, classifier=kind is CLASSES["classification"])
        more = {**(more or {}), "quantization_config": rounded, "device_map": {"": device}}
    with opening(folder):
        found, told = kind.from_pretrained(folder, dtype=dtype, output_loading_info=True, ignore_mismatched_sizes=True, **(more or {}))
    new = fresh_modules(folder, found, told, headless=kind not in (CLASSES["causal"], CLASSES["seq2seq"]))
    return (found if quantized is not None else found.to(device)), new


def own_dtype(config: PreTrainedConfig) -> torch.dtype:
    """The number format of the weights in a folder, as its configuration tells it."""
    return config.dtype if isinstance(config.dtype, torch.dtype) else torch.float32


def _named(labels: Sequence[str]) -> dict[str, Any]:
    """The labels of a classifier as its configuration names them. Transformers makes its outputs anew where their number is another."""
    if not labels:
        return {}
    numbers = {label: number for number, label in enumerate(labels)}
    return {"id2label": dict(enumerate(labels)), "label2id": numbers}


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
        with quiet(), opening(folder):
            self.full = tokenizer_of(folder)
        self.folder = folder
        self.fast = backend(self.full, folder)
        self.fast.no_truncation()  # a folder that was saved after some use of its tokenizer has that use's length in tokenizer.json
        self.fast.no_padding()

    @property
    def size(self) -> int:
        """How many tokens there are: the rows that an embedding matrix needs."""
        return int(max(self.full.get_vocab().values())) + 1

    @property
    def content(self) -> str:
        """The digest of all that it does, whatever files it was read from."""
        return digest_of(self.fast.to_str().encode())

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

    @property
    def filling(self) -> int:
        """The token that fills up short rows, where it is neither seen nor learned: the pad token, else the one that ends a text."""
        pad = self.full.pad_token_id
        return int(self.marks.end if pad is None else pad)

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


def new_model(architecture: Architecture, tokenizer: Tokenizer, seed: int, labels: Sequence[str] = ()) -> PreTrainedModel:
    """A model with fresh weights in fp32, drawn from the seed; a classifier where there are labels.

    Raises: AskedWrong when the embedding matrix would be too small for the tokenizer, or the family has no such model."""
    try:
        vocabulary = architecture.vocabulary_for(tokenizer.size)
    except ValueError as error:
        raise AskedWrong(f"{error}.", remedy="Leave `vocabulary` out to take the tokenizer's size.") from error
    task: Task = "classification" if labels else "seq2seq" if architecture.kind == "encoder_decoder" else "causal"
    if task not in DOES[architecture.kind]:
        raise not_for(architecture.type, architecture.kind, task)
    config, marks = configuration(architecture, vocabulary, labels), tokenizer.marks
    config.bos_token_id, config.eos_token_id, config.pad_token_id = marks.first, marks.end, tokenizer.full.pad_token_id
    if task != "causal":
        config.pad_token_id = tokenizer.filling
    if task == "seq2seq":
        config.decoder_start_token_id = tokenizer.filling
    with quiet():
        return fresh(config, task, seed)


KINDS: dict[Kind | None, tuple[str, str]] = {
    "decoder": ("a decoder", "train.pretrain, train.sft, train.preference and train.classify"),
    "encoder": ("an encoder", "train.classify"),
    "encoder_decoder": ("an encoder–decoder", "train.seq2seq"),
    None: ("no language model", ""),
}
"""What each kind of network is called, and the steps that train it."""

DOING: dict[Task, str] = {"causal": "go on with texts", "classification": "be taught labels here", "seq2seq": "answer one text with another"}
"""What each task is to a network."""


def not_for(name: str, kind: Kind | None, task: Task) -> AskedWrong:
    """The error for a model that cannot do a task, with the steps that it is for."""
    called, steps = KINDS[kind]
    accepted = f"{called.partition(' ')[2].capitalize()}s are trained by {steps}." if steps else ""
    return AskedWrong(f"`{name}` is {called}; it cannot {DOING[task]}.", accepted=accepted)


@dataclass(frozen=True)
class Loading:
    """How a network is loaded to be trained.

    `labels` of a classifier; `length`: the longest row that it will see; `masters`: weights in fp32, whatever the folder
    holds, so that small updates are not rounded away and products are of fp32 (else as the folder holds them, for a base that is frozen);
    `quantized`: frozen weights in 8 or 4 bits; `seed` of what the folder does not hold, such as a classifier's head."""

    labels: Sequence[str] = ()
    length: int | None = None
    masters: bool = True
    quantized: Literal[4, 8] | None = None
    device: torch.device = CPU
    seed: int = 0


@dataclass(frozen=True)
class Loaded:
    """A network to be trained, the modules whose weights are fresh, and what is to be told of how it was loaded."""

    network: PreTrainedModel
    fresh: Sequence[str]
    facts: Mapping[str, Any]


def network(folder: Path, task: Task, wanted: Loading | None = None) -> Loaded:
    """The network in a folder, for a task, to be trained.

    Raises: Missing where a file or a package is not there; AskedWrong where model, tokenizer and task do not fit."""
    wanted = wanted or Loading()
    if has_adapter(folder):
        raise AskedWrong("This model is an adapter on a base.", where=str(folder), remedy="Merge it first (`tilth.model.adapted.whole`).")
    tokenizer, config = Tokenizer(folder), configuration_of(folder)
    same_size(folder, config, tokenizer)
    kind = kind_of(config)
    if kind is None or task not in DOES[kind]:
        raise not_for(config.model_type, kind, task)
    seen = places(config)
    if wanted.length is not None and wanted.length > seen:
        raise AskedWrong(
            f"`length` is {wanted.length:,} tokens, and the model sees {seen:,}.",
            where=str(folder),
            remedy=f"Lower `length` to {seen} or less, or take a model with a longer context.",
        )
    dtype = torch.float32 if wanted.masters and wanted.quantized is None else own_dtype(config)
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(wanted.seed)
        found, new = _pretrained(folder, CLASSES[task], dtype, wanted.device, wanted.quantized, _named(wanted.labels))
        new = sorted({*new, *rearranged(found, config.id2label, wanted.labels, new)})
    if found.config.pad_token_id is None or (task, kind) == ("classification", "decoder"):
        fill_with(found, tokenizer.filling)
    _use_cache(found, used=False)
    return Loaded(found, new, _facts(found, config, wanted, new))


def places(config: PreTrainedConfig) -> int:
    """The most tokens that a model can place; some families have another name for it, which the attribute knows and `positions` not."""
    return min(positions(config), int(getattr(config.get_text_config(), "max_position_embeddings", None) or UNLIMITED))


def _facts(found: PreTrainedModel, config: PreTrainedConfig, wanted: Loading, new: Sequence[str]) -> dict[str, Any]:
    """How a network was loaded: the formats of its weights here and in the folder, attention, fresh modules, the filling token."""
    held = {weight.dtype for weight in found.parameters() if weight.is_floating_point()}
    return {
        "weights": "+".join(sorted(NAMES.get(dtype, str(dtype)) for dtype in held)),
        "weights_in_folder": NAMES.get(config.dtype, "unknown") if isinstance(config.dtype, torch.dtype) else "unknown",
        "quantized": wanted.quantized,
        "attention": found.config._attn_implementation,
        "fresh": list(new),
        "filling_token": found.config.pad_token_id,
    }


def _use_cache(model: PreTrainedModel, *, used: bool) -> None:
    """Whether keys and values are kept from token to token: not while training. Models that read alone have no such setting."""
    if getattr(model.config, "use_cache", None) is not None:
        model.config.use_cache = used


def configuration_of(folder: Path) -> PreTrainedConfig:
    """The configuration of a model in a folder with safe weights.

    Raises: Missing without a configuration or weights; AskedWrong for weights that are a pickle, which could run any code."""
    refuse_endpoint(folder)
    base = base_of(folder)
    if not (base / "config.json").exists():
        raise Missing("This folder holds no model.", where=str(folder), accepted="A model has a `config.json` and weights.")
    if not any(base.glob("*.safetensors")):
        pickles = sorted(file.name for file in base.glob("*.bin"))
        if not pickles:
            raise Missing("This folder holds no weights.", where=str(base), accepted="Weights are `model.safetensors`, or parts of it with an index.")
        raise AskedWrong(
            f"The weights are a pickle ({pickles[0]}), which may run any code when it is read.",
            where=str(base),
            accepted="Weights are taken from `model.safetensors`.",
            remedy="Take a revision of the model that has it, or, if you trust the file, load the model with Transformers and `save_pretrained` it.",
        )
    with quiet(), opening(base):
        found: PreTrainedConfig = AutoConfig.from_pretrained(base)
    return found


def same_size(folder: Path, config: PreTrainedConfig, tokenizer: Tokenizer) -> None:
    """Raises AskedWrong where a tokenizer has more tokens than its model has embeddings."""
    rows = config.get_text_config().vocab_size
    if rows < tokenizer.size:
        raise AskedWrong(
            f"The model has {rows} rows of embeddings, and its tokenizer {tokenizer.size} tokens.",
            where=str(folder),
            remedy="Use the tokenizer that the model was trained with.",
        )


def save_model(model: PreTrainedModel, tokenizer: Tokenizer, folder: Path) -> None:
    """Write weights, configuration and the tokenizer's own files, so that Transformers loads the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    used = getattr(model.config, "use_cache", None)
    _use_cache(model, used=True)
    with quiet():
        model.save_pretrained(folder)
    _use_cache(model, used=bool(used))
    save_tokenizer(tokenizer, folder)


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Copy the tokenizer's own files; where it was read from files of another kind, write it anew."""
    for name in TOKENIZER_FILES:
        if (tokenizer.folder / name).exists():
            shutil.copyfile(tokenizer.folder / name, folder / name)
    if not (folder / "tokenizer.json").exists():
        tokenizer.full.save_pretrained(folder)


def settle(folder: Path) -> None:
    """Nobody writes into these weights any more, so that one file can stand under two names."""
    for file in folder.glob("*.safetensors"):
        file.chmod(0o444)
