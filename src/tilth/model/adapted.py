"""Tuned models that are an adapter on a base: made, saved as one folder, merged into whole weights.

An adapter is never merged into quantised weights, whose sum would be rounded once more: the base is read again in full,
and the adapter added to that. This is another model than the one that was trained, by the error of quantisation; so
a folder is judged as it was trained, on its quantised base.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from tilth.model.adapter import Adapter, has_adapter, read_note, write_note
from tilth.model.families import CLASSES, Task
from tilth.model.load import TOKENIZER_FILES, Loaded, Tokenizer, adapters, quiet, save_model, save_tokenizer, settle, standing

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def adapt(loaded: Loaded, task: Task, adapter: Adapter, seed: int, tokens: Sequence[int] = ()) -> Any:
    """A network (PEFT's `PeftModel`) that was loaded, with an adapter to be trained, drawn from the seed; the rows of new `tokens`
    and modules with fresh weights are trained too. Raises: AskedWrong where the adapter names no layer."""
    peft = adapters()
    with quiet():
        return peft.adapt(loaded.network, adapter, peft.Fitting(task, seed, tokens, loaded.fresh))


def counts(network: nn.Module) -> dict[str, int]:
    """How many weights there are and are trained. Those of 4 bits, of which two lie in a byte, are counted one by one, and
    those that a trained copy stands in for are not counted."""
    weights = [weight for name, weight in network.named_parameters() if ".original_module." not in name]
    sizes = [(numbers_in(weight), weight.requires_grad) for weight in weights]
    return {"parameters": sum(size for size, _ in sizes), "trainable_parameters": sum(size for size, trained in sizes if trained)}


def numbers_in(weight: torch.Tensor) -> int:
    """How many numbers a weight holds; in 4 bits two of them lie in a byte."""
    state = getattr(weight, "quant_state", None)
    return weight.numel() if state is None else int(torch.Size(state.shape).numel())


def save_adapter(network: Any, tokenizer: Tokenizer, base: Path, folder: Path, note: dict[str, Any]) -> None:
    """Write a folder that stands by itself: the adapter, the tokenizer's files, and in `base/` the model in the folder `base`.

    `note`: `task`, and where there are any `quantized` (bits) and `labels`."""
    folder.mkdir(parents=True, exist_ok=True)
    with quiet():
        adapters().write(network, folder)
    save_tokenizer(tokenizer, folder)
    write_note(folder, note)
    (folder / "base").mkdir()
    for file in sorted(base.iterdir()):
        if file.suffix == ".safetensors" or (file.suffix == ".json" and file.name not in TOKENIZER_FILES):
            _same_file(file, folder / "base" / file.name)
    if note.get("task") == "classification":
        _fill_with(folder / "base" / "config.json", network.config.pad_token_id)


def stop_at(folder: Path, stops: Sequence[int]) -> None:
    """Write what ends an answer into the base of a tuned folder, if it has one: who puts an adapter on its base by PEFT has the base's
    settings for writing, and would not stop where the model does."""
    if has_adapter(folder):
        file = folder / "base" / "generation_config.json"
        told = json.loads(file.read_text("utf-8")) if file.is_file() else {}
        _write_anew(file, {**told, "eos_token_id": list(stops) if len(stops) > 1 else stops[0]})


def _fill_with(file: Path, filling: int) -> None:
    """Write into a base's configuration what its classifier was filled up with (`tilth.model.padding.fill_with`)."""
    told = json.loads(file.read_text("utf-8"))
    inner = {name: {**told[name], "pad_token_id": filling} for name in ("text_config",) if name in told}
    if told != (wanted := {**told, "pad_token_id": filling, **inner}):
        _write_anew(file, wanted)


def _write_anew(file: Path, told: Mapping[str, Any]) -> None:
    """Write JSON to a file of its own, where the one that is there may be another folder's too."""
    file.unlink(missing_ok=True)
    file.write_text(json.dumps(told, indent=2), encoding="utf-8")


def _same_file(source: Path, target: Path) -> None:
    """One file under two names where nobody may write into it: it is read-only, or lies in the hub's cache. Else a copy, since
    Transformers writes into the file that is there when it saves over a model."""
    settled = source.is_symlink() or not source.stat().st_mode & 0o222
    try:
        if settled:
            os.link(source.resolve(), target)
            return
    except OSError:  # another disk, or one that knows no links
        pass
    shutil.copyfile(source, target)


def whole(folder: Path, scratch: Path) -> Path:
    """A folder of whole weights to go on from: the folder itself, or where it has an adapter the merged model, made in `scratch` if it
    does not stand there yet: other processes of a training, and one that was killed, find it."""
    if not has_adapter(folder):
        return folder
    if not scratch.exists():
        making = scratch.with_name(f"{scratch.name} being made")
        shutil.rmtree(making, ignore_errors=True)
        merged(folder, making)
        making.rename(scratch)
    return scratch


def merged(folder: Path, out: Path, dtype: Literal["fp32", "bf16"] = "fp32") -> None:
    """Write the model of a folder as whole weights: the adapter is added to the base in fp32, and the sum rounded once.

    Its files are read-only, so that they can be the base of the next adapter without a copy."""
    with quiet():
        found = standing(folder, CLASSES[_task(folder)], torch.device("cpu"), quantized=False)
    save_model(found.to(DTYPES[dtype]), Tokenizer(folder), out)  # type: ignore[arg-type]
    settle(out)


def _task(folder: Path) -> Task:
    task: Task = read_note(folder).get("task", "causal")
    return task
