"""TensorBoard's event files, read back by its own reader."""

import pytest

pytest.importorskip("tensorboard", reason="needs the extra `track`")

from tensorboard.backend.event_processing.event_file_loader import EventFileLoader  # noqa: E402

from tilth.model.trackers import open_tracker  # noqa: E402
from tilth.work import Destination  # noqa: E402


def test_scalars_and_settings_are_read_back(tmp_path):
    tracker = open_tracker(Destination("tensorboard", tmp_path), "small/base", {"batch": 4})
    for step in (1, 2):
        tracker.log(step, {"train/loss": 3.5 / step})
    tracker.log(2, {"validation/loss": 1.25})
    tracker.close(failed=False)
    (file,) = tmp_path.glob("*/events.out.tfevents.*")
    values = [(event.step, value) for event in EventFileLoader(str(file)).Load() for value in event.summary.value]
    scalars = [(step, value.tag, value.tensor.float_val[0]) for step, value in values if value.tag != "settings"]
    assert scalars == [(1, "train/loss", 3.5), (2, "train/loss", 1.75), (2, "validation/loss", 1.25)]
    (said,) = (value.tensor.string_val[0].decode() for _, value in values if value.tag == "settings")
    assert '"batch": 4' in said
