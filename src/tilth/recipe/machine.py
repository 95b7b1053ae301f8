"""`machine:`, what is pulled from the machine and never enters a key."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from annotated_types import Ge
from pydantic import field_validator, model_validator

from tilth.step import Settings
from tilth.work import Launcher, Machine, Strategy, cores

Positive = Annotated[int, Ge(1)]
Tracker = Literal["tensorboard", "wandb", "mlflow", "trackio"]


class LauncherSettings(Settings):
    """In how many processes of this machine a model is trained, and what each of them holds."""

    processes: Annotated[int, Ge(2)] = Launcher.processes
    """Processes; on GPUs one for each."""
    strategy: Strategy = Launcher.strategy
    """`ddp`: each process holds the whole training; `fsdp2`: a share of weights, gradients and moments; `deepspeed`: a share of what `zero` says."""
    zero: Literal[1, 2, 3] | None = Launcher.zero
    """The stage of DeepSpeed's ZeRO: 1 shares the moments, 2 the gradients too, 3 the weights too."""
    backend: Literal["auto", "gloo", "nccl"] = Launcher.backend
    """How the processes talk to each other; `auto`: nccl on CUDA, else gloo."""

    @model_validator(mode="after")
    def _zero_is_deepspeeds(self) -> Self:
        if self.zero is not None and self.strategy != "deepspeed":
            raise ValueError(f"`zero` is a setting of `strategy: deepspeed`, not of `{self.strategy}`")
        if self.zero is None and self.strategy == "deepspeed":
            raise ValueError("`strategy: deepspeed` needs `zero: 1`, `2` or `3`")
        return self

    def launcher(self) -> Launcher:
        """The same for those who work."""
        return Launcher(self.processes, self.strategy, self.zero, self.backend)


class MachineSettings(Settings):
    """What the machine gives to a run. Results never depend on it."""

    workers: Positive | None = None
    """Processes that read and decide at the same time; null: one a core."""
    shard_bytes: Positive = Machine.shard_bytes
    """About how many bytes of a source are read and committed at once."""
    batch_rows: Positive = Machine.batch_rows
    """Rows in memory at once, in each worker."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where models are trained and scored; `auto` takes the best there is."""
    micro_batch: Positive | None = Machine.micro_batch
    """Examples on the device at once; null: as many as fit."""
    keep_rows: bool = Machine.keep_rows
    """Keep the rows between steps, so that changed limits need no second reading."""
    engine: Literal["local"] = "local"
    """With whose hands: processes of this machine."""
    launcher: LauncherSettings | None = None
    """How a model is trained in several processes; null: in one."""
    track: tuple[Tracker, ...] = Machine.track  # type: ignore[assignment]
    """Trackers that trainings are told to, in files of this machine unless their own variables name a server."""

    @field_validator("track")
    @classmethod
    def _once_each(cls, track: tuple[Tracker, ...]) -> tuple[Tracker, ...]:
        if len(set(track)) < len(track):
            raise ValueError("a tracker is named once")
        return track

    def machine(self) -> Machine:
        """The same for those who work."""
        launcher = self.launcher.launcher() if self.launcher else None
        return Machine(**{**self.model_dump(), "workers": self.workers or cores(), "launcher": launcher})
