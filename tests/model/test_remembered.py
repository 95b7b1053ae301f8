"""What was measured before is found again, and nothing breaks where it is not."""

import json
from pathlib import Path

import pytest

from tilth.model.architecture import Architecture
from tilth.model.remembered import keep, place, recall, training_kind
from tilth.model.sizes import of_architecture
from tilth.work import Machine

SIZES = of_architecture(Architecture(layers=1, width=8, heads=2, context=16), 100)
KIND = training_kind(SIZES, {"batch": 4, "data": "docs", "learning_rate": 1e-3}, Machine(device="cpu"))


def test_what_is_kept_is_found_under_its_kind_alone(tmp_path: Path) -> None:
    assert recall(KIND, tmp_path) is None
    assert keep(KIND, {"share": 0.62}, tmp_path) and keep(KIND, {"share": 0.64}, tmp_path)
    found = recall(dict(reversed(KIND.items())), tmp_path)
    assert found is not None and found["share"] == 0.64 and found["kind"] == json.loads(json.dumps(KIND))
    assert recall({**KIND, "what": "rate"}, tmp_path) is None
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("broken", ["", "{", "[1]"])
def test_a_file_that_cannot_be_read_is_as_none(tmp_path: Path, broken: str) -> None:
    keep(KIND, {"share": 0.62}, tmp_path)
    next(tmp_path.iterdir()).write_text(broken)
    assert recall(KIND, tmp_path) is None and keep(KIND, {"share": 0.5}, tmp_path)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not keep(KIND, {"share": 0.62}, tmp_path / "file")


def test_it_lies_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert place() == tmp_path / "tilth" / "training"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert place() == Path("~/.cache/tilth/training").expanduser()


def test_what_moves_time_or_memory_makes_another_kind_and_the_rate_of_learning_does_not() -> None:
    settings, machine = {"batch": 4, "data": "docs", "learning_rate": 1e-5}, Machine(device="cpu")
    assert training_kind(SIZES, settings, machine) == KIND
    assert training_kind(SIZES, {**settings, "batch": 8}, machine) != KIND
    assert training_kind(SIZES, settings, Machine(device="cpu", micro_batch=2)) != KIND
    assert training_kind(of_architecture(Architecture(layers=2, width=8, heads=2, context=16), 100), settings, machine) != KIND
