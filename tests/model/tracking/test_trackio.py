"""Trackio without a Space: a run in its files, read back by its own interface."""

import pytest

trackio = pytest.importorskip("trackio", reason="needs the extra `track`")

from trackio.sqlite_storage import SQLiteStorage  # noqa: E402

from tilth.model.trackers import open_tracker  # noqa: E402
from tilth.work import Destination  # noqa: E402


def test_without_a_space_a_run_is_written_to_its_files_and_stdout_stays_ours(tmp_path, monkeypatch, capsys):
    for place in ("utils", "sqlite_storage"):
        monkeypatch.setattr(getattr(trackio, place), "TRACKIO_DIR", tmp_path)
    tracker = open_tracker(Destination("trackio", tmp_path), "small/base", {"batch": 4})
    tracker.log(1, {"train/loss": 3.5})
    tracker.log(2, {"train/loss": 1.75})
    tracker.close(failed=False)
    (run,) = trackio.Api().runs("small")
    logs = SQLiteStorage.get_logs("small", run.name)
    assert [(one["step"], one["train/loss"]) for one in logs] == [(1, 3.5), (2, 1.75)] and run.config["batch"] == 4
    assert capsys.readouterr().out == ""
