"""Weights & Biases: online with a key, else in files that `wandb sync` sends later. Told is what a training tells, and no more:
not its code, its git repository, its console, nor the machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import wandb

from tilth.work import Destination


class WeightsAndBiases:
    """A run of a project that is called as the recipe is."""

    def __init__(self, to: Destination, name: str, settings: Mapping[str, Any]) -> None:
        project, _, model = name.partition("/")
        quiet = wandb.Settings(
            silent=True,
            console="off",
            disable_git=True,
            save_code=False,
            x_disable_meta=True,
            x_disable_stats=True,
            x_disable_machine_info=True,
        )
        mode = "online" if to.address else "offline"
        self._run = wandb.init(project=project, name=model, dir=str(to.folder), mode=mode, config=dict(settings), settings=quiet)

    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        """The numbers of a step; validation may come later for the same one."""
        self._run.log(dict(numbers), step=step)

    def close(self, *, failed: bool) -> None:
        """End the run, as finished or as failed."""
        self._run.finish(exit_code=int(failed))
