"""A training in several processes of this machine: started here, told here, and ended together.

Each process is what `accelerate launch` would have made of it: the variables that Accelerate and torch read are set, and the
process group stands before the work begins. The processes meet by a file, so no port can be taken, and on this machine's own
loopback. The first one tells and writes; what it returns is what comes back. The one that fails ends all with its own error.
"""

from __future__ import annotations

import datetime
import multiprocessing
import os
import pickle
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import torch
from torch import distributed

from tilth.errors import AskedWrong, StepFailed, TilthError, WorkerDied
from tilth.model import device
from tilth.model.load import quiet
from tilth.model.strategies import backend_of, check, configuration, write
from tilth.model.trackers import tracked
from tilth.work import Launcher, Work, cores

Facts = dict[str, Any]
Train = Callable[..., Facts]

PATIENCE = 5.0
"""Seconds that the others have to say why they failed, too, after one of them did: the first to be heard may only have lost the other; and
that each has to leave when all are done."""

FOREVER = datetime.timedelta(days=30)
"""How long processes wait for each other: the first one may tokenise for hours, and one that dies ends all."""


def launch(train: Train, given: tuple[Any, ...], work: Work, settings: Mapping[str, Any], quantized: str | None = None) -> Facts:
    """`train(*given, work)`, in as many processes as the machine's launcher says; what the first of them returns.

    `settings`: what trackers show of it; `quantized`: the bits of a base that is held in few. Raises what the training raises;
    WorkerDied when a process was killed; AskedWrong for a launcher that this machine cannot serve; Missing without the package of
    a tracker."""
    with tracked(work, settings) as told:
        if work.machine.launcher is None:
            return train(*given, told)
        place = device.pick(work.machine.device)
        check(work.machine.launcher, place.type, torch.cuda.device_count(), quantized)
        _trained_here(work.machine.launcher, place.type, work.scratch / "accelerate.yaml")
        with tempfile.TemporaryDirectory(prefix="tilth-") as folder:
            return _Launched(work.machine.launcher, told, Path(folder)).run(train, given, place)


def _trained_here(launcher: Launcher, place: str, file: Path) -> None:
    """Raises AskedWrong for a strategy that is planned and not trained with; its configuration is left in `file`."""
    if launcher.strategy == "ddp":
        return
    write(configuration(launcher, place, "bf16" if place == "cuda" else "fp32"), file)
    raise AskedWrong(
        f"`strategy: {launcher.strategy}` is planned by this version, and not trained with.",
        where="machine.launcher",
        accepted=f"Its configuration for Accelerate is in {file}.",
        remedy="Set `strategy: ddp`, with an `adapter:` or `checkpointing: true` where the whole model does not fit on one GPU.",
    )


@contextmanager
def on_sigterm(answer: Callable[..., None]) -> Iterator[None]:
    """SIGTERM is answered so inside this block, and as before after it; only a main thread may say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, answer)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def leads() -> bool:
    """Whether this process is the first, which writes and tells; also where there is one only."""
    return not distributed.is_initialized() or distributed.get_rank() == 0


@contextmanager
def first() -> Iterator[None]:
    """What stands inside is done by the first process, and after it by the others, who find it done."""
    if not leads():
        distributed.barrier()
    yield
    if distributed.is_initialized() and leads():
        distributed.barrier()


def any_of_all(*, said: bool) -> bool:
    """Whether any of the processes says so; all of them must ask, and all get the same answer."""
    if not distributed.is_initialized():
        return said
    place = torch.device("cuda") if distributed.get_backend() == "nccl" else torch.device("cpu")
    count = torch.tensor(int(said), device=place)
    distributed.all_reduce(count)
    return bool(count.item())


@dataclass(frozen=True)
class _Seat:
    """Which of the processes this one is, and where they meet."""

    rank: int
    launcher: Launcher
    backend: str
    cuda: bool
    meeting: Path

    def variables(self) -> dict[str, str]:
        """What Accelerate and torch read."""
        size = str(self.launcher.processes)
        own = {"RANK": str(self.rank), "LOCAL_RANK": str(self.rank), "WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size}
        own |= {"ACCELERATE_USE_CPU": "false" if self.cuda else "true"}
        share = max(1, int(os.environ.get("OMP_NUM_THREADS") or cores()) // self.launcher.processes)
        return own | {"OMP_NUM_THREADS": str(share)}


class _Launched:
    """The processes of a training, seen from the one that started them."""

    def __init__(self, launcher: Launcher, work: Work, folder: Path) -> None:
        self.launcher, self.work, self.folder = launcher, work, folder
        self.processes: list[SpawnProcess] = []
        self.ends: list[Connection] = []
        self.terminated = False

    def run(self, train: Train, given: tuple[Any, ...], place: torch.device) -> Facts:
        context = multiprocessing.get_context("spawn")
        lesson = pickle.dumps((train, given, replace(self.work, tell=_nobody, destinations=())))
        try:
            with on_sigterm(self._terminate):  # it goes on to every process; Ctrl-C is answered here, and ends them
                for rank in range(self.launcher.processes):
                    mine, other = context.Pipe(duplex=False)
                    seat = _Seat(rank, self.launcher, backend_of(self.launcher, place.type), place.type == "cuda", self.folder / "meeting")
                    process = context.Process(target=_sit, args=(seat, other, lesson), name=f"training-{rank}")
                    process.start()
                    other.close()
                    self.processes.append(process)
                    self.ends.append(mine)
                if self.terminated:
                    self._terminate()  # those that had not been started when it came
                facts = self._listen()
                for process in self.processes:  # they leave by themselves, and so clear away what libraries keep in the system: semaphores
                    process.join(PATIENCE)
                return facts
        finally:
            for process in self.processes:
                process.kill()
                process.join()

    def _terminate(self, *_: Any) -> None:
        self.terminated = True
        for process in self.processes:
            process.terminate()

    def _listen(self) -> Facts:
        """Pass on what is told until all are done; the facts of the first."""
        facts: dict[int, Facts] = {}
        while len(facts) < len(self.ends):
            open_ones = [end for rank, end in enumerate(self.ends) if rank not in facts]
            for end in wait(open_ones):
                rank = self.ends.index(end)  # type: ignore[arg-type]
                kind, said = self._heard(rank)
                if kind == "told":
                    self.work.tell(said)
                elif kind == "done":
                    facts[rank] = said
                else:
                    raise self._failure(rank, kind, said, facts)
        return facts[0]

    def _heard(self, rank: int) -> tuple[str, Any]:
        """What a process says: told, done, failed, stopped; or that it is gone."""
        try:
            kind, said = self.ends[rank].recv()
        except EOFError:
            self.processes[rank].join()
            return "gone", self.processes[rank].exitcode
        return str(kind), said

    def _failure(self, rank: int, kind: str, said: Any, facts: Mapping[int, Facts]) -> BaseException:
        """Why the training ended. An error of ours says it better than one of a library, which says it better than silence."""
        heard = [(kind, said, rank)]
        others = {end: number for number, end in enumerate(self.ends) if number != rank and number not in facts}
        while others and (ready := wait(list(others), PATIENCE)):
            for end in ready:
                kind, said = self._heard(others[end])  # type: ignore[index]
                if kind not in ("told", "done"):
                    heard.append((kind, said, others[end]))  # type: ignore[index]
                if kind != "told":
                    del others[end]  # type: ignore[arg-type]
            if any(isinstance(said, TilthError) for _, said, _ in heard):
                break
        if self.terminated or any(kind == "stopped" for kind, _, _ in heard):
            return KeyboardInterrupt()
        return _worst(heard, self.launcher.processes)


def _worst(heard: Sequence[tuple[str, Any, int]], processes: int) -> Exception:
    ours = next((said for _, said, _ in heard if isinstance(said, TilthError)), None)
    killed = next(((said, rank) for kind, said, rank in heard if kind == "gone"), None)
    if ours is not None:
        return ours
    if killed is not None:
        code, rank = killed
        how = f"was killed by signal {-code}" if code and code < 0 else f"ended with code {code}"
        return WorkerDied(
            f"Process {rank + 1} of {processes} {how} while it trained; most often memory ran out.",
            remedy="Run again with a smaller `machine: {micro_batch: …}` or fewer processes. It goes on from the last checkpoint.",
        )
    _, (words, trace), rank = heard[0]
    failed = StepFailed(f"{words} (in process {rank + 1} of {processes})", remedy="`--debug` shows where in the code. What was committed stays.")
    failed.__cause__ = RuntimeError(trace)
    return failed


def _nobody(_: Mapping[str, Any]) -> None:
    """Tell nobody."""


def _sit(seat: _Seat, end: Connection, lesson: bytes) -> None:
    """What each process does: meet the others, train, and say how it went. `lesson`: what is done, unpacked here, since libraries
    that are imported for it speak on stderr."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.update(seat.variables())
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")
    if seat.cuda:
        torch.cuda.set_device(seat.rank)
    try:
        with quiet():
            train, given, work = pickle.loads(lesson)
        mine = replace(work, tell=lambda told: end.send(("told", dict(told)))) if seat.rank == 0 else work
        distributed.init_process_group(
            seat.backend, init_method=seat.meeting.as_uri(), rank=seat.rank, world_size=seat.launcher.processes, timeout=FOREVER
        )
        end.send(("done", train(*given, mine)))
        distributed.destroy_process_group()
    except KeyboardInterrupt:
        end.send(("stopped", None))
    except TilthError as error:
        end.send(("failed", error))
    except Exception as error:  # noqa: BLE001 — it crosses to the process that started this one, and is raised there
        end.send(("failed", (f"{type(error).__name__}: {error}", traceback.format_exc())))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
