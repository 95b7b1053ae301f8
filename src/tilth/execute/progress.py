"""What is going on, told honestly: a live line on a terminal, a plain line now and then elsewhere.

Everything goes to stderr. Rows and bytes a second are of this phase; the time left is what the done
share took, scaled.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO

EVERY = 5.0
"""Seconds between plain lines where there is no terminal."""


class Progress:
    """Tells phases as they go by. `quiet` tells nothing."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr or io.StringIO()  # stderr is None when the shell closed it
        self._quiet = quiet
        self._live = not quiet and self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._phase, self._total, self._done, self._rows, self._bytes = "", 0, 0, 0, 0
        self._begun = self._told = time.monotonic()
        self._open = False

    def phase(self, words: str, total: int) -> None:
        """Begin a phase of `total` pieces of work."""
        self.close()
        self._phase, self._total, self._done, self._rows, self._bytes = words, total, 0, 0, 0
        self._begun = self._told = time.monotonic()
        if self._live:
            self._show()

    def done(self, rows: int = 0, size: int = 0) -> None:
        """One piece is done."""
        self._done, self._rows, self._bytes = self._done + 1, self._rows + rows, self._bytes + size
        self._show()

    def tell(self, told: Mapping[str, Any]) -> None:
        """A few words and numbers from a Fit or a Judge: `step` and `of` count, the rest is shown."""
        self._done, self._total = int(told.get("step", self._done)), int(told.get("of", self._total))
        self._show("  ".join(f"{name.replace('_', ' ')} {_short(value)}" for name, value in told.items() if name not in ("step", "of")))

    def say(self, line: str) -> None:
        """A line that stays."""
        self.close()
        if not self._quiet:
            self._stream.write(line + "\n")
            self._stream.flush()

    def close(self) -> None:
        """End the live line."""
        if self._open:
            self._stream.write("\n")
            self._stream.flush()
            self._open = False

    def _show(self, more: str = "") -> None:
        now = time.monotonic()
        if self._quiet or not self._due(now):
            return
        self._told = now
        line = f"{self._phase}  {self._done}/{self._total}{self._rates(now)}{'  ' + more if more else ''}{self._left(now)}"
        self._stream.write(f"\r\x1b[2K{line[: shutil.get_terminal_size().columns - 1]}" if self._live else line + "\n")
        self._stream.flush()
        self._open = self._live

    def _due(self, now: float) -> bool:
        """A live line moves ten times a second; elsewhere a line is worth its place only now and then,
        and at the end of a phase that took a second or more."""
        if self._live:
            return not self._open or now - self._told >= 0.1 or self._done >= self._total
        return now - self._told >= EVERY or (self._done >= self._total > 0 and now - self._begun >= 1)

    def _rates(self, now: float) -> str:
        took = max(now - self._begun, 1e-6)
        rows = f"  {self._rows / took:,.0f} rows/s" if self._rows else ""
        return rows + (f"  {self._bytes / took / 1e6:,.1f} MB/s" if self._bytes else "")

    def _left(self, now: float) -> str:
        if not 0 < self._done < self._total or now - self._begun < 2:
            return ""
        return f"  {duration((now - self._begun) * (self._total - self._done) / self._done)} left"


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def duration(seconds: float) -> str:
    """Seconds in words for people: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if round(seconds) < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
