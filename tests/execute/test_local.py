"""Hands: the same answers from any number of processes, errors that keep their parts, and no process left behind."""

import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tilth.errors import DiskFull, NotThere, StepFailed, WorkerDied
from tilth.execute.local import Pool, at_step, at_step_each, guarded

PARENT = """
import os, sys, time
from tilth.execute.local import Pool

if __name__ == "__main__":
    with Pool(2) as pool:
        for _, pid in pool.each(os.getpid, [(), ()], ["one", "two"]):
            print(pid, flush=True)
        list(pool.each(time.sleep, [(60,), (60,)], ["one", "two"]))
"""


def refuse(number: int) -> int:
    """A task that breaks in the way of its number."""
    if number == 1:
        raise NotThere("Gone.", where="a.jsonl", accepted="It was there.", remedy="Put it back.")
    if number == 2:
        raise ValueError("no such luck")
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 4:
        raise MemoryError
    if number == 5:
        raise OSError(28, "No space left on device")
    if number == 6:
        raise SystemExit("bye")
    if number == 7:
        raise NotThere("Gone.")
    return number


def done(pool: Pool, *tasks: int) -> list[Any]:
    return list(pool.each(refuse, [(task,) for task in tasks], [f"task {task}" for task in tasks]))


@pytest.fixture(scope="module")
def spread() -> Iterator[Pool]:
    """Two processes for the tests that leave them alive."""
    with Pool(2) as pool:
        yield pool


@pytest.mark.parametrize("workers", [1, 2])
def test_each_task_is_answered_once_under_its_number(spread: Pool, workers: int) -> None:
    pool = spread if workers == 2 else Pool(1)
    found = dict(pool.each(operator.mul, [(number, 2) for number in range(40)], [str(number) for number in range(40)]))
    assert found == {number: 2 * number for number in range(40)}
    assert list(pool.each(operator.neg, [], [])) == []


def test_one_task_or_one_worker_needs_no_other_process(spread: Pool) -> None:
    assert list(spread.each(os.getpid, [()], ["one"])) == [(0, os.getpid())]
    assert {pid for _, pid in Pool(1).each(os.getpid, [(), ()], ["one", "two"])} == {os.getpid()}
    assert os.getpid() not in {pid for _, pid in spread.each(os.getpid, [(), ()], ["one", "two"])}


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_crosses_with_all_its_parts(spread: Pool, workers: int) -> None:
    pool = spread if workers == 2 else Pool(1)
    with pytest.raises(NotThere) as error:
        done(pool, 0, 1)
    assert str(error.value) == "a.jsonl\n  Gone. It was there. Put it back."
    with pytest.raises(NotThere) as error:
        done(pool, 0, 7)
    assert error.value.where == "task 7", "an error that knows no place gets that of the task"


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("task", "kind", "said"), [(2, StepFailed, "ValueError: no such luck"), (4, WorkerDied, "Memory ran out"), (6, StepFailed, "bye")]
)
def test_what_a_step_raises_is_told_with_its_place(spread: Pool, workers: int, task: int, kind: type[StepFailed], said: str) -> None:
    with pytest.raises(kind, match=said) as error:
        done(spread if workers == 2 else Pool(1), 0, task)
    assert error.value.where == f"task {task}" and error.value.remedy


def test_a_full_disk_is_told_as_one(spread: Pool) -> None:
    with pytest.raises(DiskFull, match="The disk is full"):
        done(spread, 0, 5)


def test_an_error_here_keeps_what_caused_it() -> None:
    with pytest.raises(StepFailed) as error:
        guarded(refuse, "here", (2,))
    assert isinstance(error.value.__cause__, ValueError)
    with pytest.raises(KeyboardInterrupt):
        guarded(operator.call, "here", (_interrupted,))


def _interrupted() -> None:
    raise KeyboardInterrupt


def test_what_a_step_yields_is_guarded_item_by_item() -> None:
    def found() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("cut off")

    seen = []
    with pytest.raises(StepFailed, match="cut off"):
        for one in at_step_each(found(), STEP, "a.jsonl"):
            seen.append(one)
    assert seen == [1, 2]


STEP = "recipe.yaml:3  docs.source.files"


@pytest.mark.parametrize(
    ("broken", "file", "where"),
    [(1, "b.jsonl", f"{STEP} a.jsonl"), (7, "b.jsonl", f"{STEP} b.jsonl"), (7, "", STEP), (2, "", STEP)],
)
def test_what_a_step_refuses_is_told_at_its_place_in_the_recipe(broken: int, file: str, where: str) -> None:
    with pytest.raises((NotThere, StepFailed)) as error:
        at_step(refuse, STEP, (broken,), file)
    assert error.value.where == where


def test_a_full_disk_is_no_place_in_the_recipe() -> None:
    with pytest.raises(DiskFull) as error:
        at_step(refuse, STEP, (5,))
    assert STEP not in error.value.where


def test_a_killed_worker_is_told_with_what_to_do() -> None:
    with pytest.raises(WorkerDied) as error, Pool(2) as pool:
        done(pool, 3, 3)
    assert "most often memory ran out" in str(error.value) and "--workers" in error.value.remedy
    assert error.value.where == "task 3"


def test_no_worker_outlives_its_pool() -> None:
    with Pool(2) as pool:
        workers = [psutil.Process(pid) for _, pid in pool.each(os.getpid, [(), ()], ["one", "two"])]
    assert _gone(workers)
    with pytest.raises(StepFailed), Pool(2) as pool:
        workers = [psutil.Process(pid) for _, pid in pool.each(os.getpid, [(), ()], ["one", "two"])]
        raise StepFailed("while others work")
    assert _gone(workers)


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = [psutil.Process(int(parent.stdout.readline())) for _ in range(2)]
        parent.kill()
    assert _gone(workers)


def _gone(processes: list[psutil.Process]) -> bool:
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        if not any(_lives(one) for one in processes):
            return True
        time.sleep(0.02)
    return False


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
