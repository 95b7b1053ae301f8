"""Ctrl-C and a request to end: one clear line, its own exit code, nothing left running, and the next run goes on."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.execute.test_killed import PHASES, RECIPE, Hunt, made, outcome
from tests.outside import caught_in, end, half_made, install, left_over, start

SAID = {signal.SIGINT: "Interrupted.", signal.SIGTERM: "Told to end."}


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("acme"))


def check(code: int, err: str, number: signal.Signals) -> None:
    assert code == 128 + number, err
    assert err.rstrip().splitlines()[-1] == f"{SAID[number]} What was committed stays; the same command goes on from there."
    for word in ("Traceback", "Aborted", "Exception ignored", "Error"):
        assert word not in err


def test_it_can_be_stopped_in_every_phase_and_goes_on(acme: Path, tmp_path: Path) -> None:
    hunt = Hunt(made(tmp_path / "one", RECIPE), acme, seed=2)
    for turn, phase in enumerate(PHASES):
        number = (signal.SIGINT, signal.SIGTERM)[turn % 2]
        check(*hunt.stop(phase, number, workers=2 if phase in ("fingerprint", "read") else 1), number)
    assert outcome(hunt.project, acme)["content"]
    assert half_made(hunt.project) == []


@pytest.mark.parametrize("number", SAID)
def test_workers_that_only_begin_say_nothing(acme: Path, tmp_path: Path, number: signal.Signals) -> None:
    project = made(tmp_path / "one", RECIPE)
    hunt = Hunt(project, acme, seed=3)
    for _ in range(3):
        check(*hunt.stop("fingerprint", number, workers=2), number)


def test_a_second_process_waits_says_so_and_finds_everything_done(acme: Path, tmp_path: Path) -> None:
    project = made(tmp_path / "one", RECIPE)
    first = start(project, acme, "run", "recipe.yaml", "--json", pause=0.05)
    assert caught_in(project, first, "read")
    second = start(project, acme, "run", "recipe.yaml", pause=0.05)
    swept = start(project, acme, "sweep", "--yes")
    refused = swept.communicate(timeout=60)
    assert swept.returncode == 1
    assert f"Process {first.pid} (" in refused[1] and "is working in this store" in refused[1]
    assert first.poll() is None
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, err
    said, told = second.communicate(timeout=60)
    assert second.returncode == 0, told
    assert f"Process {first.pid} (" in told and "waiting until it is done" in told
    assert "(from store)" in said or "killed/1" in said
    assert str(project.folder / "runs/killed/1") in out and [run.number for run in project.runs.all()] == [1]


def test_one_that_waits_can_be_interrupted(acme: Path, tmp_path: Path) -> None:
    project = made(tmp_path / "one", RECIPE)
    with project.store.held():
        process = start(project, acme, "run", "recipe.yaml")
        assert process.stderr is not None
        assert "waiting until it is done" in process.stderr.readline()
        code, _, err = end(process, signal.SIGINT)
    check(code, err, signal.SIGINT)
    assert left_over(process) == []
