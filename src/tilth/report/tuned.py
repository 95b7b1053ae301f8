"""How a model was trained, in sentences: what was learned of which rows, by which weights, and how fast."""

from __future__ import annotations

from typing import Any

import msgspec

from tilth.report.curated import fits
from tilth.report.lengths import Done, done
from tilth.report.numbers import count, counted, number, share, short, size


class Laid(msgspec.Struct, frozen=True):
    """How rows are laid out, the columns of their parts, and why this was believed."""

    format: str = ""
    columns: dict[str, str] = {}
    why: str = ""


class Proved(msgspec.Struct, frozen=True):
    """What was proved of masks, counted (`tilth.model.masks.Proofs`, `tilth.model.seq2seq.Proofs`)."""

    rows: int = 0
    answers: int = 0
    tokens: int = 0
    learned: int = 0
    cut: int = 0
    normal: int = 0
    letters: int = 0
    appended: int = 0
    unknown: int = 0


class Adapter(msgspec.Struct, frozen=True):
    """Small matrices that were trained beside frozen weights."""

    type: str = ""
    rank: int = 0
    alpha: float | None = None
    dropout: float = 0.0
    targets: str | list[str] = ""
    save: list[str] = []
    bits: int | None = None


class Loaded(msgspec.Struct, frozen=True):
    """How weights lay in memory and in their folder, how attention was computed, and which weights were drawn anew."""

    weights: str = ""
    weights_in_folder: str = ""
    quantized: int | None = None
    attention: str = ""
    fresh: list[str] = []


class Cut(msgspec.Struct, frozen=True):
    """What was done to rows that were too long."""

    done: Done = Done()


class Held(msgspec.Struct, frozen=True):
    """The rows that were looked at while training."""

    rows: int = 0
    tokens: int = 0
    learned_tokens: int = 0
    truncation: Cut = Cut()


class OfLabel(msgspec.Struct, frozen=True):
    """How well one label was told: the rows that have it, the share of those called so that have it, the share of those that have it
    that were called so, and the harmonic mean of both."""

    rows: int = 0
    precision: float = 0.0
    recall: float = 0.0
    f1: float = 0.0


class Told(msgspec.Struct, frozen=True):
    """How well a classifier tells rows that it did not learn from apart."""

    n: int = 0
    accuracy: float = 0.0
    accuracy_interval: tuple[float, float] | None = None
    macro_f1: float = 0.0
    by_label: dict[str, OfLabel] = {}


class Tuned(msgspec.Struct, frozen=True):
    """Those facts of a training that are told in sentences. Any may be missing."""

    parameters: int | None = None
    trainable_parameters: int | None = None
    adapter: Adapter | None = None
    loaded: Loaded | None = None
    layout: Laid | None = None
    template: str = ""
    template_source: str = ""
    proofs: Proved | None = None
    rows: int | None = None
    tokens: int | None = None
    learned_tokens: int | None = None
    validation_data: Held | None = None
    steps: int | None = None
    epochs: float | None = None
    micro_batch: int | None = None
    pieces: int = 1
    best_step: int | None = None
    resumed_from: int | None = None
    damaged_checkpoints: list[int] = []
    tokens_seen: int | None = None
    training_seconds: float | None = None
    tokens_per_second: float | None = None
    peak_memory_bytes: int | None = None
    device: str = ""
    threads: int | None = None
    precision: str = ""
    judged: Told | None = None
    warnings: list[str] = []


def tuned(facts: dict[str, Any]) -> Tuned:
    """Those facts that have sentences of their own."""
    return msgspec.convert({name: value for name, value in facts.items() if fits(facts, name, Tuned)}, Tuned)


def sentences(one: Tuned) -> list[tuple[str, str]]:
    """What is told of a training, each with what it is about; what is not known is left out."""
    found = [
        ("weights", _weights(one)),
        ("rows", _rows(one)),
        ("template", TEMPLATES.get(one.template, one.template)),
        ("note", " ".join(one.warnings).replace("`", "")),
        ("masks", _masks(one)),
        ("validation", _held(one)),
        ("steps", _steps(one)),
        ("speed", _speed(one)),
        ("went on", _gone_on(one)),
    ]
    return [(about, said) for about, said in found if said]


def _weights(one: Tuned) -> str:
    if one.parameters is None or one.trainable_parameters is None:
        return ""
    said = f"All {count(one.parameters)} were trained."
    if one.trainable_parameters < one.parameters:
        part, how = share(one.trainable_parameters, one.parameters), f": {_adapter(one.adapter)}" if one.adapter else ""
        said = f"{count(one.trainable_parameters)} of {count(one.parameters)} ({part}) were trained{how}."
    if one.loaded is None:
        return said
    return f"{said} {_kept(one.loaded, one.precision)}".strip()


def _adapter(one: Adapter) -> str:
    """`lora` of rank 8, scaled by 16 / 8, on all linear layers."""
    targets = one.targets.replace("-", " ") + " layers" if one.targets == "all-linear" else _listed(one.targets)
    scaled = f"{number(2 * one.rank if one.alpha is None else one.alpha)} / {f'√{one.rank}' if one.type == 'rslora' else one.rank}"
    said = f"{one.type} of rank {one.rank}, scaled by {scaled}, on {targets}"
    said += f", {share(one.dropout, 1)} of its inputs left out at random" if one.dropout else ""
    return said + (f"; and all of {_listed(one.save)}" if one.save else "")


def _listed(names: str | list[str]) -> str:
    return names if isinstance(names, str) else ", ".join(names)


def _kept(one: Loaded, precision: str) -> str:
    if one.fresh == ["all"]:
        said = f"Fresh, in {one.weights}"
    elif one.quantized:
        said = f"Those that stay lie in {one.quantized} bits"
    else:
        said = f"They lie in {one.weights}" + (f", and in their folder in {one.weights_in_folder}" if one.weights_in_folder != one.weights else "")
    said += f"; matrices are multiplied in {precision}" if precision and precision != one.weights else ""
    drawn = [] if one.fresh == ["all"] else one.fresh
    return f"{said}." + (f" Drawn anew: {_listed(drawn)}." if drawn else "")


def _rows(one: Tuned) -> str:
    if one.layout is None:
        return ""
    rows = "" if one.rows is None else f"{counted(one.rows, 'row')} laid out as "
    return f"{rows}{one.layout.format}, {one.layout.why.replace('`', '')}."


def _masks(one: Tuned) -> str:
    """What was proved, and how often it took more than the usual proof."""
    if one.proofs is None or not one.proofs.rows:
        return ""
    proofs = one.proofs
    learned = f"{count(proofs.learned)} of {counted(proofs.tokens, 'token')} ({share(proofs.learned, proofs.tokens)}) are learned"
    said = f"Proved of all {counted(proofs.rows, 'conversation')}: {counted(proofs.answers, 'answer')}, each with its end; {learned}."
    apart = [
        (proofs.cut, "cut between prompt and answer, where the tokenizer would have joined them"),
        (proofs.normal, "learned in the tokenizer's normal form"),
        (proofs.letters, "with the letters of a control token in a text, where they stay letters"),
        (proofs.appended, "with the end token added, which the template does not write"),
        (proofs.unknown, "with letters before an answer for which the tokenizer has no token, so that the model does not see them"),
    ]
    return " ".join([said, *(f"{count(times)} {words}." for times, words in apart if times)])


def _held(one: Tuned) -> str:
    if one.validation_data is None:
        return ""
    held = one.validation_data
    learned = f", {counted(held.learned_tokens, 'token')} of answers" if held.learned_tokens else ""
    kept = "" if one.best_step is None else f"The weights are those of step {count(one.best_step)}{_of(one.steps)}."
    return " ".join(one for one in (f"{counted(held.rows, 'row')} that it did not learn from{learned}.", done(held.truncation.done), kept) if one)


def _of(steps: int | None) -> str:
    return "" if steps is None else f" of {count(steps)}"


def _steps(one: Tuned) -> str:
    if one.steps is None:
        return ""
    said = counted(one.steps, "step") + (f", {number(one.epochs)} times through the rows" if one.epochs is not None else "")
    said += f"; {count(one.micro_batch)} at once" if one.micro_batch else ""
    return said + (f", and since memory ran out in {one.pieces} pieces each" if one.pieces > 1 else "") + "."


def _speed(one: Tuned) -> str:
    if not one.tokens_per_second:
        return ""
    where = f" on {one.device}" + (f" with {counted(one.threads, 'thread')}" if one.threads and one.device == "cpu" else "") if one.device else ""
    memory = "" if one.peak_memory_bytes is None else f" At most {size(one.peak_memory_bytes)} of memory{' in the process' * (one.device == 'cpu')}."
    return f"{short(one.tokens_per_second)} tokens a second{where}, filling not counted.{memory}"


def _gone_on(one: Tuned) -> str:
    said = "" if one.resumed_from is None else f"From the checkpoint of step {count(one.resumed_from)}, after it was interrupted."
    damaged = ", ".join(count(step) for step in one.damaged_checkpoints)
    return f"{said} Damaged, and passed over: the checkpoints of steps {damaged}.".strip() if damaged else said


def accuracy(one: Told) -> str:
    """How often a classifier is right, in a sentence."""
    within = "" if one.accuracy_interval is None else " ({} to {})".format(*(share(side, 1) for side in one.accuracy_interval))
    return f"{share(one.accuracy, 1)}{within} of {counted(one.n, 'row')} are told right. F1, the mean over labels: {number(one.macro_f1, 2)}."


TEMPLATES = {"own words": "the recipe's own", "tokenizer": "the tokenizer's own"}
"""What templates without a name of their own are called."""

UNITS = {"train.classify": "nats a text", "train.preference": ""}
"""What the loss of a step is counted in, where it is not nats a token."""


def unit(step: str) -> str:
    """What a training's loss is counted in; nothing where it is a number of its own."""
    return UNITS.get(step, "nats a token")


def by_step(title: str, step: str) -> str:
    """What a curve of a training shows, beside its title."""
    return ", ".join(one for one in (unit(step) if title == "loss" else "", "by step") if one)
