"""The one place that touches Transformers' Trainer: our windows, order, checkpoints and checks around its loop.

What is ours: the order of windows is known from their numbers, so nothing is replayed on resume; a loss
or gradient that is not finite stops the training before a weight moves; validation is the exact mean
over tokens; checkpoints are renamed into place with a manifest. What happened stands in the Trainer's
own log, which its checkpoints carry, so that a resumed training tells the whole curve.
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch.nn.utils import get_total_norm
from torch.utils.data import DataLoader
from transformers import PreTrainedModel, PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from tilth.errors import Diverged
from tilth.model import checkpoint
from tilth.model.course import Course
from tilth.model.device import Precision
from tilth.model.load import quiet
from tilth.model.pack import Order, Tokens, Windows

SCHEDULES = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}
OPTIMIZERS = {"adamw": "adamw_torch_fused", "adafactor": "adafactor", "sgd": "sgd"}
LOGGED = 2000
"""At most about so many points of a curve are kept, so that a log stays small."""

Batch = dict[str, torch.Tensor]
Log = list[dict[str, Any]]


@dataclass(frozen=True)
class Setting:
    """Everything that a training needs beside the model, settled: no `auto` is left in it."""

    course: Course
    order: Order
    validation: Windows | None
    scratch: Path
    identity: Mapping[str, Any]
    device: torch.device
    precision: Precision
    micro_batch: int
    seed: int
    tell: Callable[[Mapping[str, Any]], None]

    @property
    def steps(self) -> int:
        """Optimizer steps in all."""
        return len(self.order) // self.course.batch


@dataclass(frozen=True)
class Trained:
    """What a training did: its log, the step whose weights were kept, and where it went on after a kill."""

    log: Log
    best_step: int
    resumed_from: int | None
    damaged: list[int]


def train(model: PreTrainedModel, setting: Setting) -> Trained:
    """Train the model in place, from the newest valid checkpoint in `setting.scratch` if there is one.

    Raises: Diverged when a loss or gradient is not finite; AskedWrong when a checkpoint is another training's.
    """
    found, damaged = checkpoint.newest(setting.scratch / "checkpoints")
    if found is not None:
        checkpoint.same_identity(found, setting.identity)
    with quiet():
        trainer = _Loop(model, setting)
        trainer.train(resume_from_checkpoint=str(found.folder) if found else None)
    log: Log = trainer.state.log_history
    last = int(trainer.state.global_step)
    best = best_step(log) if setting.course.best else None
    if best is not None and best != last:
        with torch.no_grad():
            model.load_state_dict(load_file(setting.scratch / "best" / str(best) / "model.safetensors"), strict=False)
        model.tie_weights()
    return Trained(log, last if best is None else best, found.step if found else None, damaged)


def losses(log: Log) -> list[tuple[int, float]]:
    """The validation losses in a log: step and loss."""
    return [(entry["step"], entry["eval_loss"]) for entry in log if "eval_loss" in entry]


def best_step(log: Log) -> int | None:
    """The step with the lowest validation loss, the earliest of equals; None without validation."""
    found = losses(log)
    return min(found, key=lambda pair: pair[1])[0] if found else None


def _arguments(setting: Setting) -> TrainingArguments:
    course, steps = setting.course, setting.steps
    arguments = TrainingArguments(
        output_dir=str(setting.scratch / "making"),
        max_steps=steps,
        per_device_train_batch_size=setting.micro_batch,
        gradient_accumulation_steps=course.batch // setting.micro_batch,
        learning_rate=course.learning_rate,
        lr_scheduler_type=SCHEDULES[course.schedule],
        warmup_steps=course.warmup_steps(steps),
        weight_decay=course.weight_decay,
        optim=OPTIMIZERS[course.optimizer],
        adam_beta1=course.betas[0],
        adam_beta2=course.betas[1],
        max_grad_norm=course.clip or 0.0,
        eval_strategy="steps" if setting.validation else "no",
        eval_steps=course.evaluation_steps(steps),
        save_strategy="steps",
        save_steps=course.checkpoint_steps(steps),
        logging_strategy="steps",
        logging_steps=max(1, steps // LOGGED),
        logging_nan_inf_filter=False,
        bf16=setting.precision == "bf16",
        use_cpu=setting.device.type == "cpu",
        seed=setting.seed % 2**32,
        dataloader_num_workers=0,
        dataloader_pin_memory=setting.device.type == "cuda",
        remove_unused_columns=False,
        disable_tqdm=True,
        report_to="none",
    )
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1  # more would mean DataParallel, which splits a batch and takes means of means
    return arguments


def _collate(items: Sequence[tuple[Tokens, Tokens]]) -> Batch:
    inputs, labels = (torch.from_numpy(np.stack(column)) for column in zip(*items, strict=True))
    return {"input_ids": inputs, "labels": labels, "shift_labels": labels}


class _Loop(Trainer):
    """Transformers' loop with our loader, our validation, and a look at every loss and gradient."""

    def __init__(self, model: PreTrainedModel, setting: Setting) -> None:
        self.setting, self.network = setting, model
        self.pending: list[Batch] = []
        shutil.rmtree(setting.scratch / "making", ignore_errors=True)
        super().__init__(
            model=model,
            args=_arguments(setting),
            train_dataset=setting.order,
            eval_dataset=setting.validation,
            data_collator=_collate,
            callbacks=[_Watch(self, setting)],
        )
        self.remove_callback(PrinterCallback)

    def get_train_dataloader(self) -> DataLoader[Any]:
        """The windows in our order, without shuffling or worker processes."""
        loader: DataLoader[Any] = DataLoader(self.setting.order, batch_size=self.setting.micro_batch, collate_fn=_collate)  # type: ignore[arg-type]
        return self.accelerator.prepare(loader)  # type: ignore[no-any-return]

    def training_step(self, model: torch.nn.Module, inputs: Batch, num_items_in_batch: Any = None) -> torch.Tensor:
        """Forward and backward; raises Diverged on a loss that is not finite."""
        self.pending.append(inputs)
        loss: torch.Tensor = super().training_step(model, inputs, num_items_in_batch)
        if not bool(torch.isfinite(loss)):
            raise self.diverged("loss", loss.item())
        return loss

    def diverged(self, what: str, value: float) -> Diverged:
        """The error that says where the training broke, with the batch kept for a look."""
        step, rate = int(self.state.global_step) + 1, float(self._get_learning_rate())
        kept = self.setting.scratch / "diverged.safetensors"
        tensors = {name: torch.cat([batch[name].cpu() for batch in self.pending]) for name in ("input_ids", "labels")}
        save_file(tensors, kept, {"step": str(step)})
        known = [entry["loss"] for entry in self.state.log_history if "loss" in entry]
        before = f" The last loss before it was {known[-1]:.4g}." if known else ""
        return Diverged(
            f"At step {step} the {what} became {value} at learning rate {rate:.3g}.{before}",
            accepted=f"The batch is kept in {kept}.",
            remedy="Lower `learning_rate`, lengthen `warmup`, or set `clip: 1.0`.",
        )

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """The exact mean loss over the tokens of the validation windows."""
        assert self.setting.validation is not None
        metrics = {"eval_loss": self._held_out(self.setting.validation)}
        self.log(dict(metrics))
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _held_out(self, windows: Windows) -> float:
        self.network.train(False)
        total = 0.0
        for start in range(0, len(windows), self.setting.micro_batch):
            batch = _collate([windows[number] for number in range(start, min(start + self.setting.micro_batch, len(windows)))])
            with torch.no_grad(), self.compute_loss_context_manager():
                mean = self.compute_loss(self.network, self._prepare_inputs(batch))
            assert isinstance(mean, torch.Tensor)
            total += mean.item() * int((batch["labels"] >= 0).sum())
        return total / windows.labels


class _Watch(TrainerCallback):
    """Between the steps: checks gradients, tells progress, keeps the best weights, commits checkpoints, stops early."""

    def __init__(self, loop: _Loop, setting: Setting) -> None:
        self.loop, self.setting = loop, setting
        self.started, self.first_step, self.before = 0.0, 0, 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Remember when this process began and how long others before it took."""
        self.started, self.first_step = time.monotonic(), int(state.global_step)
        self.before = max((entry.get("seconds", 0.0) for entry in state.log_history), default=0.0)

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Raises Diverged before a gradient that is not finite moves a weight."""
        gradients = [weight.grad for weight in self.loop.network.parameters() if weight.grad is not None]
        norm = float(get_total_norm(gradients))
        if not math.isfinite(norm):
            raise self.loop.diverged("gradient", norm)
        self.loop.pending.clear()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The last step is always looked at."""
        if self.setting.validation and state.global_step >= state.max_steps:
            control.should_evaluate = True

    def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Add tokens and seconds to what the Trainer noted, and tell the progress."""
        entry = state.log_history[-1]
        if "loss" not in entry:
            return
        seen = self.setting.order.tokens_before
        batch = self.setting.course.batch
        spent = time.monotonic() - self.started
        entry["tokens"], entry["seconds"] = seen(state.global_step * batch), self.before + spent
        rate = (entry["tokens"] - seen(self.first_step * batch)) / max(spent, 1e-9)
        said = {"step": int(state.global_step), "of": self.setting.steps, "loss": entry["loss"], "learning_rate": entry["learning_rate"]}
        self.setting.tell({**said, "tokens_per_second": rate})

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Keep the best weights, and stop when nothing has become better for long enough."""
        found = losses(state.log_history)
        step, loss = found[-1]
        self.setting.tell({"step": step, "of": self.setting.steps, "validation_loss": loss})
        best = best_step(state.log_history)
        if self.setting.course.best and best == step:
            self._keep_best(step)
        patience = self.setting.course.early_stopping
        if patience is not None and sum(at > (best or 0) for at, _ in found) >= patience:
            control.should_training_stop = True

    def _keep_best(self, step: int) -> None:
        made = self.setting.scratch / "making" / "best"
        shutil.rmtree(made, ignore_errors=True)
        self.loop.network.save_pretrained(made)
        checkpoint.commit(made, self.setting.scratch / "best" / str(step), {"identity": dict(self.setting.identity)})
        self._forget_best_but(step)

    def _forget_best_but(self, step: int | None) -> None:
        """Remove the best weights of former steps, but for those that a checkpoint may need to go on."""
        folder = self.setting.scratch / "checkpoints"
        kept = [checkpoint.facts_of(folder / str(one)) for one in checkpoint.steps(folder)]
        checkpoint.keep_only(self.setting.scratch / "best", {step, *(facts.get("best") for facts in kept)})

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Rename what the Trainer wrote into a valid checkpoint; keep the newest, and the best weights they name."""
        step, folder = int(state.global_step), self.setting.scratch / "checkpoints"
        best = best_step(state.log_history)
        facts = {"identity": dict(self.setting.identity), "best": best}
        checkpoint.commit(self.setting.scratch / "making" / f"checkpoint-{step}", folder / str(step), facts)
        checkpoint.keep_only(folder, set(checkpoint.steps(folder)[-self.setting.course.keep :]))
        self._forget_best_but(best)
