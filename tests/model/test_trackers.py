"""Trackers: what they are told, and that none of them can break a training."""

import os
import sys
from pathlib import Path

import pytest

from tilth.errors import Missing
from tilth.model import trackers
from tilth.model.trackers import numbers_of, open_tracker, tracked
from tilth.work import Destination, Work


def work(folder, tell=lambda _: None, *names):
    made = tuple(Destination(name, folder / name / "small" / "base") for name in names)
    return Work({}, {}, folder, folder, "k", 0, tell=tell, name="small/base", destinations=made)


class Kept:
    """A tracker that keeps what it is told; one that breaks on the second step if asked."""

    def __init__(self, *, breaks=False):
        self.steps, self.breaks, self.failed = [], breaks, None

    def log(self, step, numbers):
        if self.breaks and self.steps:
            raise ConnectionError("no route")
        self.steps.append((step, dict(numbers)))

    def close(self, *, failed):
        self.failed = failed


def test_numbers_are_grouped_and_what_is_no_finite_number_is_left_out():
    told = {"step": 3, "of": 9, "loss": 2.5, "validation_loss": float("nan"), "grad_norm": 1, "phase": "train", "samples": [{}]}
    assert numbers_of(told) == {"train/loss": 2.5, "train/grad_norm": 1.0}
    assert numbers_of({"step": 3, "validation_loss": 2.0, "validation_accuracy": 0.5}) == {"validation/loss": 2.0, "validation/accuracy": 0.5}
    assert numbers_of({"doing": "tokenising", "rows": 3}) == {}


def test_without_trackers_the_work_is_the_same(tmp_path):
    given = work(tmp_path)
    with tracked(given, {}) as same:
        assert same is given


def test_a_missing_package_is_refused_before_anything_is_trained_with_what_to_type(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "trackio", None)
    monkeypatch.delitem(sys.modules, "tilth.model.tracking.trackio", raising=False)
    with pytest.raises(Missing) as refused, tracked(work(tmp_path, lambda _: None, "trackio"), {}):
        pytest.fail("it was begun")
    assert refused.value.exit_code == 4 and 'pip install "tilth[track]"' in refused.value.remedy


@pytest.fixture
def kept(monkeypatch):
    """Two trackers, of which the second one breaks."""
    made = {"good": Kept(), "bad": Kept(breaks=True)}
    monkeypatch.setattr(trackers, "open_tracker", lambda to, name, settings: made[to.tracker])
    return made


def test_a_tracker_that_fails_is_named_once_and_the_training_goes_on(tmp_path, kept):
    said = []
    with tracked(work(tmp_path, said.append, "good", "bad"), {}) as ours:
        for step in (1, 2, 3):
            ours.tell({"step": step, "loss": 1.0})
    assert [step for step, _ in kept["good"].steps] == [1, 2, 3] and kept["good"].failed is False
    assert [step for step, _ in kept["bad"].steps] == [1]
    notes = [one["note"] for one in said if "note" in one]
    assert len(notes) == 1 and notes[0].startswith("bad takes no more (ConnectionError: no route).")
    assert [one["step"] for one in said if "step" in one] == [1, 2, 3]


def test_a_training_that_fails_ends_as_failed_and_its_error_is_the_one_that_is_seen(tmp_path, kept):
    with pytest.raises(ZeroDivisionError), tracked(work(tmp_path, lambda _: None, "good"), {}):
        raise ZeroDivisionError
    assert kept["good"].failed is True


def test_the_makers_of_trackers_are_told_nothing_unless_their_variable_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(trackers, "tracking_packages", _refusing)
    for name, (variable, value) in trackers.UNASKED.items():
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)
        with pytest.raises(InterruptedError):
            open_tracker(Destination(name, Path(tmp_path)), "small/base", {})
        assert os.environ[variable] == value
        monkeypatch.setenv(variable, "mine")
        with pytest.raises(InterruptedError):
            open_tracker(Destination(name, Path(tmp_path)), "small/base", {})
        assert os.environ[variable] == "mine"


def _refusing():
    raise InterruptedError
