"""What a training step wants, read off its words: a model that goes on learning, or fresh weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tilth.model.architecture import Architecture
from tilth.model.extra import training_packages
from tilth.model.sizes import of_folder
from tilth.training import Training
from tilth.work import Work

if TYPE_CHECKING:
    from tilth.model.tuning import Subject, Wanted

FRESH_RATE = 1e-3
"""The highest learning rate of fresh weights where none is said."""


def one_origin(step: Training, tokenizer: str | None, architecture: Architecture | None, kinds: tuple[str, ...]) -> None:
    """Raise ValueError where a step names both a model and an architecture, or neither, or an architecture of another kind."""
    if (step.model is None) == (architecture is None):
        raise ValueError("give `model`, which goes on learning, or `architecture` and `tokenizer` for fresh weights")
    if (tokenizer is None) != (architecture is None):
        raise ValueError("`architecture` needs a `tokenizer`" if architecture else "a `model` has its own tokenizer; leave `tokenizer` out")
    if architecture is None:
        return
    step.refuse({"adapter": "there is nothing yet that it could be trained beside", "new_tokens": "a tokenizer is made with its tokens"})
    if architecture.kind not in kinds:
        raise ValueError(f"`type: {architecture.type}` is no {' and no '.join(kinds).replace('_', '-')}, which this step takes")


def wanted(step: Training, work: Work, tokenizer: str | None = None, architecture: Architecture | None = None) -> Wanted:
    """Data, model and course."""
    with training_packages():
        from tilth.model.tuning import Wanted
    origin = step.model or tokenizer
    assert origin is not None
    return Wanted(
        data=work.datasets[step.data],
        validation=work.datasets[step.validation] if step.validation else None,
        origin=work.models[origin],
        course=step.course,
        seed=work.seed if step.seed is None else step.seed,
        settings=step.settled(),
        architecture=architecture,
        adapter=step.adapter,
        length=step.length,
        new_tokens=step.new_tokens,
        samples=step.samples,
        checkpointing=step.checkpointing,
        compile=step.compile,
    )


def trained(step: Training, work: Work, subject: Subject, tokenizer: str | None = None, architecture: Architecture | None = None) -> dict[str, Any]:
    """Train, write the artefact, and return its facts; `warnings` among them where there are any."""
    with training_packages():
        from tilth.model.tuning import tune
    sizes = None if step.model is None or step.adapter is None else of_folder(work.models[step.model])
    warnings = [] if sizes is None or step.adapter is None else sizes.overfull(step.adapter)
    for said in warnings:
        work.tell({"note": said})
    facts = tune(wanted(step, work, tokenizer, architecture), subject, work)
    return {**facts, "warnings": [*warnings, *facts.get("warnings", [])]} if warnings else facts
