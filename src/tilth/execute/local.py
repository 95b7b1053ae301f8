"""A pool of processes on this machine, one a core.

Workers are started by forkserver, so that they share no state with the caller. They ignore Ctrl-C,
which is the caller's to answer, and end themselves when the caller is gone.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from tilth.errors import AskedWrong, DataRefused, Missing, StepFailed, TilthError, WorkerDied
from tilth.store.objects import Store, disk_error

Answer = TypeVar("Answer")

NO_ROOM = ("No space left on device", "PytorchStreamWriter failed writing file", "inline_container.cc")
"""How those say that the disk is full who raise no OSError: safetensors, and torch."""


class Pool(AbstractContextManager["Pool"]):
    """Runs tasks on `workers` processes, started at the first task; with one worker, in this process."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def each(self, work: Callable[..., Answer], tasks: Sequence[tuple[Any, ...]], names: Sequence[str]) -> Iterator[tuple[int, Answer]]:
        """Run `work(*task)` for each task; yields (its number, its answer) as they are done.

        Raises what a task raised. `names` says in messages what each task was about."""
        if self.workers == 1 or len(tasks) == 1:
            for number, task in enumerate(tasks):
                yield number, guarded(work, names[number], task)
            return
        yield from self._spread(work, tasks, names)

    def _spread(self, work: Callable[..., Answer], tasks: Sequence[tuple[Any, ...]], names: Sequence[str]) -> Iterator[tuple[int, Answer]]:
        pool = self._started()
        waiting: dict[Future[Answer], int] = {}
        following = iter(enumerate(tasks))
        while True:
            while len(waiting) < 2 * self.workers and (one := next(following, None)) is not None:
                with _undisturbed():  # it may start a process, which must be known if it is to be ended
                    waiting[pool.submit(guarded, work, names[one[0]], one[1])] = one[0]
            if not waiting:
                return
            for done in wait(waiting, return_when=FIRST_COMPLETED).done:
                number = waiting.pop(done)
                try:
                    yield number, done.result()
                except BrokenProcessPool as error:
                    raise WorkerDied(
                        "A worker process was killed while it worked; most often memory ran out.",
                        where=names[number],
                        remedy="Run again with fewer `--workers`, or a smaller `machine: {batch_rows: …}`. What was committed stays.",
                    ) from error

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("forkserver")
            resource_tracker.ensure_running()  # before: where it starts, it lets Ctrl-C through again
            with _deaf():
                forkserver.ensure_running()
            self._pool = ProcessPoolExecutor(self.workers, mp_context=context, initializer=_begin, initargs=(dict(os.environ),))
        return self._pool

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._pool is None:
            return
        if kind is not None:
            for process in list(self._pool._processes.values()):
                process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = None


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes that are started meanwhile never hear Ctrl-C, not even before they have begun to work."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals that come meanwhile are answered right after."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, answer in before.items():
            signal.signal(number, answer)
        for late in came[:1]:
            signal.raise_signal(late)


def _begin(environment: dict[str, str]) -> None:
    """A worker begins, with the environment as it is now: the process that workers are forked from has that of its own beginning."""
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def guarded(work: Callable[..., Answer], name: str, task: tuple[Any, ...], place: Path | None = None) -> Answer:
    """Run a task; what a step's code raises becomes a StepFailed that says where."""
    try:
        return work(*task)
    except TilthError as error:
        error.where = error.where or name
        raise
    except MemoryError as error:
        raise WorkerDied(
            "Memory ran out.", where=name, remedy="Run again with fewer `--workers`, or a smaller `machine: {batch_rows: …}`."
        ) from error
    except (Exception, SystemExit) as error:  # the boundary between our hands and any step's code: named, chained, never swallowed
        raise _named(error, name, place or _store_of(task)) from error


def at_step(work: Callable[..., Answer], where: str, task: tuple[Any, ...], file: str = "", place: Path | None = None) -> Answer:
    """`guarded` for the code of a step, for what a user can mend in the recipe: where a path was named, `where` stands before it.

    `where`: the step's place in the recipe; `file`: what it works on, if nobody says it better."""
    try:
        return guarded(work, f"{where} {file}".rstrip(), task, place)
    except (AskedWrong, DataRefused, Missing) as error:
        if not error.where.startswith(where):
            error.where = f"{where} {error.where}"
        raise


def at_step_each(found: Iterator[Answer], where: str, file: str) -> Iterator[Answer]:
    """What a step's code yields, each taken as `at_step` does."""
    while (one := at_step(next, where, (found, None), file)) is not None:
        yield one


def _named(error: BaseException, name: str, place: Path) -> Exception:
    """The error to show for what a step's code, or the disk below it, raised."""
    if any(words in str(error) for words in NO_ROOM):
        error = OSError(errno.ENOSPC, str(error))
    shown = disk_error(error, place) if isinstance(error, OSError) else None
    if isinstance(shown, TilthError):
        return shown
    said = f"{type(error).__name__}: {error}".rstrip(" .:")
    return StepFailed(f"{said}.", where=name, remedy="`--debug` shows where in the code. What was committed stays.")


def _store_of(task: tuple[Any, ...]) -> Path:
    return next((one.root for one in task if isinstance(one, Store)), Path())
