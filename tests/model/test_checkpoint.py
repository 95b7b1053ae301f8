"""A checkpoint is there completely or not at all."""

import pytest

from tilth.errors import AskedWrong
from tilth.model import checkpoint


def make(folder, step, text="weights", **facts):
    made = folder / "making" / str(step)
    made.mkdir(parents=True)
    (made / "model.safetensors").write_text(text)
    checkpoint.commit(made, folder / "kept" / str(step), facts)


def test_the_newest_valid_one_is_found(tmp_path):
    for step in (5, 10, 100):
        make(tmp_path, step, f"weights {step}", identity={"key": "k"})
    found, damaged = checkpoint.newest(tmp_path / "kept")
    assert (found.step, found.facts, damaged) == (100, {"identity": {"key": "k"}}, [])
    assert (found.folder / "model.safetensors").read_text() == "weights 100"


@pytest.mark.parametrize("harm", ["changed", "cut", "gone", "no manifest", "half a manifest"])
def test_a_damaged_newest_one_is_skipped_and_named(tmp_path, harm):
    make(tmp_path, 5)
    make(tmp_path, 10)
    weights, manifest = (tmp_path / "kept" / "10" / name for name in ("model.safetensors", checkpoint.MANIFEST))
    match harm:
        case "changed":
            weights.write_text("weightz")
        case "cut":
            weights.write_text("")
        case "gone":
            weights.unlink()
        case "no manifest":
            manifest.unlink()
        case _:
            manifest.write_text(manifest.read_text()[:20])
    found, damaged = checkpoint.newest(tmp_path / "kept")
    assert (found.step, damaged) == (5, [10])


def test_what_is_half_made_is_not_found(tmp_path):
    (tmp_path / "making" / "checkpoint-5").mkdir(parents=True)
    assert checkpoint.newest(tmp_path / "making") == (None, [])
    assert checkpoint.newest(tmp_path / "nowhere") == (None, [])


def test_a_newer_folder_of_the_same_step_replaces_the_older(tmp_path):
    make(tmp_path, 5, "old")
    make(tmp_path, 5, "new")
    found, _ = checkpoint.newest(tmp_path / "kept")
    assert (found.folder / "model.safetensors").read_text() == "new"


def test_only_wanted_ones_are_kept(tmp_path):
    for step in (1, 2, 30):
        make(tmp_path, step, best=step)
    checkpoint.keep_only(tmp_path / "kept", {2, None, 7})
    assert checkpoint.steps(tmp_path / "kept") == [2]
    assert checkpoint.facts_of(tmp_path / "kept" / "2") == {"best": 2}
    assert checkpoint.facts_of(tmp_path / "kept" / "30") == {}


def test_a_checkpoint_of_another_training_is_refused_with_both_values(tmp_path):
    make(tmp_path, 5, identity={"data": "aaa", "seed": 1})
    found, _ = checkpoint.newest(tmp_path / "kept")
    checkpoint.same_identity(found, {"data": "aaa", "seed": 1})
    with pytest.raises(AskedWrong, match="data: then 'aaa', now 'bbb'") as caught:
        checkpoint.same_identity(found, {"data": "bbb", "seed": 1})
    assert "seed" not in caught.value.found
