"""`machine:`, what is pulled from the machine and never enters a key."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge

from tilth.step import Settings
from tilth.work import Machine, cores

Positive = Annotated[int, Ge(1)]


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

    def machine(self) -> Machine:
        """The same for those who work."""
        return Machine(**{**self.model_dump(), "workers": self.workers or cores()})
