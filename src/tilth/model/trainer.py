"""The one place that touches Transformers' Trainer: our batches, objectives, checkpoints and checks around its loop.

What is ours: the order of items is known from their numbers, so nothing is replayed on resume; the loss is a sum over the whole
batch of a step divided by its weight, whatever the micro-batch and the number of processes; a loss or gradient that is not
finite stops the training before a weight moves; where memory runs out, the step is done again in smaller pieces; validation is
the exact mean; checkpoints are renamed into place with a manifest. What happened stands in the Trainer's own log, which its
checkpoints carry, so that a resumed training tells the whole curve.
"""

from __future__ import annotations

import math
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.utils.data import DataLoader
from transformers import PreTrainedModel, PrinterCallback, Trainer, TrainingArguments

from tilth.errors import Diverged, Missing, StepFailed
from tilth.model import checkpoint
from tilth.model.course import Course
from tilth.model.device import Precision, out_of_memory
from tilth.model.load import quiet
from tilth.model.material import Batch, Material
from tilth.model.objectives import Lesson, Objective
from tilth.model.order import Batches, Order
from tilth.model.sampling import Sampler
from tilth.model.watch import Log, Watch, best_step

SCHEDULES = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}
OPTIMIZERS = {"adamw": "adamw_torch_fused", "adamw_8bit": "adamw_bnb_8bit", "adafactor": "adafactor", "sgd": "sgd"}
SHORTER = "Set `checkpointing: true`, an `adapter:`, or a shorter `length`."
UNMOVED = "No weight had moved yet: look at the model's own weights, at this batch, and at `precision`."
CLIPPED = 1.0
"""The length of a gradient that is usual to clip to."""
LEFT_OUT = 32
"""Steps in a row that fp16 may leave out: a scale that begins at 2¹⁶ is at 2⁻¹⁶ then."""
LOGGED = 2000
"""At most about so many points of a curve are kept, so that a log stays small."""


@dataclass(frozen=True)
class Setting:
    """Everything that a training needs beside the network, settled: no `auto` is left in it. `flops_per_token`: of a training
    step, to tell its rate; `sampler`: what it is asked between the steps."""

    course: Course
    material: Material
    validation: Material | None
    objective: Objective
    steps: int
    scratch: Path
    identity: Mapping[str, Any]
    device: torch.device
    precision: Precision
    micro_batch: int
    seed: int
    tell: Callable[[Mapping[str, Any]], None]
    flops_per_token: float | None = None
    sampler: Sampler | None = None
    order: Order = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "order", Order(self.material.sizes, self.steps * self.course.batch, self.seed))


@dataclass(frozen=True)
class Trained:
    """What a training did: its log, the step whose weights were kept, where it went on after a kill, and into how many
    pieces a micro-batch had to be cut for memory."""

    log: Log
    best_step: int
    resumed_from: int | None
    damaged: list[int]
    pieces: int = 1


def train(network: PreTrainedModel, setting: Setting) -> Trained:
    """Train the network in place, from the newest valid checkpoint in `setting.scratch` if there is one.

    Raises: Diverged when a loss or gradient is not finite; StepFailed where one item alone is too large for the memory;
    AskedWrong when a checkpoint is another training's; KeyboardInterrupt when the process was asked to end, after a checkpoint."""
    found, damaged = checkpoint.newest(setting.scratch / "checkpoints")
    if found is not None:
        checkpoint.same_identity(found, setting.identity)
        setting.tell(
            {"note": f"It goes on from the checkpoint of step {found.step:,}{f'; of step {damaged[0]:,} it is damaged' if damaged else ''}."}
        )
    with quiet():
        loop = _Loop(network, setting)
        with loop.watch.terminable():
            loop.train(resume_from_checkpoint=str(found.folder) if found else None)
    if loop.watch.terminated:
        if callable(signal.getsignal(signal.SIGTERM)):  # whoever waits for it has words for it
            signal.raise_signal(signal.SIGTERM)
        raise KeyboardInterrupt
    log: Log = loop.state.log_history
    last = int(loop.state.global_step)
    best = best_step(log) if setting.course.best else None
    if best is not None and best != last:
        restore(network, setting.scratch / "best" / str(best))
    if not all(bool(torch.isfinite(weight).all()) for weight in network.parameters() if weight.requires_grad):
        raise Diverged(f"Step {last} left weights that are not finite.", remedy=slower(setting.course))
    return Trained(log, last if best is None else best, found.step if found else None, damaged, loop.pieces)


def keep_weights(network: nn.Module, folder: Path) -> None:
    """Write the weights that are trained; those that never move are not written."""
    folder.mkdir(parents=True, exist_ok=True)
    trained = {name: weight.detach().contiguous() for name, weight in network.named_parameters() if weight.requires_grad}
    save_file(trained, folder / "model.safetensors")


def restore(network: nn.Module, folder: Path) -> None:
    """Put back the weights that `keep_weights` wrote."""
    kept = load_file(folder / "model.safetensors")
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if weight.requires_grad:
                weight.copy_(kept[name])


def slower(course: Course) -> str:
    """What to do where a training broke."""
    clip = "" if course.clip is not None and course.clip <= CLIPPED else f", or set `clip: {CLIPPED}`"
    return f"Lower `learning_rate`{',' if clip else ' or'} lengthen `warmup`{clip}."


def left_out_in_a_row(norm: float, precision: Precision, before: int) -> int | None:
    """Steps that are left out in a row, this one with its gradient counted; None where there is no going on. In fp16 the scaler leaves a step
    out whose gradient is not finite, and halves its scale; that helps or it does not."""
    if math.isfinite(norm):
        return 0
    return before + 1 if precision == "fp16" and before < LEFT_OUT else None


def _optimizer(name: str) -> str:
    """What Transformers calls it. Raises Missing without its package."""
    if name == "adamw_8bit" and find_spec("bitsandbytes") is None:
        raise Missing("`optimizer: adamw_8bit` needs the package `bitsandbytes`.", remedy='Type: pip install "tilth[quantized]"')
    return OPTIMIZERS[name]


def _arguments(setting: Setting) -> TrainingArguments:
    course, steps = setting.course, setting.steps
    arguments = TrainingArguments(
        output_dir=str(setting.scratch / "making"),
        max_steps=steps,
        per_device_train_batch_size=setting.micro_batch,
        gradient_accumulation_steps=1,  # settled below, when the number of processes is known
        learning_rate=course.learning_rate,
        lr_scheduler_type=SCHEDULES[course.schedule],
        warmup_steps=course.warmup_steps(steps),
        weight_decay=course.weight_decay,
        optim=_optimizer(course.optimizer),
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
        fp16=setting.precision == "fp16",
        use_cpu=setting.device.type == "cpu",
        seed=setting.seed % 2**32,
        dataloader_num_workers=0,
        dataloader_pin_memory=setting.device.type == "cuda",
        remove_unused_columns=False,
        ddp_find_unused_parameters=False,  # every weight that learns is used in every pass; looking for others walks the graph twice
        disable_tqdm=True,
        report_to="none",
    )
    arguments.gradient_accumulation_steps = course.batch // (setting.micro_batch * arguments.world_size)
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1  # more would mean DataParallel, which splits a batch and takes means of means
    return arguments


class _Loop(Trainer):
    """Transformers' loop with our batches, our loss, our validation, and a look at every loss and gradient."""

    def __init__(self, network: PreTrainedModel, setting: Setting) -> None:
        self.setting, self.network = setting, network
        self.lesson = Lesson(network, setting.objective)
        self.pending: list[Batch] = []
        self.pieces, self.left_out = 1, 0
        self.telling: dict[str, float] = {}
        self.told: list[dict[str, float]] = []
        self.watch = Watch(self, setting)
        arguments = _arguments(setting)
        if arguments.process_index == 0:
            shutil.rmtree(setting.scratch / "making", ignore_errors=True)
        super().__init__(
            model=network,
            args=arguments,
            train_dataset=setting.order,
            eval_dataset=setting.validation,
            data_collator=self._collate,
            callbacks=[self.watch],
        )
        self.remove_callback(PrinterCallback)

    def _collate(self, numbers: Sequence[int]) -> Batch:
        return {"numbers": torch.tensor(numbers), **self.setting.material.batch(numbers)}

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Our batches; a process of several takes its share of each micro-batch."""
        places = self.args.process_index, self.args.world_size
        batches = Batches(self.setting.order, self.setting.course.batch, self.setting.micro_batch, *places)
        return DataLoader(_Numbers(len(self.setting.material)), batch_sampler=batches, collate_fn=self._collate)  # type: ignore[arg-type]

    def _wrap_model(self, model: nn.Module, *_: Any, **__: Any) -> Any:
        """What other processes and number formats are wrapped around is the network with its loss."""
        return self.accelerator.prepare_model(self.lesson) if self.model_wrapped is self.model else self.model_wrapped

    def _get_num_items_in_batch(self, batch_samples: list[Batch], device: torch.device) -> Tensor:
        """The weight of the whole batch of a step, over all processes."""
        weight = torch.tensor(sum(self.setting.objective.weight(batch) for batch in batch_samples), dtype=torch.float64, device="cpu")
        weight = weight.to(torch.float32 if device.type == "mps" else torch.float64).to(device)
        return self.accelerator.reduce(weight, "sum") if self.args.world_size > 1 else weight

    def floating_point_ops(self, inputs: Any) -> int:
        """Transformers' count leaves out attention and counts filling; ours stands in the facts."""
        return 0

    def training_step(self, model: nn.Module, inputs: Batch, num_items_in_batch: Any = None) -> Tensor:
        """Forward and backward; where memory runs out, all of this step's batch so far again, in smaller pieces.

        Raises Diverged on a loss that is not finite."""
        model.train()
        self.pending.append(inputs)
        try:
            loss = self._learned(model, inputs, num_items_in_batch)
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            loss = None
        return self._in_pieces(model, num_items_in_batch) if loss is None else loss

    def _learned(self, model: nn.Module, inputs: Batch, weight: Tensor) -> Tensor:
        """The gradient of a micro-batch, in as many pieces as memory has shown to be needed; its share of the loss."""
        total = torch.zeros((), device=self.args.device)
        for piece in self._cut(inputs):
            sums = model(piece)
            # Gradients are means over processes, and the loss that is logged is as well: each gives its share as many times over.
            loss = sums["loss"] / weight.float() * self.args.world_size
            if not bool(torch.isfinite(loss)):
                raise self.diverged("loss", loss.item())
            self.accelerator.backward(loss)
            total += loss.detach()
            for name, value in sums.items():
                if name != "loss":
                    self.telling[name] = self.telling.get(name, 0.0) + float(value) / float(weight)
        return total

    def _cut(self, inputs: Batch) -> list[Batch]:
        """A micro-batch on the device, made anew in pieces where it must be."""
        numbers = inputs["numbers"].tolist()
        size = math.ceil(len(numbers) / self.pieces)
        if size == len(numbers):
            return [self._prepare_inputs({name: value for name, value in inputs.items() if name != "numbers"})]
        parts = (numbers[start : start + size] for start in range(0, len(numbers), size))
        return [self._prepare_inputs(self.setting.material.batch(part)) for part in parts]

    def _in_pieces(self, model: nn.Module, weight: Tensor) -> Tensor:
        """The whole step so far once more, from gradients of zero: what ran out of memory may have left half of them."""
        if self.pieces >= self.setting.micro_batch or self.args.world_size > 1:
            raise StepFailed(
                f"The memory is too small for {-(-self.setting.micro_batch // self.pieces)} at once.",
                accepted="One at a time is the least." if self.pieces > 1 or self.setting.micro_batch == 1 else "",
                remedy="Set `machine: {micro_batch: …}` lower, `checkpointing: true`, an `adapter:`, or a shorter `length`.",
            )
        self.pieces = min(2 * self.pieces, self.setting.micro_batch)
        model.zero_grad()
        if self.args.device.type == "cuda":
            torch.cuda.empty_cache()
        least = -(-self.setting.micro_batch // self.pieces)
        self.setting.tell({"doing": f"memory ran out: {least} at a time now, the batch stays {self.setting.course.batch}"})
        again, self.pending, self.telling = self.pending, [], {}
        return [self.training_step(model, inputs, weight) for inputs in again][-1]  # those before the last are counted already

    def _get_grad_norm(self, model: nn.Module, grad_norm: Any = None) -> float:
        """The length of the gradient. Raises Diverged before one that is not finite moves a weight."""
        norm = float(super()._get_grad_norm(model, grad_norm=grad_norm))  # type: ignore[no-untyped-call]
        left_out = left_out_in_a_row(norm, self.setting.precision, self.left_out)
        if left_out is None:
            raise self.diverged("gradient", norm)
        self.left_out = left_out
        self.pending.clear()
        if self.telling:
            self.told.append(self._of_all(self.telling))
            self.telling = {}
        return norm

    def _of_all(self, shares: dict[str, float]) -> dict[str, float]:
        """What the objective told of a step, over all processes: each told its share of the whole batch's mean."""
        if self.args.world_size == 1:
            return shares
        together = self.accelerator.reduce(torch.tensor(list(shares.values()), dtype=torch.float32, device=self.args.device), "sum")
        return dict(zip(shares, together.tolist(), strict=True))

    def told_since_last(self) -> dict[str, float]:
        """What the objective told beside the loss, as means over the steps since it was asked last."""
        told, self.told = self.told, []
        return {name: sum(one[name] for one in told) / len(told) for name in (told[0] if told else ())}

    def keep_weights(self, folder: Path) -> None:
        """Write the weights that are trained."""
        keep_weights(self.network, folder)

    def diverged(self, what: str, value: float) -> Diverged:
        """The error that says where the training broke, with the batch kept for a look."""
        step, rate = int(self.state.global_step) + 1, float(self._get_learning_rate())
        kept = self.setting.scratch / "diverged.safetensors"
        save_file(_joined(self.pending), kept, {"step": str(step)})
        known = [entry["loss"] for entry in self.state.log_history if "loss" in entry]
        before = f" The last loss before it was {known[-1]:.4g}." if known else ""
        return Diverged(
            f"At step {step} the {what} became {value} at learning rate {rate:.3g}.{before}",
            accepted=f"The batch is kept in {kept}.",
            remedy=slower(self.setting.course)
            if step > 1
            else "No weight had moved yet: look at the model's own weights, at this batch, and at `precision`.",
        )

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """The exact means over the validation data. Raises Diverged where their loss is not finite."""
        assert self.setting.validation is not None
        metrics = {f"eval_{name}": value for name, value in self._held_out(self.setting.validation).items()}
        if not math.isfinite(metrics["eval_loss"]):
            raise Diverged(
                f"After step {self.state.global_step} the loss on the validation data is {metrics['eval_loss']}.", remedy=slower(self.setting.course)
            )
        self.log(dict(metrics))
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _held_out(self, material: Material) -> dict[str, float]:
        self.lesson.train(False)
        totals: dict[str, float] = {}
        weight = 0.0
        at_once = max(1, self.setting.micro_batch // self.pieces)
        left = sorted(range(len(material)), key=lambda number: -int(material.sizes[number]))  # memory that runs out does so at once
        while left:
            try:
                sums, weighs = self._judged(material.batch(left[:at_once]))
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
                if at_once == 1:
                    raise StepFailed("The memory is too small for one item of the validation data.", remedy=SHORTER) from error
                at_once = -(-at_once // 2)
                continue
            left = left[at_once:]
            weight += weighs
            for name, value in sums.items():
                totals[name] = totals.get(name, 0.0) + value
        return {name: total / weight for name, total in totals.items()}

    def _judged(self, inputs: Batch) -> tuple[dict[str, float], float]:
        """What the objective tells of rows that are not learned, as sums, and their weight."""
        batch = self._prepare_inputs(inputs)
        with torch.no_grad(), self.accelerator.autocast():
            sums = self.lesson(batch)
        return {name: float(value) for name, value in sums.items()}, self.setting.objective.weight(batch)


@dataclass(frozen=True)
class _Numbers:
    """The numbers of a material's items, as a DataLoader takes them."""

    size: int

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, number: int) -> int:
        return number


def _joined(batches: Sequence[Batch]) -> dict[str, Tensor]:
    """The batches of a step as tensors to be kept; where lines differ in length, a name for each batch."""
    return {f"{name}.{number}": tensor.cpu().contiguous() for number, batch in enumerate(batches) for name, tensor in batch.items()}
