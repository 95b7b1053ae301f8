"""From data and a model to a trained model in a folder, and the facts of how it went. What differs from task to task is a `Subject`."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import torch
from transformers.pytorch_utils import Conv1D

from tilth.errors import AskedWrong, Missing
from tilth.model import checkpoint, device, memory, remembered
from tilth.model.adapted import adapt, counts, numbers_in, save_adapter, whole
from tilth.model.adapter import Adapter, has_adapter
from tilth.model.architecture import Architecture
from tilth.model.blocks import by_blocks, keeps_apart
from tilth.model.course import CPU_TOKENS, GPU_TOKENS, Course, micro_batch
from tilth.model.families import DOES, Task, configuration, kind_of
from tilth.model.launching import first, launch, leads
from tilth.model.load import Loading, Tokenizer, configuration_of, network, new_model, not_for, places, save_model, settle
from tilth.model.material import Material
from tilth.model.new_tokens import extended
from tilth.model.objectives import NextToken, Objective, whole_network
from tilth.model.padding import UNLIMITED
from tilth.model.sampling import Prompted, Sampler
from tilth.model.sizes import of_origin
from tilth.model.trainer import Setting, Trained, train
from tilth.model.walking import Walk, that_fits
from tilth.model.watch import losses
from tilth.work import Dataset, Work

LONGEST = 1 << 62


@dataclass(frozen=True)
class Wanted:
    """What is to be learned by which model, on which course. `origin`: the folder of the model, or where weights are fresh, of the
    tokenizer; `architecture`: of fresh weights; `settings`: the identity of the step, which a checkpoint must share."""

    data: Dataset
    validation: Dataset | None
    origin: Path
    course: Course
    seed: int
    settings: Mapping[str, Any]
    architecture: Architecture | None = None
    adapter: Adapter | None = None
    length: int | None = None
    new_tokens: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    checkpointing: bool = False
    compile: bool = False


@dataclass(frozen=True)
class Room:
    """Where data becomes what is learned: the model's tokenizer, the most tokens of a line, a folder that outlives a killed process, and whom
    to tell."""

    tokenizer: Tokenizer
    length: int
    folder: Path
    work: Work


@dataclass(frozen=True)
class Prepared:
    """What a dataset became: what a training takes of it, and what is told of the way there. `sequences`: what lengths cost, for the
    items of a batch and those at once; `asked`: the tokens by which the model is asked, and `stops` those that end its answer."""

    material: Material
    facts: Mapping[str, Any] = field(default_factory=dict)
    sequences: Callable[[int, int], Mapping[str, Any]] | None = None
    asked: Prompted | None = None
    stops: tuple[int, ...] = ()


class Subject(Protocol):
    """What a model is tuned to do."""

    @property
    def task(self) -> Task:
        """What kind of network it takes."""

    def prepare(self, data: Dataset, room: Room) -> Prepared:
        """The dataset as what a training takes. What was finished before a kill is taken up again."""

    def labels(self) -> tuple[str, ...]:
        """The names of the classes, once the data is prepared; none where nothing is classified."""

    def objective(self, network: Any, prepared: Prepared, batch: int) -> Objective:
        """What is made small; what must be asked of the network before it moves is asked here, `batch` rows at a time."""

    def finish(self, network: Any, taught: Prepared, held: Prepared | None, room: Room) -> dict[str, Any]:
        """Write what belongs to the model into the artefact's folder, where its weights lie already; further facts of the tuned
        network. `held`: what it was looked at by."""


def tune(wanted: Wanted, subject: Subject, work: Work) -> dict[str, Any]:
    """Train a model, write it to `work.folder`, and return the facts; in as many processes as the machine's launcher says."""
    bits = wanted.adapter.quantized if wanted.adapter else None
    return launch(_tune, (wanted, subject), work, wanted.settings, f"{bits} bits" if bits else None)


def _tune(wanted: Wanted, subject: Subject, work: Work) -> dict[str, Any]:
    started = time.monotonic()
    threads, place = device.use_all_cores(), device.pick(work.machine.device)
    with first():
        _refuse_others(wanted, subject)
        folder, new = base_of(wanted, work.scratch)
        room = Room(Tokenizer(folder), line_of(wanted, folder), work.scratch, work)
        taught = subject.prepare(wanted.data, room)
        held = None if wanted.validation is None else subject.prepare(wanted.validation, room)
    memory.forget(place)
    begun = memory.held(place)
    learner, told = learner_of(wanted, subject, (folder, new), room, place)
    told["loaded"] |= lines_shared(wanted, learner, taught.material)
    told["flops_per_token"] = flops_per_token(learner, min(room.length, int(taught.material.sizes.max())))
    shape = items_at_once(walk_of(wanted, subject, folder, room, place), wanted.course.batch, taught.material, (work, place))
    setting = replace(
        _setting(wanted, (taught, held), room, place, shape),
        objective=subject.objective(learner, taught, shape),
        flops_per_token=told["flops_per_token"],
    )
    trained = train(learner, setting)
    if not leads():
        return {}
    weights = save(wanted, subject, learner, folder, room)
    further = subject.finish(learner, taught, held, room)
    curve = _curve(trained, setting)
    most = memory.peak(place)
    _remember(wanted, room, curve, most)
    return {
        **counts(learner),
        "adapter": None if wanted.adapter is None else wanted.adapter.model_dump(mode="json"),
        **told,
        **_of_data(wanted, taught, held, shape),
        **curve,
        "flops": told["flops_per_token"] * curve["tokens_seen"],
        **further,
        "seconds": round(time.monotonic() - started, 3),
        "peak_memory_bytes": most,
        "memory_before_bytes": begun,
        "device": place.type,
        "precision": setting.precision,
        "threads": threads,
        "micro_batch": setting.micro_batch,
        "pieces": trained.pieces,
        "weights": weights,
    }


def _refuse_others(wanted: Wanted, subject: Subject) -> None:
    """Raises AskedWrong for a model that is no such network, before a row is read for it."""
    if wanted.architecture is None and not has_adapter(wanted.origin):
        Tokenizer(wanted.origin)  # says of a folder that is not there, or holds none, what is missing
        config = configuration_of(wanted.origin)
        kind = kind_of(config)
        if kind is None or subject.task not in DOES[kind]:
            raise not_for(config.model_type, kind, subject.task)


def _setting(wanted: Wanted, data: tuple[Prepared, Prepared | None], room: Room, place: torch.device, at_once: int) -> Setting:
    """The course settled for this data and this place; what is made small is still open."""
    (taught, held), work = data, room.work
    return Setting(
        course=wanted.course,
        material=taught.material,
        validation=None if held is None else held.material,
        objective=NextToken(),
        steps=wanted.course.total_steps(len(taught.material)),
        scratch=work.scratch,
        identity=_identity(wanted, room.tokenizer, work),
        device=place,
        precision=device.precision(wanted.course.precision, place),
        micro_batch=at_once,
        seed=wanted.seed,
        tell=work.tell,
        sampler=_sampler(wanted, taught, room),
    )


def _remember(wanted: Wanted, room: Room, curve: Mapping[str, Any], memory: int) -> None:
    """Keep how fast this was and what it took for the next plan of a training of this kind."""
    sizes = of_origin(wanted.origin, wanted.architecture, room.tokenizer.size)
    if sizes is not None and curve["tokens_per_second"]:
        found = {"how": "in a run", "tokens_per_second": curve["tokens_per_second"], "memory_bytes": memory}
        remembered.keep(remembered.training_kind(sizes, wanted.settings, room.work.machine), found)


def _sampler(wanted: Wanted, taught: Prepared, room: Room) -> Sampler | None:
    """What is asked between the steps; nothing where no prompt is named."""
    if not wanted.samples:
        return None
    assert taught.asked is not None  # a step whose model does not write takes no prompts
    return Sampler(wanted.samples, taught.asked, room.tokenizer, taught.stops, room.length)


def base_of(wanted: Wanted, scratch: Path) -> tuple[Path, tuple[int, ...]]:
    """The folder of whole weights that goes on learning, or of the tokenizer; and the numbers of the tokens that are new to it."""
    if wanted.architecture is not None:
        return wanted.origin, ()
    added = extended(whole(wanted.origin, scratch / "whole"), wanted.new_tokens, scratch / "extended")
    return added.folder, tuple(added.tokens.values())


def _of_data(wanted: Wanted, taught: Prepared, held: Prepared | None, at_once: int) -> dict[str, Any]:
    """What is told of the data: what is learned first."""
    lengths = {} if taught.sequences is None else {"sequences": {"data": wanted.data.name, **taught.sequences(wanted.course.batch, at_once)}}
    return {**taught.facts, **lengths, "validation_data": None if held is None else dict(held.facts)}


def line_of(wanted: Wanted, folder: Path) -> int:
    """The most tokens of a line."""
    return length_of(folder, wanted.length) if wanted.architecture is None else min(wanted.length or LONGEST, wanted.architecture.context)


def length_of(folder: Path, asked: int | None) -> int:
    """The most tokens of a row: as many as were asked for, and as the model sees at once. Raises AskedWrong for more than that."""
    seen = places(configuration_of(folder))
    if asked is not None and asked > seen:
        raise AskedWrong(
            f"`length` is {asked:,} tokens, and the model sees {seen:,}.",
            where=str(folder),
            remedy=f"Lower `length` to {seen:,} or less, or take a model with a longer context.",
        )
    return asked or seen


def learner_of(wanted: Wanted, subject: Subject, base: tuple[Path, tuple[int, ...]], room: Room, place: torch.device) -> tuple[Any, dict[str, Any]]:
    """The network that learns, on its device, and what is told of it."""
    learner, told = _fresh(wanted, subject, room) if wanted.architecture else _loaded(wanted, subject, base, place)
    if wanted.adapter is None or wanted.adapter.quantized is None:
        learner.to(place)
    body = whole_network(learner)
    if wanted.checkpointing:
        body.activation_checkpointing_enable({"use_reentrant": False})
    if wanted.compile:
        _need_compiler(place)
        body.base_model.compile(dynamic=True)
    sizes = {"context": room.length if room.length < UNLIMITED else None, "vocab_size": int(body.config.get_text_config().vocab_size)}
    return learner, {**sizes, "loaded": told}


def lines_shared(wanted: Wanted, learner: Any, material: Material) -> dict[str, str]:
    """Where several rows share a line, have them attended block by block; what is told of that. Raises AskedWrong for a network in which they
    would see each other."""
    if "position_ids" not in material.batch([0]):
        return {}
    body = whole_network(learner)
    told = {"attention": "blocks"} if not wanted.compile and by_blocks(body) else {}
    if not keeps_apart(learner):
        raise AskedWrong(
            f"Rows that are packed into a line would see each other in a network of the family `{body.config.model_type}`.",
            accepted="`packing` is for networks whose attention follows the positions of tokens, such as llama, gpt2, gpt_neox, mistral or qwen.",
            remedy="Leave `packing` out: rows of like length share a pass anyway.",
        )
    return told


def _need_compiler(place: torch.device) -> None:
    """Raises Missing where torch.compile would fail at the first step: on CPUs it writes C++."""
    if place.type == "cpu" and not any(shutil.which(name) for name in (os.environ.get("CXX", "g++"), "g++", "clang++")):
        raise Missing("`compile: true` needs a C++ compiler.", accepted="g++ or clang++ on the PATH, or CXX.", remedy="Leave `compile` out.")


def _fresh(wanted: Wanted, subject: Subject, room: Room) -> tuple[Any, dict[str, Any]]:
    assert wanted.architecture is not None
    made = new_model(wanted.architecture, room.tokenizer, wanted.seed, subject.labels())
    return made, {"weights": "fp32", "fresh": ["all"]}


def _loaded(wanted: Wanted, subject: Subject, base: tuple[Path, tuple[int, ...]], place: torch.device) -> tuple[Any, dict[str, Any]]:
    adapter = wanted.adapter
    loading = Loading(
        labels=subject.labels(),
        length=wanted.length,
        masters=adapter is None or device.precision(wanted.course.precision, place) == "fp32",
        quantized=adapter.quantized if adapter else None,
        device=place,
        seed=wanted.seed,
    )
    folder, new = base
    loaded = network(folder, subject.task, loading)
    return loaded.network if adapter is None else adapt(loaded, subject.task, adapter, wanted.seed, new), dict(loaded.facts)


def flops_per_token(learner: Any, context: int) -> float:
    """Floating-point operations to train one token in a line of `context`: of each weight in a matrix product 2 on the way there, 2 on the
    way back and 2 more if it is trained, the output layer included and the lookup of embeddings not; and 12 · layers ·
    width · context for attention (Chowdhery et al. 2022, appendix B)."""
    config = whole_network(learner).config.get_text_config()
    matrices = [module.weight for module in learner.modules() if isinstance(module, torch.nn.Linear | Conv1D)]
    weights = sum((6.0 if weight.requires_grad else 4.0) * numbers_in(weight) for weight in matrices)
    return float(weights + 12.0 * config.num_hidden_layers * config.hidden_size * context)


def walk_of(wanted: Wanted, subject: Subject, folder: Path, room: Room, place: torch.device) -> Walk:
    """The training as it is walked without weights, to know what it takes."""
    labels, new, precision = subject.labels(), wanted.architecture, device.precision(wanted.course.precision, place)
    fresh = None if new is None else configuration(new, new.vocabulary_for(room.tokenizer.size), labels)
    return Walk(
        folder, subject.task, wanted.course.optimizer, precision, wanted.adapter, wanted.checkpointing, len(labels), fresh, room.work.machine.launcher
    )


def items_at_once(walk: Walk, batch: int, material: Material, given: tuple[Work, torch.device]) -> int:
    """Items at once in each process: as the machine says, else as many as keep a device busy; of those on a GPU as many as fit."""
    work, place = given
    processes = work.machine.launcher.processes if work.machine.launcher else 1
    if batch % processes:
        raise AskedWrong(f"{processes} processes cannot share a `batch` of {batch}.", accepted="The batch is a whole number for each process.")
    share, asked = batch // processes, work.machine.micro_batch
    if asked is None:
        if place.type != "cuda":
            return micro_batch(share, int(material.sizes.max()), CPU_TOKENS)
        return that_fits(walk, material, share, place, micro_batch(share, int(material.sizes.max()), GPU_TOKENS))
    if share % asked:
        raise AskedWrong(f"`micro_batch` {asked} does not divide `batch` {share}.", accepted="The batch is a whole number of micro-batches.")
    return asked


def _identity(wanted: Wanted, tokenizer: Tokenizer, work: Work) -> dict[str, Any]:
    """What a checkpoint belongs to."""
    return {
        "key": work.key,
        "content of data": wanted.data.content,
        "content of validation": wanted.validation.content if wanted.validation else None,
        "content of tokenizer": tokenizer.content,
        **wanted.settings,
        "seed": wanted.seed,
    }


def save(wanted: Wanted, subject: Subject, learner: Any, folder: Path, room: Room) -> str:
    """Write the tuned weights; their digest."""
    target = room.work.folder
    if wanted.adapter is None:
        save_model(learner, room.tokenizer, target)
        settle(target)
        return checkpoint.digest(target / "model.safetensors")
    note: dict[str, Any] = {"task": subject.task}
    if wanted.adapter.quantized:
        note["quantized"] = wanted.adapter.quantized
    if subject.labels():
        note["labels"] = list(subject.labels())
    save_adapter(learner, room.tokenizer, folder, target, note)
    return checkpoint.digest(target / "adapter_model.safetensors")


def _curve(trained: Trained, setting: Setting) -> dict[str, Any]:
    curve = [{name: value for name, value in entry.items() if name != "epoch"} for entry in trained.log if "loss" in entry]
    steps, seen, spent = (curve[-1]["step"], curve[-1]["tokens"], curve[-1]["seconds"]) if curve else (0, 0, 0.0)
    held = [{name.removeprefix("eval_"): value for name, value in entry.items() if name != "epoch"} for entry in trained.log if "eval_loss" in entry]
    assert [one["loss"] for one in held] == [loss for _, loss in losses(trained.log)]
    return {
        "steps": steps,
        "epochs": steps * setting.course.batch / len(setting.material),
        "tokens_seen": seen,
        "training_seconds": spent,
        "tokens_per_second": seen / spent if spent else 0.0,
        "curve": curve,
        "validation": held,
        "best_step": trained.best_step,
        "resumed_from": trained.resumed_from,
        "damaged_checkpoints": trained.damaged,
    }
