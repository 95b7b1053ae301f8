"""What a training is expected to take, told before anything heavy starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tilth.errors import RecipeError
from tilth.model import gpus, here, remembered
from tilth.model.architecture import Architecture
from tilth.model.course import CPU_TOKENS, GPU_TOKENS, micro_batch
from tilth.model.foretold import PROCESS, How
from tilth.model.sizes import Sizes, of_architecture, of_facts
from tilth.training import Training
from tilth.work import Known, Machine

EFFICIENCY = {4: 0.7, 2: 0.9}
"""Training's share of the rate of an fp32 matrix product, by the bytes of a number in its products: 0.6 in fp32 and 0.9 in bf16 for 4 × 192
llama on 2 cores."""

USUAL = 4.0
"""Bytes of text in a token where its tokenizer has not been measured: English with a vocabulary of 32,000 or more."""

LONGEST = 4.0
"""How much longer than the mean the longest row is taken to be."""

LEVEL = 2.2
"""Places for a token of the data where lines are level (`tilth.model.judgements`): each answer comes twice, and a tenth is filled up."""


@dataclass(frozen=True)
class Lines:
    """What the items of a batch are: `rows` of the data in each, `lines` of tokens; `full`: every line is as long as can be; `level`: they are laid
    together into lines that are hardly filled up; `head`: whether tokens are chosen from the vocabulary."""

    rows: float = 1.0
    lines: int = 1
    full: bool = False
    level: bool = False
    head: bool = True


@dataclass(frozen=True)
class Tokens:
    """The data in tokens: of all, of an item's longest line; `items` in all, and whether a rule of thumb was needed."""

    all: float | None
    longest: int
    items: float | None
    each: float


def sizes_of(known: Known, origin: str, architecture: Architecture | None) -> Sizes | None:
    """The model's sizes; None as long as they are not known. Raises RecipeError where sizes cannot be."""
    told = known.models.get(origin, {})
    if architecture is None:
        return of_facts(told)
    tokens = told.get("vocab_size") or _vocabulary(told)
    if tokens is None and architecture.vocabulary is None:
        return None
    try:
        return of_architecture(architecture, architecture.vocabulary_for(int(tokens or 0)))
    except ValueError as error:
        raise RecipeError(f"{error}.", remedy="Leave `vocabulary` out to take the tokenizer's size.") from error


def _vocabulary(told: Mapping[str, Any]) -> int | None:
    found = of_facts(told)
    return None if found is None else found.vocabulary


def estimated(step: Training, known: Known, origin: str, lines: Lines | None = None, architecture: Architecture | None = None) -> dict[str, Any]:
    """Weights, tokens, operations, memory, disk and time; which GPUs would serve, and how the batch is split. What was measured of a training
    of the same kind is told in place of a formula (`measured_before`). Nothing where the model is not known yet."""
    sizes = sizes_of(known, origin, architecture)
    if sizes is None:
        return {}
    if architecture is None and step.length is not None and sizes.context is not None and step.length > sizes.context:
        raise RecipeError(
            f"`length` is {step.length:,} tokens, and `{origin}` sees {sizes.context:,}.",
            remedy=f"Lower `length` to {sizes.context:,} or less, or take a model with a longer context.",
        )
    lines = lines or Lines()
    words = known.models.get(origin, {})
    found = _tokens(step, known, (float(words.get("bytes_per_token") or USUAL), sizes.context, architecture), lines)
    card = here.card() if known.machine.device in ("auto", "cuda") else None
    how = _how(step, known.machine, sizes, found, lines, on_gpu=card is not None)
    told: dict[str, Any] = {
        "parameters": how.parameters,
        "trainable_parameters": how.trainable,
        "vocab_size": sizes.vocabulary,
        "context": sizes.context if architecture is None else architecture.context,
        "flops_per_token": how.flops_per_token,
        "bytes_per_token": float(words.get("bytes_per_token") or USUAL),
        "rule_of_thumb": [] if words.get("bytes_per_token") else [f"{USUAL:g} bytes of text in a token"],
        **_memory(step, known.machine, how, here.memory() if card is None else card.memory - gpus.OUTSIDE),
        "disk_bytes": how.disk(),
        "checkpoints_bytes": how.checkpoints(step.keep, best=step.best and step.validation is not None),
        "warnings": [] if step.adapter is None else sizes.overfull(step.adapter),
        "sizes": replace(sizes, parameters=how.parameters if step.adapter is None else sizes.parameters).told(),
    }
    if found.all is not None:
        told |= {"tokens": found.all, "flops": told["flops_per_token"] * found.all}
        told["seconds"] = told["flops"] * (4 / 3 if step.checkpointing else 1.0) / _rate(known, how, None if card is None else card.name)
        told["gpus"] = gpus.told(told["flops"], how.peak(1) - how.process)
    return told | _measured_before(step, known.machine, sizes, found.all)


def _tokens(step: Training, known: Known, model: tuple[float, int | None, Architecture | None], lines: Lines) -> Tokens:
    """The tokens of the data, of its longest lines, and of an item."""
    rate, seen, architecture = model
    context = architecture.context if architecture else seen or 512
    most, size, rows = step.length or context, known.bytes.get(step.data), known.rows.get(step.data)
    data = None if size is None else size / rate
    if lines.full or (step.packing and not lines.level):
        items, each = None if data is None else data / (most * lines.lines), float(most * lines.lines)
        longest = most
    else:
        items = None if not rows else rows / lines.rows
        each = min(data / items, most * lines.lines) if data is not None and items else float(most)
        longest = int(max(1, min(most, (LEVEL if lines.level else LONGEST) * each / lines.lines)))
    if step.steps is not None:
        return Tokens(step.steps * step.batch * each, longest, items, each)
    return Tokens(None if data is None else data * (step.epochs or 1.0), longest, items, each)


def _how(step: Training, machine: Machine, sizes: Sizes, found: Tokens, lines: Lines, *, on_gpu: bool) -> How:
    half = step.precision in ("bf16", "fp16") or (step.precision == "auto" and (on_gpu or here.has_bf16()))
    return How(
        sizes,
        found.longest,
        step.adapter,
        step.optimizer,
        2 if half else 4,
        step.checkpointing,
        1.0 if lines.full else 0.5,
        lines.lines,
        len(step.new_tokens),
        machine.launcher,
        0 if on_gpu else PROCESS,
        lines.head,
    )


def _memory(step: Training, machine: Machine, how: How, room: float) -> dict[str, Any]:
    """How the batch is split, and what that takes in each process."""
    processes = machine.launcher.processes if machine.launcher else 1
    share, each = max(1, step.batch // processes), room if how.process == 0 else room / processes
    most = micro_batch(share, how.length * how.lines, CPU_TOKENS if how.process else GPU_TOKENS)
    fitted = how.fit(share, each, machine.micro_batch or most)
    return {
        "memory_bytes": fitted.peak,
        "memory": how.memory(fitted.micro_batch),
        "memory_here": each,
        "micro_batch": fitted.micro_batch,
        "passes": fitted.passes,
        "fits": fitted.fits,
        "helps": [] if fitted.fits else how.helps(each),
    }


def _rate(known: Known, how: How, gpu: str | None) -> float:
    """Operations a second."""
    rate = None if gpu is None else gpus.peak_rate(gpu, "fp16")
    if rate is not None:
        return rate * gpus.UTILISATION
    return known.flops_per_second * EFFICIENCY[how.number]


def _measured_before(step: Training, machine: Machine, sizes: Sizes, tokens: float | None) -> dict[str, Any]:
    """What a training of this kind took on this machine before; nothing where there was none."""
    found = remembered.recall(remembered.training_kind(sizes, step.settled(), machine))
    if found is None:
        return {}
    told: dict[str, Any] = {"memory_bytes": found["memory_bytes"], "measured_before": found["how"]}
    return told if tokens is None else told | {"seconds": tokens / found["tokens_per_second"]}
