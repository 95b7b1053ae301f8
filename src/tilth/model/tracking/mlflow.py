"""MLflow: a SQLite file, or the server that MLFLOW_TRACKING_URI names."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from typing import Any

from mlflow.entities import Metric, Param
from mlflow.tracking import MlflowClient

from tilth.work import Destination

LONGEST = 6000
"""Characters of a parameter that MLflow takes."""


class MLflow:
    """A run of an experiment that is called as the recipe is."""

    def __init__(self, to: Destination, name: str, settings: Mapping[str, Any]) -> None:
        experiment, _, model = name.partition("/")
        place = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{to.folder.parent / 'mlflow.db'}"
        self._client = MlflowClient(tracking_uri=place)
        known = self._client.get_experiment_by_name(experiment)
        number = known.experiment_id if known else self._client.create_experiment(experiment, None if to.address else to.folder.as_uri())
        self._run = self._client.create_run(number, run_name=model).info.run_id
        said = [Param(key, json.dumps(value, default=str)[:LONGEST]) for key, value in settings.items()]
        self._client.log_batch(self._run, params=said)

    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        """The numbers of a step, in one request."""
        now = int(time.time() * 1000)
        self._client.log_batch(self._run, metrics=[Metric(name, value, now, step) for name, value in numbers.items()])

    def close(self, *, failed: bool) -> None:
        """End the run, as finished or as failed."""
        self._client.set_terminated(self._run, "FAILED" if failed else "FINISHED")
