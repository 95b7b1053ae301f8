"""A training tried on a few rows: data read and proved, the real network loaded, three real steps timed, a checkpoint written and read back.

What it tells is measured where it can be, and reckoned from that for the whole dataset: seconds from the probe, memory by the
graph of the very network (`tilth.model.walking`). The weights that it leaves are those that it began with.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import torch

from tilth.model import device, fitting, gpus, here, memory, remembered
from tilth.model.adapted import counts
from tilth.model.budget import Regime
from tilth.model.load import Tokenizer
from tilth.model.order import Batches, Order
from tilth.model.probing import Probed, probe
from tilth.model.sizes import of_origin
from tilth.model.trainer import keep_weights, restore
from tilth.model.tuning import (
    Prepared,
    Room,
    Subject,
    Wanted,
    base_of,
    flops_per_token,
    items_at_once,
    learner_of,
    line_of,
    lines_shared,
    save,
    walk_of,
)
from tilth.model.walking import Walk, free_memory, heaviest
from tilth.work import Dataset, Work

ROWS = 100
"""Rows that are tried, taken evenly from those that are there."""

BATCHES = 3
"""Different batches that are timed: of so many steps, as they will be drawn, a short one, one in the middle and a long one."""


@dataclass(frozen=True)
class _Tried:
    """What was loaded and made to be tried."""

    wanted: Wanted
    subject: Subject
    taught: Prepared
    learner: Any
    room: Room
    place: torch.device
    walk: Walk
    at_once: int
    """Items at once, as the training itself would have them."""
    outside: int
    """Bytes of the process before the network was loaded; on a GPU 0."""

    @property
    def processes(self) -> int:
        """Among how many the batch is shared; one alone is tried."""
        launcher = self.room.work.machine.launcher
        return launcher.processes if launcher else 1

    @property
    def share(self) -> int:
        """The items of a step in each process."""
        return max(1, self.wanted.course.batch // self.processes)

    @property
    def passes(self) -> int:
        """Micro-batches of a step."""
        return self.share // self.at_once


def rehearse(wanted: Wanted, subject: Subject, work: Work, rows: int | None) -> dict[str, Any]:
    """Try a training. `rows`: about how many the whole dataset has. The model is written to `work.folder` as it was, so that what comes
    after it can be tried as well.

    Raises what the training itself would raise of data, model and settings."""
    device.use_all_cores()
    tried, told = _begin(wanted, subject, work)
    probed = _probed(tried)
    measured = memory.peak(tried.place)
    seen = tried.taught
    sequences = {} if seen.sequences is None else {"sequences": dict(seen.sequences(wanted.course.batch, tried.at_once))}
    facts: dict[str, Any] = {
        "rehearsed_rows": min(ROWS, wanted.data.rows),
        **{name: value for name, value in seen.facts.items() if name != "template_source"},
        **sequences,
        **counts(tried.learner),
        "loaded": told["loaded"],
        "vocab_size": told["vocab_size"],
        "context": told["context"],
        "micro_batch": tried.at_once,
        "passes": tried.passes,
        **_whole(tried, probed, rows),
        **_memory(tried, measured),
        **_checkpoint(tried),
    }
    facts["gpus"] = gpus.told(facts["flops"], facts["tensor_bytes"])
    _remember(tried, facts)
    return facts


def _begin(wanted: Wanted, subject: Subject, work: Work) -> tuple[_Tried, dict[str, Any]]:
    """A few rows prepared, of the validation data too, and the network loaded."""
    place = device.pick(work.machine.device)
    few = replace(wanted, data=first_rows(wanted.data, work.scratch), validation=None)
    folder, new = base_of(few, work.scratch)
    room = Room(Tokenizer(folder), line_of(few, folder), work.scratch, work)
    taught = subject.prepare(few.data, room)
    if wanted.validation is not None:
        subject.prepare(first_rows(wanted.validation, work.scratch), room)
    memory.forget(place)
    outside = 0 if place.type == "cuda" else memory.held(place)
    learner, told = learner_of(few, subject, (folder, new), room, place)
    told["loaded"] |= lines_shared(few, learner, taught.material)
    walk = walk_of(few, subject, folder, room, place)
    at_once = items_at_once(walk, few.course.batch, taught.material, (work, place))
    return _Tried(few, subject, taught, learner, room, place, walk, at_once, outside), told


def first_rows(data: Dataset, folder: Path) -> Dataset:
    """A few rows of a dataset, evenly from all of those that are there."""
    if data.rows <= ROWS:
        return data
    file = folder / f"{data.name} rehearsed.parquet"
    table = pq.ParquetDataset([str(one) for one in data.files]).read()
    pq.write_table(table.take([number * table.num_rows // ROWS for number in range(ROWS)]), file)
    return Dataset(data.name, (file,), f"{data.content} rehearsed", ROWS)


def _probed(tried: _Tried) -> Probed:
    """Real steps on real batches, timed."""
    material, many = tried.taught.material, tried.at_once
    objective = tried.subject.objective(tried.learner, tried.taught, many)  # which may ask the network about every item first
    order = Order(material.sizes, BATCHES * tried.wanted.course.batch, tried.wanted.seed)
    drawn = sorted(Batches(order, tried.wanted.course.batch, many, 0, tried.processes), key=lambda some: int(material.sizes[some].max()))
    batches = [material.batch(drawn[(2 * number + 1) * len(drawn) // (2 * BATCHES)]) for number in range(BATCHES)]
    regime = Regime(tried.wanted.course.optimizer, tried.walk.precision, tried.wanted.checkpointing, device=tried.place.type)
    tried.room.work.tell({"doing": "timing three steps"})
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, threads // tried.processes))  # as many as a process has that shares the machine with the others
    try:
        return probe(tried.learner, objective, [heaviest(material, many), *batches], regime)
    finally:
        torch.set_num_threads(threads)


def _whole(tried: _Tried, probed: Probed, rows: int | None) -> dict[str, Any]:
    """What the training of the whole dataset takes: steps, tokens, operations, seconds."""
    material, course = tried.taught.material, tried.wanted.course
    share = (rows or tried.wanted.data.rows) / tried.wanted.data.rows
    steps = course.total_steps(max(1, round(len(material) * share)))
    tokens = float(steps * course.batch * material.sizes.mean())
    each, step = flops_per_token(tried.learner, min(tried.room.length, int(material.sizes.max()))), probed.step(tried.passes)
    return {
        "steps": steps,
        "tokens": tokens,
        "flops_per_token": each,
        "flops": each * tokens,
        "seconds_per_step": step,
        "seconds": step * steps,
        "tokens_per_second": course.batch * float(material.sizes.mean()) / step,
    }


def _memory(tried: _Tried, measured: int) -> dict[str, Any]:
    """Tensors by kind as the graph tells them; what the process was seen to hold beside them; and the split of the batch that fits."""
    gaps = 0.0  # for each byte that comes and goes, the bytes that the C library keeps of what was freed

    @cache
    def kinds(many: int) -> Mapping[str, int]:
        return tried.walk.budget(heaviest(tried.taught.material, many), min(2, tried.share // many)).memory

    def peak(many: int) -> float:
        return sum(kinds(many).values()) + gaps * _moving(kinds(many)) + tried.outside

    begun = time.perf_counter()
    alone = free_memory(tried.place, here.memory())
    room = alone / tried.processes if tried.place.type == "cpu" else alone
    if tried.place.type == "cpu":
        gaps = max(0.0, measured - peak(tried.at_once)) / _moving(kinds(tried.at_once))
    now, found = peak(tried.at_once), fitting.fitting(peak, room, tried.share)
    again, half = replace(tried.walk, checkpointing=True), max(1, tried.at_once // 2)
    fits = now <= room * fitting.MARGIN
    helps = []
    if not found.fits:
        less = again.budget(heaviest(tried.taught.material, 1), 2).memory
        helps = fitting.what_helps(peak(1), {"checkpointing: true": sum(less.values()) + gaps * _moving(less) + tried.outside}, room)
    known = dict(kinds(tried.at_once))
    return {
        "memory": known | {name: size for name, size in (("allocator", round(gaps * _moving(known))), ("process", tried.outside)) if size},
        "tensor_bytes": sum(known.values()),
        "memory_bytes": now,
        "peak_memory_bytes": measured,
        "memory_here": room,
        "fits": fits,
        "fitting": {"micro_batch": found.micro_batch, "passes": found.passes, "memory_bytes": found.peak, "fits": found.fits},
        "helps": helps or ([] if fits else [f"`machine: {{micro_batch: {min(half, found.micro_batch)}}}`"]),
        "walk_seconds": time.perf_counter() - begun,
    }


def _moving(memory: Mapping[str, int]) -> int:
    """The bytes of tensors that come and go in a pass."""
    return max(1, memory.get("activations", 0) + memory.get("temporaries", 0))


def _checkpoint(tried: _Tried) -> dict[str, Any]:
    """The weights that are trained written and read back, then the model as it is to stand; the bytes of either."""
    kept, target = tried.room.work.scratch / "rehearsed weights", tried.room.work.folder
    keep_weights(tried.learner, kept)
    restore(tried.learner, kept)
    save(tried.wanted, tried.subject, tried.learner, tried.walk.folder, tried.room)
    tried.subject.finish(tried.learner, tried.taught, None, tried.room)
    return {"checkpoint_bytes": _bytes(kept), "disk_bytes": _bytes(target)}


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _remember(tried: _Tried, facts: Mapping[str, Any]) -> None:
    sizes = of_origin(tried.wanted.origin, tried.wanted.architecture, tried.room.tokenizer.size)
    if sizes is not None:
        kind = remembered.training_kind(sizes, tried.wanted.settings, tried.room.work.machine)
        found = {"how": "in a rehearsal", "tokens_per_second": facts["tokens_per_second"], "memory_bytes": facts["memory_bytes"]}
        remembered.keep(kind, found)
