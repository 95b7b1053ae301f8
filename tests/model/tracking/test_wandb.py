"""Weights & Biases without a key: a run in files, read back by its own reader."""

import struct

import pytest

pytest.importorskip("wandb", reason="needs the extra `track`")

from wandb.proto import wandb_internal_pb2  # noqa: E402

from tilth.model.trackers import open_tracker  # noqa: E402
from tilth.work import Destination  # noqa: E402

BLOCK, HEADER = 32768, 7


def records(folder):
    """The records of a run's file: LevelDB's log format (blocks of 32 KB; checksum, length and kind before each piece) after 7 bytes."""
    (file,) = folder.rglob("*.wandb")
    data, at, whole = file.read_bytes(), HEADER, b""
    while at + HEADER <= len(data):
        if BLOCK - at % BLOCK < HEADER:
            at += BLOCK - at % BLOCK
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + HEADER])
        whole += data[at + HEADER : at + HEADER + length]
        at += HEADER + length
        if kind in (1, 4):  # whole, or the last of several
            yield wandb_internal_pb2.Record.FromString(whole)
            whole = b""


def test_without_a_key_a_run_is_written_to_files(tmp_path):
    tracker = open_tracker(Destination("wandb", tmp_path), "small/base", {"batch": 4})
    tracker.log(1, {"train/loss": 3.5})
    tracker.log(2, {"train/loss": 1.75})
    tracker.close(failed=False)
    found = list(records(tmp_path))
    losses = [item.value_json for one in found for item in one.history.item if "train/loss" in (item.key, *item.nested_key)]
    assert losses == ["3.5", "1.75"]
    (run,) = (one.run for one in found if one.run.project)
    assert (run.project, run.display_name) == ("small", "base") and not run.git.remote_url
