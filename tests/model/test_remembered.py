"""What was measured before is found again, and nothing breaks where it is not."""

from pathlib import Path

import pytest

from tilth.model.remembered import keep, place, rate_kind, recall

KIND = rate_kind("cpu", "fp32", "llama", adapted=False, checkpointing=True)


def test_what_is_kept_is_found_under_its_kind_alone(tmp_path: Path) -> None:
    assert recall(KIND, tmp_path) is None
    assert keep(KIND, {"share": 0.62}, tmp_path) and keep(KIND, {"share": 0.64}, tmp_path)
    found = recall(dict(reversed(KIND.items())), tmp_path)
    assert found is not None and found["share"] == 0.64 and found["kind"] == KIND
    assert recall({**KIND, "device": "cuda"}, tmp_path) is None
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
