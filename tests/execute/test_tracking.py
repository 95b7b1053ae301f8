"""Trackers: what is decided of them before a training, and told in the plan."""

from pathlib import Path

import pytest

from tests.projects import Project
from tilth.errors import Missing
from tilth.execute import tracking
from tilth.execute.forecast import forecast
from tilth.recipe.machine import MachineSettings
from tilth.work import Machine

ALL = Machine(track=("tensorboard", "wandb", "mlflow", "trackio"))


def addresses(environment: dict[str, str]) -> dict[str, str]:
    return {one.tracker: one.address for one in tracking.destinations(ALL, Path("s"), "small/base", environment)}


def test_nothing_goes_over_the_network_unless_a_variable_says_where_to() -> None:
    assert set(addresses({}).values()) == {""} and tracking.network(ALL, {}) == []
    local = {"MLFLOW_TRACKING_URI": "sqlite:///runs.db", "WANDB_MODE": "online"}
    assert set(addresses(local).values()) == {""}
    assert tracking.network(Machine(), {"WANDB_API_KEY": "k"}) == []


def test_each_goes_where_its_variable_says() -> None:
    told = {"WANDB_API_KEY": "k", "MLFLOW_TRACKING_URI": "https://ml.example.org", "TRACKIO_SPACE_ID": "me/space"}
    assert addresses(told) == {
        "tensorboard": "",
        "wandb": "https://api.wandb.ai",
        "mlflow": "https://ml.example.org",
        "trackio": "https://huggingface.co/spaces/me/space",
    }
    assert addresses({**told, "WANDB_MODE": "offline"})["wandb"] == ""
    assert addresses({**told, "WANDB_BASE_URL": "https://w.example.org"})["wandb"] == "https://w.example.org"


def test_their_files_lie_in_the_store_by_recipe_and_model() -> None:
    (one,) = tracking.destinations(Machine(track=("tensorboard",)), Path("/s"), "small/base", {})
    assert one.folder == Path("/s/tracking/tensorboard/small/base")


def test_the_plan_names_every_use_of_the_network_without_its_secrets() -> None:
    told = {"WANDB_API_KEY": "secret", "MLFLOW_TRACKING_URI": "https://me:secret@ml.example.org/x?token=secret"}
    assert tracking.network(ALL, told) == [
        "network: trainings are told to wandb at https://api.wandb.ai, since WANDB_API_KEY is set.",
        "network: trainings are told to mlflow at https://ml.example.org/x, since MLFLOW_TRACKING_URI is set.",
    ]


def test_a_recipe_is_planned_with_the_key_that_stands_beside_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKIO_SPACE_ID", "")
    monkeypatch.setattr(tracking, "check", lambda machine: None)
    (project.folder / ".env").write_text("TRACKIO_SPACE_ID=me/space\n")
    told = forecast(project.recipe(track=("trackio",)), (project.store, project.runs)).told()
    assert told["network"] == ["network: trainings are told to trackio at https://huggingface.co/spaces/me/space, since TRACKIO_SPACE_ID is set."]


def test_a_missing_package_ends_the_run_before_anything_is_read(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Missing, match="The package `trackio` is not installed") as refused:
        project.run(track=("trackio",))
    assert refused.value.exit_code == 4 and "pip install trackio" in refused.value.remedy
    assert not (project.store.root / "keys").exists()


def test_the_recipe_names_a_tracker_once_and_only_one_that_is_known() -> None:
    assert MachineSettings(track=("wandb",)).machine().track == ("wandb",)
    for wrong in (("wandb", "wandb"), ("comet",)):
        with pytest.raises(ValueError, match=r"once|Input should be"):
            MachineSettings(track=wrong)
