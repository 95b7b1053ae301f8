"""MLflow without a server: a run in a SQLite file, read back by its client."""

import pytest

pytest.importorskip("mlflow", reason="needs the extra `track`")

from mlflow.tracking import MlflowClient  # noqa: E402

from tilth.model.trackers import open_tracker  # noqa: E402
from tilth.work import Destination  # noqa: E402


def test_without_a_server_a_run_is_written_to_a_file(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for failed in (False, True):
        tracker = open_tracker(Destination("mlflow", tmp_path / "small" / "base"), "small/base", {"batch": 4})
        tracker.log(1, {"train/loss": 3.5})
        tracker.log(2, {"train/loss": 1.75, "validation/loss": 2.0})
        tracker.close(failed=failed)
    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'small' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("small")
    runs = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time"])
    assert [(run.info.run_name, run.info.status) for run in runs] == [("base", "FINISHED"), ("base", "FAILED")]
    assert [(one.step, one.value) for one in client.get_metric_history(runs[0].info.run_id, "train/loss")] == [(1, 3.5), (2, 1.75)]
    assert runs[0].data.params == {"batch": "4"} and runs[0].data.metrics["validation/loss"] == 2.0
