"""A run may be killed at any moment: the next one goes on, does nothing twice, and ends with the same."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.outside import STEPS, caught_in, doing, end, half_made, install, left_over, stamps, start
from tests.projects import Project
from tests.twisted import STEPS as TWISTED

ROWS, FILES = 20, 12
PHASES = ("fingerprint", "survey", "read", "sketch", "decide", "apply", "books", "train", "evaluate", "report")
LASTS = {"survey": 0.03, "pair": 0.03, "compare": 0.2, "decide": 0.3, "apply": 0.01, "books": 0.002, "train": 0.3, "evaluate": 0.3, "report": 0.06}
"""About how many seconds a phase takes with one worker, where that is less than half a second."""

MADE = {
    "survey": "survey",
    "read": "rows",
    "sketch": "sketch",
    "pair": "compared",
    "compare": "compared",
    "decide": "verdict",
    "apply": "dataset",
    "books": "books",
}
MADE |= {"study": "studied", "train": "model", "evaluate": "score"}
"""What each phase makes."""

RECIPE = """
name: killed
seed: 3
data:
  docs:
    - source.files: {path: "raw/*.jsonl"}
    - clean.slow
    - filter.length: {characters: {at_least: 14}}
    - dedup.slow
    - dedup.exact
    - split.random: {validation: 20, test: 20}
models:
  count:
    train.slow: {data: docs.train}
scores:
  rows:
    evaluate.slow: {model: count, data: docs.test}
machine: {workers: 2}
"""

COMPARED = """
name: killed
data:
  docs:
    - source.files: {path: "raw/*.jsonl"}
    - dedup.minhash: {similarity: 0.7}
machine: {workers: 2}
"""

CHANGED = """
name: killed
data:
  items:
    - source.files: {path: "raw/00.jsonl"}
  docs:
    - source.files: {path: "raw/*.jsonl"}
    - dedup.studious: {how: count, data: items}
    - dedup.lines: {at_least: 3, shortest: 5}
    - balance.classes: {by: n % 3, how: oversample, to: 400}
machine: {workers: 2}
"""

PRETRAIN = """
name: trained
seed: 3
data:
  docs:
    - source.files: {path: "raw/*.jsonl"}
    - split.random: {validation: 20}
models:
  words:
    train.tokenizer: {data: docs.train, algorithm: bpe, vocab_size: 280}
  base:
    train.pretrain:
      data: docs.train
      validation: docs.validation
      tokenizer: words
      architecture: {type: llama, layers: 1, width: 16, heads: 2, context: 16}
      steps: 40
      batch: 2
      checkpoint_every: 2
      evaluate_every: 20
machine: {workers: 1}
"""


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("acme"), STEPS | TWISTED)


def made(folder: Path, recipe: str) -> Project:
    project = Project(folder)
    project.write_recipe(recipe)
    for file in range(FILES):
        project.write(f"{file:02}.jsonl", [{"text": f"file {file % 9} says row {row} {'so ' * (row % 5)}", "n": row} for row in range(ROWS)])
    return project


def outcome(project: Project, acme: Path) -> Mapping[str, object]:
    """Run to the end, undisturbed."""
    code, out, err = finished(start(project, acme, "run", "recipe.yaml", "--json"))
    assert code == 0, err
    told = json.loads(out)
    return {name: told[name] for name in ("content", "models", "scores")}


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.fixture(scope="module")
def undisturbed(acme: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    return outcome(made(tmp_path_factory.mktemp("undisturbed"), RECIPE), acme)


class Hunt:
    """Stops runs of one project in one phase after another, and looks at what each leaves."""

    def __init__(self, project: Project, acme: Path, seed: int) -> None:
        self.project, self.acme, self.random = project, acme, random.Random(seed)
        self.known: Mapping[Path, int] = {}

    def stop(self, phase: str, number: int, workers: int = 1, tries: int = 15) -> tuple[int, str]:
        """Start the run until it could be stopped in a phase; its exit code and stderr."""
        lasts = LASTS.get(phase, 0.5) + workers // 2
        for again in range(tries):
            process = start(self.project, self.acme, "run", "recipe.yaml", "--workers", str(workers), pause=0.04)
            if caught_in(self.project, process, phase):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(self.random.uniform(0, lasts * 0.7**again))  # a phase may be over sooner than was thought
            code, _, err = end(process, number)
            self.look(process)
            if code != 0 and doing(self.project, process) == phase:
                return code, err
            assert code in (0, -number, 128 + number), err
            self.rewind(phase)
        raise AssertionError(f"No run was stopped in {phase}.")

    def look(self, process: subprocess.Popen[str]) -> None:
        """No process is left, and what was committed before this run was not touched by it."""
        assert left_over(process) == []
        now = stamps(self.project)
        assert {path: now.get(path) for path in self.known} == self.known
        self.known = now

    def again(self, what: str) -> None:
        """All keys of a kind are taken away, so that it is made again."""
        for path in [path for path in self.known if json.loads(path.read_bytes())["manifest"]["what"] == what]:
            path.unlink()
        self.known = stamps(self.project)

    def rewind(self, phase: str) -> None:
        """The phase was over before the run could be stopped: what it made is taken away, so that it comes again."""
        if phase == "fingerprint":
            (self.project.store.root / "files.json").unlink()
        for path in [*self.known]:
            told = json.loads(path.read_bytes())["manifest"]
            if told["what"] == MADE.get(phase) or (MADE.get(phase) == "compared" and told["what"] == "verdict"):
                path.unlink()  # where a decision is stored, no pairs are looked for
        self.known = stamps(self.project)
        for run in self.project.runs.all():
            shutil.rmtree(run.folder)


def test_kills_in_every_phase_change_nothing_and_cost_nothing(acme: Path, undisturbed: Mapping[str, object], tmp_path: Path) -> None:
    hunt = Hunt(made(tmp_path, RECIPE), acme, seed=1)
    for phase in PHASES:
        for turn in range(3):
            hunt.stop(phase, signal.SIGKILL, workers=2 if phase == "fingerprint" or (turn == 2 and phase == "read") else 1)
    assert outcome(hunt.project, acme) == undisturbed
    now = stamps(hunt.project)
    assert {path: now.get(path) for path in hunt.known} == hunt.known
    assert half_made(hunt.project) == []
    assert (hunt.project.folder / "runs/killed/latest").resolve().name == "1"
    code, _, err = finished(start(hunt.project, acme, "verify"))
    assert code == 0, err


def test_kills_while_rows_are_compared_change_nothing_and_cost_nothing(acme: Path, tmp_path: Path) -> None:
    one, other = made(tmp_path / "one", COMPARED), made(tmp_path / "other", COMPARED)
    for project in (one, other):
        for file in range(FILES):
            rows = [{"text": " ".join(f"word {word * 7 % (97 + row % 50)}" for word in range(150 + file))} for row in range(200)]
            project.write(f"{file:02}.jsonl", rows)
    expected = outcome(one, acme)
    hunt = Hunt(other, acme, seed=2)
    for phase, workers in (("sketch", 2), ("pair", 1), ("pair", 1), ("compare", 1), ("compare", 2), ("decide", 1)):
        hunt.stop(phase, signal.SIGKILL, workers=workers)
    assert outcome(other, acme) == expected
    now = stamps(other)
    assert {path: now.get(path) for path in hunt.known} == hunt.known
    assert half_made(other) == []
    code, _, err = finished(start(other, acme, "verify"))
    assert code == 0, err


def test_kills_while_a_step_studies_and_while_rows_are_changed_cost_nothing(acme: Path, tmp_path: Path) -> None:
    one, other = made(tmp_path / "one", CHANGED), made(tmp_path / "other", CHANGED)
    expected = outcome(one, acme)
    hunt = Hunt(other, acme, seed=3)
    for phase, workers in (("study", 1), ("study", 2), ("sketch", 1), ("decide", 1), ("apply", 1), ("apply", 2), ("apply", 1)):
        hunt.stop(phase, signal.SIGKILL, workers=workers)
        if phase == "apply":
            hunt.again("rows")
    assert outcome(other, acme) == expected
    assert half_made(other) == []
    code, _, err = finished(start(other, acme, "verify"))
    assert code == 0, err


def test_a_run_that_lost_its_first_process_leaves_no_workers_and_goes_on(acme: Path, undisturbed: Mapping[str, object], tmp_path: Path) -> None:
    project = made(tmp_path, RECIPE)
    process = start(project, acme, "run", "recipe.yaml", pause=0.2)
    assert caught_in(project, process, "read")
    while not list((project.store.root / "objects").glob("*/*/rows.parquet")):
        time.sleep(0.01)
    process.kill()
    assert outcome(project, acme) == undisturbed
    process.communicate()
    assert left_over(process) == []
    assert half_made(project) == []


def test_a_killed_training_goes_on_from_its_checkpoint_to_the_same_losses(acme: Path, tmp_path: Path) -> None:
    one, other = made(tmp_path / "one", PRETRAIN), made(tmp_path / "other", PRETRAIN)
    outcome(one, acme)
    resumed = set()
    for times in range(1, 4):
        process = start(other, acme, "run", "recipe.yaml")
        while process.poll() is None and len(resumed | set(checkpoints(other))) <= 2 * times:
            time.sleep(0.001)
        assert end(process)[0] == -signal.SIGKILL
        assert doing(other, process) == "train"
        assert left_over(process) == []
        resumed |= set(checkpoints(other))
    outcome(other, acme)
    first, second = (project.runs.find("trained").facts()["models"]["base"]["facts"] for project in (one, other))
    for told in ("curve", "validation"):
        assert [[point["step"], point["loss"]] for point in first[told]] == [[point["step"], point["loss"]] for point in second[told]]
    assert half_made(other) == []


def checkpoints(project: Project) -> list[int]:
    """The steps of the checkpoints that lie there."""
    return sorted(int(path.name) for path in (project.store.root / "work").glob("*/checkpoints/*") if path.name.isdigit())
