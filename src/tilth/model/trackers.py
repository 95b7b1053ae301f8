"""Trackers that a training is told to beside our own files: TensorBoard, Weights & Biases, MLflow, Trackio.

Where each of them writes, and whether over the network, was settled before (`Work.destinations`). A
tracker that fails takes no more and is named once; the training goes on.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol

from tilth.model.extra import tracking_packages
from tilth.work import Destination, Work

Told = Mapping[str, Any]

UNASKED = {"wandb": ("WANDB_ERROR_REPORTING", "false"), "mlflow": ("MLFLOW_DISABLE_TELEMETRY", "true")}
"""The variables by which trackers tell their makers about themselves, unless they say no; read when they are imported."""


class Tracker(Protocol):
    """One run of a tracker."""

    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        """Take the numbers of a step."""

    def close(self, *, failed: bool) -> None:
        """End the run: the training is done, or has failed."""


def open_tracker(to: Destination, name: str, settings: Told) -> Tracker:
    """Begin a run of a tracker. `name`: `recipe/model`; `settings`: what is shown beside it. Raises Missing without its package."""
    if to.tracker in UNASKED:
        os.environ.setdefault(*UNASKED[to.tracker])
    to.folder.mkdir(parents=True, exist_ok=True)
    return _kind(to.tracker)(to, name, settings)


def _kind(name: str) -> Callable[[Destination, str, Told], Tracker]:
    """What opens a tracker, with nothing imported but its own package. Raises Missing without that."""
    with tracking_packages():
        match name:
            case "tensorboard":
                from tilth.model.tracking.tensorboard import TensorBoard

                return TensorBoard
            case "wandb":
                from tilth.model.tracking.wandb import WeightsAndBiases

                return WeightsAndBiases
            case "mlflow":
                from tilth.model.tracking.mlflow import MLflow

                return MLflow
            case _:
                from tilth.model.tracking.trackio import Trackio

                return Trackio


@contextmanager
def tracked(work: Work, settings: Told) -> Iterator[Work]:
    """The same work, whose `tell` tells its trackers, too.

    Raises: Missing for a tracker whose package is not installed, before anything is trained."""
    if not work.destinations:
        yield work
        return
    open_ones = {to.tracker: open_tracker(to, work.name, settings) for to in work.destinations}

    def tell(told: Told) -> None:
        work.tell(told)
        numbers = numbers_of(told)
        if numbers:
            step = int(told["step"])
            _each(open_ones, lambda one: one.log(step, numbers), work)

    failed = True
    try:
        yield replace(work, tell=tell)
        failed = False
    finally:
        _each(open_ones, lambda one: one.close(failed=failed), work)


def numbers_of(told: Told) -> dict[str, float]:
    """The finite numbers of a step, by the names that trackers group by: `train/loss`, `validation/loss`."""
    if "step" not in told:
        return {}
    numbers = {name: float(value) for name, value in told.items() if isinstance(value, int | float) and name not in ("step", "of")}
    return {_tag(name): value for name, value in numbers.items() if math.isfinite(value)}


def _tag(name: str) -> str:
    return f"validation/{name.removeprefix('validation_')}" if name.startswith("validation_") else f"train/{name}"


def _each(trackers: dict[str, Tracker], act: Callable[[Tracker], None], work: Work) -> None:
    """Do something with each tracker. One that fails is let go, and that is told."""
    for name, tracker in list(trackers.items()):
        try:
            act(tracker)
        except Exception as error:  # noqa: BLE001 — whatever a tracker meets (its server, its disk), hours of training are not lost for it
            del trackers[name]
            work.tell({"note": f"{name} takes no more ({type(error).__name__}: {error}). The training goes on; its own metrics are kept."})
