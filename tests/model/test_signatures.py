"""Every argument and attribute of Transformers, PEFT and Accelerate that is used is there in what is installed: an upgrade that
takes one away fails here first, with its name. What is used is read from our sources."""

import ast
import inspect
from dataclasses import fields, is_dataclass
from functools import cache
from types import ModuleType

import pytest
import transformers
from accelerate import Accelerator
from bitsandbytes.nn import Linear4bit, Params4bit
from peft import LoraConfig, LoraModel, PeftModel
from peft.utils import ModulesToSaveWrapper
from transformers import (
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from tilth.model import adapted, adapters, families, load, new_tokens, trainer, watch

OURS = (adapted, adapters, families, load, new_tokens, trainer, watch)
PEERS = ("transformers", "peft", "accelerate", "bitsandbytes")
OPEN = ("from_pretrained", "from_config", "for_model")
"""They hand their arguments on, and what takes them is known when they run."""

PARTS = {"accelerator": Accelerator, "args": TrainingArguments, "arguments": TrainingArguments, "state": TrainerState, "control": TrainerControl}
"""Objects of theirs that our loop has under these names."""

METHODS = [
    (PreTrainedModel, "enable_input_require_grads", ()),
    (PreTrainedModel, "activation_checkpointing_enable", ("activation_checkpointing_kwargs",)),
    (PreTrainedModel, "get_input_embeddings", ()),
    (PreTrainedModel, "get_output_embeddings", ()),
    (PreTrainedModel, "resize_token_embeddings", ("new_num_tokens", "mean_resizing")),
    (PreTrainedModel, "save_pretrained", ("save_directory",)),
    (PreTrainedModel, "from_pretrained", ("pretrained_model_name_or_path",)),
    (PeftModel, "from_pretrained", ("model", "model_id", "config")),
    (PeftModel, "save_pretrained", ("save_directory", "save_embedding_layers")),
    (PeftModel, "get_base_model", ()),
    (LoraModel, "merge_and_unload", ("safe_merge",)),
    (LoraConfig, "from_pretrained", ("pretrained_model_name_or_path",)),
    (PreTrainedTokenizerFast, "add_special_tokens", ("special_tokens_dict", "replace_extra_special_tokens")),
    (PreTrainedTokenizerFast, "convert_tokens_to_ids", ()),
    (PreTrainedTokenizerFast, "save_pretrained", ("save_directory",)),
    (PreTrainedTokenizerFast, "get_vocab", ()),
    (PreTrainedTokenizerFast, "backend_tokenizer", ()),
    (PreTrainedConfig, "get_text_config", ()),
    (PreTrainedConfig, "to_dict", ()),
    (Trainer, "__init__", ("model", "args", "train_dataset", "callbacks")),
]
SET_IN_MAKING = [
    (PreTrainedConfig, ("is_encoder_decoder", "id2label", "label2id", "dtype", "architectures")),
    (ModulesToSaveWrapper, ("modules_to_save", "original_module")),
    (Linear4bit, ("support_avx512bf16_for_cpu",)),
    (Params4bit, ("quant_state",)),
]


@cache
def sources(kind):
    """The words of a class and of those it comes from."""
    return "\n".join(inspect.getsource(one) for one in kind.__mro__ if one.__module__.partition(".")[0] in PEERS)


def has(kind, name):
    """Whether objects of a class have an attribute: of the class, a field, or set by one of its methods."""
    fielded = is_dataclass(kind) and name in {one.name for one in fields(kind)}
    return fielded or name in dir(kind) or f"self.{name}" in sources(kind) or f"    {name}:" in sources(kind)


def resolved(module: ModuleType, node: ast.expr):
    """What a name in a source stands for when it runs; None where that is not known."""
    if isinstance(node, ast.Name):
        return vars(module).get(node.id)
    if isinstance(node, ast.Attribute):
        held = resolved(module, node.value)
        return None if held is None else getattr(held, node.attr, None)
    return None


def calls():
    """Each call of theirs in our sources by a name: what is called, and with which arguments."""
    for module in OURS:
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call):
                called = resolved(module, node.func)
                if callable(called) and (getattr(called, "__module__", None) or "").partition(".")[0] in PEERS:
                    yield pytest.param(called, [one.arg for one in node.keywords if one.arg], id=f"{module.__name__}:{ast.unparse(node.func)}")


@pytest.mark.parametrize(("called", "given"), list(calls()))
def test_each_argument_is_one_that_is_taken(called, given):
    taken = set(inspect.signature(called).parameters)
    if called.__name__ not in OPEN:
        assert not set(given) - taken, f"{called.__name__} no longer takes {sorted(set(given) - taken)}"


def test_the_calls_that_matter_most_are_among_them():
    found = {param.values[0] for param in calls()}
    assert {TrainingArguments, LoraConfig, transformers.BitsAndBytesConfig} <= found


@pytest.mark.parametrize(("kind", "name", "given"), METHODS, ids=lambda value: getattr(value, "__name__", None))
def test_each_method_is_there_with_its_arguments(kind, name, given):
    assert name in dir(kind), f"{kind.__name__} has no {name} any more"
    if given:
        taken = set(inspect.signature(getattr(kind, name)).parameters)
        assert not set(given) - taken, f"{kind.__name__}.{name} no longer takes {sorted(set(given) - taken)}"


@pytest.mark.parametrize(("kind", "names"), SET_IN_MAKING, ids=lambda value: getattr(value, "__name__", None))
def test_each_attribute_is_still_set(kind, names):
    for name in names:
        assert has(kind, name), f"{kind.__name__} has no {name} any more"


def attributes():
    """Each attribute that our loop asks of an object of theirs."""
    found = set()
    for module in (trainer, watch):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Attribute):
                held = node.value.attr if isinstance(node.value, ast.Attribute) else node.value.id if isinstance(node.value, ast.Name) else ""
                if held in PARTS:
                    found.add((held, node.attr))
    return sorted(found)


@pytest.mark.parametrize(("part", "name"), attributes())
def test_what_the_loop_asks_of_its_parts_is_there(part, name):
    assert has(PARTS[part], name), f"{PARTS[part].__name__} has no {name} any more"


def ours_of(kind):
    """Our classes that come from one of theirs."""
    return [one for module in (trainer, watch) for one in vars(module).values() if inspect.isclass(one) and issubclass(one, kind) and one is not kind]


def test_what_our_loop_calls_its_own_is_its_own_or_the_trainers():
    loops = [one for one in ours_of(Trainer) if one.__module__ == trainer.__name__]
    assert loops
    for loop in loops:
        tree = ast.parse(inspect.getsource(loop))
        asked = {
            node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
        }
        gone = sorted(name for name in asked if name not in dir(loop) and f"self.{name}" not in sources(Trainer) and not _set_by(tree, name))
        assert not gone, f"Trainer has no {gone} any more"


def _set_by(tree, name):
    written = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)]
    return any(node.attr == name for node in written)


def test_each_moment_that_we_watch_is_one_that_the_trainer_tells():
    watchers = ours_of(TrainerCallback)
    assert watchers
    moments = {name for one in watchers for name in vars(one) if name.startswith("on_")}
    assert not moments - set(dir(TrainerCallback))
