"""The one place that touches PEFT and bitsandbytes: adapters put on networks, written, and taken up again.

Importing it imports PEFT, and bitsandbytes where that is installed: `tilth.model.load.adapters` does so when an adapter is met.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.util import find_spec
from logging import LogRecord, getLogger
from pathlib import Path
from typing import Any, Literal

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils import ModulesToSaveWrapper
from peft.utils.constants import EMBEDDING_LAYER_NAMES
from torch import nn
from transformers import BitsAndBytesConfig, PreTrainedModel
from transformers.pytorch_utils import Conv1D

from tilth.errors import AskedWrong, Missing
from tilth.model.adapter import ALL, Adapter

HEADS = ("classifier", "score")
"""The modules that PEFT trains whole in every classifier."""

TASKS = {"causal": "CAUSAL_LM", "classification": "SEQ_CLS", "seq2seq": "SEQ_2_SEQ_LM"}
"""What PEFT calls the tasks."""

HALVES = (torch.bfloat16, torch.float16)


@dataclass(frozen=True)
class Fitting:
    """What an adapter is put on a network for: the task; the seed of its fresh weights; new tokens, whose rows of the
    embeddings are trained; and modules with fresh weights, which are trained and saved whole."""

    task: Literal["causal", "classification", "seq2seq"] = "causal"
    seed: int = 0
    tokens: Sequence[int] = ()
    fresh: Sequence[str] = ()


@contextmanager
def _understood() -> Iterator[None]:
    """Warnings that PEFT and Transformers have between each other, which say nothing about the model, are not told in this block."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
        yield


def quantization(bits: int, dtype: torch.dtype, *, classifier: bool) -> BitsAndBytesConfig:
    """How a base is quantised: NF4 with quantised constants, computed in `dtype`, or 8 bits (LLM.int8). The output layer stays as it
    is, as does what is trained whole in a classifier.

    Raises: Missing without bitsandbytes."""
    if find_spec("bitsandbytes") is None:
        raise Missing("The package `bitsandbytes` is not installed.", remedy='Type: pip install "tilth[quantized]"')
    skipped = [*HEADS, "pooler"] if classifier else None  # None: what Transformers finds, the output layer and what is tied to it
    if bits == 8:
        getLogger("bitsandbytes.autograd._functions").addFilter(_unless_cast)
        return BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=skipped)  # type: ignore[no-untyped-call]
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
        llm_int8_skip_modules=skipped,
    )


def _unless_cast(said: LogRecord) -> bool:
    """Not what bitsandbytes says at each product of other numbers than fp16: LLM.int8 has no other way."""
    return "inputs will be cast" not in str(said.msg)


def steady(network: nn.Module) -> None:
    """Keep 4-bit weights as they are. On CPUs with AVX512-BF16 bitsandbytes (0.50.2) repacks them at the first pass that is not
    for training; what comes out of repacked weights is rounded to bf16 and has no gradient, so that a look at the validation
    rows would silently end the training of all layers below."""
    for module in network.modules():
        if getattr(module, "support_avx512bf16_for_cpu", False):
            module.support_avx512bf16_for_cpu = False  # type: ignore[assignment]


def adapt(network: PreTrainedModel, adapter: Adapter, fitting: Fitting) -> PeftModel:
    """The network with an adapter in fp32, and everything else frozen. The generators of the process are left as they were.

    The embeddings' outputs get gradients: without them, layers that are computed again in the backward pass
    (gradient checkpointing, the reentrant kind) would leave the adapter untrained.
    Raises: AskedWrong where `targets` or `save` name no layer."""
    steady(network)
    linear = _linear_layers(network)
    whole = [*_matched(network, adapter.save), *(name for name in fitting.fresh if not _within(name, HEADS))]
    targets = _targets(adapter, linear, whole)
    wanted = LoraConfig(
        task_type=TASKS[fitting.task],
        r=adapter.rank,
        lora_alpha=adapter.scale,  # type: ignore[arg-type]  # PEFT divides it: a fraction is as good as a whole number
        lora_dropout=adapter.dropout,
        target_modules=targets,
        modules_to_save=whole or None,
        use_dora=adapter.type == "dora",
        use_rslora=adapter.type == "rslora",
        fan_in_fan_out=any(isinstance(linear[name], Conv1D) for name in targets),
        trainable_token_indices=_rows(network, fitting.tokens),
        ensure_weight_tying=_saves_tied(network, whole),
    )
    with _understood(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(fitting.seed)
        made: PeftModel = get_peft_model(network, wanted, autocast_adapter_dtype=True)
    _keep_whole_in_fp32(made)
    network.enable_input_require_grads()  # type: ignore[no-untyped-call]
    return made


def _outputs(network: PreTrainedModel) -> Any:
    """The output layer; None where there is none."""
    return network.get_output_embeddings()  # type: ignore[no-untyped-call]


def _linear_layers(network: PreTrainedModel) -> dict[str, nn.Module]:
    """The linear layers by name, but for the output layer. Quantised ones are linear too."""
    outputs = _outputs(network)
    return {name: module for name, module in network.named_modules() if isinstance(module, nn.Linear | Conv1D) and module is not outputs}


def _within(name: str, parts: Sequence[str]) -> bool:
    return any(part in name.split(".") for part in parts)


def _fits(name: str, wanted: str) -> bool:
    """Whether a module is meant by the last parts of its name, as PEFT reads it."""
    return name == wanted or name.endswith(f".{wanted}")


def _targets(adapter: Adapter, linear: dict[str, nn.Module], whole: Sequence[str]) -> list[str]:
    """The full names of the layers that get an adapter: what is trained whole and the heads of classifiers never do."""
    free = [name for name in linear if not _within(name, HEADS) and not any(_fits(name, one) for one in whole)]
    if adapter.targets == ALL:
        return free
    if isinstance(adapter.targets, str):
        found = [name for name in free if re.fullmatch(adapter.targets, name)]
        missed = [] if found else [adapter.targets]
    else:
        found = [name for name in free if any(_fits(name, one) for one in adapter.targets)]
        missed = [one for one in adapter.targets if not any(_fits(name, one) for name in free)]
    if missed:
        raise _no_layer(missed[0], free, "targets")
    return found


def _matched(network: nn.Module, names: Sequence[str]) -> list[str]:
    """The names in `save`, each of which is a module's that can be trained."""
    there = {name: module for name, module in network.named_modules() if name}
    for one in names:
        found = [module for name, module in there.items() if _fits(name, one)]
        if not found:
            raise _no_layer(one, list(there), "save")
        if any(not weight.is_floating_point() for module in found for weight in module.parameters()):
            raise AskedWrong(f"The weights of `{one}` are quantised and cannot be trained.", where="adapter.save", remedy="Name it in `targets`.")
    return list(names)


def _no_layer(wanted: str, there: Sequence[str], setting: str) -> AskedWrong:
    short = sorted({name.rpartition(".")[2] for name in there if not name.rpartition(".")[2].isdigit()})
    near = get_close_matches(wanted, [*short, *there], 3, 0.4) or short[:12]
    return AskedWrong(
        f"No layer that can be meant is called `{wanted}`.",
        where=f"adapter.{setting}",
        accepted=f"Near it: {', '.join(near)}.",
        remedy=f"Leave `{setting}` out{' to take every linear layer' if setting == 'targets' else ''}, or name layers of this model.",
    )


def _tied(network: PreTrainedModel) -> bool:
    return bool(network.config.get_text_config().tie_word_embeddings) and _outputs(network) is not None


def _saves_tied(network: PreTrainedModel, whole: Sequence[str]) -> bool:
    """Whether embeddings that are the output layer too are trained whole: then PEFT has to keep them one matrix, which it can by
    two names only (`EMBEDDING_LAYER_NAMES` of peft 0.21). Raises: AskedWrong by other names."""
    shared = [name for name in _embeddings(network) if _tied(network) and any(_fits(name, one) for one in whole)]
    apart = [name for name in shared if name.rpartition(".")[2] not in EMBEDDING_LAYER_NAMES]
    if apart:
        raise AskedWrong(
            f"`{apart[0]}` is the output layer too, and PEFT would train a copy that is not.",
            where="adapter.save",
            remedy="Leave it out; rows of new tokens are trained without it.",
        )
    return bool(shared)


def _rows(network: PreTrainedModel, tokens: Sequence[int]) -> dict[str, list[int]] | None:
    """The rows of the input embeddings, and of an output layer of its own, that are trained."""
    if not tokens:
        return None
    return {name: list(tokens) for name in _embeddings(network)[: 1 if _tied(network) else 2]}


def _embeddings(network: PreTrainedModel) -> list[str]:
    """The names of the embeddings and, where there is one, of the output layer."""
    modules = {id(module): name for name, module in network.named_modules()}
    layers = (network.get_input_embeddings(), _outputs(network))
    return [modules[id(layer)] for layer in layers if layer is not None]


def _keep_whole_in_fp32(network: PeftModel) -> None:
    """What is trained whole beside a base of half precision is kept in fp32, or small updates would be rounded away; it is given
    and gives the numbers of its neighbours."""
    wrapped = [inner for module in network.modules() if isinstance(module, ModulesToSaveWrapper) for inner in module.modules_to_save.values()]
    outside = [next((weight.dtype for weight in inner.parameters() if weight.dtype in HALVES), None) for inner in wrapped]
    for inner, half in zip(wrapped, outside, strict=True):  # two modules may share a weight, which is of half precision but once
        if half is not None:
            _bridge(inner.float(), half)


def _bridge(module: nn.Module, outside: torch.dtype) -> None:
    def enter(_: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(one.float() if isinstance(one, torch.Tensor) and one.is_floating_point() else one for one in given)

    def leave(_: nn.Module, __: Any, made: Any) -> Any:
        return made.to(outside) if isinstance(made, torch.Tensor) else made

    module.register_forward_pre_hook(enter)
    module.register_forward_hook(leave)


def write(network: PeftModel, folder: Path) -> None:
    """Write the adapter and what was trained whole; the base is named by where it lies in the folder."""
    config = network.peft_config["default"]
    named, config.base_model_name_or_path = config.base_model_name_or_path, "base"
    try:
        network.save_pretrained(str(folder), save_embedding_layers=False)
    finally:
        config.base_model_name_or_path = named
    (folder / "README.md").unlink(missing_ok=True)


def attach(network: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """A base with the adapter of a folder: merged into its weights, or beside them where those are quantised."""
    steady(network)
    config = LoraConfig.from_pretrained(str(folder))
    config.fan_in_fan_out = any(isinstance(module, Conv1D) for module in network.modules())  # those of a quantised gpt2 are turned round
    with _understood():
        made = PeftModel.from_pretrained(network, str(folder), config=config)
    if getattr(network, "is_quantized", False):
        return made.get_base_model()  # type: ignore[return-value]
    whole: PreTrainedModel = made.merge_and_unload(safe_merge=True)
    return whole
