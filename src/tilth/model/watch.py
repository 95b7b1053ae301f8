"""Between the steps of a training: progress told, the best weights and checkpoints kept, and when to stop."""

from __future__ import annotations

import shutil
import time
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import torch
from transformers import TrainerCallback

from tilth.model import checkpoint, gpus, launching, memory

if TYPE_CHECKING:
    from tilth.model.trainer import Setting, _Loop

Log = list[dict[str, Any]]


def losses(log: Log) -> list[tuple[int, float]]:
    """The validation losses in a log: step and loss."""
    return [(entry["step"], entry["eval_loss"]) for entry in log if "eval_loss" in entry]


def best_step(log: Log) -> int | None:
    """The step with the lowest validation loss, the earliest of equals; None without validation."""
    found = losses(log)
    return min(found, key=lambda pair: pair[1])[0] if found else None


class Watch(TrainerCallback):
    """Tells progress, keeps the best weights, commits checkpoints, stops early or when asked to. Of several processes the first writes."""

    def __init__(self, loop: _Loop, setting: Setting) -> None:
        self.loop, self.setting = loop, setting
        self.started, self.first_step, self.before = 0.0, 0, 0.0
        self.terminated = False

    def terminable(self) -> AbstractContextManager[None]:
        """SIGTERM ends the training after the step that is being made, with a checkpoint: clusters send it before they take a machine away."""
        return launching.on_sigterm(self._terminate)

    def _terminate(self, *_: Any) -> None:
        self.terminated = True

    @property
    def writes(self) -> bool:
        """Whether this process is the one that writes."""
        return int(self.loop.args.process_index) == 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Remember when this process began and how long others before it took."""
        self.started, self.first_step = time.monotonic(), int(state.global_step)
        self.before = max((entry.get("seconds", 0.0) for entry in state.log_history), default=0.0)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The last step is always looked at; one that ends before its time is kept."""
        if self.setting.validation and state.global_step >= state.max_steps:
            control.should_evaluate = True
        self._sample(int(state.global_step))
        if launching.any_of_all(said=self.terminated):  # a signal reaches processes at different steps, and all must stop at the same
            self.terminated = True
            control.should_save = control.should_training_stop = True

    def _sample(self, step: int) -> None:
        """What the model writes, when it is time for a look."""
        sampler, every = self.setting.sampler, self.setting.course.evaluation_steps(self.setting.steps)
        if sampler is not None and self.writes and (step % every == 0 or step == self.setting.steps):
            self.setting.tell({"step": step, "of": self.setting.steps, "samples": sampler.written(self.loop.network)})

    def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Add tokens, seconds and what the objective told to what the Trainer noted, and tell the progress."""
        entry = state.log_history[-1]
        if "loss" not in entry:
            return
        seen, batch, step = self.setting.order.tokens_before, self.setting.course.batch, int(state.global_step)
        spent = time.monotonic() - self.started
        entry["tokens"], entry["seconds"] = seen(step * batch), self.before + spent
        entry |= self.loop.told_since_last()
        rate = (entry["tokens"] - seen(self.first_step * batch)) / max(spent, 1e-9)
        said = {"step": step, "of": self.setting.steps, **{name: entry[name] for name in ("loss", "learning_rate", "grad_norm")}}
        said |= {"tokens_per_second": rate, "seconds_left": spent / max(1, step - self.first_step) * (self.setting.steps - step)}
        said["memory_bytes"] = memory.peak(self.setting.device)
        if self.setting.flops_per_token is not None:
            said["flops_per_second"] = rate * self.setting.flops_per_token
            said |= self._utilisation(said["flops_per_second"])
        self._tell(said)

    def _utilisation(self, rate: float) -> dict[str, float]:
        """The share of the GPUs' peak that is used (MFU), where that is known."""
        if self.setting.device.type != "cuda":
            return {}
        peak = gpus.peak_rate(torch.cuda.get_device_name(), self.setting.precision)
        return {} if peak is None else {"mfu": rate / (peak * int(self.loop.args.world_size))}

    def _tell(self, said: dict[str, Any]) -> None:
        if self.writes:
            self.setting.tell(said)

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Keep the best weights, and stop when nothing has become better for long enough."""
        found = losses(state.log_history)
        step, loss = found[-1]
        self._tell({"step": step, "of": self.setting.steps, "validation_loss": loss})
        best = best_step(state.log_history)
        if self.setting.course.best and best == step and self.writes:
            self._keep_best(step)
        patience = self.setting.course.early_stopping
        if patience is not None and sum(at > (best or 0) for at, _ in found) >= patience:
            control.should_training_stop = True

    def _keep_best(self, step: int) -> None:
        made = self.setting.scratch / "making" / "best"
        shutil.rmtree(made, ignore_errors=True)
        self.loop.keep_weights(made)
        checkpoint.commit(made, self.setting.scratch / "best" / str(step), {"identity": dict(self.setting.identity)})
        self._forget_best_but(step)

    def _forget_best_but(self, step: int | None) -> None:
        """Remove the best weights of former steps, but for those that a checkpoint may need to go on."""
        folder = self.setting.scratch / "checkpoints"
        kept = [checkpoint.facts_of(folder / str(one)) for one in checkpoint.steps(folder)]
        checkpoint.keep_only(self.setting.scratch / "best", {step, *(facts.get("best") for facts in kept)})

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Rename what the Trainer wrote into a valid checkpoint; keep the newest, and the best weights they name."""
        self.loop.accelerator.wait_for_everyone()
        if self.writes:
            self._commit(int(state.global_step), best_step(state.log_history))
        self.loop.accelerator.wait_for_everyone()

    def _commit(self, step: int, best: int | None) -> None:
        folder = self.setting.scratch / "checkpoints"
        facts = {"identity": dict(self.setting.identity), "best": best}
        checkpoint.commit(self.setting.scratch / "making" / f"checkpoint-{step}", folder / str(step), facts)
        checkpoint.keep_only(folder, set(checkpoint.steps(folder)[-self.setting.course.keep :]))
        self._forget_best_but(best)
