"""From texts to a trained decoder in a folder, and the facts of how it went."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from tilth.errors import AskedWrong
from tilth.model import checkpoint, device, pack, seeing
from tilth.model.architecture import Architecture
from tilth.model.course import CPU_TOKENS, GPU_TOKENS, Course, micro_batch
from tilth.model.load import Tokenizer, new_model, save_model
from tilth.model.material import Stretches
from tilth.model.objectives import NextToken, heads_apart
from tilth.model.pack import Stream, Windows
from tilth.model.sequences import packed
from tilth.model.spelling import Spelling
from tilth.model.trainer import Setting, Trained, losses, train
from tilth.work import Dataset, Window, Work


@dataclass(frozen=True)
class Wanted:
    """What is to be learned by what, on which course."""

    data: Dataset
    validation: Dataset | None
    field: str
    tokenizer: Path
    architecture: Architecture
    course: Course
    seed: int
    settings: Mapping[str, Any]


def pretrain(wanted: Wanted, work: Work) -> dict[str, Any]:
    """Train a decoder from nothing, write it to `work.folder`, and return the facts."""
    started = time.monotonic()
    threads, place = device.use_all_cores(), device.pick(work.machine.device)
    tokenizer = Tokenizer(wanted.tokenizer)
    model = new_model(wanted.architecture, tokenizer, wanted.seed)
    stream = _stream(wanted.data, wanted, tokenizer, work)
    held_out = None if wanted.validation is None else _stream(wanted.validation, wanted, tokenizer, work)
    setting = _setting(wanted, work, (stream, held_out), place, NextToken(heads_apart(model)))
    windows = Windows(stream, wanted.architecture.context)
    trained = train(model, setting)
    save_model(model, tokenizer, work.folder)
    facts = {
        **_size(model, wanted, tokenizer),
        **_data(stream, windows),
        "sequences": {"data": wanted.data.name, **_sequences(stream, windows)},
        **_curve(trained, setting),
        "seconds": round(time.monotonic() - started, 3),
        "peak_memory_bytes": device.peak_memory(place),
        "device": place.type,
        "precision": setting.precision,
        "threads": threads,
        "micro_batch": setting.micro_batch,
        "weights": checkpoint.digest(work.folder / "model.safetensors"),
    }
    facts["flops"] = facts["flops_per_token"] * facts["tokens_seen"]
    return facts


def see(wanted: Wanted, first: int, search: str) -> Iterator[Window]:
    """The windows of the data in the order of the stream, as `pretrain` is fed them in an order drawn from the seed."""
    tokenizer = Tokenizer(wanted.tokenizer)
    rows = wanted.data.placed(wanted.field)
    return seeing.windows(rows, tokenizer.encode, Spelling(tokenizer.fast), tokenizer.marks, wanted.architecture.context, first, search)


def _stream(data: Dataset, wanted: Wanted, tokenizer: Tokenizer, work: Work) -> Stream:
    """The dataset's tokens in the scratch folder; a file finished before a kill is taken up again."""
    work.tell({"doing": f"tokenising {data.name}", "rows": data.rows})
    identity = {"content": data.content, "field": wanted.field, "tokenizer": checkpoint.digest(wanted.tokenizer / "tokenizer.json")}
    part = "data" if data is wanted.data else "validation"
    work.scratch.mkdir(parents=True, exist_ok=True)
    return pack.write(data.texts(wanted.field), tokenizer.encode, tokenizer.marks, tokenizer.size, work.scratch / f"{part}.tokens", identity)


def _setting(wanted: Wanted, work: Work, streams: tuple[Stream, Stream | None], place: torch.device, objective: NextToken) -> Setting:
    course, context = wanted.course, wanted.architecture.context
    windows, held_out = Windows(streams[0], context), streams[1]
    return Setting(
        course=course,
        material=Stretches(windows),
        validation=None if held_out is None else Stretches(Windows(held_out, context)),
        objective=objective,
        steps=course.total_steps(len(windows)),
        scratch=work.scratch,
        identity=_identity(wanted, work),
        device=place,
        precision=device.precision(course.precision, place),
        micro_batch=_micro_batch(course.batch, context, work, place),
        seed=wanted.seed,
        tell=work.tell,
    )


def _micro_batch(batch: int, context: int, work: Work, place: torch.device) -> int:
    asked = work.machine.micro_batch
    if asked is None:
        return micro_batch(batch, context, GPU_TOKENS if place.type == "cuda" else CPU_TOKENS)
    if batch % asked:
        raise AskedWrong(f"`micro_batch` {asked} does not divide `batch` {batch}.", accepted="The batch is a whole number of micro-batches.")
    return asked


def _identity(wanted: Wanted, work: Work) -> dict[str, Any]:
    """What a checkpoint belongs to."""
    return {
        "key": work.key,
        "content of data": wanted.data.content,
        "content of validation": wanted.validation.content if wanted.validation else None,
        "content of tokenizer": checkpoint.digest(wanted.tokenizer / "tokenizer.json"),
        **wanted.settings,
        "seed": wanted.seed,
    }


def _size(model: PreTrainedModel, wanted: Wanted, tokenizer: Tokenizer) -> dict[str, Any]:
    vocabulary = wanted.architecture.vocabulary_for(tokenizer.size)
    return {
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "vocab_size": vocabulary,
        "context": wanted.architecture.context,
        "flops_per_token": wanted.architecture.flops_per_token(vocabulary),
    }


def _data(stream: Stream, windows: Windows) -> dict[str, Any]:
    return {
        "documents": stream.documents,
        "empty_documents": stream.empty,
        "bytes": stream.bytes,
        "tokens": windows.labels,
        "bytes_per_token": stream.bytes / windows.labels,
        "windows": len(windows),
    }


def _sequences(stream: Stream, windows: Windows) -> dict[str, Any]:
    return packed(stream.lengths, windows.context, len(windows) * windows.context - windows.labels)


def _curve(trained: Trained, setting: Setting) -> dict[str, Any]:
    names = ("step", "loss", "learning_rate", "grad_norm", "tokens", "seconds")
    curve = [{name: entry[name] for name in names} for entry in trained.log if "loss" in entry]
    steps, seen, spent = (curve[-1]["step"], curve[-1]["tokens"], curve[-1]["seconds"]) if curve else (0, 0, 0.0)
    return {
        "steps": steps,
        "epochs": steps * setting.course.batch / len(setting.material),
        "tokens_seen": seen,
        "training_seconds": spent,
        "tokens_per_second": seen / spent if spent else 0.0,
        "curve": curve,
        "validation": [{"step": step, "loss": loss} for step, loss in losses(trained.log)],
        "best_step": trained.best_step,
        "resumed_from": trained.resumed_from,
        "damaged_checkpoints": trained.damaged,
    }
