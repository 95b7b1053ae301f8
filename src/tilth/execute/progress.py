"""What is going on, told honestly: a few live lines on a terminal, a plain line now and then elsewhere.

Everything goes to stderr. Rows and bytes a second are of this phase; the time left is what the done
share took, scaled. Inside `with progress:` a thread draws, so that the work waits for no terminal and
the lines move while it computes; without it, what is told is drawn at once.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, TextIO

from tilth.execute.memory import tree_memory
from tilth.execute.panel import Standing, duration, panel, rate_of, sample
from tilth.execute.screen import Screen

EVERY = 5.0
"""Seconds between plain lines where there is no terminal."""

UNSAID = ("step", "of", "seconds_left", "samples", "note", "doing")
"""What is told and said elsewhere in a plain line, or on lines of its own."""

WORTH_A_LINE = 1.0
"""Seconds that a phase takes at least to leave a line behind."""

REDRAWN, RESTED = 0.1, 0.5
"""Seconds between two drawings of live lines: at least, where something was told; at most, where nothing was."""


class Progress(AbstractContextManager["Progress"]):
    """Tells phases as they go by. `quiet` tells nothing; `calm` only what must be waited for."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False, calm: bool = False) -> None:
        self._screen = Screen(stream or sys.stderr)
        self._quiet, self._calm = quiet, quiet or calm
        self._live = not self._calm and self._screen.moves
        self._now = Standing(begun=time.monotonic())
        self._open = self._changed = False
        self._told = self._measured = time.monotonic()
        self._knowing, self._drawing, self._ended = threading.Lock(), threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Progress:
        if self._live:
            self._thread = threading.Thread(target=self._keep_drawing, name="progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Take the live lines away, whatever happened; a phase that was broken off leaves no line."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self._open = False
        self._screen.clear()

    def plan(self, recipe: str, path: Mapping[str, Sequence[str]]) -> None:
        """What will be made, in this order; of each name the addresses of its steps."""
        with self._knowing:
            self._now.recipe, self._now.path = recipe, path

    def at(self, name: str, steps: Sequence[str] = ()) -> None:
        """What is being made from now on, and by which of its steps; no name: all stands, and the rest is the run's own."""
        with self._knowing:
            self._now.name, self._now.steps = name, steps

    def phase(self, words: str, total: int, workers: int = 0) -> None:
        """Begin a phase of `total` pieces of work, done by so many workers."""
        self.close()
        with self._knowing:
            self._told = time.monotonic()
            self._now.begin(words, total, workers, self._told)
        self._open = True
        if self._live:
            self._change()

    def done(self, rows: int = 0, size: int = 0) -> None:
        """One piece is done."""
        with self._knowing:
            now = self._now
            now.done, now.rows, now.bytes = now.done + 1, now.rows + rows, now.bytes + size
        self._change()

    def tell(self, told: Mapping[str, Any]) -> None:
        """A few words and numbers from a Fit or a Judge: a count and `of` how many, `doing`, losses; the rest is shown as it is.

        What stays: `note`, a line; `samples`, what a model wrote (`[{"prompt": …, "text": …}]`)."""
        with self._knowing:
            self._now.count(told, time.monotonic())
        self._stay(told)
        self._change("  ".join(_said(name, value) for name, value in told.items() if name not in UNSAID and value is not None))

    def _stay(self, told: Mapping[str, Any]) -> None:
        if "note" in told:
            self.say(str(told["note"]))
        if "samples" in told and not self._calm:
            columns, _ = self._screen.size()
            for one in told["samples"]:
                self.say(sample(told.get("step", 0), one, max(20, columns - 1)))

    def say(self, line: str) -> None:
        """A line that stays."""
        if not self._quiet:
            with self._drawing:
                self._screen.say(line)

    def close(self) -> None:
        """End the phase. One that took a second or more leaves a line that says what was done, and how fast."""
        was, self._open, now = self._open, False, time.monotonic()
        with self._drawing:
            if was and not self._calm and now - self._now.phase_begun >= WORTH_A_LINE:
                self._screen.say(_ended(self._now, now))
            elif self._thread is None:
                self._screen.clear()

    def _change(self, more: str = "") -> None:
        """Something was told: it is shown now, if nobody else draws and it is due."""
        self._changed = True
        now = time.monotonic()
        if self._calm or self._thread is not None:
            return
        if self._live:
            if now - self._told >= REDRAWN or self._told == self._now.phase_begun or self._now.done >= self._now.total:
                self._draw(now)
        elif now - self._told >= EVERY:
            self._told = now
            self._screen.say(f"{_counted(self._now, now)}{'  ' + more if more else ''}{_left(self._now, now)}")

    def _keep_drawing(self) -> None:
        while not self._ended.wait(REDRAWN):
            now = time.monotonic()
            if self._changed or now - self._told >= RESTED:
                self._draw(now)

    def _draw(self, now: float) -> None:
        self._told, self._changed = now, False
        if now - self._measured >= 1:
            self._measured, self._now.memory = now, tree_memory()
        columns, height = self._screen.size()
        with self._knowing:
            lines = panel(self._now, now, columns, coloured=self._screen.coloured)
        with self._drawing:
            if self._open or self._thread is not None:
                self._screen.show(lines[: max(1, height - 1)])


def _counted(one: Standing, now: float) -> str:
    counted = f"{one.done:,}/{one.total:,}" if one.total else one.doing or "…"
    return "  ".join([one.label(), counted, *one.rates(now)])


def _left(one: Standing, now: float) -> str:
    left = one.left(now)
    return "" if left is None else f"  {duration(left)} left"


def _ended(one: Standing, now: float) -> str:
    """The line that a phase leaves: what, how much of it, how long, how fast, and where the losses ended."""
    pieces = [f"{one.done:,}/{one.total:,}"] if one.total else []
    rows = [f"{one.rows:,} rows"] if one.rows else []
    losses = [f"{name} {values[-1]:.4g}" for name, values in (("loss", one.losses), ("validation", one.validation)) if values]
    return "  ".join([one.label(), *pieces, *rows, duration(now - one.phase_begun), *one.rates(now), *losses])


SHOWN = {
    "tokens_per_second": "tokens/s {:,.0f}",
    "grad_norm": "gradient norm {:.3g}",
    "mfu": "MFU {:.0%}",
}
"""How a plain line tells numbers that have a unit."""


def _said(name: str, value: Any) -> str:
    if name == "memory_bytes":
        return f"memory {value / 1e9:,.1f} GB"
    if name == "flops_per_second":
        return rate_of(value)
    shown = f"{value:.4g}" if isinstance(value, float) else str(value)
    return SHOWN[name].format(value) if name in SHOWN else f"{name.replace('_', ' ')} {shown}"
